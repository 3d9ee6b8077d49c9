"""What is ours among what the helpdesk holds: nothing else is ever adopted for a call whose answer was lost."""

from dataclasses import replace

import pytest
from delivering import SUPPORT, mail
from test_unknown import OLD, REPLY, each, fault, hurried, statuses, words

from ingestd.core.journal import Status
from ingestd.desk import Client, Seed, SeedReply, SeedTicket

BILLING = "billing@example.com"


async def test_without_markers_author_subject_and_text_decide(bench_with):
    """A helpdesk that must not show markers: the text as stored, entities and all, tells what is ours."""
    again = mail("Re:", "It's <b>mine</b> & yours", message_id="m2@x", headers=("References: <m1@example.net>",))

    async def case(name):
        bench = hurried(await bench_with(), name)
        bench.marker = False
        bench.desk.add_fault(fault(name, "openticket"))
        bench.desk.add_fault(fault(name, "addticketreply"))
        await bench.accept(
            mail('A "subject" & more', "Words <with> 'entities' &amp; lines\r\n\r\n  and blanks."), again
        )

        await bench.deliver()

        said = [list(map(words, ticket["posts"])) for ticket in bench.tickets()]
        assert (name, [["Words <with> 'entities' &amp; lines", "It's <b>mine</b> & yours"]]) == (name, said)

    await each(("commit_then_cut", "late", "empty", "cut_before"), case)


@pytest.mark.parametrize("marker", [True, False])
async def test_a_text_that_the_database_cut_is_found(bench_with, marker):
    """utf8mb3 ends a text at its first character of four bytes, and the marker with it."""
    again = mail("Re:", "Thanks \U0001f44d a lot", message_id="m2@x", headers=("References: <m1@example.net>",))

    async def case(name):
        bench = hurried(await bench_with(utf8mb3=True), name)
        bench.marker = marker
        bench.desk.add_fault(fault(name, "openticket"))
        bench.desk.add_fault(fault(name, "addticketreply"))
        await bench.accept(mail("Party \U0001f389 time", "Hello \U0001f600 there"), again)

        await bench.deliver()

        said = [list(map(words, ticket["posts"])) for ticket in bench.tickets()]
        assert (name, [["Hello", "Thanks"]]) == (name, said)

    await each(("commit_then_cut", "cut_before"), case)


@pytest.mark.parametrize("marker", [True, False])
async def test_a_reply_cut_to_the_same_words_is_not_taken_for_another(bench_with, marker):
    """Two replies of which the database leaves the same: the one that is there is the first mail's, not the second's."""

    async def case(text):
        bench = hurried(await bench_with(utf8mb3=True), text)
        bench.marker = marker
        bench.desk.seed(OLD)
        await bench.accept(mail("Re: [Ticket ID: 111222] Old", text))
        await bench.deliver()
        bench.desk.add_fault(fault("cut_before", "addticketreply"))
        await bench.accept(mail("Re: [Ticket ID: 111222] Old", text, message_id="m2@x"))

        await bench.deliver()

        assert (text, [3]) == (text, [len(ticket["posts"]) for ticket in bench.tickets()])

    await each(("\U0001f44d", "Thanks \U0001f44d"), case)


@pytest.mark.parametrize("marker", [True, False])
async def test_the_ticket_of_an_equal_mail_is_never_adopted(bench_with, marker):
    """Two mails with the same words are two tickets, whichever of them was sent in vain and whatever the database cuts."""
    alarms = [mail("Alarm", "The disk is full \U0001f4a5", message_id=f"m{n}@x") for n in (1, 2)]

    async def case(which):
        first, columns = which.split()
        bench = hurried(await bench_with(utf8mb3=columns == "utf8mb3"), which)
        bench.marker, bench.slots = marker, 1
        for name in ("cut_before",) if first == "unanswered" else ("php_notice", "cut_before"):
            bench.desk.add_fault(fault(name, "openticket"))
        await bench.accept(*alarms)

        await bench.deliver()

        entries = await bench.entries()
        assert (which, 2, 2) == (which, len({entry.ticket_id for entry in entries}), len(bench.tickets()))

    await each(
        [f"{first} {columns}" for first in ("unanswered", "answered") for columns in ("utf8mb3", "utf8mb4")], case
    )


@pytest.mark.parametrize("marker", [True, False])
async def test_equal_mails_to_two_routes_keep_their_departments(bench, marker):
    """One mail for two departments: the lost ticket is opened in its own, the other's is left alone."""
    hurried(bench, "cut_before")
    bench.marker, bench.slots = marker, 1
    bench.policies[BILLING] = replace(bench.policies[SUPPORT], department=2)
    bench.desk.add_fault(fault("cut_before", "openticket"))
    await bench.accept(mail(), also=(BILLING,))

    await bench.deliver()

    assert [1, 2] == sorted(ticket["department"] for ticket in bench.tickets())


async def test_a_marker_in_a_quote_does_not_count(bench):
    """A ticket that only quotes our text was not opened by our call."""
    hurried(bench, "cut_before").desk.add_fault(fault("cut_before", "openticket"))
    (queue_id,) = await bench.accept(mail())
    quoting = SeedTicket("Help", f"> Please help.\n>\n> [ref:{queue_id}-0]", name="Ada", email="ada@example.net")
    bench.desk.seed(Seed(tickets=(quoting,)))

    await bench.deliver()

    assert 2 == len(bench.tickets())


async def test_the_same_words_of_somebody_else_do_not_count(bench):
    """A reply with our words but without our marker was not written by our call."""
    hurried(bench, "cut_before").desk.add_fault(fault("cut_before", "addticketreply"))
    said = SeedReply("It works now.", name="Ada", email="ada@example.net")
    seeded = SeedTicket("Old", number="111222", name="Ada", email="ada@example.net", replies=(said,))
    bench.desk.seed(Seed(tickets=(seeded,)))
    await bench.accept(REPLY)

    await bench.deliver()

    assert [3] == [len(ticket["posts"]) for ticket in bench.tickets()]


async def test_a_client_has_the_tickets_of_his_time_as_a_guest(bench):
    """Who opens an account later is looked for as client and by address: equal mails before and after are two tickets."""
    hurried(bench, "commit_then_cut").desk.add_fault(fault("commit_then_cut", "openticket"))
    await bench.accept(mail())
    await bench.deliver()
    bench.desk.seed(Seed(clients=(Client(7, "Ada", "Byron", "ada@example.net"),)))
    bench.desk.add_fault(fault("commit_then_cut", "openticket"))
    await bench.accept(mail(message_id="m2@x"))

    await bench.deliver()

    assert {Status.DONE} == await statuses(bench)
    assert 2 == len({entry.ticket_id for entry in await bench.entries()}) == len(bench.tickets())
