"""A mail with a file of 25 MB, from the socket to the last byte of the POST: memory, the loop's gaps, every byte.

    python bench/attachment.py [--megabytes 25]

Memory is the growth of all of ingestd's processes together (PSS) over what they had before the mail, seen every few
milliseconds. The gaps of the event loop are measured from within by bench/lag.py.
"""

import json
import os
import random
import smtplib
import sys
import time

from hosts import HERE, Daemon, Peak, StandIn, folder, until
from letters import SUPPORT, digest, with_file
from measuring import Target, middle, options, row, spread

GIVEN = {"post": "80 MiB", "mail": "40 MiB"}


def passed_through(megabytes, number):
    """Send one mail; growth by the size of the mail, the longest gap in ms (wall, CPU), seconds to the ticket."""
    data = random.Random(number).randbytes(megabytes * 1000 * 1000)
    raw = with_file(number, data)
    with StandIn() as helpdesk, folder() as place:
        lag = place / "lag.json"
        os.environ["BENCH_LAG"] = str(lag)
        with Daemon(
            place, helpdesk.url, smtp={"max_size": GIVEN["mail"]}, before=[sys.executable, str(HERE / "lag.py")]
        ) as daemon:
            daemon.send("warm")
            until(lambda: helpdesk.told()["opened"] == 1)
            time.sleep(1.5)
            lag.with_suffix(".reset").touch()
            until(lambda: not lag.with_suffix(".reset").exists())
            before = daemon.memory()
            with Peak(daemon.memory, 0.005) as peak:
                began = time.time()
                with smtplib.SMTP("127.0.0.1", daemon.port, timeout=60) as client:
                    client.sendmail("gina@shop.example.net", [SUPPORT], raw)
                until(lambda: helpdesk.told()["opened"] == 2)
            told = helpdesk.told()
            ((name, size, found),) = told["files"]
            assert (name, size, found) == ("scan.pdf", len(data), digest(data)), told
            time.sleep(0.5)
            gaps = json.loads(lag.read_text())
    return (peak.most - before) / len(raw), gaps["wall"] * 1000, gaps["cpu"] * 1000, told["last_byte"] - began


def main():
    asked = options(__doc__, megabytes=25)
    found = []
    for turn in range(asked.rounds):
        found.append(passed_through(asked.megabytes, turn))
        print(
            f"  round {turn + 1}: growth {found[-1][0]:.2f}x, gap {found[-1][1]:.0f} ms (CPU {found[-1][2]:.0f} ms), {found[-1][3]:.2f} s",
            file=sys.stderr,
        )
    growth, wall, cpu, seconds = map(list, zip(*found, strict=True))
    checked = f"the file's SHA-256 at the helpdesk, {asked.rounds} mails; {spread(seconds, '.2f')} s from MAIL to the last byte"
    row(
        "attachment-memory", f"a {asked.megabytes} MB attachment: growth of all processes", f"{spread(growth, '.2f')}x", "size of the mail",
        max(growth), Target("<= 0.25x", 0.25, at_most=True), dry=asked.dry, checked=checked,
    )  # fmt: skip
    row(
        "attachment-loop", f"a {asked.megabytes} MB attachment: longest gap of the event loop",
        f"{spread(wall, '.0f')} ms, of it CPU of the loop's own {spread(cpu, '.0f')} ms", "-",
        max(wall), Target("<= 50 ms", 50, at_most=True), dry=asked.dry, form=".0f",
        checked=f"{checked}; the figure is wall time, which also holds what other programs took from the machine",
    )  # fmt: skip


if __name__ == "__main__":
    main()
