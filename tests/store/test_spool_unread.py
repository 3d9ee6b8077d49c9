"""A mail that nobody has looked through is kept as one that was: the same entries, by the same promises."""

import asyncio
from datetime import UTC, datetime

import pytest

from ingestd.core.errors import StoreError
from ingestd.core.journal import Gist, Status
from ingestd.core.model import Envelope
from ingestd.daemon.looking import looked_through
from ingestd.store.asked import CHUNK, Addressed, Filter, Unread
from ingestd.store.spool import Spool

APART = (
    "import socket, sys; from ingestd.daemon.looking import looked_through; from ingestd.store.keeper import keep; "
    "keep(lambda: looked_through, *(socket.socket(fileno=int(each)) for each in sys.argv[1:]))"
)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MAIL = b"From: Ann <ann@example.org>\r\nSubject: Help\r\nMessage-ID: <1@example.org>\r\nIn-Reply-To: <0@a.b>\r\n\r\nIt broke.\r\n"
BREAKS = b"a mail that breaks who looks"


def looking(raw_id, mail):
    if mail.content == BREAKS:
        raise ValueError(mail)
    return looked_through(raw_id, mail)


@pytest.fixture(params=["here", "apart"])
async def spool(request, url):
    there = {"program": APART} if request.param == "apart" else {"look": looked_through}
    spool = Spool(url, create=True, boot="this", **there)
    await spool.open(exclusive=True)
    yield spool
    await spool.close()


def addressed(route="support", *, parks=False):
    envelope = Envelope("ann@example.org", "support@example.com", route, "192.0.2.1", "mx", False, NOON)
    return Addressed(envelope, parks)


def unread(content=MAIL, *to):
    return Unread(content, to or (addressed(),))


async def test_it_is_kept_whole_with_its_envelope_in_its_conversation(spool):
    """By the header block alone, as for a mail that was looked through at the door."""
    (queue_id,) = await spool.accept(unread())

    entry = await spool.entry(queue_id)
    assert (addressed().envelope, "id:0@a.b", len(MAIL)) == (entry.envelope, entry.conversation, entry.size)
    assert MAIL == b"".join([chunk async for chunk in spool.stream(entry.raw_id)])
    assert [queue_id] == [each.queue_id for each in await spool.list(Filter(), 9)]


@pytest.mark.parametrize("size", [len(MAIL), 8 * 1024, 60_000, CHUNK])
async def test_whoever_looked_through_it_it_is_the_same_mail(spool, size):
    """One of the two is the other's resend."""
    mail = unread(MAIL.ljust(size, b"x"))
    first = await spool.accept(mail)

    assert first == await spool.accept(looked_through(spool.new_raw_id(), mail))
    assert first == await spool.accept(mail)
    assert 1 == len(await spool.list(Filter(), 9))


async def test_two_routes_are_two_entries_and_what_is_parked_is_shown(spool):
    """Each by its own route's flag, over one raw mail."""
    incoming, parked = await spool.accept(unread(MAIL, addressed("sales"), addressed("abuse", parks=True)))

    first, second = [await spool.entry(queue_id) for queue_id in (incoming, parked)]
    assert (Status.INCOMING, Gist("", "", "", ""), first.raw_id) == (first.status, first.gist, second.raw_id)
    assert (Status.HELD, Gist("ann@example.org", "Help", "1@example.org", "")) == (second.status, second.gist)


async def test_many_at_once(spool):
    """Each is told its own id, in whatever company it was committed."""
    mails = [unread(MAIL.replace(b"<1@", b"<%d@" % n)) for n in range(200)]

    ids = await asyncio.gather(*[spool.accept(mail) for mail in mails])

    kept = [[chunk async for chunk in spool.stream((await spool.entry(queue_id)).raw_id)] for (queue_id,) in ids]
    assert [[mail.content] for mail in mails] == kept


async def test_one_that_cannot_be_looked_through_harms_nobody(url):
    """Its sender is told to come again, and those beside it are kept."""
    spool = Spool(url, create=True, boot="this", look=looking)
    await spool.open(exclusive=True)

    told = await asyncio.gather(*map(spool.accept, [unread(), unread(BREAKS), unread(b"x")]), return_exceptions=True)

    assert [tuple, StoreError, tuple] == [type(each) for each in told]
    assert 2 == len(await spool.list(Filter(), 9))
    await spool.close()


async def test_who_looks_through_nothing_takes_no_such_mail(url):
    """A command that opens the spool, and reads its mails itself."""
    spool = Spool(url, create=True, boot="this")
    await spool.open(exclusive=True)

    with pytest.raises(StoreError, match="nobody looks through mails here"):
        await spool.accept(unread())

    await spool.close()


@pytest.mark.parametrize(
    ("mail", "fault"),
    [(Unread(MAIL, ()), "a mail without a recipient"), (unread(bytes(CHUNK + 1)), "a mail longer than a chunk")],
)
async def test_what_cannot_be_kept_as_it_stands(spool, mail, fault):
    """It is told before anything is written."""
    with pytest.raises(StoreError, match=fault):
        await spool.accept(mail)

    assert () == await spool.list(Filter(), 9)
