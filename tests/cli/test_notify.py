"""sd_notify and socket passing, over real sockets."""

import os
import socket
import subprocess
import sys
import time

import pytest

from ingestd import notify


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path, monkeypatch):
    """A datagram socket such as systemd listens on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        name = str(tmp_path / "notify") if request.param == "path" else f"@ingestd-{os.getpid()}"
        listening.bind(name.replace("@", "\0", 1) if request.param == "abstract" else name)
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


def test_what_is_told(manager):
    """Readiness, status, watchdog and the end, each in one datagram."""
    notify.ready("waiting")
    notify.status("12 waiting")
    notify.watchdog()
    notify.stopping("finishing 2")

    assert [b"READY=1\nSTATUS=waiting", b"STATUS=12 waiting", b"WATCHDOG=1", b"STOPPING=1\nSTATUS=finishing 2"] == [
        manager.recv(4096) for _ in range(4)
    ]


def test_a_reload_is_told(manager):
    """With the time of its beginning on the clock that systemd compares it with; its end is readiness again."""
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notify.reloading()
    notify.reloaded()

    begun, when = manager.recv(4096).decode().splitlines()
    assert begun == "RELOADING=1"
    assert before <= int(when.removeprefix("MONOTONIC_USEC=")) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert manager.recv(4096) == b"READY=1"


def test_a_status_cannot_forge_an_assignment(manager):
    """A helpdesk's words in the status are words, whatever line ends they hold."""
    notify.status("waiting\nREADY=1\r\nMAINPID=1")

    assert b"STATUS=waiting READY=1 MAINPID=1" == manager.recv(4096)


@pytest.mark.parametrize("address", ["", "/nonexistent/notify", "@nobody-listens-here", "relative", "/" + "x" * 300])
def test_no_manager_is_no_trouble(monkeypatch, address):
    """Where nobody listens, nothing happens."""
    monkeypatch.setenv("NOTIFY_SOCKET", address)

    notify.ready("waiting")


@pytest.mark.parametrize(
    ("microseconds", "pid", "seconds"),
    [("30000000", None, 15.0), ("30000000", "ours", 15.0), ("30000000", "1", None), ("0", None, None), ("x", None, None),
     (None, None, None)],
)  # fmt: skip
def test_watchdog_interval(monkeypatch, microseconds, pid, seconds):
    """Half of what is allowed (sd_watchdog_enabled(3)); nothing where another process is watched, or none."""
    for name, value in [("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", str(os.getpid()) if pid == "ours" else pid)]:
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)

    assert seconds == notify.watchdog_interval()


CHILD = """
import os, sys
os.environ["LISTEN_PID"] = str(os.getpid())
from ingestd.notify import passed_sockets
passed = passed_sockets()
for name, sockets in passed.items():
    print(name, *(s.getsockname()[1] for s in sockets), *(s.get_inheritable() for s in sockets))
print(passed_sockets(), "LISTEN_FDS" in os.environ)
"""


def test_passed_sockets():
    """Sockets come by name, several under one; they are taken once and go to no child."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [str(s.getsockname()[1]) for s in sockets]
    # dup2 in the child's place: the protocol counts from descriptor 3.
    script = "".join(f"exec {3 + n}<&{s.fileno() + 100};" for n, s in enumerate(sockets))
    for s in sockets:
        os.dup2(s.fileno(), s.fileno() + 100)
    environment = {**os.environ, "LISTEN_FDS": "3", "LISTEN_FDNAMES": "smtp:smtp:"}

    told = subprocess.run(
        ["bash", "-c", f'{script} exec "$0" -c "$1"', sys.executable, CHILD],
        env=environment, pass_fds=[s.fileno() + 100 for s in sockets], capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip

    for s in sockets:
        os.close(s.fileno() + 100)
        s.close()
    assert [f"smtp {ports[0]} {ports[1]} False False", f"unknown {ports[2]} False", "{} False"] == told


def test_sockets_of_another_process_are_left_alone(monkeypatch):
    """LISTEN_PID says for whom they are (sd_listen_fds(3))."""
    monkeypatch.setenv("LISTEN_PID", "1")
    monkeypatch.setenv("LISTEN_FDS", "1")

    assert {} == notify.passed_sockets()
