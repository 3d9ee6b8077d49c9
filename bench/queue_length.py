"""What a claim and its finish cost over the length of the spool: with 1,000 entries, and with 1,000,000.

    python bench/queue_length.py [--entries 1000000] [--turns 200]

One entry in ten waits, the rest is done; each has lines in the ledger. Every claim is finished as a delivery ends: one
line, the index, the lease given back. Counted: what was claimed is what was finished, in the order of acceptance.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from hosts import filled, folder
from measuring import Target, figures, interleaved, middle, options, plot, row, spread

from ingestd.core.journal import Discard, Index, Planned, Record, Status
from ingestd.store.spool import Spool

LEASE = timedelta(seconds=60)
AT_ONCE = 4


async def turned(place, turns):
    """Entries a second, claimed and finished."""
    spool = Spool(f"sqlite:///{place}/ingestd.db", create=False, boot="bench")
    await spool.open(exclusive=True)
    finished = []
    began = time.perf_counter()
    while len(finished) < turns:
        now = datetime.now(UTC)
        entries = await spool.claim(now, LEASE, AT_ONCE)
        assert len(entries) == AT_ONCE
        index = Index(Status.DISCARDED, "bench", now, None, "")
        records = (Record(now, Planned(Discard("bench"))),)
        await asyncio.gather(*(spool.record(entry, records, index, release=True) for entry in entries))
        finished += [entry.queue_id for entry in entries]
    seconds = time.perf_counter() - began
    assert finished == sorted(set(finished))
    counts = await spool.counts()
    assert counts[Status.ACTIVE] == 0
    await spool.close()
    return len(finished) / seconds


def main():
    asked = options(__doc__, entries=1_000_000, turns=200)
    lengths = [1000, *(10**power for power in range(4, 10) if 10**power < asked.entries), asked.entries]
    turns = min(asked.turns, 1000 // 10 // (asked.rounds + 1))
    turns -= turns % AT_ONCE
    with folder() as place:
        for length in lengths:
            (place / str(length)).mkdir()
            filled(place / str(length), length, waiting=length // 10)
            asyncio.run(turned(place / str(length), turns))  # the caches are warm
        sides = {
            str(length): (lambda length=length: asyncio.run(turned(place / str(length), turns))) for length in lengths
        }
        told = interleaved(asked.rounds, sides)
    short, long = told["1000"], told[str(asked.entries)]
    row(
        "queue-length", f"claim and finish with {asked.entries:,} entries in the spool", f"{spread(long)} entries/s",
        f"with 1,000: {spread(short)} entries/s", middle(long) / middle(short), Target(">= 0.8x", 0.8), dry=asked.dry,
        checked=f"{turns} entries a round, each claimed once, in order, and finished",
    )  # fmt: skip
    points = [(length, 1000 / middle(told[str(length)])) for length in lengths]
    figures("cost-over-queue-length", points, dry=asked.dry)
    if not asked.dry:
        plot(
            "cost-over-queue-length",
            "Claim and finish",
            "entries in the spool",
            "ms per entry",
            {"ingestd": points},
            log="x",
        )


if __name__ == "__main__":
    main()
