"""A lost answer: whatever became of the call, its effect is there exactly once in the end."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from delivering import mail, over_both, sha256

from ingestd.core.journal import Absent, Settled, Started, Status
from ingestd.core.ticket import Deferred, Unknown
from ingestd.desk import Rule, Seed, SeedTicket

# By when these faults take effect is told by their answer, or by its end: whoever looks then sees it.
TAKEN = ("commit_then_cut", "commit_then_502", "commit_then_504", "empty", "truncated", "commit_then_hang")
LOST = ("cut_before", "html", "hang", "503", "empty_before")
# These take effect after we gave up, and before we look.
LATELY = ("late", "late_cut", "late_answer")
LATE = 0.9

OLD = Seed(tickets=(SeedTicket("Old", number="111222", name="Ada", email="ada@example.net"),))
REPLY = mail("Re: [Ticket ID: 111222] Old", "It works now.")


def hurried(bench, name):
    """A bench whose calls end soon; it looks after the latest effect of this fault."""
    bench.timeout = 0.5
    bench.terms = replace(bench.terms, settle=timedelta(seconds=1.2 if name in LATELY else 0.3))
    return bench


async def each(names, case):
    """Every case, several at once: they wait more than they work."""
    slots = asyncio.Semaphore(5)

    async def one(name):
        async with slots:
            await case(name)

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(one(name))


def fault(name, action, times=1):
    return Rule(name, action=action, times=times, seconds=LATE)


def words(post):
    return post["message"].split("\n")[0].strip()


async def events(bench, kind):
    entries = await bench.entries()
    return [r.event for entry in entries for r in await bench.records(entry.queue_id) if isinstance(r.event, kind)]


def blind_repeats(records):
    """How often a call that may have taken effect was made again without a look between."""
    repeats, open_call = 0, False
    for record in records:
        match record.event:
            case Started():
                repeats += open_call
                open_call = True
            case Absent() | Settled(outcome=Deferred()):
                open_call = False
    return repeats


async def statuses(bench):
    return {entry.status for entry in await bench.entries()}


async def test_a_ticket_whose_answer_was_lost_is_found(bench_with):
    """The ticket was opened, the answer never came: it is looked up and taken for ours, not opened again."""

    async def case(name):
        bench = hurried(await bench_with(), name)
        bench.desk.add_fault(fault(name, "openticket"))
        await bench.accept(mail("Help & <more>", "Quotes \" and ' & < > too."))

        await bench.deliver()

        assert [name] * len(bench.tickets()) == [name]
        (entry,) = await bench.entries()
        assert (Status.DONE, bench.tickets()[0]["number"]) == (entry.status, entry.ticket_number), name
        assert 0 == blind_repeats(await bench.records(entry.queue_id)), name

    await each((*TAKEN, *LATELY), case)


async def test_a_ticket_that_was_not_opened_is_opened_once(bench_with):
    """Nobody can tell, so it is looked for, and only then opened again."""

    async def case(name):
        bench = hurried(await bench_with(), name)
        bench.desk.add_fault(fault(name, "openticket"))
        await bench.accept(mail())

        await bench.deliver()

        assert [name] * len(bench.tickets()) == [name]
        assert 1 <= len(await events(bench, Absent)), name
        (entry,) = await bench.entries()
        assert 0 == blind_repeats(await bench.records(entry.queue_id)), name

    await each(LOST, case)


@over_both
async def test_a_reply_is_there_once(bench_with, kind):
    """Whether the reply was written or not: one reply in the end, and the mail is done."""

    async def case(name):
        bench = hurried(await bench_with(), name)
        bench.desk.seed(OLD)
        bench.desk.add_fault(fault(name, "addticketreply"))
        await bench.accept(REPLY)

        await bench.deliver()

        (ticket,) = bench.tickets()
        assert [(name, "It works now.")] == [(name, words(post)) for post in ticket["posts"][1:]]
        assert {Status.DONE} == await statuses(bench), name

    # The look is the same: what differs is how the answers are read, and these are unlike each other.
    few = ("empty", "cut_before", "late_cut")
    await each((*TAKEN, *LOST, *LATELY) if kind == "whmcs" else few, case)


async def test_a_note_is_there_once(bench_with):
    """The note of a file that the helpdesk dropped: once, and the mail is done."""

    async def case(name):
        bench = hurried(await bench_with(attachment_types=("txt",)), name)
        bench.desk.add_fault(fault(name, "addticketnote"))
        await bench.accept(mail(files=(("virus.exe", b"MZ"),)))

        await bench.deliver()

        (ticket,) = bench.tickets()
        assert [name] * len(ticket["notes"]) == [name]
        assert {Status.DONE} == await statuses(bench), name

    await each(("commit_then_cut", "late_cut", "commit_then_504", "cut_before", "html"), case)


async def test_cc_is_a_difference_and_needs_no_look(bench_with):
    """UpdateTicket whose answer is lost is made again from the ticket as it stands."""

    async def case(name):
        bench = hurried(await bench_with(), name)
        bench.desk.add_fault(fault(name, "updateticket"))
        await bench.accept(mail(headers=("Cc: bob@example.net, eve@example.net",)))

        await bench.deliver()

        (ticket,) = bench.tickets()
        assert (name, ["bob@example.net", "eve@example.net"]) == (name, ticket["cc"])
        assert [] == await events(bench, Absent), name

    await each(("commit_then_cut", "late", "late_cut", "commit_then_502", "cut_before", "html"), case)


@over_both
async def test_files_of_a_further_reply_are_there_once(bench_with):
    """A further reply is found by its own marker, not by that of the reply before; the files keep their order."""
    files = tuple((f"{n}.bin", bytes([n]) * 60_000) for n in range(3))

    async def case(name):
        bench = hurried(await bench_with(post_max_size=200_000), name)
        bench.policy(max_post=200_000)
        bench.desk.add_fault(fault(name, "addticketreply"))
        await bench.accept(mail(files=files))

        await bench.deliver()

        (ticket,) = bench.tickets()
        stored = [(f["name"], f["sha256"]) for post in ticket["posts"] for f in post["files"]]
        assert (name, [(file, sha256(data)) for file, data in files]) == (name, stored)

    await each(("commit_then_cut", "late_cut", "cut_before", "truncated"), case)


async def test_a_look_that_fails_tells_nothing(bench_with):
    """While the helpdesk cannot be asked the call is not repeated."""

    async def case(action):
        bench = hurried(await bench_with(), action)
        bench.desk.add_fault(fault("commit_then_cut", "openticket"))
        bench.desk.add_fault(Rule("500", action=action, times=5))
        await bench.accept(mail())

        await bench.deliver()

        assert [action] * len(bench.tickets()) == [action]
        assert [Unknown] == [type(event.outcome) for event in (await events(bench, Settled))[:1]], action

    await each(("gettickets", "getticket"), case)


async def test_answers_lost_again_and_again(bench_with):
    """However often it goes wrong, in whatever way: one ticket, one reply."""

    async def case(name):
        bench = hurried(await bench_with(), name)
        for each_time in ("cut_before", name):
            bench.desk.add_fault(fault(each_time, "openticket"))
            bench.desk.add_fault(fault(each_time, "addticketreply"))
        again = mail("Re:", "Again.", message_id="m2@example.net", headers=("References: <m1@example.net>",))
        await bench.accept(mail(), again)

        await bench.deliver()

        said = [list(map(words, ticket["posts"])) for ticket in bench.tickets()]
        assert (name, [["Please help.", "Again."]]) == (name, said)

    await each(("commit_then_504", "503", "empty"), case)
