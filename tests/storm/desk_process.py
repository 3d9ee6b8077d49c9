"""The helpdesk of a storm: a process of its own, that is killed as well and comes back with what it had committed."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from letters import CLIENTS, MAX_POST

from ingestd.desk import Client, Desk, DeskSettings, Rule, Seed

SECRET = "storm"


class DeskProcess:
    """Starts, kills and asks it. `struck` counts the faults by kind, over all its lives."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._process: subprocess.Popen[bytes] | None = None
        self.struck: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/includes/api.php"

    def start(self, rules: list[dict[str, Any]]) -> None:
        """Returns when it answers, with these faults."""
        (self._folder / "rules").write_text(json.dumps(rules))
        with (self._folder / "desk.log").open("ab") as log:
            command = [sys.executable, __file__, str(self._folder), str(self._port)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < end, "the helpdesk does not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """As power does; what it had not committed is lost."""
        assert self._process is not None
        self._count()
        self._process.kill()
        self._process.wait()

    def add(self, rule: dict[str, Any]) -> None:
        self._asked("faults", "POST", rule)

    def clear(self) -> None:
        """All is well from here on."""
        self._count()
        self._asked("faults", "DELETE")

    def tickets(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self._asked("tickets")
        return told

    def numbers(self) -> dict[str, str]:
        """The number of each ticket by its subject, read beside it."""
        with closing(sqlite3.connect(f"file:{self._folder}/desk.db?mode=ro", uri=True)) as database:
            return dict(database.execute("SELECT subject, number FROM ticket"))

    def _count(self) -> None:
        for rule in self._asked("faults"):
            self.struck[rule["fault"]] += rule["struck"]

    def _answers(self) -> bool:
        try:
            self._asked("faults")
        except OSError:
            return False
        return True

    def _asked(self, what: str, method: str = "GET", body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self._port}/_desk/{what}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


async def _serve(folder: Path, port: int) -> None:
    settings = DeskSettings(
        SECRET, SECRET, database=f"{folder}/desk.db", port=port, post_max_size=MAX_POST, control=True
    )
    desk = Desk(settings)
    desk.seed(Seed(clients=tuple(Client(n, "Client", str(n), address) for n, address in enumerate(CLIENTS, 1))))
    for rule in json.loads((folder / "rules").read_text()):
        desk.add_fault(Rule(**rule))
    await desk.start()
    # Who started it is gone: so is the storm.
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
