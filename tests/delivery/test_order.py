"""One conversation, many names: its mails take effect in the order of acceptance, and hold up nobody else."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from delivering import mail
from test_unknown import hurried

from ingestd.desk import Rule, Seed, SeedTicket

OLD = Seed(tickets=(SeedTicket("Old", number="111222", name="Ada", email="ada@example.net"),))


def said(bench):
    return [[post["message"].split("\n")[0].strip() for post in ticket["posts"][1:]] for ticket in bench.tickets()]


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


async def test_a_ticket_whose_answer_was_lost_is_not_overtaken(bench):
    """The ticket is there and its number is known to people, but not to us yet: who names it waits for who opened it."""
    hurried(bench, "cut_before").desk.add_fault(Rule("commit_then_cut", action="openticket", times=1))
    bench.terms = replace(bench.terms, settle=timedelta(seconds=2))
    await bench.accept(mail("Help", "0.", message_id="m0@example.net"))
    await bench.accept(mail("Re", "1.", message_id="m1@example.net", headers=("References: <m0@example.net>",)))
    delivering = asyncio.create_task(bench.deliver())
    while not bench.tickets():
        await asyncio.sleep(0.02)
    number = bench.tickets()[0]["number"]
    tagged = mail(f"Re: [Ticket ID: {number}] Help", "2.", message_id="m2@example.net")

    await bench.accept(tagged)
    await delivering

    assert [["1.", "2."]] == said(bench)
