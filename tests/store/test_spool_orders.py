"""Who may take a lease away: an operator's deed, and the next daemon; on every engine."""

from datetime import UTC, datetime, timedelta

import pytest

from ingestd.core.errors import LeaseLost, StoreError
from ingestd.core.journal import Deed, Index, Ordered, Postponed, Record, Status
from ingestd.store.spool import Filter, Spool

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEWS = (Record(NOON, Postponed("busy")),)
DEFERRED = Index(Status.DEFERRED, "busy", NOON + MINUTE)
DEED = Record(NOON, Ordered(Deed.RETRY, "ann"))


async def claimed(spool, now=NOON, limit=10):
    return [entry.queue_id for entry in await spool.claim(now, MINUTE, limit)]


async def test_an_order_takes_the_lease_away(spool, post):
    """An operator's deed is appended and folded with the whole ledger; whoever was at work gets LeaseLost."""
    queue_id = await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    seen = []

    def fold(records):
        seen.extend(records)
        return Index(Status.HELD, "by ann", NOON)

    assert Index(Status.HELD, "by ann", NOON) == await spool.order(queue_id, DEED, fold)
    assert seen == list(await spool.records(queue_id))
    assert DEED == seen[-1]
    assert (Status.HELD, 2, 0) == ((now := await spool.entry(queue_id)).status, now.lease, now.claims)
    with pytest.raises(LeaseLost):
        await spool.record(entry, NEWS, DEFERRED, release=True)


async def test_an_order_can_bring_an_entry_back(spool, post, finish):
    """What was over waits again, due when the fold says."""
    queue_id = await post.accept()
    await finish(queue_id, Status.DEAD)

    await spool.order(queue_id, DEED, lambda _: Index(Status.DEFERRED, "retry", NOON))

    assert [queue_id] == await claimed(spool)


async def test_a_deed_that_cannot_be_done_writes_nothing(spool, post):
    """Where the fold says None, or there is no such entry, nothing happened."""
    queue_id = await post.accept()
    before = await spool.entry(queue_id)

    assert await spool.order(queue_id, DEED, lambda _: None) is None
    assert await spool.order("0" * 20, DEED, lambda _: DEFERRED) is None

    assert before == await spool.entry(queue_id)
    assert 1 == len(await spool.records(queue_id))


async def test_an_error_in_a_fold_hurts_only_its_order(spool, post):
    """A deed that breaks is rolled back and told; the spool goes on."""
    queue_id = await post.accept()

    with pytest.raises(StoreError):
        await spool.order(queue_id, DEED, lambda _: 1 / 0)

    assert [queue_id] == await claimed(spool)


async def test_a_new_daemon_voids_all_leases(url, spool, post):
    """After a crash what was at work is due at once, deferred, and the old numbers open nothing."""
    queue_id = await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    late = Index(Status.ACTIVE, "", NOON + timedelta(days=3650))
    entry = await spool.record(entry, NEWS, late, release=False)
    await spool.close()

    again = Spool(url, create=False, boot="next")
    await again.open(exclusive=True)
    found = await again.entry(queue_id)
    with pytest.raises(LeaseLost):
        await again.record(entry, NEWS, DEFERRED, release=True)
    ids = await claimed(again, found.due_at)
    await again.close()

    assert (Status.DEFERRED, [queue_id]) == (found.status, ids)
    assert found.due_at < late.due_at


async def test_a_command_voids_nothing(url, spool, post):
    """The commands read and write beside the daemon, whose leases stay."""
    await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)

    command = Spool(url, create=False, boot="command")
    await command.open(exclusive=False)
    ids = [found.queue_id for found in await command.list(Filter(status=Status.ACTIVE), 5)]
    await command.close()

    assert [entry.queue_id] == ids
    await spool.record(entry, NEWS, DEFERRED, release=True)
