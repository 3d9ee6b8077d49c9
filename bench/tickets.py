"""A 2 KiB mail from SMTP to its ticket, delivered mark synced: against the straightforward pipeline, and against Roundup.

    python bench/tickets.py [--mails 3000] [--only stock,roundup,load]

Ours and the stock pipeline take the mails over 20 sessions that stay and post them to the same stand-in of a helpdesk
(clients that are known: one call each); the clock runs from the first MAIL to the last ticket whose mark is on disk.
Roundup's gateway gets the mails in process, without SMTP. Counted: one ticket for each subject, none twice.
"""

import json
import subprocess
import sys
import time
from functools import partial

from hosts import HERE, PATIENCE, Daemon, StandIn, folder, until
from measuring import Target, figures, interleaved, middle, options, plot, row, spread, wanted

SESSIONS = 20
AUTHORS = 40
# As many calls at a time as the peer makes, which posts from each session.
CONCURRENCY = SESSIONS


class Sender:
    """Letters that are made before they are sent."""

    def __init__(self, port, mails, sessions=SESSIONS, first=0):
        words = map(str, (port, mails, sessions, first, AUTHORS))
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "sender.py"), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "made\n"

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        told, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        return float(told)


def checked(helpdesk, mails):
    told = helpdesk.told()
    assert (told["opened"], told["subjects"], told["twice"]) == (mails, mails, 0), told
    return told


def ours(mails, sessions=SESSIONS):
    """Mails a second."""
    given = {"concurrency": CONCURRENCY}
    with StandIn() as helpdesk, folder() as place, Daemon(place, helpdesk.url, helpdesk=given) as daemon:
        warm = Sender(daemon.port, AUTHORS, first=mails)
        warm.go()
        warm.end()
        until(lambda: daemon.counts() == {"done": AUTHORS}, PATIENCE)
        sender = Sender(daemon.port, mails, sessions)
        began = time.monotonic()
        sender.go()
        until(lambda: helpdesk.told()["opened"] == mails + AUTHORS, PATIENCE)
        until(lambda: daemon.counts() == {"done": mails + AUTHORS}, PATIENCE)
        seconds = time.monotonic() - began
        sender.end()
        checked(helpdesk, mails + AUTHORS)
    return mails / seconds


def stock(mails, sessions=SESSIONS):
    """Mails a second."""
    with StandIn() as helpdesk, folder() as place:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "stock.py"), str(place), helpdesk.url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        port = int(process.stdout.readline())
        warm = Sender(port, AUTHORS, first=mails)
        warm.go()
        warm.end()
        until(lambda: helpdesk.told()["opened"] == AUTHORS, PATIENCE)
        sender = Sender(port, mails, sessions)
        began = time.monotonic()
        sender.go()
        until(lambda: len(list((place / "done").iterdir())) == mails + AUTHORS, PATIENCE)
        seconds = time.monotonic() - began
        sender.end()
        checked(helpdesk, mails + AUTHORS)
        process.communicate("")
    return mails / seconds


def roundup(mails):
    """Mails a second."""
    words = map(str, (mails, 0, AUTHORS))
    done = subprocess.run(
        [sys.executable, str(HERE / "gateway.py"), *words], check=True, capture_output=True, text=True
    )
    seconds, issues = json.loads(done.stdout.splitlines()[-1])
    assert issues == mails + 5, issues
    return mails / seconds


def compared(name, what, least, peer, told, mails, dry):
    row(
        name, what, f"{spread(told['ingestd'])} mails/s", f"{peer}: {spread(told[peer])} mails/s",
        middle(told["ingestd"]) / middle(told[peer]), Target(f">= {least}x", least), dry=dry,
        checked=f"{mails} mails a round of ours, one ticket for each subject, done in the spool; the peer's counted alike",
    )  # fmt: skip


def main():
    asked = options(__doc__, mails=3000)
    if wanted(asked, "stock"):
        told = interleaved(
            asked.rounds, {"ingestd": partial(ours, asked.mails), "stock": partial(stock, asked.mails // 4)}
        )
        compared(
            "ticket-stock",
            "a 2 KiB mail from SMTP to its ticket, mark synced",
            5,
            "stock",
            told,
            asked.mails,
            asked.dry,
        )
    if wanted(asked, "roundup"):
        told = interleaved(
            asked.rounds, {"ingestd": partial(ours, asked.mails), "roundup": partial(roundup, asked.mails // 10)}
        )
        compared(
            "ticket-roundup",
            "the same, against Roundup's gateway in process",
            15,
            "roundup",
            told,
            asked.mails,
            asked.dry,
        )
    if wanted(asked, "load"):
        found = {"ingestd": [], "stock": []}
        for sessions in (1, 5, 20, 50):
            sides = {
                "ingestd": partial(ours, asked.mails // 3, sessions),
                "stock": partial(stock, asked.mails // 10, sessions),
            }
            for side, rates in interleaved(min(3, asked.rounds), sides).items():
                found[side].append((sessions, middle(rates)))
        figures("drain-over-load", found, dry=asked.dry)
        if not asked.dry:
            plot(
                "drain-over-load",
                "From SMTP to the ticket, 2 KiB mails",
                "sessions that stay",
                "tickets a second",
                found,
            )


if __name__ == "__main__":
    main()
