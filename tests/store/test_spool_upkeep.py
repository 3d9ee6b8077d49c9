"""What becomes of what is old: holds that expire are found, raw mails make room, mail comes in meanwhile."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestd.core.journal import Deed, Index, Ordered, Record, Status

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HELD = Index(Status.HELD, "spam", NOON, expires=True)


async def held(spool, post, *, at, expires=True):
    queue_id = await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    deed = Record(at, Ordered(Deed.HOLD, "test"))
    await spool.record(entry, (deed,), Index(Status.HELD, "spam", NOON, expires=expires), release=True)
    return queue_id


async def test_holds_that_expire_are_found_the_longest_held_first(spool, post):
    """Not those held since later, nor those that do not expire."""
    second = await held(spool, post, at=NOON - DAY)
    first = await held(spool, post, at=NOON - 2 * DAY)
    await held(spool, post, at=NOON)
    await held(spool, post, at=NOON - 9 * DAY, expires=False)

    assert (first, second) == await spool.expirable(NOON)
    assert () == await spool.expirable(NOON - 3 * DAY)


async def test_what_a_person_decided_on_is_not_found(spool, post):
    """Released, dropped, or held by a person: it waits no more for its end."""
    for status in (Status.DEFERRED, Status.DISCARDED, Status.HELD, Status.DEAD):
        queue_id = await held(spool, post, at=NOON - DAY)
        deed = Record(NOON, Ordered(Deed.HOLD, "ann"))
        await spool.order(queue_id, deed, lambda _, status=status: Index(status, "", NOON + DAY))

    assert () == await spool.expirable(NOON)


async def test_mail_comes_in_while_raw_mails_go(spool, post, busy):
    """Pruning is done in small transactions: who arrives waits for one of them, not for the last."""
    for _ in range(150):
        await post.accept()
    for entry in await spool.claim(NOON, MINUTE, 150):
        await spool.record(entry, (), Index(Status.DONE, "", NOON - DAY), release=True)

    async with busy():
        pruning = asyncio.create_task(spool.prune(NOON))
        arriving = asyncio.ensure_future(spool.accept(post.mail()))
    await arriving

    assert not pruning.done()
    assert 150 == await pruning


async def test_what_is_pruned_is_not_written_once_more(spool, post):
    """Dropping mails costs no more of the log than their places in the tables: Debian's SQLite would wipe them there."""
    for _ in range(3):
        await post.accept(raw=b"x" * (9 << 20) + b"%d" % post.sent)
    for entry in await spool.claim(NOON, MINUTE, 3):
        await spool.record(entry, (), Index(Status.DONE, "", NOON - DAY), release=True)
    log = Path(f"{spool._place._base.database.writer.url.database}-wal")
    before = log.stat().st_size

    assert 3 == await spool.prune(NOON)

    assert log.stat().st_size - before < 1 << 20


async def test_the_file_does_not_grow_for_ever(spool, post):
    """The pages of what was pruned are used again: mail that comes and goes needs no more room than its most."""
    file = Path(spool._place._base.database.writer.url.database)
    sizes = []
    for _ in range(4):
        for _ in range(4):
            await post.accept(raw=b"x" * (1 << 20) + b"%d" % post.sent)
        for entry in await spool.claim(NOON, MINUTE, 4):
            await spool.record(entry, (), Index(Status.DONE, "", NOON - DAY), release=True)
        assert 1 << 20 > await spool.spare()
        assert 4 == await spool.prune(NOON)
        assert 4 << 20 < await spool.spare()
        with sqlite3.connect(file) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()
        sizes.append(file.stat().st_size)

    assert sizes[0] > 4 << 20
    assert sizes[-1] - sizes[0] < 1 << 18
