"""Records that are asked while others are under way wait for those, and go together: none is lost on that way."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta

import pytest
from test_spool_apart import apart, process_of

from ingestd.core.errors import StoreError
from ingestd.core.journal import Index, Status

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DONE = Index(Status.DONE, "test", NOON)


@pytest.fixture
async def spool(url):
    spool = apart(url)
    await spool.open(exclusive=True)
    yield spool
    await spool.close()


async def turns(count=3):
    for _ in range(count):
        await asyncio.sleep(0)


async def records_behind_another(spool, post):
    """Records of which the first is handed over and the others wait for its answer, its process stopped."""
    for _ in range(4):
        await post.accept()
    entries = await spool.claim(NOON + MINUTE, MINUTE, 4)
    process_of(spool).send_signal(signal.SIGSTOP)
    asked = []
    for entry in entries:
        asked.append(asyncio.create_task(spool.record(entry, (), DONE, release=True)))
        await turns()
    return asked


async def test_records_wait_for_those_before_and_are_all_written(spool, post):
    """Who is cancelled meanwhile is served all the same."""
    asked = await records_behind_another(spool, post)
    asked[1].cancel()
    process_of(spool).send_signal(signal.SIGCONT)

    written = [await asked[0], *await asyncio.gather(*asked[2:])]

    assert [Status.DONE] * 3 == [entry.status for entry in written]
    assert 4 == (await spool.counts())[Status.DONE]


async def test_mail_comes_in_while_records_wait(spool, post):
    """An arrival waits for nobody's records but those under way."""
    asked = await records_behind_another(spool, post)
    arrival = asyncio.ensure_future(spool.accept(post.mail()))
    process_of(spool).send_signal(signal.SIGCONT)

    assert 1 == len(await arrival)
    assert 4 == len(await asyncio.gather(*asked))


async def test_closing_writes_the_records_that_wait(url, posting):
    """Those that were not sent yet go before the end."""
    spool = apart(url)
    await spool.open(exclusive=True)
    asked = await records_behind_another(spool, posting(spool))
    process_of(spool).send_signal(signal.SIGCONT)

    await spool.close()

    assert [Status.DONE] * 4 == [entry.status for entry in await asyncio.gather(*asked)]


async def test_records_that_wait_are_told_of_the_end(spool, post):
    """Those that were sent, and those that were not."""
    asked = await records_behind_another(spool, post)

    process_of(spool).kill()

    told = await asyncio.gather(*asked, return_exceptions=True)
    assert ["the spool's process has ended"] * 4 == [str(error) for error in told if isinstance(error, StoreError)]
