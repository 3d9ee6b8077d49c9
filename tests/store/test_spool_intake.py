"""What every engine must keep of the promise: accepted is kept, once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from ingestd.core.errors import StoreError
from ingestd.core.journal import Accepted, Gist, Parked, Record, Status
from ingestd.store.spool import CHUNK, Filter, Spool

LEASE = timedelta(minutes=1)


async def test_an_accepted_mail_is_there_after_a_restart(url, spool, post):
    """What was accepted is on disk: another process finds entry, envelope and every byte."""
    mail = post.mail("root@example.org", raw=b"From: Ann\r\n\r\nhello\r\n")
    (queue_id,) = await spool.accept(mail)
    await spool.close()

    again = Spool(url, create=False, boot="next")
    await again.open(exclusive=False)
    entry = await again.entry(queue_id)
    raw = await again.read(entry.raw_id, 0, 100)
    await again.close()

    assert (mail.recipients[0].envelope, 20, "root@example.org") == (entry.envelope, entry.size, entry.conversation)
    assert (Status.INCOMING, 0, 0, None, False) == (
        entry.status, entry.lease, entry.claims, entry.ticket_id, entry.pruned,
    )  # fmt: skip
    assert b"From: Ann\r\n\r\nhello\r\n" == raw


async def test_the_ledger_begins_with_the_acceptance(spool, post):
    """The first line of every ledger is Accepted, with the envelope and its time."""
    mail = post.mail()
    envelope = mail.recipients[0].envelope
    (queue_id,) = await spool.accept(mail)

    assert (Record(envelope.received_at, Accepted(envelope)),) == await spool.records(queue_id)


async def test_a_resend_gets_the_old_queue_id(spool, post):
    """The same content for the same route is stored once, under whatever raw id it comes again."""
    first = await post.accept(raw=b"again")
    resent = post.mail(raw=b"again")

    assert (first,) == await spool.accept(resent)
    assert 1 == sum((await spool.counts()).values())
    with pytest.raises(StoreError, match="no such mail"):
        await spool.read(resent.raw_id, 0, 1)


async def test_two_routes_are_two_entries_over_one_raw_mail(spool, post):
    """A mail for two routes is kept once and stands in the queue twice."""
    mail = post.mail(routes=("support", "billing"))

    one, two = await spool.accept(mail)

    assert one < two
    assert ("support", "billing") == tuple([(await spool.entry(each)).envelope.route for each in (one, two)])
    assert (await spool.entry(two),) == await spool.siblings(await spool.entry(one))


async def test_a_resend_for_one_more_route_adds_only_that_one(spool, post):
    """Where one route knows the content and the other does not, the other gets its own entry, with the raw mail."""
    known = await post.accept(raw=b"again")

    old, new = await spool.accept(post.mail(raw=b"again", routes=("support", "billing")))

    assert known == old
    assert b"again" == await spool.read((await spool.entry(new)).raw_id, 0, 9)


async def test_the_same_mail_twice_at_once_is_one(spool, post, busy):
    """A mail that comes twice in the same batch is stored once."""
    async with busy():
        asked = [asyncio.ensure_future(spool.accept(post.mail(raw=b"twin"))) for _ in range(2)]

    one, two = await asyncio.gather(*asked)

    assert one == two
    assert 2 == sum((await spool.counts()).values())


async def test_many_mails_share_one_commit(spool, post, busy):
    """Whoever waits when the writer comes free is in its next transaction: one sync for all of them."""
    commits = []
    async with busy():
        event.listen(spool._place._base.database.writer, "commit", commits.append)
        asked = [asyncio.ensure_future(spool.accept(post.mail())) for _ in range(30)]

    ids = [queue_id for (queue_id,) in await asyncio.gather(*asked)]

    assert sorted(set(ids)) == ids
    # The order that kept the writer busy commits too.
    assert len(commits) <= 2


async def test_one_poisoned_mail_fails_no_other(spool, post, busy):
    """A mail that cannot be written fails alone; its batch mates are kept."""
    taken = post.mail()
    await spool.accept(taken)
    good, more = post.mail(), post.mail()
    poisoned = replace(post.mail(), raw_id=taken.raw_id)
    unwritable = post.mail(helo="\udcff")

    async with busy():
        asked = [asyncio.ensure_future(spool.accept(each)) for each in (good, poisoned, unwritable, more)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert ["tuple", "StoreError", "StoreError", "tuple"] == [type(answer).__name__ for answer in answers]
    assert (await spool.entry(answers[0][0])).raw_id == good.raw_id
    assert (await spool.entry(answers[3][0])).raw_id == more.raw_id
    assert 4 == sum((await spool.counts()).values())


async def test_a_cancelled_caller_does_not_undo_the_commit(spool, post, busy):
    """Once the mail was handed over it is stored, though the session that brought it is gone."""
    mail = post.mail(raw=b"kept")
    async with busy():
        asked = asyncio.ensure_future(spool.accept(mail))
        await asyncio.sleep(0)
        asked.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asked
    # The writer does one thing after the other: when this is done, so is what was asked before.
    await spool.discard_staged("none")
    assert b"kept" == await spool.read(mail.raw_id, 0, 9)


async def test_a_large_mail_is_adopted_with_its_staged_chunks(spool, post):
    """Chunks staged before belong to the mail once it is accepted, and every byte can be read anywhere."""
    raw = bytes(range(256)) * 10_000
    mail = post.mail(raw=raw)
    await spool.stage(mail.raw_id, 0, mail.chunks[0])
    await spool.stage(mail.raw_id, 1, mail.chunks[1])

    await spool.accept(replace(mail, staged=2, chunks=mail.chunks[2:]))
    await spool.discard_staged(mail.raw_id)

    assert raw == b"".join([piece async for piece in spool.stream(mail.raw_id)])
    assert raw[CHUNK - 3 : CHUNK + 5] == await spool.read(mail.raw_id, CHUNK - 3, 8)
    assert raw[-4:] == await spool.read(mail.raw_id, len(raw) - 4, 100)
    assert b"" == await spool.read(mail.raw_id, len(raw) + 1, 5)


async def test_a_mail_may_be_staged_to_its_last_byte(spool, post):
    """The last chunk may be staged too, though it is shorter."""
    raw = b"x" * (CHUNK + 1)
    mail = post.mail(raw=raw)
    for seq, data in enumerate(mail.chunks):
        await spool.stage(mail.raw_id, seq, data)

    await spool.accept(replace(mail, staged=2, chunks=()))

    assert raw == await spool.read(mail.raw_id, 0, len(raw))


async def test_an_empty_mail_is_a_mail(spool, post):
    """No byte at all is kept as what it is."""
    mail = post.mail(raw=b"")

    await spool.accept(mail)

    assert [] == [piece async for piece in spool.stream(mail.raw_id)]


async def test_discarded_chunks_are_gone(spool, post):
    """A mail that did not come to its end cannot be accepted afterwards by its raw id."""
    mail = post.mail(raw=b"x" * (CHUNK + 1))
    await spool.stage(mail.raw_id, 0, mail.chunks[0])
    await spool.discard_staged(mail.raw_id)

    with pytest.raises(StoreError, match="staged chunks"):
        await spool.accept(replace(mail, staged=1, chunks=mail.chunks[1:]))
    assert 0 == sum((await spool.counts()).values())


async def test_the_staged_chunks_of_a_resend_are_dropped(spool, post):
    """A large mail that is known leaves nothing behind: its raw id is free again."""
    raw = b"x" * (CHUNK + 1)
    queue_id = await post.accept(raw=raw)
    mail = post.mail(raw=raw)
    await spool.stage(mail.raw_id, 0, mail.chunks[0])

    assert (queue_id,) == await spool.accept(replace(mail, staged=1, chunks=mail.chunks[1:]))
    await spool.stage(mail.raw_id, 0, mail.chunks[0])


async def test_what_a_dead_daemon_had_half_received_is_swept(url, spool, post):
    """Chunks without an entry do not outlive the daemon that staged them; those of a mail do."""
    half, whole = post.mail(raw=b"h" * CHUNK * 2), post.mail(raw=b"w" * CHUNK * 2)
    for mail in (half, whole):
        await spool.stage(mail.raw_id, 0, mail.chunks[0])
    await spool.accept(replace(whole, staged=1, chunks=whole.chunks[1:]))
    await spool.close()

    again = Spool(url, create=False, boot="next")
    await again.open(exclusive=True)
    await again.stage(half.raw_id, 0, half.chunks[0])
    kept = await again.read(whole.raw_id, 0, 3)
    await again.close()

    assert b"www" == kept


async def test_what_a_command_is_receiving_is_not_swept(url, spool, post):
    """`submit` may be at work while the daemon starts."""
    command = Spool(url, create=False, boot="command")
    await command.open(exclusive=False)
    mail = post.mail(raw=b"c" * CHUNK * 2)
    await command.stage(mail.raw_id, 0, mail.chunks[0])
    await spool.close()

    await spool.open(exclusive=True)
    await command.accept(replace(mail, staged=1, chunks=mail.chunks[1:]))
    await command.close()

    assert 2 * CHUNK == len(await spool.read(mail.raw_id, 0, 3 * CHUNK))


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipients": ()},
        {"size": 7},
        {"chunks": (b"abc", b"def")},
        {"chunks": (b"x" * (CHUNK + 1),), "size": CHUNK + 1},
        {"staged": 1},
    ],
    ids=["nobody", "size", "short chunk", "long chunk", "staged"],
)
async def test_an_arrival_that_contradicts_itself_is_refused(spool, post, wrong):
    """No 250 for a mail that could not be read back, or that nobody would ever see."""
    with pytest.raises(StoreError):
        await spool.accept(replace(post.mail(raw=b"abcdef"), **wrong))
    assert 0 == sum((await spool.counts()).values())


async def test_queue_ids_sort_as_the_mails_were_accepted(spool, post):
    """The order of acceptance is the order of the queue ids, whatever the times of receipt say."""
    ids = [await post.accept(at=post.mail().recipients[0].envelope.received_at - timedelta(days=n)) for n in range(5)]

    assert sorted(ids) == ids
    assert ids[::-1] == [entry.queue_id for entry in await spool.list(Filter(), 10)]


async def test_a_command_and_the_daemon_share_one_order(url, spool, post, posting):
    """Queue ids rise across processes: whoever commits later has the later id."""
    command = Spool(url, create=False, boot="command")
    await command.open(exclusive=False)
    ids = []
    for n in range(10):
        ids.append(await post.accept())
        ids.append(await posting(command).accept(raw=b"from a file %d" % n))
    await command.close()

    assert sorted(set(ids)) == ids


async def test_a_closed_spool_refuses(spool, post):
    """After close, and before open, everything is a StoreError; close may be repeated."""
    await spool.close()
    await spool.close()

    with pytest.raises(StoreError, match="closed"):
        await spool.accept(post.mail())
    with pytest.raises(StoreError, match="closed"):
        await spool.counts()


async def test_what_a_route_parks_is_held_from_the_start(spool, post):
    """Held, with what lists show of it and with its line in the ledger; nobody ever claims it."""
    gist = Gist("ann@example.org", "Hi", "m1@example.org", grade="")

    (queue_id,) = await spool.accept(parked(post.mail(), gist))

    entry = await spool.entry(queue_id)
    assert (Status.HELD, "the route holds its mail", gist) == (entry.status, entry.reason, entry.gist)
    assert [Accepted(entry.envelope), Parked()] == [record.event for record in await spool.records(queue_id)]
    assert () == await spool.claim(datetime.now(UTC) + LEASE, LEASE, 10)
    assert await spool.next_due() is None


async def test_one_mail_may_be_parked_by_one_of_its_routes(spool, post):
    """The other entry is delivered; a resend adds to neither."""
    wanted = post.mail(routes=("support", "billing"))
    first, second = wanted.recipients
    mixed = replace(wanted, recipients=(first, replace(second, parked=Gist("", "", "", grade=""))))

    ids = await spool.accept(mixed)
    again = await spool.accept(replace(mixed, raw_id=spool.new_raw_id()))

    assert ids == again
    assert [Status.INCOMING, Status.HELD] == [(await spool.entry(each)).status for each in ids]
    assert [1, 2] == [len(await spool.records(each)) for each in ids]
    assert ids[:1] == tuple(each.queue_id for each in await spool.claim(datetime.now(UTC) + LEASE, LEASE, 10))


def parked(arrival, gist):
    return replace(arrival, recipients=tuple(replace(each, parked=gist) for each in arrival.recipients))
