"""Small mails that come together are read in a row by one process, and are no worse off than each by itself."""

import asyncio
import os
import signal
from collections import deque

import pytest
from structlog.testing import capture_logs

from ingestd.delivery.message import Answer, Limits, Request
from ingestd.delivery.pool import Pool
from ingestd.delivery.sandbox import Sandbox
from ingestd.delivery.sitting import Turn, put_back, sitting

KIB = 1024


def mail(number):
    return b"From: Ada <ada@example.net>\r\nSubject: Mail %d\r\n\r\nPlease help.\r\n" % number


def turn(size, *, alone=False):
    return Turn(Request(b"x" * size, headers_only=False, limits=Limits()), 20.0, alone=alone)


async def sizes(waiting, processes):
    """The mails of each sitting, one after the other, by their sizes; one that is negative sits alone."""
    turns = deque(turn(abs(size), alone=size < 0) for size in waiting)
    found = []
    while taken := sitting(turns, processes):
        found.append([len(each.request.source) for each in taken])
    return found


@pytest.fixture
def pool():
    pool = Pool()
    yield pool
    pool.close()


async def begun(box, pool, mails):
    """These mails at a process that stands still."""
    await box.warm()
    process = pool.take()
    pool.give(process)
    os.kill(process.pid, signal.SIGSTOP)
    tasks = [asyncio.create_task(parsed(box, raw)) for raw in mails]
    while (idle := pool.take()) is not None:
        pool.give(idle)
        await asyncio.sleep(0)
    return process, tasks


async def parsed(box, raw):
    async def chunks():
        yield raw

    return await box.parse(chunks(), len(raw))


@pytest.mark.parametrize(
    ("waiting", "processes", "sittings"),
    [
        ([], 1, []),
        ([1, 2, 3, 4, 5], 1, [[1, 2, 3, 4], [5]]),
        ([1, 2], 2, [[1], [2]]),
        ([1, 2, 3], 2, [[1, 2], [3]]),
        ([64 * KIB, 1], 1, [[64 * KIB], [1]]),
        ([64 * KIB + 1, 1], 1, [[64 * KIB + 1], [1]]),
        ([1, 64 * KIB], 1, [[1], [64 * KIB]]),
        ([1, -2, 3, 4], 1, [[1], [2], [3, 4]]),
    ],
)
async def test_who_sits_together(waiting, processes, sittings):
    """At most four mails of at most 64 KiB in all, in their order, and no more than each free process has its share."""
    assert sittings == await sizes(waiting, processes)


async def test_who_has_left_takes_no_seat():
    """A mail whose delivery was cancelled is not read."""
    turns = [turn(size) for size in (1, 2, 3)]
    turns[1].answer.cancel()

    assert [turns[0], turns[2]] == sitting(deque(turns), 1)


async def test_who_is_put_back_comes_next():
    """In the old order, before whoever came later."""
    turns = [turn(size) for size in (1, 2, 3)]
    turns[0].tell(Answer(None, "x", spent=True))
    waiting = deque([late := turn(4)])
    put_back(waiting, turns)

    assert [turns[1], turns[2], late] == list(waiting)


async def test_only_the_mail_that_was_read_has_ended_the_process(pool):
    """The others of its sitting are read by the next one, and have lost no try."""
    box = Sandbox(Limits(), 1, pool)
    with capture_logs() as logs:
        process, tasks = await begun(box, pool, map(mail, range(4)))
        os.kill(process.pid, signal.SIGKILL)
        mails = await asyncio.gather(*tasks)

    assert ["Mail 0", "Mail 1", "Mail 2", "Mail 3"] == [read.subject for read in mails]
    assert ["parser died"] == [entry["event"] for entry in logs]


async def test_who_is_cancelled_takes_nobody_along(pool):
    """The others of its sitting get their answers from the same process."""
    box = Sandbox(Limits(), 1, pool)
    process, tasks = await begun(box, pool, map(mail, range(3)))
    tasks[1].cancel()
    await asyncio.sleep(0)
    os.kill(process.pid, signal.SIGCONT)

    mails = await asyncio.gather(tasks[0], tasks[2])

    assert ["Mail 0", "Mail 2"] == [read.subject for read in mails]
    assert process is pool.take()
    process.kill()


async def test_the_last_who_is_cancelled_ends_the_process(pool):
    """Stopping the daemon leaves nothing that reads for nobody."""
    box = Sandbox(Limits(), 1, pool)
    process, tasks = await begun(box, pool, map(mail, range(3)))
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    assert not process.alive


async def test_where_no_process_starts_all_are_told(pool, monkeypatch):
    """The mails can do nothing about that; later ones are read again."""
    box = Sandbox(Limits(), 1, pool)
    monkeypatch.setattr("sys.executable", "/nowhere")
    failed = await asyncio.gather(*(parsed(box, mail(number)) for number in range(5)), return_exceptions=True)
    monkeypatch.undo()

    assert [FileNotFoundError] * 5 == [type(each) for each in failed]
    assert "Mail 7" == (await parsed(box, mail(7))).subject
