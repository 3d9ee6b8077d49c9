"""Who waits for this commit, and who for the next: nobody is forgotten, and nobody overtaken."""

import asyncio
from datetime import timedelta
from queue import SimpleQueue

import pytest

from ingestd.store.asked import Filter, Opening
from ingestd.store.opened import opened
from ingestd.store.writer import Waiting


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
    base.writer(inbox, told.append, None).serve()
    return [[whom for whom, _ in answers] for answers in told]


def work(_):
    """Nothing, in a transaction."""


@pytest.mark.parametrize(
    ("count", "lots"),
    [
        (0, []),
        (1, [1]),
        (8, [8]),
        (9, [8, 1]),
        (34, [17, 17]),
        (64, [32, 32]),
        (100, [32, 48, 20]),
    ],
)
def test_half_is_told_while_the_others_are_written(base, count, lots):
    """A burst is not one commit: who sends it can go on after half of it. A few are."""
    answers = served(base, [work] * count)

    assert lots == [len(each) for each in answers]
    assert list(range(count)) == [whom for answer in answers for whom in answer]


async def test_a_burst_is_kept_in_the_order_in_which_it_came(post, spool):
    """Each is told its own id, whichever half of which lot it was in."""
    ids = await asyncio.gather(*[post.accept() for _ in range(150)])

    assert sorted(ids) == list(ids)
    assert 150 == len(await spool.list(Filter(), 200))
