"""What the worker does with time: holds expire, raw mails go, and a mail that comes again afterwards is known."""

import asyncio
from datetime import UTC, datetime, timedelta

from delivering import Bench, mail

from ingestd.core import ledger
from ingestd.core.journal import Deed, Hold, Ordered, Planned, Record, Status, Stopped
from ingestd.delivery.clock import Clock
from ingestd.delivery.worker import Worker

RETENTION = timedelta(days=30)
MINUTE = timedelta(minutes=1)


async def written(bench: Bench, queue_id, event, ahead=timedelta()):
    """What a verdict of the policy, or a person, writes."""
    spool = bench.spool()
    await spool.open(exclusive=False)
    clock = Clock("before")
    clock.since += ahead
    record = Record(clock.now(), event)
    await spool.order(queue_id, record, lambda records: ledger.index(records, clock.moment(), bench.terms))
    await spool.close()


async def kept(bench: Bench, ahead, queue_id):
    """Run a worker whose clock is so far ahead until it has pruned this mail: then it is past all that expires."""
    spool, adapter = bench.spool("worker"), bench.helpdesk()
    await spool.open(exclusive=True)
    clock = Clock("worker")
    clock.since += ahead
    worker = Worker(bench.tools(spool, adapter, clock), 1, RETENTION)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while not (await spool.entry(queue_id)).pruned:
            await asyncio.sleep(0.02)
    worker.stop()
    await running
    await adapter.aclose()
    await spool.close()


async def test_held_spam_expires_and_what_others_hold_does_not(bench):
    """After the retention it is discarded, the ledger says why, and its raw mail goes after as long again."""
    (done,) = await bench.accept(mail(message_id="m0@example.net"))
    await bench.deliver()
    spam, late, loop, person, dead = await bench.accept(*(mail(message_id=f"m{n}@example.net") for n in range(1, 6)))
    await written(bench, spam, Planned(Hold("spam: score 15.2", expires=True)))
    await written(bench, late, Planned(Hold("spam: score 16", expires=True)), 2 * MINUTE)
    await written(bench, loop, Planned(Hold("loop: 120 hops")))
    await written(bench, person, Planned(Hold("spam: score 17", expires=True)))
    await written(bench, person, Ordered(Deed.HOLD, "ann"))
    await written(bench, dead, Stopped(Status.DEAD, "past the queue lifetime"))

    await kept(bench, RETENTION + MINUTE, done)

    found = {entry.queue_id: entry for entry in await bench.entries()}
    assert Status.DISCARDED == found[spam].status
    assert "held for 30 days: expired; was: spam: score 15.2" == found[spam].reason
    assert Stopped(Status.DISCARDED, found[spam].reason) == (await bench.records(spam))[-1].event
    assert not found[spam].pruned
    for queue_id, status in ((late, "held"), (loop, "held"), (person, "held"), (dead, "dead")):
        assert status == found[queue_id].status

    await kept(bench, 2 * RETENTION + 2 * MINUTE, spam)
    for entry in await bench.entries():
        assert entry.pruned == (entry.queue_id in {done, spam}), entry
    assert 1 == len(bench.tickets())


async def test_a_mail_that_comes_again_when_it_is_pruned_makes_no_second_ticket(bench):
    """Fingerprints outlive the raw mail: the resend gets the old queue id, and nothing happens."""
    raw = mail(message_id="again@example.net")
    (first,) = await bench.accept(raw)
    await bench.deliver()
    await kept(bench, RETENTION + MINUTE, first)

    (second,) = await bench.accept(raw, at=datetime.now(UTC) + RETENTION)
    await bench.deliver(ahead=RETENTION + 2 * MINUTE)

    assert first == second
    assert 1 == len(await bench.entries())
    assert 1 == len(bench.tickets())
