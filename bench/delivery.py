"""Delivery with C connections to a helpdesk that takes 50 ms for each call, against C / 50 ms; and the calls per mail.

    python bench/delivery.py [--seconds 6]

The mails are in the spool already when the helpdesk comes up, so that intake takes nothing from delivery. Half of the
authors are clients and known after their first mail, half are new guests, four calls each.
"""

import sys
import time

from hosts import Daemon, StandIn, cpu, folder, submitted, until
from letters import letter, subject
from measuring import Target, figures, middle, options, plot, row, spread, wanted

DELAY = 0.05
CONNECTIONS = (1, 4, 16, 32)
CLIENTS = 4


def authors(count):
    """One known client among `CLIENTS` and one new guest in turn."""
    return [f"ada{n % CLIENTS}@client.example.net" if n % 2 else f"guest{n}@shop.example.org" for n in range(count)]


def delivered(connections, mails):
    """Calls a second as a share of what the helpdesk could take; and what it saw."""
    with StandIn(DELAY) as helpdesk, folder() as place:
        with Daemon(place, None, helpdesk={"concurrency": connections}) as daemon:
            daemon.stop()
        submitted(place, [letter(n, author=author) for n, author in enumerate(authors(mails))])
        with Daemon(place, helpdesk.url, helpdesk={"concurrency": connections}) as daemon:
            spent = cpu(daemon.process.pid)
            until(lambda: helpdesk.told()["opened"] >= mails, 300)
            spent = cpu(daemon.process.pid) - spent
            told = helpdesk.told()
            until(lambda: daemon.counts() == {"done": mails})
    calls = sum(count for action, count in told["calls"].items() if action != "GetSupportDepartments")
    assert (told["opened"], told["subjects"], told["twice"]) == (mails, mails, 0), told
    return calls / told["seconds"] * DELAY / connections, told, spent / mails * 1000


def per_mail(told, mails):
    """Calls for a mail of a known author, and for one of a new guest."""
    guests = mails // 2
    reads = sum(
        count
        for action, count in told["calls"].items()
        if action.startswith("Get") and action != "GetSupportDepartments"
    )
    return 1 + max(0, reads - 3 * guests) / guests, 1 + min(reads, 3 * guests) / guests


def main():
    asked = options(__doc__, seconds=6)
    shares, known, guest = {count: [] for count in CONNECTIONS}, 0.0, 0.0
    for turn in range(asked.rounds):
        for connections in CONNECTIONS:
            mails = max(2 * CLIENTS, int(asked.seconds * connections / DELAY / 2.5) // 2 * 2)
            share, told, spent = delivered(connections, mails)
            shares[connections].append(share)
            known, guest = map(max, (known, guest), per_mail(told, mails))
            print(
                f"  round {turn + 1}: {connections} connections {share:.1%}, {spent:.1f} ms CPU a mail, {told['calls']}",
                file=sys.stderr,
            )
    worst = min(shares, key=lambda count: middle(shares[count]))
    row(
        "delivery", "delivery with C connections to a helpdesk that takes 50 ms",
        "; ".join(f"C={count}: {spread(found, '.0%')}" for count, found in shares.items()), "C / 50 ms",
        middle(shares[worst]), Target(">= 90 %", 0.9), dry=asked.dry, form=".0%",
        checked=f"every mail opened one ticket, by subject; the figure is that of C={worst}",
    )  # fmt: skip
    row(
        "delivery-calls", "calls for a new guest without Cc", f"{guest:.2f} ({known:.2f} for a known author)", "-", guest,
        Target("<= 4 (1 for a known author)", 4, at_most=True), dry=asked.dry,
        checked="calls counted at the helpdesk, the first mail of each client among them",
    )  # fmt: skip


if __name__ == "__main__":
    main()
