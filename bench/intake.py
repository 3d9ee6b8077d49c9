"""Durable intake against Postfix on the same disk, every mail held on both sides; and what durable costs.

    python bench/intake.py [--rounds 5] [--only 2k-stay,2k-connect,50k,durable,load]

Each measurement starts a fresh daemon (or Postfix) in a fresh folder, pours mails with smtp-source, and counts what is
there afterwards: entries and bytes in the spool, files in the hold queue.
"""

import functools

from hosts import Daemon, Postfix, StandIn, folder, poured, until
from measuring import Target, figures, interleaved, middle, options, plot, row, spread, wanted

KiB = 1024
HELD = {"hold": True}


def ours(mails, sessions, size, *, stay, undurable=False):
    """Mails a second that ingestd takes."""
    with (
        StandIn() as helpdesk,
        folder() as place,
        Daemon(place, helpdesk.url, undurable=undurable, route=HELD) as daemon,
    ):
        poured(daemon.port, sessions, sessions, 1 * KiB, stay=stay)  # warm, as the peer is
        seconds = poured(daemon.port, mails, sessions, size, stay=stay)
        entries, kept = daemon.kept()
        assert entries == mails + sessions, (entries, mails, sessions)
        assert kept >= mails * size, kept
        assert helpdesk.told()["opened"] == 0
    return mails / seconds


def postfix(mails, sessions, size, *, stay):
    """Mails a second that Postfix puts on hold."""
    with Postfix() as peer:
        poured(peer.port, sessions, sessions, 1 * KiB, stay=stay)
        seconds = poured(peer.port, mails, sessions, size, stay=stay)
        until(lambda: peer.held()[0] == mails + sessions)
        assert peer.held()[1] >= mails * size
    return mails / seconds


def against_postfix(name, what, least, rounds, dry, **load):
    count = load["mails"]
    load["mails"] = count
    less = {**load, "mails": max(load["sessions"], count // 2)}
    told = interleaved(
        rounds, {"ingestd": functools.partial(ours, **load), "Postfix": functools.partial(postfix, **less)}
    )
    ratio = middle(told["ingestd"]) / middle(told["Postfix"])
    row(
        name, what, f"{spread(told['ingestd'])} mails/s", f"Postfix {spread(told['Postfix'])} mails/s", ratio,
        Target(f">= {least}x", least), dry=dry,
        checked=f"{count} mails a round counted in the spool and {less['mails']} in the hold queue, with their bytes",
    )  # fmt: skip


def durable(rounds, dry, mails):
    load = {"mails": mails, "sessions": 50, "size": 2 * KiB, "stay": True}
    sides = {"durable": functools.partial(ours, **load), "not": functools.partial(ours, undurable=True, **load)}
    told = interleaved(rounds, sides)
    row(
        "durable", "durable against not durable, 50 sessions", f"{spread(told['durable'])} mails/s",
        f"ourselves, synchronous = OFF: {spread(told['not'])} mails/s", middle(told["durable"]) / middle(told["not"]),
        Target(">= 0.5x", 0.5), dry=dry, checked=f"{mails} mails a round counted in the spool, with their bytes",
    )  # fmt: skip


def load(rounds, dry, mails):
    """Intake over the number of sessions, ours and theirs, as a plot."""
    sessions = (1, 5, 10, 20, 50, 100)
    told = {"ingestd": [], "Postfix": []}
    for count in sessions:
        fewer = mails // 5 if count == 1 else mails // 2
        sides = {
            "ingestd": functools.partial(ours, fewer, count, 2 * KiB, stay=True),
            "Postfix": functools.partial(postfix, fewer // 2, count, 2 * KiB, stay=True),
        }
        for name, found in interleaved(min(rounds, 3), sides).items():
            told[name].append((count, middle(found)))
    figures("intake-over-load", told, dry=dry)
    if not dry:
        plot("intake-over-load", "Durable intake, 2 KiB mails", "sessions that stay", "mails a second", told)


def main():
    asked = options(__doc__, mails=8000)
    rounds, dry, mails = asked.rounds, asked.dry, asked.mails
    if wanted(asked, "2k-stay"):
        against_postfix(
            "intake-2k-stay", "durable intake, 2 KiB, 50 sessions that stay", 4, rounds, dry,
            mails=mails, sessions=50, size=2 * KiB, stay=True,
        )  # fmt: skip
    if wanted(asked, "2k-connect"):
        against_postfix(
            "intake-2k-connect", "durable intake, 2 KiB, a connection per mail", 1.5, rounds, dry,
            mails=mails // 2, sessions=10, size=2 * KiB, stay=False,
        )  # fmt: skip
    if wanted(asked, "50k"):
        against_postfix(
            "intake-50k", "durable intake, 50 KiB, 10 sessions", 2, rounds, dry,
            mails=mails // 4, sessions=10, size=50 * KiB, stay=True,
        )  # fmt: skip
    if wanted(asked, "durable"):
        durable(rounds, dry, mails)
    if wanted(asked, "load"):
        load(rounds, dry, mails)


if __name__ == "__main__":
    main()
