"""The clock is set by hours, in a running process or between two: nothing is done too early, nothing waits for hours."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from delivering import Bench, mail

from ingestd.core.journal import Status
from ingestd.delivery.clock import Clock
from ingestd.delivery.worker import Worker
from ingestd.desk import Rule

HOURS = timedelta(hours=5)
MINUTE = timedelta(minutes=1)
BOTH = pytest.mark.parametrize("step", [HOURS, -HOURS], ids=["forth", "back"])


class Wall:
    """The clock of the house, as somebody sets it."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.ahead


@contextlib.asynccontextmanager
async def running(bench: Bench, wall: Wall):
    spool, adapter = bench.spool("worker"), bench.helpdesk()
    await spool.open(exclusive=True)
    worker = Worker(bench.tools(spool, adapter, Clock("worker", wall)), 4, timedelta(days=30))
    task = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(20):
            yield spool
    finally:
        worker.stop()
        await task
        await adapter.aclose()
        await spool.close()


async def until(enough):
    while not await enough():
        await asyncio.sleep(0.02)


def done(spool, *ids):
    async def enough():
        return {Status.DONE} == {(await spool.entry(queue_id)).status for queue_id in ids}

    return enough


def asked(bench, action):
    return sum(request["action"].lower() == action for request in bench.desk.log())


@pytest.mark.storm
@BOTH
async def test_what_comes_after_the_clock_was_set_waits_for_no_clock(bench, step):
    """The door dates by the new time, the worker has begun by the old: the mail is delivered at once."""
    wall = Wall()
    async with running(bench, wall) as spool:
        (before,) = await bench.accept(mail(message_id="m1@example.net"), at=wall())
        await until(done(spool, before))
        wall.ahead = step
        (after,) = await bench.accept(mail(message_id="m2@example.net"), at=wall())
        await until(done(spool, after))

    assert 2 == len(bench.tickets())


@pytest.mark.storm
@BOTH
async def test_a_lost_answer_is_not_looked_for_too_early_by_a_clock_that_was_set(bench, step):
    """The effect comes after we gave up, and after the clock was set: it is found, not repeated."""
    wall = Wall()
    bench.timeout = 0.3
    bench.terms = replace(bench.terms, settle=timedelta(seconds=1.2))
    bench.desk.add_fault(Rule("late", action="openticket", times=1, seconds=1.0))
    async with running(bench, wall) as spool:
        (queue_id,) = await bench.accept(mail(), at=wall())

        async def unanswered():
            return len(await spool.records(queue_id)) >= 4

        await until(unanswered)
        wall.ahead = step
        await until(done(spool, queue_id))

    assert 1 == asked(bench, "openticket")
    assert 1 == len(bench.tickets())


@BOTH
async def test_a_restart_with_another_time_does_not_look_too_early(bench, step):
    """The process dies with its call, and the next one begins by another clock: it waits as long as it must."""
    bench.timeout = 0.3
    bench.terms = replace(bench.terms, settle=timedelta(seconds=1.2))
    bench.desk.add_fault(Rule("late", action="openticket", times=1, seconds=1.0))
    (queue_id,) = await bench.accept(mail(), at=datetime.now(UTC) - step - MINUTE)
    with contextlib.suppress(TimeoutError):
        await bench.deliver(patience=0.4, ahead=-step)

    await bench.deliver()

    assert 1 == asked(bench, "openticket")
    assert [(queue_id, Status.DONE)] == [(entry.queue_id, entry.status) for entry in await bench.entries()]


@BOTH
async def test_what_was_put_off_waits_for_no_clock(bench, step):
    """Deferred by one clock, due by another; and the queue lifetime of an hour is not used up by the step."""
    bench.terms = replace(bench.terms, lifetime=timedelta(hours=1))
    bench.desk.add_fault(Rule("hook", action="openticket", times=1))
    await bench.accept(mail(), at=datetime.now(UTC) - step - MINUTE)
    with contextlib.suppress(TimeoutError):
        await bench.deliver(patience=0.5, ahead=-step)

    await bench.deliver()

    assert [Status.DONE] == [entry.status for entry in await bench.entries()]


async def test_a_lease_of_the_future_dies_with_its_process(bench):
    """Claimed by a clock that was hours ahead: the next process delivers at once."""
    await bench.accept(mail())
    spool = bench.spool()
    await spool.open(exclusive=True)
    await spool.claim(datetime.now(UTC) + HOURS, MINUTE, 10)
    await spool.close()

    await bench.deliver(patience=20)

    assert 1 == len(bench.tickets())


async def test_a_conversation_keeps_its_order_when_the_clock_is_set_back(bench):
    """The second mail is dated hours before the first: it is the second all the same."""
    first = mail(message_id="m1@example.net", text="first")
    second = mail("Re: Help", message_id="m2@example.net", text="second", headers=("References: <m1@example.net>",))
    (one,) = await bench.accept(first)
    (two,) = await bench.accept(second, at=datetime.now(UTC) - HOURS)

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert one < two
    assert ["first", "second"] == [post["message"].split()[0] for post in ticket["posts"]]
