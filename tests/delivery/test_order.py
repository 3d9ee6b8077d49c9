"""One conversation, many names: its mails take effect in the order of acceptance, and hold up nobody else."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from delivering import Before, mail, over_both
from test_unknown import hurried

from ingestd.core.ticket import Deferred
from ingestd.desk import Rule, Seed, SeedTicket

OLD = Seed(tickets=(SeedTicket("Old", number="111222", name="Ada", email="ada@example.net"),))


def said(bench):
    return [[post["message"].split("\n")[0].strip() for post in ticket["posts"][1:]] for ticket in bench.tickets()]


@over_both
async def test_an_earlier_mail_whose_look_up_failed_is_not_overtaken(bench):
    """By number first, then by Message-ID: the second waits though the first does not know its ticket yet."""
    bench.desk.seed(OLD)
    await bench.accept(mail("Re: [Ticket ID: 111222] Old", "One.", message_id="m1@example.net"))
    await bench.deliver()
    bench.desk.add_fault(Rule("500", action="getticket", pattern="", times=3))
    await bench.accept(mail("Re: [Ticket ID: 111222] Old", "Two.", message_id="m2@example.net"))
    await bench.accept(mail("Three", "Three.", message_id="m3@example.net", headers=("References: <m1@example.net>",)))

    await bench.deliver()

    assert [["One.", "Two.", "Three."]] == said(bench)


@over_both
async def test_names_in_turn_keep_their_order(bench):
    """Number, address tag, Message-ID of the first, of the last: however each mail names the ticket."""
    bench.desk.seed(OLD)
    bench.desk.add_fault(Rule("500", action="getticket", probability=0.3, seed=7))
    await bench.accept(mail("Re: [Ticket ID: 111222] Old", "0.", message_id="m0@example.net"))
    for n in range(1, 12):
        known = f"In-Reply-To: <m{n - 1}@example.net>"
        match n % 3:
            case 0:
                await bench.accept(mail("Re: [Ticket ID: 111222]", f"{n}.", message_id=f"m{n}@example.net"))
            case 1:
                await bench.accept(mail("Re", f"{n}.", message_id=f"m{n}@example.net", headers=(known,)))
            case _:
                tagged = "support+111222@example.com"
                await bench.accept(mail("Re", f"{n}.", message_id=f"m{n}@example.net"), recipient=tagged)

    await bench.deliver()

    assert [[f"{n}." for n in range(12)]] == said(bench)


async def test_a_mail_that_waits_holds_up_no_other_conversation(bench):
    """What one mail's text runs into is its own: everybody else's mail is delivered meanwhile."""
    hurried(bench, "cut_before").desk.add_fault(Rule("cut_before", action="openticket", pattern="poison", times=2))
    await bench.accept(mail("poison", message_id="m1@example.net"), mail("fine", message_id="m2@example.net"))

    await bench.deliver()

    assert ["fine", "poison"] == [ticket["subject"] for ticket in bench.tickets()]


async def opened_untold(bench, text, subject="Help"):
    """What is said in the end where the answer to the first call is lost, and somebody names the ticket meanwhile."""
    hurried(bench, "cut_before").desk.add_fault(Rule("commit_then_cut", action="openticket", times=1))
    bench.terms = replace(bench.terms, settle=timedelta(seconds=2))
    await bench.accept(mail(subject, text, message_id="m0@example.net"))
    await bench.accept(mail("Re", "1.", message_id="m1@example.net", headers=("References: <m0@example.net>",)))
    delivering = asyncio.create_task(bench.deliver())
    while not bench.tickets():
        await asyncio.sleep(0.02)
    number = bench.tickets()[0]["number"]
    await bench.accept(mail(f"Re: [Ticket ID: {number}] Help", "2.", message_id="m2@example.net"))
    await delivering
    return said(bench)


async def test_a_ticket_whose_answer_was_lost_is_not_overtaken(bench):
    """The ticket is there and its number is known to people, but not to us yet: who names it waits for who opened it."""
    assert [["1.", "2."]] == await opened_untold(bench, "0.")


async def test_nor_is_one_without_a_marker(bench):
    """Where markers are off its text tells who opened it, also where nobody gave it a subject."""
    bench.marker = False

    assert [["1.", "2."]] == await opened_untold(bench, "0.", "")


async def test_nor_is_one_that_lost_its_marker(bench_with):
    """So does what MySQL left of it."""
    bench = await bench_with(utf8mb3=True)

    assert [["1.", "2."]] == await opened_untold(bench, "0 \N{GRINNING FACE}.", "Help \N{GRINNING FACE}!")


class Choreography:
    """A spool and a helpdesk that make a mail move to its ticket just when the mail that names it has looked for it."""

    def __init__(self, earlier, later):
        self.earlier, self.later = earlier, later
        self.looked, self.moved, self.let_go = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def part(self, part):
        return Danced(self, part)


class Danced:
    """One part of it, the rest as it is."""

    def __init__(self, dance, part):
        self._dance, self._part = dance, part

    def __getattr__(self, name):
        return getattr(self._part, name)

    async def waiting_with(self, message_ids, entry):
        found = await self._part.waiting_with(message_ids, entry)
        if entry.queue_id == self._dance.later:
            self._dance.looked.set()
            await self._dance.moved.wait()
        return found

    async def join(self, entry, conversation, also=()):
        if entry.queue_id == self._dance.earlier:
            await self._dance.looked.wait()
        first = await self._part.join(entry, conversation, also)
        if entry.queue_id == self._dance.earlier:
            self._dance.moved.set()
        return first

    async def finish(self, entry, *args):
        claimed = await self._part.finish(entry, *args)
        if entry.queue_id == self._dance.later:
            self._dance.let_go.set()
        return claimed

    async def perform(self, call, *rest):
        if getattr(call, "message", "").startswith("Earlier"):
            await self._dance.let_go.wait()
        return await self._part.perform(call, *rest)


async def test_a_mail_that_moves_while_it_is_looked_for_is_still_waited_for(bench):
    """Between the look and the place behind it, the earlier mail goes to its ticket's line: the answer follows it there."""
    bench.desk.seed(OLD)
    (earlier,) = await bench.accept(mail("Re: [Ticket ID: 111222] Old", "Earlier.", message_id="m1@example.net"))
    (later,) = await bench.accept(
        mail("Re", "Later.", message_id="m2@example.net", headers=("In-Reply-To: <m1@example.net>",))
    )

    await bench.deliver(frail=Choreography(earlier, later).part)

    assert [["Earlier.", "Later."]] == said(bench)


class Refusing(Before):
    """Refuses to tell once who Bob is."""

    asked = 0

    async def client(self, address):
        bob = address == "bob@example.net"
        self.asked += bob
        return Deferred("refused on the way") if bob and self.asked == 1 else await self.part.client(address)


async def test_an_earlier_mail_of_a_longer_thread_is_not_overtaken(bench):
    """What its thread began with never came to us: where its look-up failed, whoever names the same ticket waits."""
    bench.slots, known = 1, "<m1@example.net>"
    bench.terms = replace(bench.terms, first=timedelta(seconds=0.5), longest=timedelta(seconds=0.5))
    await bench.accept(mail("Help", "One.", message_id="m1@example.net", headers=("Cc: bob@example.net",)))
    await bench.deliver()
    await bench.accept(
        mail("Re", "2.", "bob@example.net", "m2@example.net", headers=(f"References: <m0@example.net> {known}",)),
        mail("Re", "3.", message_id="m3@example.net", headers=(f"References: {known}",)),
    )

    await bench.deliver(frail=Refusing().before)

    assert [["2.", "3."]] == said(bench)


async def test_two_tickets_of_one_thread_keep_each_its_order(bench):
    """A stranger's answer became a ticket of its own: who waits for it is not overtaken, whoever joins his line."""
    hurried(bench, "500").desk.add_fault(Rule("500", action="addticketreply", pattern="Two", times=1))
    bench.terms = replace(bench.terms, settle=timedelta(seconds=2))
    thread, bob = ("References: <m0@example.net>",), "Bob <bob@example.net>"
    await bench.accept(mail("Help", "0.", message_id="m0@example.net"))
    await bench.accept(mail("Help", "One.", author=bob, message_id="m1@example.net", headers=thread))
    await bench.deliver()
    number = bench.tickets()[1]["number"]
    await bench.accept(
        mail(f"Re: [Ticket ID: {number}] Help", "Two.", author=bob, message_id="m2@example.net"),
        mail("Re: Help", "1.", message_id="m3@example.net", headers=thread),
    )
    delivering = asyncio.create_task(bench.deliver())
    while not any(entry.reason.startswith("an earlier mail") for entry in await bench.entries()):
        await asyncio.sleep(0.02)

    answer = ("References: <m1@example.net>",)
    await bench.accept(mail("Re: Help", "Three.", author=bob, message_id="m4@example.net", headers=answer))
    await delivering

    assert [["1."], ["Two.", "Three."]] == said(bench)


async def test_a_tag_that_is_no_number_takes_nobody_along(bench):
    """Who answers to such an address waits with his ticket; whoever else writes there does not wait for him."""
    shop = "support+shop1@example.com"
    hurried(bench, "cut_before").desk.add_fault(Rule("cut_before", action="addticketreply", times=1))
    await bench.accept(mail("First", "0.", message_id="m0@example.net"))
    await bench.deliver()
    answer = mail("Re", "1.", message_id="m1@example.net", headers=("References: <m0@example.net>",))
    fine = mail("Second", "2.", author="bob@example.net", message_id="m2@example.net")
    await bench.accept(answer, fine, recipient=shop)
    delivering = asyncio.create_task(bench.deliver())
    while len(bench.tickets()) < 2:
        await asyncio.sleep(0.02)
    seen = said(bench)
    await delivering

    assert [[], []] == seen
    assert [["1."], []] == said(bench)
