"""A mail becomes a ticket, a reply, an update: over the real spool and the real API."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from delivering import SUPPORT, mail, over_both, sha256

from ingestd.core.journal import Status
from ingestd.desk import Client, Contact, Rule, Seed, SeedTicket, User


@over_both
async def test_a_plain_mail_becomes_one_ticket(bench):
    """Subject, text, author and department arrive; the ticket bears the marker as its last line."""
    (queue_id,) = await bench.accept(mail("Help", "Please help."))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ("Help", 1, "Ada", "ada@example.net") == (
        ticket["subject"], ticket["department"], ticket["posts"][0]["name"], ticket["posts"][0]["email"],
    )  # fmt: skip
    as_written = f"[From: Ada <ada@example.net>]\n[To: <{SUPPORT}>]"
    assert f"Please help.\n\n{as_written}\n\n[ref:{queue_id}-0]" == ticket["posts"][0]["message"].replace("\r\n", "\n")
    (entry,) = await bench.entries()
    assert (Status.DONE, ticket["ticket_id"], ticket["number"]) == (entry.status, entry.ticket_id, entry.ticket_number)


async def test_a_known_client_opens_the_ticket(bench):
    """The author's address is looked up: the ticket belongs to the client."""
    bench.desk.seed(Seed(clients=(Client(7, "Ada", "Byron", "ada@example.net"),)))
    await bench.accept(mail())

    await bench.deliver()

    assert [7] == [ticket["posts"][0]["client_id"] for ticket in bench.tickets()]


async def test_a_contact_and_a_user_speak_for_their_client(bench):
    """Contacts go with their id; a user with one client stands for it."""
    bench.desk.seed(
        Seed(
            clients=(Client(7, "Co", "Owner", "owner@example.net"), Client(8, "Us", "Owner", "other@example.net")),
            contacts=(Contact(70, 7, "Con", "Tact", "contact@example.net"),),
            users=(User(80, "Us", "Er", "user@example.net", owns=(8,)),),
        )
    )
    await bench.accept(mail(author="contact@example.net", message_id="a"))
    await bench.accept(mail(author="user@example.net", message_id="b"))

    await bench.deliver()

    assert {(7, 70), (8, 0)} == {(t["posts"][0]["client_id"], t["posts"][0]["contact_id"]) for t in bench.tickets()}


async def test_an_address_of_several_clients_chooses_none(bench):
    """An ambiguous address opens a guest ticket that says so."""
    clients = (Client(7, "A", "A", "a@example.net"), Client(8, "B", "B", "b@example.net"))
    contacts = (Contact(70, 7, "C", "C", "both@example.net"), Contact(80, 8, "C", "C", "both@example.net"))
    bench.desk.seed(Seed(clients=clients, contacts=contacts))
    await bench.accept(mail(author="both@example.net"))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert 0 == ticket["posts"][0]["client_id"]
    assert "belongs to several clients (7, 8)" in ticket["posts"][0]["message"]


@over_both
async def test_a_reply_by_subject_tag_is_appended(bench):
    """The owner's answer with the ticket's number goes below the opening post, without the quoted history."""
    await bench.accept(mail("Help", message_id="m1@example.net"))
    await bench.deliver()
    number = bench.tickets()[0]["number"]
    text = "It works now.\r\n\r\nOn Mon, 1 Jan 2026 at 10:00, Support <support@example.com> wrote:\r\n> Tell us more."
    await bench.accept(mail(f"Re: [Ticket ID: {number}] Help", text, message_id="m2@example.net"))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert 2 == len(ticket["posts"])
    assert ticket["posts"][1]["message"].startswith("It works now.")
    assert "Tell us more" not in ticket["posts"][1]["message"]
    assert "Customer-Reply" == ticket["status"]


@over_both
async def test_a_reply_by_address_tag_is_appended(bench):
    """support+NUMBER@ names the ticket."""
    await bench.accept(mail("Help", message_id="m1@example.net"))
    await bench.deliver()
    number = bench.tickets()[0]["number"]
    await bench.accept(mail("More", message_id="m2@example.net"), recipient=f"support+{number}@example.com")

    await bench.deliver()

    assert [2] == [len(ticket["posts"]) for ticket in bench.tickets()]


@over_both
async def test_a_reply_by_message_id_is_appended(bench):
    """A mail that refers to one that we ticketed belongs to its ticket, whatever its subject."""
    await bench.accept(mail("Help", message_id="m1@example.net"))
    await bench.accept(mail("Other subject", message_id="m2@example.net", headers=("In-Reply-To: <m1@example.net>",)))

    await bench.deliver()

    assert [2] == [len(ticket["posts"]) for ticket in bench.tickets()]


@over_both
async def test_masked_numbers_are_found(bench_with):
    """Ticket numbers may hold letters, blanks and hyphens."""
    bench = await bench_with(mask="%A%A%A - %n%n%n%n - %y")
    await bench.accept(mail("Help", message_id="m1@example.net"))
    await bench.deliver()
    number = bench.tickets()[0]["number"]
    await bench.accept(mail(f"Re: [Ticket ID: {number}] Help", message_id="m2@example.net"))

    await bench.deliver()

    assert " - " in number
    assert [2] == [len(ticket["posts"]) for ticket in bench.tickets()]


@over_both
async def test_a_closed_ticket_reopens(bench):
    """A reply needs no status: the helpdesk reopens the ticket."""
    bench.desk.seed(
        Seed(tickets=(SeedTicket("Old", number="111222", name="Ada", email="ada@example.net", status="Closed"),))
    )
    await bench.accept(mail("Re: [Ticket ID: 111222] Old"))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ("Customer-Reply", 2) == (ticket["status"], len(ticket["posts"]))


@over_both
async def test_a_stranger_gets_a_ticket_of_his_own(bench):
    """A guessed number opens nothing: the new ticket names the other one."""
    bench.desk.seed(Seed(tickets=(SeedTicket("Old", number="111222", name="Ada", email="ada@example.net"),)))
    await bench.accept(mail("Re: [Ticket ID: 111222] Old", author="eve@example.org"), reverse_path="eve@example.org")

    await bench.deliver()

    old, new = sorted(bench.tickets(), key=lambda ticket: ticket["ticket_id"])
    assert (1, 1) == (len(old["posts"]), len(new["posts"]))
    assert "names ticket 111222" in new["posts"][0]["message"]


async def test_a_stranger_may_become_a_note(bench):
    """With `policy.strangers = "note"` a stranger who answers a mail of the ticket is told to staff, in a note there."""
    bench.policy(strangers="note")
    await bench.accept(mail("Help", message_id="m1@example.net"))
    await bench.deliver()
    headers = ("In-Reply-To: <m1@example.net>",)
    await bench.accept(mail("Re: Help", "Me too.", author="eve@example.org", message_id="m2", headers=headers))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert 1 == len(ticket["posts"])
    assert ["Me too." in note["message"] for note in ticket["notes"]] == [True]


async def test_cc_arrives_on_the_ticket(bench):
    """OpenTicket has no Cc: UpdateTicket brings it, without our own addresses; a reply's new Cc is merged."""
    await bench.accept(mail(headers=("Cc: Bob <bob@example.net>, billing@example.com",), message_id="m1@example.net"))
    await bench.deliver()
    assert [["bob@example.net"]] == [ticket["cc"] for ticket in bench.tickets()]
    headers = ("Cc: eve@example.net, bob@example.net", "In-Reply-To: <m1@example.net>")
    await bench.accept(mail("Re: Help", message_id="m2@example.net", headers=headers))

    await bench.deliver()

    assert [["bob@example.net", "eve@example.net"]] == [ticket["cc"] for ticket in bench.tickets()]


async def test_somebody_on_cc_may_answer(bench):
    """Who stands on the ticket's Cc has a part in it."""
    await bench.accept(mail(headers=("Cc: bob@example.net",), message_id="m1@example.net"))
    await bench.deliver()
    number = bench.tickets()[0]["number"]
    await bench.accept(mail(f"[Ticket ID: {number}]", author="Bob <bob@example.net>", message_id="m2@example.net"))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert "bob@example.net" == ticket["posts"][1]["email"]


@over_both
async def test_attachments_arrive_byte_for_byte(bench):
    """Files are stored as the mail holds them, and the ticket needs no note."""
    files = (("a.bin", bytes(range(256)) * 300), ("b.txt", b"~>?\x7f and more\n" * 99))
    await bench.accept(mail(files=files))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert [(name, sha256(data)) for name, data in files] == [
        (f["name"], f["sha256"]) for f in ticket["posts"][0]["files"]
    ]
    assert [] == ticket["notes"]


@over_both
async def test_a_type_that_the_helpdesk_refuses_is_named_in_the_ticket(bench):
    """With `attachment_types` a file of another type is withheld, and the text says so."""
    bench.policy(attachment_types=frozenset({"txt"}))
    await bench.accept(mail(files=(("virus.exe", b"MZ"), ("note.txt", b"hello"))))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ["note.txt"] == [f["name"] for f in ticket["posts"][0]["files"]]
    assert 'Not attached: "virus.exe" (2 bytes)' in ticket["posts"][0]["message"]


async def test_a_file_that_the_helpdesk_drops_is_told_in_a_note(bench_with):
    """The count of files is checked after the write: what the helpdesk dropped by itself becomes a staff note."""
    bench = await bench_with(attachment_types=("txt",))
    await bench.accept(mail(files=(("virus.exe", b"MZ"), ("note.txt", b"hello"))))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ["note.txt"] == [f["name"] for f in ticket["posts"][0]["files"]]
    assert ["virus.exe, note.txt"] == [
        note["message"].split("Sent were: ")[1].split("\n")[0].strip() for note in ticket["notes"]
    ]


@over_both
async def test_files_beyond_max_post_go_in_further_replies(bench_with):
    """Known ceilings are kept: the files follow in replies, each once, in order."""
    bench = await bench_with(post_max_size=200_000)
    bench.policy(max_post=200_000)
    files = tuple((f"{n}.bin", bytes([n]) * 60_000) for n in range(4))
    await bench.accept(mail(files=files))

    await bench.deliver()

    (ticket,) = bench.tickets()
    stored = [(f["name"], f["sha256"]) for post in ticket["posts"] for f in post["files"]]
    assert [(name, sha256(data)) for name, data in files] == stored
    assert 4 == len(ticket["posts"])


@over_both
async def test_a_dropped_body_teaches_the_ceiling(bench_with):
    """PHP throws away what is larger than post_max_size: the files arrive in further replies, nobody was asked."""
    bench = await bench_with(post_max_size=300_000)
    files = tuple((f"{n}.bin", bytes([n]) * 60_000) for n in range(4))
    await bench.accept(mail(files=files))

    await bench.deliver()

    (ticket,) = bench.tickets()
    stored = [(f["name"], f["sha256"]) for post in ticket["posts"] for f in post["files"]]
    assert [(name, sha256(data)) for name, data in files] == stored


@over_both
async def test_custom_fields_and_priority_of_the_route(bench):
    """What the route says goes with every new ticket."""
    bench.policy(custom_fields=((3, "Società è"),), priority=type(bench.policies[SUPPORT].priority)("High"))
    await bench.accept(mail())

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ({"3": "Società è"}, "High") == (ticket["custom_fields"], ticket["priority"])


async def test_a_held_route_parks_its_mail(bench):
    """`hold = true`: accepted, held with its reason, no call made."""
    bench.policy(hold=True)
    await bench.accept(mail())

    await bench.deliver()

    (entry,) = await bench.entries()
    assert (Status.HELD, "the route holds its mail") == (entry.status, entry.reason)
    assert [] == bench.tickets()


async def test_a_resend_is_the_same_mail(bench):
    """The same content again gets the same queue id, and one ticket."""
    raw = mail()
    first = await bench.accept(raw)
    again = await bench.accept(b"Received: from elsewhere\r\n" + raw)

    await bench.deliver()

    assert first == again
    assert 1 == len(bench.tickets())


@over_both
async def test_two_routes_are_two_tickets(bench):
    """One mail to support@ and billing@ opens a ticket for each."""
    bench.policies["billing@example.com"] = bench.policies[SUPPORT]
    await bench.accept(mail(), also=("billing@example.com",))

    await bench.deliver()

    assert 2 == len(bench.tickets())


@over_both
async def test_a_follow_up_to_two_routes_is_appended_once(bench):
    """The second entry of one raw mail is discarded as merged with the first."""
    bench.policies["billing@example.com"] = bench.policies[SUPPORT]
    bench.desk.seed(Seed(tickets=(SeedTicket("Old", number="111222", name="Ada", email="ada@example.net"),)))
    first, second = await bench.accept(mail("Re: [Ticket ID: 111222] Old"), also=("billing@example.com",))

    await bench.deliver()

    entries = {entry.queue_id: entry for entry in await bench.entries()}
    assert [2] == [len(ticket["posts"]) for ticket in bench.tickets()]
    assert (Status.DONE, Status.DISCARDED) == (entries[first].status, entries[second].status)
    assert f"merged with {first}" == entries[second].reason


@over_both
async def test_replies_stay_in_order(bench):
    """Ten answers in one conversation arrive in the order in which they were accepted."""
    await bench.accept(mail("Help", message_id="m0@example.net"))
    for n in range(1, 11):
        await bench.accept(
            mail("Re: Help", f"Answer {n}.", message_id=f"m{n}@example.net", headers=("References: <m0@example.net>",))
        )

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert [f"Answer {n}." for n in range(1, 11)] == [
        post["message"].split("\n")[0].strip() for post in ticket["posts"][1:]
    ]


async def test_a_late_mail_bears_the_time_of_its_acceptance(bench):
    """Delivered more than ten minutes late, the ticket is dated by its acceptance."""
    at = datetime.now(UTC) - timedelta(hours=3)
    await bench.accept(mail(), at=at)

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert at.strftime("%Y-%m-%d %H:%M:%S") == ticket["posts"][0]["created"]


async def test_a_mail_that_nobody_can_read_still_becomes_a_ticket(bench):
    """Where the parser is killed each time, the raw mail is the attachment of a ticket from its envelope."""
    bench.limits = type(bench.limits)(seconds=0.0)
    raw = mail()
    await bench.accept(raw)

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert [("message.eml", sha256(raw))] == [(f["name"], f["sha256"]) for f in ticket["posts"][0]["files"]]
    assert "ada@example.net" == ticket["posts"][0]["email"]


async def test_a_failing_look_up_defers_and_never_guesses(bench):
    """While the helpdesk cannot say who wrote, the mail waits: it does not become a guest's."""
    bench.desk.seed(Seed(clients=(Client(7, "Ada", "Byron", "ada@example.net"),)))
    bench.desk.add_fault(Rule("500", action="getclientsdetails", times=4))
    await bench.accept(mail())

    await bench.deliver()

    assert [7] == [ticket["posts"][0]["client_id"] for ticket in bench.tickets()]


async def test_a_tag_that_names_no_ticket_makes_no_line(bench):
    """Mails to `support+shop1@` are mails of many people: one that is put off holds up none of the others."""
    bench.desk.add_fault(Rule("hook", action="openticket", pattern="blocked", times=1000))
    bench.terms = replace(bench.terms, longest=timedelta(hours=1), first=timedelta(hours=1))
    first = mail("Blocked", message_id="a@example.net")
    second = mail("Free", author="bob@example.net", message_id="b@example.net")
    await bench.accept(first, second, recipient="support+shop1@example.com")

    with pytest.raises(TimeoutError):
        await bench.deliver(patience=5)

    assert ["Free"] == [ticket["subject"] for ticket in bench.tickets()]
