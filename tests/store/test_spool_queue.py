"""What every engine must keep of the order: by turns, on a lease, fenced."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingestd.core.errors import LeaseLost
from ingestd.core.journal import Deed, Deliver, Gist, Index, Ordered, Planned, Postponed, Record, Started, Status
from ingestd.core.untold import Writers

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEWS = (Record(NOON, Postponed("busy")),)
DEFERRED = Index(Status.DEFERRED, "busy", NOON + MINUTE)
HELD = Record(NOON, Ordered(Deed.HOLD, "ann"))
DEED = Record(NOON, Ordered(Deed.RETRY, "ann"))


async def claimed(spool, now=NOON, limit=10):
    return [entry.queue_id for entry in await spool.claim(now, MINUTE, limit)]


async def test_what_is_due_is_claimed_oldest_first_and_once(spool, post):
    """A claim leases the oldest due entries; the next claim gets the next ones."""
    ids = [await post.accept() for _ in range(3)]

    assert ids[:2] == await claimed(spool, limit=2)
    assert ids[2:] == await claimed(spool, limit=2)
    assert [] == await claimed(spool)


async def test_a_claim_numbers_the_lease_and_counts(spool, post):
    """Each claim raises lease and claims by one and makes the entry active."""
    await post.accept()

    (first,) = await spool.claim(NOON, MINUTE, 1)
    (second,) = await spool.claim(NOON + MINUTE, MINUTE, 1)

    assert (1, 1, Status.ACTIVE) == (first.lease, first.claims, first.status)
    assert (2, 2, Status.ACTIVE) == (second.lease, second.claims, second.status)
    assert second == await spool.entry(second.queue_id)


async def test_those_who_come_back_let_the_later_one_finish(spool, post):
    """Who was held and is released does not work beside one of the same conversation, but comes next."""
    first, second, third = [await post.accept("talk@example.org") for _ in range(3)]
    for held in (first, second):
        await spool.order(held, HELD, lambda _: Index(Status.HELD, "held", NOON))
    (at_work,) = await spool.claim(NOON, MINUTE, 10)
    for released in (first, second):
        await spool.order(released, DEED, lambda _: Index(Status.DEFERRED, "", NOON))

    assert (third, []) == (at_work.queue_id, await claimed(spool))
    await spool.record(at_work, (), Index(Status.DONE, "", NOON), release=True)
    assert [first] == await claimed(spool)


async def test_nobody_waits_for_one_at_work_whose_lease_has_run_out(spool, post):
    """Who held it is dead: the conversation begins anew with its first."""
    first = await post.accept("talk@example.org")
    second = await post.accept("talk@example.org")
    await spool.order(first, HELD, lambda _: Index(Status.HELD, "held", NOON))
    assert [second] == await claimed(spool)
    await spool.order(first, DEED, lambda _: Index(Status.DEFERRED, "", NOON))

    assert [] == await claimed(spool, NOON + MINUTE / 2)
    assert [first] == await claimed(spool, NOON + MINUTE)


async def test_what_is_not_due_is_not_claimed(spool, post):
    """An entry waits until its time."""
    queue_id = await post.accept(at=NOON + MINUTE)

    assert [] == await claimed(spool, NOON)
    assert [queue_id] == await claimed(spool, NOON + MINUTE)


async def test_a_conversation_takes_its_turns(spool, post, finish):
    """No two entries of one conversation are claimed together; the later waits until the earlier is over."""
    first = await post.accept("talk@example.org")
    other = await post.accept("other@example.org")
    second = await post.accept("talk@example.org")

    entry, _ = claims = await spool.claim(NOON, MINUTE, 10)
    assert [first, other] == [each.queue_id for each in claims]
    assert [] == await claimed(spool)
    await spool.record(entry, NEWS, DEFERRED, release=True)
    assert [] == await claimed(spool)
    (entry,) = await spool.claim(NOON + MINUTE, MINUTE, 1)
    assert first == entry.queue_id
    await spool.record(entry, NEWS, Index(Status.DONE, "", NOON), release=True)

    assert [second] == [each for each in await claimed(spool, NOON + MINUTE) if each != other]


@pytest.mark.parametrize("end", [Status.DONE, Status.DISCARDED, Status.HELD, Status.DEAD])
async def test_whatever_ends_an_entry_frees_its_conversation(spool, post, finish, end):
    """Done, discarded, held and dead entries let the next one pass."""
    first, second = await post.accept("talk@example.org"), await post.accept("talk@example.org")

    await finish(first, end)

    assert [second] == await claimed(spool)


async def test_a_key_of_any_length_and_script_keeps_its_conversation(spool, post):
    """A conversation's key is hostile text: however long, it is one conversation and no other."""
    long = "ß\0" + "x" * 5000
    first = await post.accept(long)
    await post.accept(long)
    other = await post.accept(long + "y")
    key = (await spool.entry(first)).conversation

    assert key.isascii()
    assert len(key) <= 255
    assert [first, other] == await claimed(spool)


async def test_a_renewed_lease_lasts(spool, post):
    """Renewing keeps the entry from being claimed; nothing is lost."""
    await post.accept()
    claims = await spool.claim(NOON, MINUTE, 1)

    assert frozenset() == await spool.renew(claims, NOON + MINUTE, MINUTE)
    assert [] == await claimed(spool, NOON + MINUTE)


async def test_renewing_tells_which_leases_are_lost(spool, post):
    """Who was claimed by another, ordered away or given back has lost the lease; the others keep theirs."""
    kept, again = await post.accept(), await post.accept()
    mine = await spool.claim(NOON, MINUTE, 10)
    await spool.renew(mine[:1], NOON + MINUTE, MINUTE)
    await spool.claim(NOON + MINUTE, MINUTE, 10)

    assert frozenset({again}) == await spool.renew(mine, NOON + MINUTE, MINUTE)
    assert kept != again


async def test_an_overtaken_worker_writes_nothing(spool, post):
    """Who lost the lease gets LeaseLost, and ledger, index and gist stay as they are."""
    queue_id = await post.accept()
    (old,) = await spool.claim(NOON, MINUTE, 1)
    (new,) = await spool.claim(NOON + MINUTE, MINUTE, 1)

    for attempt in (
        spool.record(old, NEWS, DEFERRED, release=True),
        spool.record(old, NEWS, DEFERRED, Gist("mallory@example.org", "", ""), release=False),
        spool.join(old, "42"),
    ):
        with pytest.raises(LeaseLost):
            await attempt

    assert new == await spool.entry(queue_id)
    assert 1 == len(await spool.records(queue_id))


async def test_a_lease_given_back_is_over(spool, post):
    """After release its number opens nothing, though nobody else claimed the entry."""
    await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    given_back = await spool.record(entry, NEWS, DEFERRED, release=True)

    with pytest.raises(LeaseLost):
        await spool.record(given_back, NEWS, DEFERRED, release=False)


async def test_records_are_appended_in_their_order(spool, post):
    """The ledger holds every record as it was written, after the acceptance, and the index what was said last."""
    queue_id = await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    one = Record(NOON + timedelta(microseconds=1), Planned(Deliver((), "test")))
    two = Record(NOON + timedelta(microseconds=2), Started(0, "this", 30.0))
    three = Record(NOON + timedelta(microseconds=3), Postponed("why"))

    entry = await spool.record(entry, (one, two), Index(Status.ACTIVE, "at work", NOON), release=False)
    assert (Status.ACTIVE, "at work", 0) == (entry.status, entry.reason, entry.claims)
    assert entry == await spool.entry(queue_id)
    entry = await spool.record(entry, (three,), Index(Status.HELD, "why", NOON, 7, "ABC-1"), release=True)

    assert (one, two, three) == (await spool.records(queue_id))[1:]
    assert (Status.HELD, "why", 7, "ABC-1") == (entry.status, entry.reason, entry.ticket_id, entry.ticket_number)
    assert entry == await spool.entry(queue_id)


async def test_a_claim_that_broke_goes_on_counting(spool, post):
    """Ten such claims are a poisoned mail. A record sets them back, and so does an entry given back to wait on."""
    await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    await spool.record(entry, (), Index(Status.DEFERRED, "", NOON), release=True, broken=True)
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    assert 2 == entry.claims

    assert 0 == (await spool.record(entry, NEWS, DEFERRED, release=False)).claims
    entry = await spool.record(entry, (), Index(Status.DEFERRED, "", NOON), release=True)
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    assert 1 == entry.claims
    assert 0 == (await spool.record(entry, (), DEFERRED, release=True)).claims


async def test_a_suspect_goes_by_itself(spool, post):
    """Who came to nothing three times is claimed alone, in its turn, and by nobody who is at work on something else."""
    suspect = await post.accept()
    for _ in range(3):
        (entry,) = await spool.claim(NOON, MINUTE, 1)
        await spool.record(entry, (), Index(Status.DEFERRED, "", NOON), release=True, broken=True)
    before, after = await post.accept(at=NOON - MINUTE), await post.accept()

    assert [before] == await claimed(spool)
    assert () == await spool.claim(NOON, MINUTE, 10, alone=False)
    assert [suspect] == await claimed(spool)
    assert [after] == await claimed(spool)


async def test_a_deferred_entry_comes_back_when_it_is_due(spool, post):
    """Released with a later time, an entry is claimed then, not before."""
    queue_id = await post.accept()
    (entry,) = await spool.claim(NOON, MINUTE, 1)

    await spool.record(entry, NEWS, DEFERRED, release=True)

    assert [] == await claimed(spool, NOON + MINUTE - timedelta(microseconds=1))
    assert [queue_id] == await claimed(spool, NOON + MINUTE)


async def test_next_due_looks_past_those_who_must_wait(spool, post):
    """The next time to claim is that of the first whose turn it is: a lease's end, a due time, or never."""
    assert await spool.next_due() is None
    await post.accept("talk@example.org")
    await post.accept("talk@example.org")
    assert NOON == await spool.next_due()

    (entry,) = await spool.claim(NOON, MINUTE, 10)
    assert NOON + MINUTE == await spool.next_due()
    await spool.record(entry, NEWS, replace(DEFERRED, due_at=NOON + 2 * MINUTE), release=True)

    assert NOON + 2 * MINUTE == await spool.next_due()


async def test_joined_conversations_are_one(spool, post):
    """An entry that turns out to belong elsewhere takes along what waits with it, behind what waits there."""
    there = await post.accept("42")
    here = await post.accept("root@example.org")
    follower = await post.accept("root@example.org")
    first, second = await spool.claim(NOON, MINUTE, 10)
    assert [there, here] == [first.queue_id, second.queue_id]

    assert not await spool.join(second, "42")
    await spool.record(second, (), Index(Status.DEFERRED, "", NOON), release=True)
    assert [] == await claimed(spool)
    await spool.record(first, NEWS, Index(Status.DONE, "", NOON), release=True)

    assert [here] == await claimed(spool)
    assert ["42", "42"] == [(await spool.entry(each)).conversation for each in (here, follower)]


async def test_who_joins_first_in_line_may_proceed(spool, post):
    """Later entries of the other conversation do not stop an earlier one."""
    await post.accept("root@example.org")
    await post.accept("42", at=NOON + MINUTE)
    (entry,) = await spool.claim(NOON, MINUTE, 10)

    assert await spool.join(entry, "42")
    assert await spool.join(entry, "42")


async def test_a_late_follower_goes_where_its_conversation_went(spool, post):
    """A mail that comes after the join, under the old key of the door, waits in the joined conversation."""
    await post.accept("root@example.org")
    (entry,) = await spool.claim(NOON, MINUTE, 1)
    await spool.join(entry, "42")

    late = await post.accept("root@example.org")

    assert "42" == (await spool.entry(late)).conversation
    assert [] == await claimed(spool)


async def test_an_entry_may_part_from_those_behind_it(spool, post):
    """What the door took for a conversation was none: the others, and those that come later, need not wait for it."""
    await post.accept("number:shop")
    behind = await post.accept("number:shop")
    (entry,) = await spool.claim(NOON, MINUTE, 10)

    await spool.part(entry, "root@example.org")
    later = await post.accept("number:shop")

    assert [behind] == await claimed(spool)
    assert "number:shop" == (await spool.entry(later)).conversation
    assert "root@example.org" == (await spool.entry(entry.queue_id)).conversation


async def test_who_joins_takes_along_what_waits_under_other_names(spool, post, finish):
    """A conversation may be known by its ticket's number, by what it began with, by any of its mails."""
    opening = await post.accept("id:root@example.org")
    await finish(opening, ticket_id=42, gist=Gist("ann@example.org", "", "opening@example.org"))
    names = ("number:7", "id:root@example.org", "id:opening@example.org")
    earlier = [await post.accept(name) for name in names]
    here = await post.accept("id:here@example.org")
    (*_, entry) = await spool.claim(NOON + MINUTE, MINUTE, 10)

    assert names[1:] == await spool.keys_of(42, Writers())
    assert names == tuple(sorted(await spool.keys_of(42, Writers((opening, earlier[0]))), key=names.index))
    assert not await spool.join(entry, "ticket:42", names)

    assert {"ticket:42"} == {(await spool.entry(each)).conversation for each in (*earlier, here)}


async def test_who_joins_takes_along_what_another_took(spool, post):
    """A name of two tickets leads to whoever waits under it, also where the other ticket's mail has joined him."""
    earlier = await post.accept("id:root@example.org")
    await post.accept("number:2")
    other = (await spool.claim(NOON, MINUTE, 10))[1]
    await spool.join(other, "ticket:2", ("id:root@example.org",))
    await post.accept("number:1")
    (entry,) = await spool.claim(NOON, MINUTE, 10)

    assert not await spool.join(entry, "ticket:1", ("number:1", "id:root@example.org"))

    assert "ticket:1" == (await spool.entry(earlier)).conversation
    assert "ticket:1" == (await spool.entry(other.queue_id)).conversation
