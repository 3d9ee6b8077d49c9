"""A storm: a real daemon that is killed again and again, a helpdesk that misbehaves, senders that never give up.

Run by hand: `python tests/storm/storm.py --seed 7 --mails 500 --kills 20`. With `STORM_KEEP=FOLDER` in the environment
the spool, the helpdesk's database and the log of a storm that went wrong are kept there.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from desk_process import SECRET, DeskProcess
from letters import MAX_POST, Letter, conversations
from reckoning import faults_of
from senders import Sent, senders, until
from weather import OVERLOAD, Weather

PROGRAM = str(Path(sys.executable).with_name("ingestd"))
WAITING = ("incoming", "active", "deferred")
# Where nobody may keep compiled modules, each start would compile all of them again.
ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Storm:
    """One storm: who takes part, and what befell them."""

    weather: Weather
    folder: Path
    desk: DeskProcess
    port: int
    sent: Sent = field(default_factory=Sent)
    daemon: subprocess.Popen[bytes] | None = None
    kills: int = 0
    freezes: int = 0
    desks: int = 0

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = [PROGRAM, "run", "-c", str(self.folder / "config.toml")]
            self.daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRON)

    def process(self, *, spool: bool) -> int:
        """The daemon; or the process that has its spool, where there is one already."""
        assert self.daemon is not None
        for children in Path(f"/proc/{self.daemon.pid}/task").glob("*/children") if spool else ():
            for child in children.read_text().split():
                with contextlib.suppress(OSError):
                    if b"spooling" in Path(f"/proc/{child}/cmdline").read_bytes():
                        return int(child)
        return self.daemon.pid

    def kill(self, *, spool: bool = False) -> None:
        """The daemon; or its spool's process, without which it ends."""
        assert self.daemon is not None
        if self.daemon.poll() is None:
            os.kill(self.process(spool=spool), signal.SIGKILL)
        self.daemon.wait(60)

    def listening(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def status(self) -> dict[str, Any]:
        command = [PROGRAM, "status", "--json", "-c", str(self.folder / "config.toml")]
        told = subprocess.run(command, capture_output=True, check=False, timeout=60, env=ENVIRON)
        return json.loads(told.stdout) if told.returncode == 0 else {}


def run(weather: Weather) -> list[str]:
    """Everything that is wrong at the end of the storm; [] where every mail had its effect, once and in order."""
    letters, began = conversations(weather.seed, weather.mails), time.monotonic()
    with _prepared(weather) as storm:
        storm.start()
        try:
            _blow(storm, letters)
            blown = time.monotonic() - began
            storm.desk.clear()
            counts = _calm(storm)
            tickets = storm.desk.tickets()
        finally:
            storm.kill()
        print(_summary(storm, counts, blown, time.monotonic() - began))  # noqa: T201 - by hand
        faults = faults_of(letters, tickets, storm.sent.ids, counts)
        _tell(storm, faults)
        if faults and (keep := os.environ.get("STORM_KEEP")):
            shutil.copytree(storm.folder, keep, dirs_exist_ok=True)
        return faults


def _tell(storm: Storm, faults: list[str]) -> None:
    """The ledgers of the first few conversations that went wrong: what the storm was then is never seen again."""
    found = (re.search(r"\bc(\d+)(?:n\d+)?\b", fault) for fault in faults)
    for number in list(dict.fromkeys(each[1] for each in found if each))[:5]:
        mails = sorted(token for token in storm.sent.ids if token.startswith(f"c{number}n"))
        for queue_id in (queue_id for token in mails for queue_id in sorted(storm.sent.ids[token])):
            command = [PROGRAM, "queue", "show", queue_id, "-c", str(storm.folder / "config.toml")]
            subprocess.run(command, check=False, timeout=60, env=ENVIRON)


def _summary(storm: Storm, counts: dict[str, Any], blown: float, seconds: float) -> str:
    weather, struck = storm.weather, storm.desk.struck
    missed = sorted(name for name, times in struck.items() if not times)
    return (
        f"seed {weather.seed}: {weather.mails} mails, {storm.kills} kills, {storm.freezes} freezes, "
        f"{storm.desks} kills of the helpdesk, {struck.total()} faults, {blown:.0f} s and {seconds - blown:.0f} s after; "
        f"never struck: {missed}; {counts}"
    )


def _blow(storm: Storm, letters: list[list[Letter]]) -> None:
    """Send everything while the daemon is killed; returns when all is accepted and all kills are done."""
    weather = storm.weather
    # The sending takes about as long as the killing, so that mails come in at every stage of it.
    pace = weather.kills * 3.0 * weather.senders / weather.mails
    writing = senders(weather.seed, storm.port, letters, storm.sent, weather.senders, pace * 0.7)
    chance = Random(weather.seed)
    for seconds in weather.lives():
        until(storm.listening, 60)
        _live(storm, seconds, chance)
        storm.kill(spool=chance.random() < weather.halved)
        storm.kills += 1
        storm.start()
        storm.sent.learn(storm.desk.numbers())
    for sender in writing:
        sender.join()


def _live(storm: Storm, seconds: float, chance: Random) -> None:
    """One life of the daemon, and what happens to others in it."""
    if chance.random() < 0.1:
        storm.desk.add(OVERLOAD)
    if storm.kills % storm.weather.desks == storm.weather.desks - 1:
        storm.desk.kill()
        storm.desks += 1
        time.sleep(chance.uniform(0.0, seconds / 2))
        storm.desk.start(storm.weather.rules(storm.desks))
    time.sleep(seconds / 2)
    if chance.random() < storm.weather.frozen:
        frozen = storm.process(spool=chance.random() < storm.weather.halved)
        os.kill(frozen, signal.SIGSTOP)
        time.sleep(chance.uniform(0.2, 2.0))
        os.kill(frozen, signal.SIGCONT)
        storm.freezes += 1
    time.sleep(seconds / 2)


def _calm(storm: Storm) -> dict[str, Any]:
    """Wait until nothing waits, or nothing gets on any more; what there is of each status."""
    counts: dict[str, Any] = {}
    done, end = -1, time.monotonic() + storm.weather.patience
    while time.monotonic() < end:
        counts.update(storm.status())
        if counts and not any(counts[status] for status in WAITING):
            break
        if counts.get("done", -1) > done:
            done, end = counts["done"], time.monotonic() + storm.weather.patience
        time.sleep(2.0)
    return counts


@contextlib.contextmanager
def _prepared(weather: Weather) -> Iterator[Storm]:
    """A folder with the configuration, and a helpdesk that answers."""
    with tempfile.TemporaryDirectory(prefix="storm-") as named:
        folder = Path(named)
        desk = DeskProcess(folder, _free_port())
        storm = Storm(weather, folder, desk, _free_port())
        _configure(storm)
        desk.start(weather.rules(0))
        try:
            yield storm
        finally:
            desk.kill()


def _configure(storm: Storm) -> None:
    weather = storm.weather
    (storm.folder / "config.toml").write_text(f"""
[smtp]
listen = ["127.0.0.1:{storm.port}"]
[helpdesk]
kind = "whmcs"
url = "{storm.desk.url}"
identifier = "{SECRET}"
secret = "{SECRET}"
timeout = "{weather.timeout}s"
settle = "{weather.settle}s"
concurrency = {weather.concurrency}
max_post = "{MAX_POST}"
[retry]
first = "200ms"
longest = "1s"
[[route]]
recipient = "support@example.com"
department = 1
""")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("seed", "mails", "kills"):
        asked.add_argument(f"--{name}", type=int, required=True)
    wrong = run(Weather(**vars(asked.parse_args())))
    print("\n".join(wrong) or "all is well")  # noqa: T201 - by hand
    sys.exit(bool(wrong))
