"""Start with 100,000 entries waiting; memory and time to ready of an idle daemon.

    python bench/start.py [--waiting 100000] [--only backlog,idle]

Ready is what systemd hears (READY=1), counted from the start of the process. Memory is PSS over all processes: what
they share counts once. Idle is measured twice: with a WHMCS as the helpdesk, and with the embedded one in the process.
The byte code of ingestd is written before, as pip does with an installation.
"""

import subprocess
import sys
import time
from pathlib import Path

from hosts import Daemon, StandIn, filled, folder
from measuring import Target, interleaved, middle, options, row, spread, wanted


def backlog(asked):
    found = []
    with StandIn() as helpdesk, folder() as place:
        filled(place, asked.waiting, waiting=asked.waiting)
        for _ in range(asked.rounds):
            with Daemon(place, helpdesk.url) as daemon:
                found.append(daemon.ready)
                counts = daemon.counts()
                assert sum(counts.values()) == asked.waiting, counts
            (place / "log").unlink()
    row(
        "start-backlog", f"start with {asked.waiting:,} entries waiting", f"ready in {spread(found, '.2f')} s", "-", max(found),
        Target("< 2 s", 2, at_most=True), dry=asked.dry, checked="every entry still there after each start",
    )  # fmt: skip


def idle(asked):
    memory, ready = {"whmcs": [], "embedded": []}, {"whmcs": [], "embedded": []}
    with StandIn() as helpdesk:
        for _ in range(asked.rounds):
            for kind in memory:
                more = {"helpdesk": {"kind": kind}} if kind == "embedded" else {}
                with folder() as place, Daemon(place, helpdesk.url, tables=more) as daemon:
                    count = len(daemon.processes())
                    assert count >= 3, "the parser's process was not started ahead"
                    time.sleep(1)
                    memory[kind].append(daemon.memory() / (1 << 20))
                    ready[kind].append(daemon.ready)
    row(
        "idle-memory", "idle, memory of all processes", f"{spread(memory['whmcs'], '.1f')} MiB",
        f"with the embedded helpdesk: {spread(memory['embedded'], '.1f')} MiB", max(max(found) for found in memory.values()),
        Target("<= 100 MiB", 100, at_most=True), dry=asked.dry, form=".1f", checked=f"{count} processes, the parser's among them",
    )  # fmt: skip
    row(
        "idle-ready", "idle, time to ready", f"{spread(ready['whmcs'], '.2f')} s",
        f"with the embedded helpdesk: {spread(ready['embedded'], '.2f')} s", middle(ready["whmcs"]),
        Target("<= 0.5 s", 0.5, at_most=True), dry=asked.dry, checked="READY=1, with the parser's process started ahead",
    )  # fmt: skip


def compiled():
    # Where PYTHONDONTWRITEBYTECODE is set, a clone would compile its files at each start, which no installation does.
    subprocess.run([sys.executable, "-m", "compileall", "-q", Path(__file__).parents[1] / "ingestd"], check=True)


def main():
    asked = options(__doc__, waiting=100_000)
    compiled()
    if wanted(asked, "backlog"):
        backlog(asked)
    if wanted(asked, "idle"):
        idle(asked)


if __name__ == "__main__":
    main()
