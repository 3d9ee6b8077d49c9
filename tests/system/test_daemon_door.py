"""Other ways in beside a port of our own: a socket from systemd, `submit` beside the daemon; and the demo as a whole."""

import shutil
import smtplib
import socket
import subprocess

import pytest
from running import PATIENCE, PROGRAM, SUPPORT, clean, mail, queued, ran, told, until, written


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="systemd is not installed")
def test_systemd_passes_the_door(starting, desk, tmp_path):
    """A socket that systemd bound takes the connection that starts the daemon, and those after it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    written(tmp_path, desk, smtp={"listen": ["systemd:smtp"]})
    activate = ("systemd-socket-activate", "-l", f"127.0.0.1:{port}", "--fdname=smtp", "-E", "NOTIFY_SOCKET")

    daemon = starting(tmp_path, before=activate, knock=port)
    daemon.send("Through the passed door")

    assert daemon.port == port
    until(lambda: "Through the passed door" in desk.subjects())
    assert daemon.stop() == 0


@pytest.mark.storm
def test_a_socket_that_was_not_passed_is_a_fault_of_the_config(tmp_path):
    """Exit 2, for systemd must not start it again and again; the remedy names the unit's key."""
    written(tmp_path, None, smtp={"listen": ["systemd:smtp"]})

    refused = ran(tmp_path, "run")

    assert refused.returncode == 2
    assert "FileDescriptorName=smtp" in refused.stderr.decode()


@pytest.mark.storm
def test_a_full_queue_is_told_at_mail(starting, tmp_path):
    """The helpdesk is away, mails wait: beyond the bound 452 before the body, in status line and log why; then 250 again."""
    written(tmp_path, None, spool={"max_waiting": 1}, retry={"first": "1m", "longest": "1h"})
    daemon = starting(tmp_path, {"WATCHDOG_USEC": "200000"})
    ids = [daemon.send(f"Waiting {number}") for number in range(2)]

    daemon.manager.fresh(lambda said: any("; no mail is taken in: 2 mails wait" in line for line in said))
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=PATIENCE) as client:
        client.ehlo("test.example.net")
        assert client.mail("gina@shop.example.net") == (452, b"4.3.1 Too many mails wait here; try again later")
        assert ran(tmp_path, "queue", "hold", *ids).returncode == 0
        daemon.manager.fresh(lambda said: any("STATUS=" in line and "taken in" not in line for line in said))
        assert client.mail("gina@shop.example.net")[0] == 250

    told_of = [event for event in daemon.log if isinstance(event, dict) and event["event"].startswith("door ")]
    assert [("door closed", "error"), ("door opened", "warning")] == [(e["event"], e["level"]) for e in told_of]
    assert "ingestd check" in told_of[0]["remedy"]


def test_submit_works_beside_the_daemon(beside, desk):
    """A mail from stdin is spooled while the daemon runs, which makes a ticket of it; a second time changes nothing."""
    raw = mail("By hand")

    first = ran(beside.folder, "submit", "--rcpt", SUPPORT, "--from", "gina@shop.example.net", "-", stdin=raw)
    again = queued(beside.port, raw, "gina@shop.example.net")

    assert first.returncode == 0
    assert first.stdout.decode().split() == [again]
    until(lambda: "By hand" in desk.subjects())
    assert told(beside.folder, "queue", "show", again)["status"] == "done"


@pytest.mark.storm
@pytest.mark.parametrize(
    ("recipient", "raw", "spool", "code"),
    [
        (SUPPORT, b" \n", "ingestd.db", 65),
        ("nobody@example.org", mail("Whose"), "ingestd.db", 67),
        (SUPPORT, mail("Where"), "gone/ingestd.db", 75),
    ],
)
def test_submit_speaks_sysexits(tmp_path, recipient, raw, spool, code):
    """A pipe transport learns: no mail, nobody of that name, try again later (sysexits.h)."""
    written(tmp_path, None, spool={"url": f"sqlite:///{spool}"})

    submitted = ran(tmp_path, "submit", "--rcpt", recipient, "--from", "", "-", stdin=raw)

    assert submitted.returncode == code
    assert submitted.stderr
    assert b"Traceback" not in submitted.stderr


def test_the_demo_shows_the_main_job(tmp_path):
    """`demo --once` needs no config and exits 0 once every sample is a ticket."""
    shown = subprocess.run(
        [PROGRAM, "demo", "--once"],
        cwd=tmp_path, env=clean({}), capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip

    assert (0, b"") == (shown.returncode, shown.stderr)
    assert [] == list(tmp_path.iterdir())
