"""Mails are read ahead while the helpdesk is at work, and no more of them speak to it than may."""

import asyncio
from datetime import timedelta

from delivering import Before, mail

from ingestd.core.journal import Status
from ingestd.core.ticket import OpenTicket
from ingestd.delivery.clock import Clock
from ingestd.delivery.worker import Worker
from ingestd.desk import Rule


class Counter(Before):
    """Counts the calls at a time; none comes back before `open` is set."""

    def __init__(self):
        self.open = asyncio.Event()
        self.now = self.most = 0
        self.seen = []

    async def probe(self):
        self.seen.append("probe")
        return await self.part.probe()

    async def perform(self, call, *rest):
        if not isinstance(call, OpenTicket):
            return await self.part.perform(call, *rest)
        self.seen.append("call")
        self.now += 1
        self.most = max(self.most, self.now)
        await self.open.wait()
        try:
            return await self.part.perform(call, *rest)
        finally:
            self.now -= 1


def mails(count):
    """So many, each of an author and a conversation of its own."""
    return [mail(f"Help {n}", "", f"<a@{n}.example.net>", f"a{n}@example.net") for n in range(count)]


async def planned(bench):
    """How many are at work now."""
    return [entry.status for entry in await bench.entries()].count(Status.ACTIVE)


async def test_mails_are_read_ahead_and_calls_stay_few(bench):
    """With two lines four mails are at work, two of them in a call; all come to their ticket in the end."""
    bench.slots = 2
    counter = Counter()
    await bench.accept(*mails(9))
    delivering = asyncio.create_task(bench.deliver(frail=counter.before))

    async with asyncio.timeout(20):
        while await planned(bench) < 4 or counter.now < 2:
            await asyncio.sleep(0.02)
    counter.open.set()
    await delivering

    assert (2, 9, 9) == (counter.most, len(counter.seen), len(bench.tickets()))


async def test_who_was_read_ahead_makes_no_call_into_trouble(bench):
    """The helpdesk asks to slow down while others wait for a line: they go back, and each is called for once later."""
    bench.slots = 1
    counter = Counter()
    bench.desk.add_fault(Rule("429", action="openticket", times=1))
    await bench.accept(*mails(3))
    delivering = asyncio.create_task(bench.deliver(frail=counter.before))

    async with asyncio.timeout(20):
        while await planned(bench) < 2 or not counter.now:
            await asyncio.sleep(0.02)
    counter.open.set()
    await delivering

    assert ["call", "probe", "call", "call", "call"] == counter.seen
    assert 3 == len(bench.tickets())


async def test_who_was_read_ahead_goes_back_at_a_stop(bench):
    """The two calls under way are finished, no other is begun; who waited for a line waits for the next start."""
    bench.slots = 2
    counter = Counter()
    await bench.accept(*mails(4))
    spool, adapter = bench.spool(), bench.helpdesk()
    await spool.open(exclusive=True)
    worker = Worker(bench.tools(spool, counter.before(adapter), Clock("boot")), 2, timedelta(days=30))
    running = asyncio.create_task(worker.run())

    async with asyncio.timeout(20):
        while await planned(bench) < 4 or counter.now < 2:
            await asyncio.sleep(0.02)
        worker.stop()
        counter.open.set()
        await running
    await adapter.aclose()
    await spool.close()

    entries = await bench.entries()
    assert ["call", "call"] == counter.seen
    assert ["deferred", "deferred", "done", "done"] == sorted(entry.status for entry in entries)
    assert {"ingestd is stopped"} == {entry.reason for entry in entries if entry.status is Status.DEFERRED}

    await bench.deliver()

    assert 4 == len(bench.tickets())
