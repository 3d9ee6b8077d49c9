"""The daemon runs out of memory at any point: what it acknowledged is there for the next one."""

import contextlib
import resource
import smtplib
from pathlib import Path

import pytest
from running import SUPPORT, mail, told, until, written

SENDER = "gina@shop.example.net"


def used(pid):
    """Bytes of address space."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


def sent(port, subject):
    """Whether a large mail got its 250; a 4xx and a cut connection are both no."""
    raw = mail(subject) + (b"x" * 998 + b"\r\n") * 6000
    with contextlib.suppress(smtplib.SMTPException, OSError), smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.ehlo("test.example.net")
        client.mail(SENDER)
        client.rcpt(SUPPORT)
        code = client.data(raw)[0]
        assert code < 500, code
        return code == 250
    return False


@pytest.mark.storm
@pytest.mark.timeout(300)
@pytest.mark.parametrize("room", [0, 1 << 20, 4 << 20], ids=["none", "little", "some"])
def test_nothing_acknowledged_is_lost_without_memory(starting, desk, tmp_path, room):
    """Never a 5xx; killed then, as the kernel would, the next daemon makes a ticket of each mail that had its 250."""
    written(tmp_path, desk)
    daemon = starting(tmp_path)
    daemon.send(f"Before {room}")
    until(lambda: told(tmp_path, "status")["done"] == 1)
    limit = used(daemon.process.pid) + room
    resource.prlimit(daemon.process.pid, resource.RLIMIT_AS, (limit, limit))
    subjects = [f"Without memory {room} {number}" for number in range(4)]
    kept = [subject for subject in subjects if sent(daemon.port, subject)]
    daemon.kill()

    starting(tmp_path)
    until(lambda: told(tmp_path, "status")["done"] >= 1 + len(kept), 60)
    until(lambda: not any(told(tmp_path, "status")[s] for s in ("incoming", "active", "deferred")), 60)

    assert {1} == {desk.subjects().count(subject) for subject in (f"Before {room}", *kept)}
    assert [] == told(tmp_path, "audit")["faults"]
