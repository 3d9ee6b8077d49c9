"""A mail that breaks us, again and again: it is set aside for a person, and nobody else waits for it."""

from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest
from delivering import mail
from structlog.testing import capture_logs
from test_crash import MINUTE, Died

from ingestd.core.journal import Deed, Ordered, Record, Status, Stopped
from ingestd.core.ledger import Moment, index
from ingestd.desk import Rule, Seed, SeedTicket

OLD = Seed(tickets=(SeedTicket("Old", number="111222", name="Ada", email="ada@example.net"),))


class Brittle:
    """A spool in which reading one mail raises; everything else is as it is."""

    def __init__(self, part, raw_ids, error):
        self._part, self._raw_ids, self._error = part, raw_ids, error
        self._dead = False

    def __getattr__(self, name):
        return getattr(self._part, name)

    async def claim(self, *args, **named):
        if self._dead:  # who is dead claims nothing more
            raise self._error
        return await self._part.claim(*args, **named)

    async def finish(self, *args):
        if self._dead:
            raise self._error
        return await self._part.finish(*args)

    def stream(self, raw_id):
        if raw_id in self._raw_ids:
            self._dead = isinstance(self._error, Died)
            raise self._error
        return self._part.stream(raw_id)


async def raw_ids(bench, queue_id):
    return {entry.raw_id for entry in await bench.entries() if entry.queue_id == queue_id}


def brittle(raw_ids, error):
    return lambda part: Brittle(part, raw_ids, error) if hasattr(part, "stream") else part


async def by_id(bench):
    return {entry.queue_id: entry for entry in await bench.entries()}


async def test_a_mail_that_kills_the_daemon_is_held_after_ten_claims(bench):
    """Every process that reads it dies. The eleventh holds it unread, with the reason; the others have their tickets."""
    poison, *others = await bench.accept(mail("poison"), *(mail(f"fine {n}", message_id=f"f{n}@x") for n in range(5)))
    deadly = brittle(await raw_ids(bench, poison), Died())
    deaths = 0
    with capture_logs() as logs:
        for place in range(11):
            with suppress(BaseExceptionGroup):
                await bench.deliver(frail=deadly, ahead=place * MINUTE)
                break
            deaths += 1

    found = await by_id(bench)
    assert 10 == deaths
    assert (Status.HELD, "claimed 10 times without getting on") == (found[poison].status, found[poison].reason)
    assert {Status.DONE} == {found[other].status for other in others}
    assert [("warning", poison)] == [(e["log_level"], e["queue_id"]) for e in logs if e["event"] == "held"]


async def test_a_mail_that_raises_is_held_after_ten_claims(bench):
    """A fault of ours is told each time, counts against the mail, and costs nobody else anything."""
    bench.slots = 1
    poison, *others = await bench.accept(mail("poison"), *(mail(f"fine {n}", message_id=f"f{n}@x") for n in range(3)))

    with capture_logs() as logs:
        await bench.deliver(frail=brittle(await raw_ids(bench, poison), ZeroDivisionError("boom")))

    found = await by_id(bench)
    broke = [entry["queue_id"] for entry in logs if entry["event"] == "delivery broke"]
    assert [poison] * 10 == broke
    assert Status.HELD == found[poison].status
    assert {Status.DONE} == {found[other].status for other in others}


async def test_a_person_may_try_what_was_held(bench):
    """Retried once the fault is mended: the mail becomes its ticket, its claims are forgotten."""
    (poison,) = await bench.accept(mail("poison"))
    with capture_logs():
        await bench.deliver(frail=brittle(await raw_ids(bench, poison), ZeroDivisionError("boom")))
    held = (await by_id(bench))[poison]

    async with opened(bench) as spool:
        now = Moment(held.due_at, "", held.due_at)
        await spool.order(
            poison, Record(now.now, Ordered(Deed.RETRY, "ann")), lambda records: index(records, now, bench.terms)
        )
    await bench.deliver()

    assert ["poison"] == [ticket["subject"] for ticket in bench.tickets()]
    assert isinstance((await bench.records(poison))[1].event, Stopped)


@asynccontextmanager
async def opened(bench):
    spool = bench.spool()
    await spool.open(exclusive=False)
    try:
        yield spool
    finally:
        await spool.close()


# How a mail ends badly: dead by the helpdesk's own words, held by a firewall that will not have its subject.
ENDS = {
    Status.DEAD: Rule("hook", pattern="poison", message="Message is required"),
    Status.HELD: Rule("403_waf", pattern="poison"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_conversation_goes_on_without_its_first_mail(bench, end):
    """The mail that began it is dead or held: its answers wait for it no longer, and open the ticket themselves."""
    bench.desk.add_fault(ENDS[end])
    first, *_ = await bench.accept(
        mail("poison", "0."),
        mail("Re", "1.", message_id="m2@example.net", headers=("References: <m1@example.net>",)),
        mail("Re", "2.", message_id="m3@example.net", headers=("References: <m1@example.net> <m2@example.net>",)),
    )

    with capture_logs() as logs:
        await bench.deliver()

    assert end == (await by_id(bench))[first].status
    assert [["1.", "2."]] == [[said(post) for post in ticket["posts"]] for ticket in bench.tickets()]
    (told,) = [entry for entry in logs if entry["event"] == end.value]
    assert f"ingestd queue drop {first}" in told["remedy"]


@pytest.mark.parametrize("end", ENDS)
async def test_a_ticket_goes_on_without_one_of_its_replies(bench, end):
    """A reply that is dead or held holds up neither the replies after it nor anybody else."""
    bench.desk.seed(OLD)
    bench.desk.add_fault(ENDS[end])
    # A firewall that reads files too: the text is no better in one.
    bench.desk.add_fault(replace(ENDS[end], pattern="is in the file"))
    tagged = "Re: [Ticket ID: 111222] Old"
    await bench.accept(*(mail(tagged, text, message_id=f"r{text}@x.example") for text in ("1.", "poison", "3.")))

    await bench.deliver()

    assert [["1.", "3."]] == [[said(post) for post in ticket["posts"][1:]] for ticket in bench.tickets()]
    assert [Status.DONE, end, Status.DONE] == [entry.status for entry in await bench.entries()]


def said(post):
    return post["message"].split("\n")[0].strip()
