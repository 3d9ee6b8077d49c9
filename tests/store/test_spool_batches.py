"""Who waits for this commit, and who for the next: nobody is forgotten, and nobody overtaken."""

import asyncio
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue

import pytest

from ingestd.core.model import Envelope
from ingestd.daemon.looking import looked_through
from ingestd.store.asked import Addressed, Filter, Opening, Unread
from ingestd.store.opened import opened
from ingestd.store.writer import Waiting

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def base(url):
    base = opened(Opening(url, True, "test", timedelta(seconds=1), True, 1))
    yield base
    base.close()


def served(base, asked):
    """Who was answered together, when all of this waits at once and nobody comes any more."""
    inbox, told = SimpleQueue(), []
    for number, what in enumerate(asked):
        inbox.put(Waiting(what, number))
    inbox.put(None)
    base.writer(inbox, told.append, looked_through).serve()
    return [[whom for whom, _ in answers] for answers in told]


def mails(count):
    envelope = Envelope("ann@example.org", "support@example.com", "support", "192.0.2.1", "mx", False, NOON)
    return [Unread(b"mail %d" % number, (Addressed(envelope, False),)) for number in range(count)]


def work(_):
    """Nothing, in a transaction."""


@pytest.mark.parametrize(
    ("count", "lots"),
    [(0, []), (1, [1]), (16, [16]), (17, [16, 1]), (34, [17, 17]), (64, [32, 32]), (100, [32, 48, 20])],
)
def test_half_of_many_mails_is_told_while_the_others_are_written(base, count, lots):
    """A burst is not one commit: who sends it can go on after half of it. A few mails are one."""
    answers = served(base, mails(count))

    assert lots == [len(each) for each in answers]
    assert list(range(count)) == [whom for answer in answers for whom in answer]


def test_records_share_a_commit_however_many_they_are(base):
    """Up to the bound: who asks for them is not the sender of mails."""
    assert [64, 36] == [len(each) for each in served(base, [work] * 100)]


def test_nobody_overtakes_a_mail_that_is_left(base):
    """What was asked behind it comes behind it."""
    answers = served(base, [*mails(18), work, *mails(3), work])

    assert [list(range(16)), list(range(16, 23))] == answers


async def test_a_burst_is_kept_in_the_order_in_which_it_came(post, spool):
    """Each is told its own id, whichever half of which lot it was in."""
    ids = await asyncio.gather(*[post.accept() for _ in range(150)])

    assert sorted(ids) == list(ids)
    assert 150 == len(await spool.list(Filter(), 200))
