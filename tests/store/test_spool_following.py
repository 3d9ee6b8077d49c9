"""The end of one delivery and the claim of the next, in one transaction."""

from datetime import UTC, datetime, timedelta

import pytest

from ingestd.core.errors import LeaseLost
from ingestd.core.journal import Index, Postponed, Record, Status
from ingestd.store.asked import SUSPECT, Following

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEWS = (Record(NOON, Postponed("busy")),)
DONE = Index(Status.DONE, "new ticket", NOON, 7, "123")
DEFERRED = Index(Status.DEFERRED, "busy", NOON + MINUTE)


async def test_who_finishes_claims_what_that_made_free(spool, post):
    """The entry is over with its records, and the next of its conversation is leased, no more than were asked for."""
    first = await post.accept("talk@example.org")
    second = await post.accept("talk@example.org")
    third = await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)

    (following,) = await spool.finish(entry, NEWS, DONE, None, Following(NOON, MINUTE, 1))

    over = await spool.entry(first)
    assert (Status.DONE, 7, 2) == (over.status, over.ticket_id, over.lines)
    assert (second, 1, Status.ACTIVE) == (following.queue_id, following.lease, following.status)
    assert following == await spool.entry(second)
    assert Status.INCOMING is (await spool.entry(third)).status


async def test_nobody_is_claimed_where_nobody_is_wanted(spool, post):
    """None asked for, none leased; the entry is given back all the same."""
    await post.accept()
    waiting = await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)

    assert () == await spool.finish(entry, NEWS, DEFERRED, None, Following(NOON, MINUTE, 0))
    assert Status.DEFERRED is (await spool.entry(entry.queue_id)).status
    assert 0 == (await spool.entry(waiting)).claims


async def test_who_lost_the_lease_claims_nothing(spool, post):
    """Neither its records nor its claim are written."""
    await post.accept()
    (old,) = await spool.claim(NOON, MINUTE, 1)
    (new,) = await spool.claim(NOON + MINUTE, MINUTE, 1)
    waiting = await post.accept()

    with pytest.raises(LeaseLost):
        await spool.finish(old, NEWS, DONE, None, Following(NOON + MINUTE, MINUTE, 5))

    assert new == await spool.entry(new.queue_id)
    assert 0 == (await spool.entry(waiting)).claims


async def test_a_suspect_is_not_among_those_who_follow(spool, post):
    """Who came to nothing several times is claimed alone, by who is at work on nothing else."""
    suspect = await post.accept()
    for turn in range(SUSPECT):
        await spool.claim(NOON + turn * MINUTE, MINUTE, 1)
    other = await post.accept(at=NOON - MINUTE)
    now = NOON + SUSPECT * MINUTE
    (entry,) = await spool.claim(now, MINUTE, 1)
    assert other == entry.queue_id

    assert () == await spool.finish(entry, NEWS, DONE, None, Following(now, MINUTE, 5))
    assert [suspect] == [each.queue_id for each in await spool.claim(now, MINUTE, 5)]
