"""When the helpdesk comes back it is met by one mail, then by more; and everything comes in order."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from delivering import Before, mail
from test_unknown import statuses

from ingestd.core.journal import Status
from ingestd.core.ticket import Deferred, OpenTicket
from ingestd.desk import Rule


class Gate(Before):
    """A helpdesk at whose gate the calls wait for each other. `in_vain`: how many asked it for nothing."""

    def __init__(self):
        self.in_vain = 0
        self.waiting: list[asyncio.Event] = []
        self.came = asyncio.Condition()

    async def client(self, address):
        answer = await self.part.client(address)
        async with self.came:
            self.in_vain += isinstance(answer, Deferred)
            self.came.notify_all()
        return answer

    async def perform(self, call, *rest):
        if isinstance(call, OpenTicket):
            passed = asyncio.Event()
            async with self.came:
                self.waiting.append(passed)
                self.came.notify_all()
            await passed.wait()
        return await self.part.perform(call, *rest)

    async def stand(self, count):
        """Return once so many wait here; no more may have come."""
        async with asyncio.timeout(20), self.came:
            await self.came.wait_for(lambda: len(self.waiting) >= count)
        assert count == len(self.waiting)

    async def let_pass(self, count):
        """So many together, once they are there."""
        await self.stand(count)
        together, self.waiting = self.waiting, []
        for passed in together:
            passed.set()


@asynccontextmanager
async def back_after_an_outage(bench):
    """Deliveries that found nobody there, and a helpdesk that is there again."""
    gate = Gate()
    await bench.desk.suspend()
    delivering = asyncio.create_task(bench.deliver(frail=gate.before))
    async with asyncio.timeout(20), gate.came:
        await gate.came.wait_for(lambda: gate.in_vain)
    async with asyncio.timeout(20):
        while Status.ACTIVE in await statuses(bench):  # who was under way gives up, too
            await asyncio.sleep(0.02)
    await bench.desk.start()
    yield gate
    await delivering


def mails(word, count):
    """So many, each of an author and a conversation of its own."""
    return [mail(f"{word} {n}", "", f"<{word}@{n}.example.net>", f"{word}{n}@example.net") for n in range(count)]


async def test_after_an_outage_calls_grow_step_by_step(bench):
    """One at a time, then two, four, eight: the helpdesk is not trampled by what waited."""
    bench.slots = 8
    await bench.accept(*mails("waits", 31))

    async with back_after_an_outage(bench) as gate:
        for together in (1, 2, 4, 8, 8, 8):
            await gate.let_pass(together)

    assert 31 == len(bench.tickets())


async def test_trouble_on_the_way_back_begins_anew(bench):
    """The third call after the outage is asked to slow down: from then on again one at a time."""
    bench.slots = 8
    await bench.accept(*mails("waits", 20))

    async with back_after_an_outage(bench) as gate:
        await gate.let_pass(1)
        await gate.let_pass(2)
        await gate.stand(4)
        bench.desk.add_fault(Rule("429", action="openticket", times=4))
        for together in (4, 1, 2, 4, 8, 2):
            await gate.let_pass(together)

    assert 20 == len(bench.tickets())


async def test_an_outage_of_days_costs_no_mail_and_no_order(bench):
    """Nobody listens for ten days: nothing is dead, nothing is sent twice, and conversations come in order."""
    first = [mail("Help", f"{c}.0", f"<{c}@example.net>", f"c{c}n0@example.net") for c in range(3)]
    await bench.accept(*first)
    for n in range(1, 4):
        for c in range(3):
            known = (f"References: <c{c}n0@example.net>",)
            await bench.accept(mail("Re", f"{c}.{n}", f"<{c}@example.net>", f"c{c}n{n}@example.net", known))
    await bench.desk.suspend()
    for day in (0, 5, 11):
        with pytest.raises(TimeoutError):
            await bench.deliver(patience=0.7, ahead=timedelta(days=day))
    assert {Status.INCOMING, Status.ACTIVE, Status.DEFERRED} >= await statuses(bench)
    await bench.desk.start()

    await bench.deliver(ahead=timedelta(days=12))

    said = [[post["message"].split("\n")[0].strip() for post in ticket["posts"]] for ticket in bench.tickets()]
    assert [[f"{c}.{n}" for n in range(4)] for c in range(3)] == sorted(said)
