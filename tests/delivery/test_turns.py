"""Turns: mails find out which ticket they mean in the order in which they were accepted."""

import asyncio

from ingestd.core.model import QueueId
from ingestd.delivery.turns import Turns

FIRST, SECOND, THIRD = QueueId("01"), QueueId("02"), QueueId("03")


async def settle() -> None:
    """Let everybody run who can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def soon(waiter) -> None:
    async with asyncio.timeout(10):
        await waiter


async def test_the_earliest_never_waits():
    """Later ones are no reason."""
    turns = Turns()
    turns.enter(THIRD)
    turns.enter(FIRST)
    turns.enter(SECOND)

    await soon(turns.wait(FIRST))


async def test_one_that_never_entered_waits_for_the_earlier_ones_only():
    """Order is by queue id, whoever asks."""
    turns = Turns()
    turns.enter(THIRD)

    await soon(turns.wait(SECOND))


async def test_a_later_one_waits_until_every_earlier_one_has_left():
    """In whatever order they leave."""
    turns = Turns()
    for queue_id in (SECOND, THIRD, FIRST):
        turns.enter(queue_id)
    third = asyncio.create_task(turns.wait(THIRD))

    turns.leave(SECOND)
    await settle()
    assert not third.done()

    turns.leave(FIRST)
    await soon(third)


async def test_mails_pass_in_the_order_of_acceptance():
    """Each leaves once it has passed."""
    turns, passed = Turns(), []

    async def find_out(queue_id: QueueId) -> None:
        await turns.wait(queue_id)
        passed.append(queue_id)
        turns.leave(queue_id)

    for queue_id in (FIRST, SECOND, THIRD):
        turns.enter(queue_id)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for queue_id in (THIRD, SECOND, FIRST):
            group.create_task(find_out(queue_id))

    assert passed == [FIRST, SECOND, THIRD]


async def test_leaving_twice_is_leaving_once():
    """A delivery leaves when it has its place, and again at its end."""
    turns = Turns()
    turns.enter(FIRST)

    turns.leave(FIRST)
    turns.leave(FIRST)

    await soon(turns.wait(SECOND))


async def test_one_that_gives_up_waiting_holds_up_nobody():
    """A delivery that is cut while it waits leaves like any other."""
    turns = Turns()
    for queue_id in (FIRST, SECOND, THIRD):
        turns.enter(queue_id)
    second, third = asyncio.create_task(turns.wait(SECOND)), asyncio.create_task(turns.wait(THIRD))
    await settle()

    second.cancel()
    await asyncio.wait([second])
    turns.leave(SECOND)
    turns.leave(FIRST)

    await soon(third)
