"""A storm: a real daemon that is killed again and again, a helpdesk that misbehaves, senders that never give up.

Run by hand: `python tests/storm/storm.py --seed 7 --mails 500 --kills 20`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from letters import CLIENTS, MAX_POST, Letter, conversations
from reckoning import faults_of

from ingestd.desk import Client, Desk, DeskSettings, Rule, Seed

PROGRAM = (str(Path(sys.executable).with_name("ingestd")),)
SENDERS = 6
# Effects without an answer, no effect, effects after we gave up, answers that are odd but good, and refusals.
SPOILED = (
    "commit_then_cut", "commit_then_500", "commit_then_502", "commit_then_504", "commit_then_hang", "empty", "truncated",
    "cut_before", "empty_before", "html", "503", "hang",
    "late", "late_cut", "late_answer", "late_cut",
    "php_notice", "bom",
)  # fmt: skip
WRITES = ("openticket", "addticketreply", "updateticket", "addticketnote")
READS = ("getticket", "gettickets", "getclientsdetails", "getcontacts", "getusers")
REFUSED = ("403_waf", "hook", "429")
WAITING = ("incoming", "active", "deferred")


@dataclass(frozen=True)
class Weather:
    """How bad it gets. `trouble` is the chance that a write goes wrong, `late` how many seconds a slow effect takes."""

    seed: int
    mails: int
    kills: int
    trouble: float = 0.25
    timeout: float = 1.0
    late: float = 1.5
    settle: float = 3.5
    patience: float = 120.0


@dataclass
class Storm:
    """One storm. `sent` holds the queue ids that the door named for each mail."""

    weather: Weather
    folder: Path
    desk: Desk
    port: int
    daemon: subprocess.Popen[bytes] | None = None
    sent: dict[str, set[str]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    kills: int = 0

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = [*PROGRAM, "run", "-c", str(self.folder / "config.toml")]
            self.daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.daemon is not None
        self.daemon.kill()
        self.daemon.wait()

    def listening(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def status(self) -> dict[str, Any]:
        command = [*PROGRAM, "status", "--json", "-c", str(self.folder / "config.toml")]
        told = subprocess.run(command, capture_output=True, check=False, timeout=60)
        return json.loads(told.stdout) if told.returncode == 0 else {}

    def look(self) -> None:
        """Learn the numbers of the tickets there are, as people do from the helpdesk's mails."""
        numbers = {ticket["subject"]: ticket["number"] for ticket in self.desk.tickets()}
        with self.lock:
            self.numbers.update(numbers)


def run(weather: Weather) -> list[str]:
    """Everything that is wrong at the end of the storm; [] where every mail had its effect, once and in order."""
    letters = conversations(weather.seed, weather.mails)
    with tempfile.TemporaryDirectory(prefix="storm-") as folder, _desk(folder) as desk:
        storm = Storm(weather, Path(folder), desk, _free_port())
        _configure(storm)
        _spoil(storm)
        storm.start()
        try:
            _blow(storm, letters)
            desk.clear_faults()
            counts = _calm(storm)
        finally:
            storm.kill()
        struck = sum(bool(request["fault"]) for request in desk.log())
        print(f"seed {weather.seed}: {weather.mails} mails, {storm.kills} kills, {struck} faults, {counts}")  # noqa: T201 - by hand
        faults = faults_of(letters, desk.tickets(), storm.sent, counts)
        if faults and (keep := os.environ.get("STORM_LOG")):
            Path(keep).write_bytes((storm.folder / "log").read_bytes())
        return faults


def _blow(storm: Storm, letters: list[list[Letter]]) -> None:
    """Send everything while the daemon is killed; returns when all is accepted and all kills are done."""
    senders = [threading.Thread(target=_send_all, args=(storm, letters[n::SENDERS], n)) for n in range(SENDERS)]
    for sender in senders:
        sender.start()
    chance = Random(storm.weather.seed)
    while storm.kills < storm.weather.kills:
        until(storm.listening, 60)
        time.sleep(chance.uniform(0.0, 3.0))
        if chance.random() < 0.1:
            storm.desk.add_fault(Rule("overload", seconds=1.5))
        storm.kill()
        storm.kills += 1
        storm.start()
        storm.look()
    for sender in senders:
        sender.join()


def _send_all(storm: Storm, mine: list[list[Letter]], number: int) -> None:
    """Send these conversations, several at a time, each in its order; every mail until it has its 250."""
    chance = Random(f"{storm.weather.seed}.{number}")
    # The sending takes about as long as the killing, so that mails come in at every stage of it.
    pace = storm.weather.kills * 3.0 / max(1, sum(map(len, mine)))
    under_way = [list(conversation) for conversation in mine]
    while under_way:
        conversation = chance.choice(under_way[:4])
        letter = conversation.pop(0)
        under_way = [each for each in under_way if each]
        _deliver(storm, letter, chance)
        time.sleep(chance.uniform(0.0, 2 * pace))


def _deliver(storm: Storm, letter: Letter, chance: Random) -> None:
    """Send a mail until it is accepted, and now and then once more, as an MX does that lost the 250."""
    with storm.lock:
        number = storm.numbers.get(letter.title, "")
    raw, recipient = letter.raw(number), letter.recipient(number)
    more = 1 + (chance.random() < 0.15)
    hop = 0
    while more:
        hop += 1
        queue_id = _sent(storm, f"Received: by mx{hop}.example.net\r\n".encode() + raw, letter, recipient, chance)
        if queue_id:
            with storm.lock:
                storm.sent.setdefault(letter.token, set()).add(queue_id)
            more -= 1
        else:
            time.sleep(0.2)


def _sent(storm: Storm, raw: bytes, letter: Letter, recipient: str, chance: Random) -> str:
    """The queue id, or "" where there was no 250, also because the sender did not wait for it."""
    try:
        with smtplib.SMTP("127.0.0.1", storm.port, "mx.example.net", timeout=20) as client:
            client.ehlo_or_helo_if_needed()
            client.mail(letter.author)
            client.rcpt(recipient)
            if chance.random() < 0.1:
                client.docmd("DATA")
                client.send(raw + b".\r\n")
                client.close()
                return ""
            code, says = client.data(raw)
    except (OSError, smtplib.SMTPException):
        return ""
    return says.split()[-1].decode() if code == 250 else ""


def _calm(storm: Storm) -> dict[str, Any]:
    """Wait until nothing waits; what there is of each status."""
    counts: dict[str, Any] = {}

    def quiet() -> bool:
        counts.update(storm.status())
        return bool(counts) and not any(counts[status] for status in WAITING)

    until(quiet, storm.weather.patience, pause=1.0)
    return counts


def until(enough: Any, seconds: float, pause: float = 0.05) -> None:
    """Ask until it holds, at most so long: what did not come is seen in the end."""
    end = time.monotonic() + seconds
    while not enough() and time.monotonic() < end:
        time.sleep(pause)


def _spoil(storm: Storm) -> None:
    """Every fault, each with its own dice; the first that strikes decides."""
    weather, chance = storm.weather, Random(storm.weather.seed)
    each = weather.trouble / len(SPOILED)
    for action in WRITES:
        for name in SPOILED:
            seed = chance.randrange(1 << 30)
            storm.desk.add_fault(Rule(name, action=action, probability=each, seed=seed, seconds=weather.late))
        for name in REFUSED:
            seed = chance.randrange(1 << 30)
            storm.desk.add_fault(Rule(name, action=action, probability=0.01, times=2, seed=seed))
    for action in READS:
        for name in ("500", "cut_before", "empty", "hang"):
            seed = chance.randrange(1 << 30)
            storm.desk.add_fault(Rule(name, action=action, probability=weather.trouble / 20, seed=seed))


def _configure(storm: Storm) -> None:
    weather = storm.weather
    (storm.folder / "config.toml").write_text(f"""
[smtp]
listen = ["127.0.0.1:{storm.port}"]
[helpdesk]
kind = "whmcs"
url = "{storm.desk.url}"
identifier = "storm"
secret = "storm"
timeout = "{weather.timeout}s"
settle = "{weather.settle}s"
concurrency = 12
max_post = "{MAX_POST}"
[retry]
first = "200ms"
longest = "1s"
[[route]]
recipient = "support@example.com"
department = 1
""")


@contextlib.contextmanager
def _desk(folder: str) -> Iterator[Desk]:
    """A helpdesk with a loop of its own in a thread; it outlives every daemon."""
    settings = DeskSettings("storm", "storm", database=f"{folder}/desk.db", post_max_size=MAX_POST, control=True)
    desk = Desk(settings)
    desk.seed(Seed(clients=tuple(Client(n, "Client", str(n), address) for n, address in enumerate(CLIENTS, 1))))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(desk.start(), loop).result(30)
    try:
        yield desk
    finally:
        asyncio.run_coroutine_threadsafe(desk.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


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
