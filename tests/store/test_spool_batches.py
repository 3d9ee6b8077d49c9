"""Who waits for this commit, and who for the next: nobody is forgotten, and nobody overtaken."""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import count
from queue import Empty, SimpleQueue

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


class Lots:
    """What is asked in lots: each comes when nobody waits any more, and after the last nobody."""

    def __init__(self, lots):
        self._waiting = deque()
        self._lots = deque([Waiting(what, whom) for whom, what in lot] for lot in lots)

    def get_nowait(self):
        if not self._waiting:
            raise Empty
        return self._waiting.popleft()

    def get(self, block=True, timeout=None):
        if self._lots:
            self._waiting += self._lots.popleft()
        return self._waiting.popleft() if self._waiting else None


def served(base, *lots):
    """Who was answered together."""
    told, number = [], count()
    inbox = Lots([[(next(number), what) for what in lot] for lot in lots])
    base.writer(inbox, told.append, looked_through).serve()
    return [[whom for whom, _ in answers] for answers in told]


def mails(number):
    envelope = Envelope("ann@example.org", "support@example.com", "support", "192.0.2.1", "mx", False, NOON)
    return [Unread(b"mail %d" % each, (Addressed(envelope, False),)) for each in range(number)]


def work(_):
    """Nothing, in a transaction."""


@pytest.mark.parametrize(
    ("number", "sizes"),
    [(0, []), (1, [1]), (16, [16]), (17, [16, 1]), (34, [17, 17]), (64, [32, 32]), (100, [32, 48, 20])],
)
def test_half_of_many_mails_is_told_while_the_others_are_written(base, number, sizes):
    """A burst is not one commit: who sends it can go on after half of it. A few mails are one."""
    answers = served(base, mails(number))

    assert sizes == [len(each) for each in answers]
    assert list(range(number)) == [whom for answer in answers for whom in answer]


def test_whoever_was_told_a_moment_ago_is_about_too(base):
    """Twenty of forty were: the twenty who are left are half of all, and not halved again."""
    assert [20, 20, 16, 4] == [len(each) for each in served(base, mails(40), mails(20))]


def test_mails_that_come_together_behind_a_record_share_its_next_commit(base):
    """Nobody was told a moment ago who could go on meanwhile."""
    inbox = SimpleQueue()
    told = []

    def order(_):
        for whom, mail in enumerate(mails(30)):
            inbox.put(Waiting(mail, whom))
        inbox.put(None)

    inbox.put(Waiting(order, "order"))
    base.writer(inbox, told.append, looked_through).serve()

    assert [1, 30] == [len(answers) for answers in told]


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
