"""What a process test needs around a daemon: the helpdesk, the service manager, the operator's hands."""

import asyncio
import contextlib
import json
import os
import re
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from ingestd.desk import Desk, DeskSettings

PROGRAM = str(Path(sys.executable).with_name("ingestd"))
PATIENCE = 30.0
SUPPORT = "support@example.com"


class DeskThread:
    """A desk of WHMCS's kind, with a loop of its own. It can go away and come back on the same port."""

    def __init__(self, **settings):
        self._folder = tempfile.TemporaryDirectory(prefix="desk-")
        self._settings = {"identifier": "id", "secret": "word", "database": f"{self._folder.name}/desk.db", **settings}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.desk = self._made()

    def _made(self, **settings):
        return Desk(DeskSettings(**{**self._settings, **settings}))

    def __enter__(self):
        self._thread.start()
        self._do(self.desk.start())
        self.url = self.desk.url
        self._settings["port"] = int(self.url.split(":")[2].split("/")[0])
        return self

    def __exit__(self, *_):
        self._do(self.desk.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def away(self):
        """Nobody answers any more."""
        self._do(self.desk.suspend())

    def become(self, **settings):
        """The same tickets on the same port, in another installation; without settings, as it was at first."""
        self._do(self.desk.stop())
        self.desk = self._made(**settings)
        self._do(self.desk.start())

    def tickets(self):
        return self.desk.tickets()

    def subjects(self):
        return sorted(ticket["subject"] for ticket in self.tickets())


class Manager:
    """The service manager's end of NOTIFY_SOCKET: everything that a daemon told it, in order."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="notify-")
        self.path = f"{self._folder.name}/notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self.said = []

    def until(self, enough, seconds=PATIENCE):
        """Listen until the daemon told enough; the lines so far."""
        end = time.monotonic() + seconds
        while not enough(self.said):
            self._socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                self.said += self._socket.recv(65536).decode().splitlines()
            except TimeoutError:
                raise AssertionError(f"not told within {seconds} s: {sorted(set(self.said))}") from None
        return self.said

    def fresh(self, enough, seconds=PATIENCE):
        """As `until`, of what is told from now on."""
        self.said = []
        return self.until(enough, seconds)

    def close(self):
        self._socket.close()
        self._folder.cleanup()


class Ingestd:
    """`ingestd run` as a process, under a manager."""

    def __init__(self, folder, manager, environ, before=()):
        self.folder = folder
        self.manager = manager
        self._log = folder / "log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*before, PROGRAM, "run", "-c", folder / "config.toml"],
                env=clean({"NOTIFY_SOCKET": manager.path, **environ}), stderr=log, stdout=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    @property
    def log(self):
        """The events told so far; what is no JSON stands as text."""
        return [json.loads(line) if line.startswith("{") else line for line in self._log.read_text().splitlines()]

    @property
    def port(self):
        """Where the daemon that started last listens for SMTP."""
        listen = [event["listen"][0] for event in self.log if isinstance(event, dict) and event["event"] == "started"]
        return int(listen[-1].rpartition(":")[2])

    def send(self, subject, text="Some words", sender="gina@shop.example.net"):
        """A small mail by SMTP; the queue id in its 250."""
        return queued(self.port, mail(subject, text, sender), sender)

    def stop(self, seconds=PATIENCE):
        """As systemd stops it; the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            self.kill()
        self.manager.close()


def clean(more):
    """Our environment without what would configure a daemon by accident."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INGESTD_", "LISTEN_"))}
    return {**kept, **more}


def written(folder, desk, **sections):
    """A config in the folder: impatient, on a free port, at this desk; sections over it."""
    url = desk.url if desk else "http://127.0.0.1:9/includes/api.php"
    tables = {
        "smtp": {"listen": ["127.0.0.1:0"], "stop_timeout": "10s"},
        "helpdesk": {
            "kind": "whmcs",
            "url": url,
            "identifier": "id",
            "secret": "word",
            "timeout": "2s",
            "settle": "3s",
        },
        "retry": {"first": "200ms", "longest": "1s"},
    }
    for name, table in sections.items():
        if name != "route":
            tables[name] = {**tables.get(name, {}), **table}
    lines = [line for name, table in tables.items() for line in (f"[{name}]", *map(_assigned, table.items()))]
    for route in sections.get("route", ({"recipient": SUPPORT, "department": 1},)):
        lines += ["[[route]]", *map(_assigned, route.items())]
    (folder / "config.toml").write_text("\n".join(lines) + "\n")
    return folder / "config.toml"


def _assigned(pair):
    # JSON's strings, lists, numbers and truths are TOML's too.
    return f"{pair[0]} = {json.dumps(pair[1])}"


def ran(folder, *words, stdin=None, environ=None):
    """A command on the config in the folder, finished."""
    return subprocess.run(
        [PROGRAM, *words, "-c", folder / "config.toml"],
        env=clean(environ or {}), input=stdin, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def told(folder, *words, exits=0):
    """What a command with --json answers."""
    done = ran(folder, *words, "--json")
    assert done.returncode == exits, done
    return json.loads(done.stdout)


def mail(subject, text="Some words", sender="gina@shop.example.net"):
    """A mail of its own; the subject makes its Message-ID."""
    return (
        f"From: Gina <{sender}>\r\nTo: {SUPPORT}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{re.sub('[^a-z0-9]+', '-', subject.lower())}@shop.example.net>\r\n\r\n{text}\r\n"
    ).encode()


def queued(port, raw, sender, recipient=SUPPORT):
    """Send a mail; the queue id that the 250 names."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.ehlo("test.example.net")
        client.mail(sender)
        client.rcpt(recipient)
        code, says = client.data(raw)
    assert (code, says.split()[:-1]) == (250, b"2.0.0 Ok: queued as".split()), (code, says)
    return says.split()[-1].decode()


def until(enough, seconds=PATIENCE, tell=lambda: ""):
    """Ask until it holds: for what no bell rings. What held is returned; `tell` says why it did not."""
    end = time.monotonic() + seconds
    while not (found := enough()):
        assert time.monotonic() < end, f"it never came: {tell()}"
        time.sleep(0.05)
    return found


def knocked(port):
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
