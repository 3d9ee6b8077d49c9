"""The daemon as a process: what it tells its manager, how it ends, what it says when it cannot begin."""

import signal
import smtplib
import socket

import pytest
from running import PATIENCE, SUPPORT, mail, ran, told, until, written

from ingestd.desk import Rule


def test_the_manager_is_told(beside):
    """A sign of life at half the interval asked for, and a line of status that counts."""
    beside.send("Counted")

    beside.manager.fresh(lambda said: said.count("WATCHDOG=1") >= 2 and "STATUS=1 done" in said)


def test_a_hangup_without_a_certificate(beside):
    """Nothing to read again is nothing bad: the daemon says so, and goes on."""
    beside.manager.said = []

    beside.process.send_signal(signal.SIGHUP)

    beside.manager.until(lambda said: "READY=1" in said)
    beside.send("After a hangup")


def test_a_spool_has_one_daemon(beside):
    """A second daemon on the same spool says who is there already and ends, with 1."""
    second = ran(beside.folder, "run")

    assert second.returncode == 1
    assert f"another ingestd (process {beside.process.pid})" in second.stderr.decode()
    assert b"Traceback" not in second.stderr


def test_a_stop_lets_a_mail_come_in(starting, desk, tmp_path):
    """SIGTERM within DATA: the mail gets its 250, the session a 421, and the exit code is 0 within stop_timeout."""
    written(tmp_path, desk, smtp={"stop_timeout": "10s"})
    daemon = starting(tmp_path)
    raw = mail("While stopping")
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=PATIENCE) as client:
        client.ehlo("test.example.net")
        client.mail("gina@shop.example.net")
        client.rcpt(SUPPORT)
        assert client.docmd("DATA")[0] == 354
        client.sock.sendall(raw[:40])

        daemon.process.terminate()
        daemon.manager.until(lambda said: "STOPPING=1" in said)
        client.sock.sendall(raw[40:] + b".\r\n")

        code, says = client.getreply()
        assert (code, says[:20]) == (250, b"2.0.0 Ok: queued as ")
        assert client.getreply()[0] == 421
        client.close()
    assert daemon.process.wait(10) == 0
    assert told(tmp_path, "queue", "show", says.split()[-1].decode())["status"] in {"incoming", "done"}


@pytest.mark.storm
@pytest.mark.storm
def test_a_stop_cuts_what_hangs(starting, desk, tmp_path):
    """A call that gets no answer does not hold up the end, which is exit 0; the next start finds out what it did."""
    written(tmp_path, desk, smtp={"stop_timeout": "1s"}, helpdesk={"timeout": "8s", "settle": "9s"})
    daemon = starting(tmp_path)
    desk.desk.add_fault(Rule("commit_then_hang", "OpenTicket", times=1))
    queue_id = daemon.send("Hanging")
    until(lambda: "Hanging" in desk.subjects())

    # stop_timeout, and what it takes a process to end.
    assert daemon.stop(6) == 0

    assert told(tmp_path, "queue", "show", queue_id)["status"] in {"active", "deferred"}
    written(tmp_path, desk)
    starting(tmp_path)
    until(lambda: told(tmp_path, "queue", "show", queue_id)["status"] == "done")
    assert desk.subjects().count("Hanging") == 1


def test_every_fault_of_the_config_is_told(tmp_path):
    """Exit 2, and each fault with its key; nothing is created."""
    written(tmp_path, None, smtp={"max_size": "many"}, helpdesk={"settle": "1s"}, retry={"frist": "1s"})

    refused = ran(tmp_path, "run")

    lines = refused.stderr.decode().splitlines()
    assert refused.returncode == 2
    assert ["smtp.max_size", "helpdesk.settle", "retry.frist"] == [line.split(": ")[1] for line in lines]
    assert ["config.toml"] == [file.name for file in tmp_path.iterdir()]


def test_a_taken_port_is_named(tmp_path):
    """Exit 1 with the address that cannot be had."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
        written(tmp_path, None, smtp={"listen": [f"127.0.0.1:{address[1]}"]})

        refused = ran(tmp_path, "run")

    assert refused.returncode == 1
    assert f"cannot listen: error while attempting to bind on address {address}" in refused.stderr.decode()
    assert b"Traceback" not in refused.stderr
