"""The adapter against a helpdesk that behaves: every call and every read of the port, over a real socket."""

import hashlib
import random

import pytest

from ingestd.core.model import Client, Guest, Literal, Staff
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    Contact,
    Deferred,
    Done,
    Fault,
    File,
    Heading,
    OpenTicket,
    Priority,
    Refused,
    Scope,
    UpdateTicket,
    User,
)
from ingestd.desk import Admin, EmptyList, ListShape, Seed, SeedReply, SeedTicket
from ingestd.helpdesk.port import Denied, Department

GUEST = Guest("Anna Rossi", "anna@example.org")
MARKER = "[ref:3Fq9Zk2LmN8p-0]"
OPEN = OpenTicket(1, "Hello & goodbye", "Good day <b>\nand 'more'", GUEST, Priority.HIGH)


def yes():
    return True


async def test_a_ticket_opened_is_a_ticket_read(hire, read):
    """OpenTicket is Done with id and number; GetTicket gives back what was written, entities decoded."""
    async with hire() as (desk, whmcs):
        outcome = await whmcs.perform(OPEN, None, MARKER, read, yes)

        ticket = await whmcs.ticket(outcome.ticket_id)
        assert outcome == Done(ticket.ticket_id, ticket.number)
        assert (ticket.subject, ticket.email, ticket.priority) == ("Hello & goodbye", "anna@example.org", "High")
        assert ticket.posts[0].text.splitlines() == ["Good day <b>", "and 'more'", "", MARKER]
        assert (ticket.posts[0].post_id, ticket.posts[0].author) == (0, "anna@example.org")
        assert len(desk.tickets()) == 1


async def test_three_megabytes_arrive_byte_for_byte(hire, read):
    """Files are streamed as one field and stored as they were, whatever their size."""
    data = random.Random(7).randbytes(3 * 1024 * 1024 + 1)
    files = (File("big.bin", len(data), Literal(data)), File("none.txt", 0, Literal(b"")))
    async with hire() as (desk, whmcs):
        await whmcs.perform(AddTicketReply(None, "Files", GUEST, files), await opened(whmcs, read), "", read, yes)

        stored = desk.tickets()[0]["posts"][1]["files"]
        assert [(file["name"], file["sha256"]) for file in stored] == [
            ("big.bin", hashlib.sha256(data).hexdigest()),
            ("none.txt", hashlib.sha256(b"").hexdigest()),
        ]
        posts = (await whmcs.ticket(1)).posts
        assert posts[1].files == ("big.bin", "none.txt")


async def test_a_reply_an_update_and_a_note(hire, read):
    """Each of the other calls is Done for its ticket and shows in it; the note is no post."""
    async with hire() as (_, whmcs):
        ticket_id = await opened(whmcs, read)
        calls = [
            AddTicketReply(None, "More", Client(1, contact_id=3)),
            UpdateTicket(ticket_id, ("x@example.org", "y@example.org"), Priority.LOW),
            AddTicketNote(ticket_id, "Withheld: a.exe"),
        ]

        outcomes = [await whmcs.perform(call, ticket_id, MARKER, read, yes) for call in calls]

        ticket = await whmcs.ticket(ticket_id)
        assert outcomes == [Done(ticket_id)] * 3
        assert (ticket.cc, ticket.priority) == (("x@example.org", "y@example.org"), "Low")
        assert [post.text.splitlines()[0] for post in ticket.posts] == ["Good day <b>", "More"]
        assert (ticket.posts[1].client_id, ticket.posts[1].contact_id) == (1, 3)
        assert [note.text.splitlines()[0] for note in ticket.notes] == ["Withheld: a.exe"]


async def test_staff_reply_as_themselves(hire, read):
    """A staff reply bears no author's address and is told apart."""
    async with hire() as (desk, whmcs):
        desk.seed(Seed(admins=(Admin("paolo", "Paolo Gialli"),)))
        ticket_id = await opened(whmcs, read)

        await whmcs.perform(AddTicketReply(ticket_id, "Done", Staff("paolo")), None, "", read, yes)

        reply = (await whmcs.ticket(ticket_id)).posts[1]
        assert (reply.staff, reply.author) == (True, "")


async def test_an_update_of_nothing_asks_nobody(hire, read):
    """UpdateTicket without values is Done without a request."""
    async with hire() as (desk, whmcs):
        assert await whmcs.perform(UpdateTicket(4), None, "", read, yes) == Done(4)
        assert desk.log() == []


@pytest.mark.parametrize(
    ("empty", "shape", "string_ids"),
    [
        (EmptyList.WRAPPED, ListShape.LIST, True),
        (EmptyList.LIST, ListShape.INDEXED, False),
        (EmptyList.STRING, ListShape.BARE, True),
        (EmptyList.OBJECT, ListShape.BARE, False),
        (EmptyList.MISSING, ListShape.INDEXED, True),
    ],
)
async def test_every_shape_of_list_is_read(hire, read, empty, shape, string_ids):
    """Lists wrapped, bare, as objects, alone and empty; ids as texts or numbers: always the same nouns."""
    async with hire(empty_list=empty, list_shape=shape, string_ids=string_ids) as (_, whmcs):
        assert await whmcs.tickets_of_address("anna@example.org") == ()
        assert await whmcs.contacts("nobody@example.org") == ()
        ticket_id = await opened(whmcs, read)

        (heading,) = await whmcs.tickets_of_address("anna@example.org")
        ticket = await whmcs.ticket(ticket_id)
        assert (heading.ticket_id, heading.number, heading.email) == (ticket_id, ticket.number, "anna@example.org")
        assert (len(ticket.posts), ticket.notes, ticket.posts[0].files) == (1, (), ())
        assert await whmcs.users("ugo@example.org") == (User(5, (1, 2), (1,)),)
        assert await whmcs.departments() == (Department(1, "Support"), Department(2, "Billing"))


async def test_people_are_found_by_their_very_address(hire):
    """Client, contacts and users by address, whatever the case; a longer or shorter address is another one."""
    async with hire() as (_, whmcs):
        assert await whmcs.client("CARLA@example.org") == 1
        assert await whmcs.client("carl@example.org") is None
        assert set(await whmcs.contacts("ciro@example.org")) == {Contact(3, 1), Contact(4, 2)}
        assert await whmcs.users("ug") == ()
        assert await whmcs.users("Ugo@Example.org") == (User(5, (1, 2), (1,)),)
        assert set(await whmcs.addresses(1)) == {"carla@example.org", "ciro@example.org", "ugo@example.org"}
        assert await whmcs.addresses(99) == ()


@pytest.mark.parametrize(
    ("stored", "asked"),
    [("ABC - 1234 - 26", "abc - 1234 - 26"), ("516757", "516757"), ("AB-12 c", "AB-12 c")],
)
async def test_a_ticket_is_found_by_its_number(hire, stored, asked):
    """Masked numbers hold letters, blanks and hyphens."""
    async with hire() as (desk, whmcs):
        desk.seed(Seed(tickets=(SeedTicket("Old", number=stored, email="a@example.org", name="A"),)))

        assert (await whmcs.ticket_by_number(asked)).number == stored
        assert await whmcs.ticket_by_number("999999") is None
        assert await whmcs.ticket_by_number(" - ") is None
        assert await whmcs.ticket(77) is None


async def test_all_tickets_of_a_client_are_told_once(hire):
    """Pages are read to the end, in departments that our admin is no member of too."""
    old = tuple(SeedTicket(f"Old {n}", client_id=2, department=1 + n % 2, replies=(SeedReply("r"),)) for n in range(3))
    async with hire(shuffle=False) as (desk, whmcs):
        planted = desk.seed(Seed(tickets=old))

        found = await whmcs.tickets_of_client(2)

        assert sorted(heading.ticket_id for heading in found) == sorted(row["ticket_id"] for row in planted)
        assert {type(heading) for heading in found} == {Heading}
        assert [heading.client_id for heading in found] == [2, 2, 2]


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (OpenTicket(9, "s", "m", GUEST, Priority.LOW), (Deferred, Scope.ROUTE)),
        (OpenTicket(1, "s", "m", Client(77), Priority.LOW), (Refused, Fault.GONE)),
        (OpenTicket(1, "s", "m", Guest("A", "no address"), Priority.LOW), (Refused, Fault.ADDRESS)),
        (OpenTicket(1, "", "m", GUEST, Priority.LOW), (Refused, Fault.SUBJECT)),
        (OpenTicket(1, "s", "", GUEST, Priority.LOW), (Refused, Fault.MESSAGE)),
        (OpenTicket(1, "s", "m", Staff("paolo"), Priority.LOW), (Refused, Fault.ADDRESS)),
        (AddTicketReply(77, "m", GUEST), (Refused, Fault.GONE)),
        (AddTicketReply(None, "m", GUEST), (Deferred, Scope.MAIL)),
    ],
)
async def test_a_refusal_says_what_it_is_about(hire, read, call, outcome):
    """A value of the mail's own is Refused by its fault; the route's department is the route's to wait for."""
    async with hire() as (desk, whmcs):
        result = await whmcs.perform(call, None, "", read, yes)

        assert (type(result), result.fault if isinstance(result, Refused) else result.scope) == outcome
        assert desk.tickets() == []


async def test_what_the_role_lacks_is_told_and_harmless(hire, read):
    """`permissions` names the actions that are missing, changes nothing, and asks for nothing else."""
    role = frozenset({"OpenTicket", "AddTicketReply", "UpdateTicket", "GetTicket", "GetTickets", "GetClientsDetails"})
    async with hire(role=role) as (desk, whmcs):
        assert await whmcs.permissions() == ("GetContacts", "GetUsers", "GetSupportDepartments", "AddTicketNote")
        assert desk.tickets() == []
        assert await whmcs.probe() is None
        assert isinstance(await whmcs.contacts("ciro@example.org"), Denied)
        assert isinstance(await whmcs.users("ugo@example.org"), Denied)
        assert isinstance(await whmcs.departments(), Denied)
        assert set(await whmcs.addresses(1)) == {"carla@example.org", "ugo@example.org"}
        note = await whmcs.perform(AddTicketNote(await opened(whmcs, read), "n"), None, "", read, yes)
        assert (note.scope, note.fault) == (Scope.MAIL, Fault.ROLE)
    async with hire() as (_, whmcs):
        assert await whmcs.permissions() == ()


async def test_a_role_without_what_must_be_pauses_everything(hire, read):
    """A required action that is denied is our configuration's fault, named."""
    async with hire(role=frozenset({"GetUsers"})) as (_, whmcs):
        for result in (
            await whmcs.perform(OPEN, None, "", read, yes),
            await whmcs.client("carla@example.org"),
            await whmcs.ticket(1),
            await whmcs.tickets_of_client(1),
        ):
            assert (result.scope, result.fault) == (Scope.HELPDESK, Fault.ROLE)
            assert "API Roles" in result.reason


async def test_wrong_ip_and_wrong_secret_are_told_apart(hire, connect):
    """`probe` and `permissions` name the remedy: the address list or the credentials."""
    async with hire(allowed_ips=("192.0.2.1",)) as (_, whmcs):
        assert "API IP Access" in (await whmcs.probe()).reason
        assert "127.0.0.1" in (await whmcs.permissions()).reason
    async with hire() as (desk, _), connect(desk.url, secret="wrong") as whmcs:
        assert "helpdesk.secret" in (await whmcs.probe()).reason
        assert "helpdesk.secret" in (await whmcs.permissions()).reason


async def test_the_access_key_opens_from_anywhere(hire, connect):
    """`access_key` is sent where set, and the address list no longer counts."""
    async with (
        hire(allowed_ips=(), access_key="k-(1)") as (desk, _),
        connect(desk.url, access_key="k-(1)") as whmcs,
    ):
        assert await whmcs.probe() is None


async def opened(whmcs, read):
    done = await whmcs.perform(OPEN, None, "", read, yes)
    assert isinstance(done, Done)
    return done.ticket_id
