"""What the daemon remembers of recent authors is what the database says."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ingestd.core.journal import Deed, Gist, Index, Ordered, Record, Status
from ingestd.store.recents import MOST_MARKS, Recents, whose_are
from ingestd.store.spool import Spool

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
PEER = "192.0.2.1"
DEED = Record(NOON, Ordered(Deed.RETRY, "test"))
DEFERRED = Index(Status.DEFERRED, "test", NOON)


def gist(author="ann@x", grade="trusted") -> Gist:
    return Gist(author, "", "", grade)


@pytest.fixture
async def command(url, spool):
    """The spool as a command has it, beside the daemon: it remembers nothing."""
    command = Spool(url, create=False, boot="")
    await command.open(exclusive=False)
    yield command
    await command.close()


@pytest.fixture
def counted(spool, command):
    """How many mails of an author both of them count, which is the same."""

    async def counted(author="ann@x", grade="trusted", since=NOON - HOUR):
        told = [await each.recent(author, PEER, grade, since) for each in (spool, command)]
        assert told[:1] == told[1:]
        return told[0]

    return counted


@pytest.fixture
def read(spool, post):
    """Accepts a mail, claims it, and writes what it says of itself; the entry, still held."""

    async def read(author="ann@x", grade="trusted", at=NOON):
        await post.accept(at=at)
        (entry,) = await spool.claim(NOON, MINUTE, 1)
        return await spool.record(entry, (DEED,), DEFERRED, gist(author, grade), release=False)

    return read


async def test_mails_are_counted_along(counted, read):
    """Each mail that is read counts from then on: for its author in any case, by grade."""
    assert 0 == await counted()
    await read()
    await read("Ann@X")
    await read("bob@x")
    await read(grade="forged")

    assert (2, 1, 1) == (await counted(), await counted("bob@x"), await counted(grade="forged"))


async def test_a_mail_that_is_read_again_counts_once(spool, counted, read):
    """A mail whose author is found to be another on the second reading is the other's from then on."""
    await counted()
    entry = await read()
    entry = await spool.record(entry, (DEED,), DEFERRED, gist(), release=False)

    assert (1, 0) == (await counted(), await counted("bob@x"))
    await spool.record(entry, (DEED,), DEFERRED, gist("bob@x"), release=True)
    assert (0, 1) == (await counted(), await counted("bob@x"))


async def test_what_is_too_old_counts_no_more(counted, read):
    """The hour goes on, mails come late, and a clock that is set back brings the old ones back."""
    for minutes in (50, 10, 30):
        await read(at=NOON - minutes * MINUTE)

    assert [3, 2, 1, 0, 3] == [await counted(since=NOON - minutes * MINUTE) for minutes in (60, 40, 20, 5, 60)]


async def test_a_mail_that_is_read_during_the_look_is_not_missed(spool, counted, read):
    """Whether the look saw it or not, it counts once."""
    for number in range(20):
        _, *_ = await asyncio.gather(spool.recent("ann@x", PEER, "trusted", NOON - HOUR - number * MINUTE), read())

        assert number + 1 == await counted(since=NOON - HOUR - number * MINUTE)


async def test_nobody_has_no_mails(counted, read):
    """Mails without an author are nobody's."""
    await read("")

    assert 0 == await counted("")


def test_what_is_remembered_is_bounded():
    """However many mails under however many names: who was remembered first is asked of the database again."""
    recents, each = Recents(), MOST_MARKS // 4
    authors = [whose_are(f"{n}@x", PEER, "trusted") for n in range(6)]
    for author in authors:
        recents.keep(author, 0.0, [(float(n), "") for n in range(each)])

    assert [None, None, each, each, each, each] == [recents.count(author, 0.0) for author in authors]
    assert 1 == recents.count(authors[2], each - 1.0)
    recents.keep(authors[0], 0.0, [(0.0, "")])
    assert [1, 1, each] == [recents.count(authors[n], each - 1.0 if n == 2 else 0.0) for n in (0, 2, 3)]


def test_one_who_writes_more_than_is_remembered_is_not():
    """Alone he would fill it all."""
    recents, flood = Recents(), whose_are("a@x", PEER, "trusted")

    recents.keep(flood, 0.0, [(float(n), "") for n in range(MOST_MARKS + 1)])

    assert recents.count(flood, 0.0) is None
