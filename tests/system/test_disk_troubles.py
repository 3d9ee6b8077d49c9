"""The disk is full, or becomes read-only, in the middle: mails are put off, nothing acknowledged is lost."""

import contextlib
import smtplib

import pytest
from disks import Ext4, Filler, tmpfs
from running import PATIENCE, SUPPORT, mail, ran, told, until, written

from ingestd.desk import Rule

SENDER = "gina@shop.example.net"
LATER = {451, 452}


def asked(port, subject):
    """The code of the answer to a mail, the first that is no 2xx."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.ehlo("test.example.net")
        with contextlib.suppress(smtplib.SMTPResponseException):
            for answer in (client.mail(SENDER), client.rcpt(SUPPORT)):
                if answer[0] >= 400:
                    return answer[0]
            return client.data(mail(subject))[0]
        return 0


@contextlib.contextmanager
def in_data(port, subject):
    """A session in the middle of a large mail."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.ehlo("test.example.net")
        client.mail(SENDER)
        client.rcpt(SUPPORT)
        assert client.docmd("DATA")[0] == 354
        client.sock.sendall(mail(subject) + (b"x" * 998 + b"\r\n") * 3000)
        yield client


def finished(client):
    client.sock.sendall((b"y" * 998 + b"\r\n") * 3000 + b".\r\n")
    return client.getreply()[0]


def over(folder):
    """Whether nothing waits any more."""
    counts = told(folder, "status")
    return not any(counts[status] for status in ("incoming", "active", "deferred"))


@pytest.mark.storm
@pytest.mark.timeout(300)
def test_a_full_disk_puts_mail_off_until_there_is_room(starting, desk, tmp_path):
    """4xx while it is full, in the middle of a large mail too; then everything goes on, without a restart.

    The door's own bound is off: it would not let it come to that.
    """
    with tmpfs(tmp_path / "disk", "256m") as disk:
        spool, patient = {"url": f"sqlite:///{disk}/ingestd.db", "min_free": "0"}, {"timeout": "8s", "settle": "9s"}
        written(tmp_path, desk, spool=spool, helpdesk=patient)
        daemon = starting(tmp_path)
        filler = Filler(disk)
        kept = ["Before", "In flight"]
        daemon.send(kept[0])
        until(lambda: over(tmp_path))
        with in_data(daemon.port, "Large") as client:
            desk.desk.add_fault(Rule("late_answer", "OpenTicket", times=1, seconds=5.0))
            daemon.send(kept[1])
            until(lambda: kept[1] in desk.subjects())
            filler.fill()
            large = finished(client)
            again = client.docmd("NOOP")[0]
        codes = {number: asked(daemon.port, f"While full {number}") for number in range(20)}
        until(lambda: any(isinstance(e, dict) and e["event"] == "spool out of reach" for e in daemon.log))
        filler.free()
        kept += [f"While full {number}" for number, code in codes.items() if code == 250]
        daemon.send("Room again")
        until(lambda: over(tmp_path), 150)
        audit = told(tmp_path, "audit")
        alive = daemon.process.poll() is None
        daemon.end()

    assert (451, 250) == (large, again)
    assert set(codes.values()) <= LATER | {250}
    assert LATER & set(codes.values())
    assert alive
    assert 1 == sum(isinstance(event, dict) and event["event"] == "started" for event in daemon.log)
    assert [] == audit["faults"]
    assert {1} == {desk.subjects().count(subject) for subject in (*kept, "Room again")}
    assert {0} == {desk.subjects().count(f"While full {n}") for n, code in codes.items() if code != 250}


@pytest.mark.storm
def test_a_start_on_a_full_disk_says_so(desk, tmp_path):
    """Exit 1 and a sentence; what is in the spool stays as it is."""
    with tmpfs(tmp_path / "disk", "8m") as disk:
        written(tmp_path, desk, spool={"url": f"sqlite:///{disk}/ingestd.db"})
        Filler(disk).fill()

        refused = ran(tmp_path, "run")

        assert 1 == refused.returncode
        assert b"the spool cannot be used now: [Errno 28] No space left on device\n" == refused.stderr


@pytest.mark.storm
@pytest.mark.timeout(300)
def test_a_disk_that_becomes_read_only_loses_nothing(starting, desk, tmp_path):
    """451 from then on, and the daemon stays up to say so; on the mended disk everything acknowledged is there."""
    with Ext4(tmp_path / "disk") as disk:
        written(tmp_path, desk, spool={"url": f"sqlite:///{disk.folder}/ingestd.db", "min_free": "0"})
        daemon = starting(tmp_path)
        desk.away()
        kept = [f"Waits {number}" for number in range(5)]
        for subject in kept:
            daemon.send(subject)
        with in_data(daemon.port, "Large") as client:
            disk.fail()
            large = finished(client)
        codes = [asked(daemon.port, f"Read-only {number}") for number in range(5)]
        desk.become()
        until(lambda: any(isinstance(e, dict) and e["event"] == "spool out of reach" for e in daemon.log))
        alive = daemon.process.poll() is None
        daemon.kill()
        disk.mend()
        daemon = starting(tmp_path)
        until(lambda: over(tmp_path), 60)
        audit = told(tmp_path, "audit")
        daemon.end()

    assert alive
    assert 451 == large
    assert set(codes) <= LATER
    assert ([], 5) == (audit["faults"], audit["ticketed"])
    assert {1} == {desk.subjects().count(subject) for subject in kept}
