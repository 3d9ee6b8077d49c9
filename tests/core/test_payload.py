"""A call becomes the fields that WHMCS documents, and no others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl

import pytest

from ingestd.core.attach import Encoder
from ingestd.core.form import form
from ingestd.core.model import Client, Guest, Literal, Staff
from ingestd.core.payload import fields_of, php_serialize, post_size
from ingestd.core.ticket import AddTicketNote, AddTicketReply, File, OpenTicket, Priority, UpdateTicket

GUEST = Guest("Anna Rossi", "anna@example.org")
MARKER = "[ref:3Fq9Zk2LmN8p-0]"
OPEN = OpenTicket(department=3, subject="Hello", message="Good day", sender=GUEST, priority=Priority.MEDIUM)
REPLY = AddTicketReply(ticket_id=7, message="Thanks", sender=GUEST)


def test_a_guest_opens_a_ticket_with_name_and_email():
    """A new ticket of a guest: no client fields, flags left out, the marker as the last line."""
    assert fields_of(OPEN, None, MARKER) == (
        ("action", "OpenTicket"),
        ("deptid", "3"),
        ("subject", "Hello"),
        ("message", f"Good day\n\n{MARKER}"),
        ("name", "Anna Rossi"),
        ("email", "anna@example.org"),
        ("priority", "Medium"),
    )


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (Client(5), {"clientid": "5"}),
        (Client(5, contact_id=6), {"clientid": "5", "contactid": "6"}),
        (Client(5, user_id=8), {"clientid": "5", "userid": "8"}),
        (Client(5, contact_id=6, user_id=8), {"clientid": "5", "userid": "8"}),
        (Guest("", "anna@example.org"), {"name": "anna@example.org", "email": "anna@example.org"}),
        (Staff("paolo"), {}),
    ],
)
def test_who_opens_a_ticket(sender, expected):
    """contactid only without userid; a guest without a name is called by the address; staff cannot open over HTTP."""
    fields = dict(fields_of(OpenTicket(3, "s", "m", sender, Priority.LOW), None, ""))

    assert {key: fields[key] for key in PEOPLE if key in fields} == expected


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (Client(5), {"clientid": "5"}),
        (Client(5, contact_id=6), {"clientid": "5", "contactid": "6"}),
        (Client(5, user_id=8), {"clientid": "5"}),
        (GUEST, {"name": "Anna Rossi", "email": "anna@example.org"}),
        (Staff("paolo"), {"adminusername": "paolo"}),
    ],
)
def test_who_replies(sender, expected):
    """A reply takes no userid; staff reply under their admin name."""
    fields = dict(fields_of(AddTicketReply(7, "m", sender), None, ""))

    assert {key: fields[key] for key in PEOPLE if key in fields} == expected


PEOPLE = ("clientid", "contactid", "userid", "name", "email", "adminusername")


def test_options_of_a_reply():
    """Flags are "1", `created` is in the helpdesk's zone, custom fields are base64 of PHP's serialize."""
    reply = AddTicketReply(
        ticket_id=7,
        message="m",
        sender=Client(5),
        custom_fields=((1, "Google"),),
        noemail=True,
        markdown=True,
        created=datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
    )

    assert fields_of(reply, None, "", timezone(timedelta(hours=2)))[-4:] == (
        ("noemail", "1"),
        ("markdown", "1"),
        ("created", "2026-07-02 00:30:00"),
        ("customfields", "YToxOntpOjE7czo2OiJHb29nbGUiO30="),
    )


def test_the_ticket_of_the_plan_stands_in_for_a_missing_id():
    """A call without a ticket of its own goes to the ticket that the plan opened; its own comes first."""
    assert dict(fields_of(AddTicketReply(None, "m", GUEST), 9, ""))["ticketid"] == "9"
    assert dict(fields_of(REPLY, 9, ""))["ticketid"] == "7"


def test_an_update_sends_what_changes_and_never_a_message():
    """UpdateTicket: Cc with commas, priority by its word, nothing else, no marker."""
    update = UpdateTicket(7, cc=("a@example.org", "b@example.org"), priority=Priority.HIGH)

    assert fields_of(update, None, MARKER) == (
        ("action", "UpdateTicket"),
        ("ticketid", "7"),
        ("cc", "a@example.org,b@example.org"),
        ("priority", "High"),
    )
    assert fields_of(UpdateTicket(7), None, "") == (("action", "UpdateTicket"), ("ticketid", "7"))
    assert dict(fields_of(UpdateTicket(7, flag=3), None, ""))["flag"] == "3"


def test_a_ticket_about_a_service_or_a_domain():
    """By the id that it has in the helpdesk; without one, no field."""
    fields = dict(fields_of(replace(OPEN, service=77), None, ""))

    assert ("77", None) == (fields["serviceid"], fields.get("domainid"))
    assert "12" == dict(fields_of(replace(OPEN, domain=12), None, ""))["domainid"]


def test_a_note_bears_the_marker():
    """A note: its ticket and its text."""
    assert fields_of(AddTicketNote(7, "Withheld: a.exe"), None, MARKER) == (
        ("action", "AddTicketNote"),
        ("ticketid", "7"),
        ("message", f"Withheld: a.exe\n\n{MARKER}"),
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([(1, "Google")], b'a:1:{i:1;s:6:"Google";}'),
        ([(3, "Società è")], 'a:1:{i:3;s:11:"Società è";}'.encode()),
        ([(1, 'a"b'), (2, "")], b'a:2:{i:1;s:3:"a"b";i:2;s:0:"";}'),
        ([], b"a:0:{}"),
    ],
)
def test_php_serialize_counts_bytes(values, expected):
    """Lengths are bytes of UTF-8, and quotes are not escaped."""
    assert php_serialize(values) == expected


def test_every_text_survives_the_form():
    """What is sent is what PHP reads, in any script, with line ends and signs of the form itself."""
    fields = (("subject", "100% a+b=c & d?"), ("message", "riga\r\nперевод 🦊\n\n[ref:x-1]"))

    assert tuple(parse_qsl(form(fields).decode("ascii"))) == fields


def test_a_lone_surrogate_does_not_stop_a_call():
    """A broken character is replaced; the call is made."""
    assert form((("subject", "a\ud800"),)) == b"subject=a%3F"


def test_the_body_size_is_known_before():
    """`post_size` is the length of the form with its files."""
    files = (File("a.txt", 5, Literal(b"hello")), File("b.bin", 0, Literal(b"")))
    encoder = Encoder()
    value = b"".join(
        [
            encoder.begin("a.txt"),
            encoder.data(b"hello"),
            encoder.end(),
            encoder.begin("b.bin"),
            encoder.end(),
            encoder.finish(),
        ]
    )
    fields = fields_of(OPEN, None, MARKER)

    assert post_size(fields, files) == len(form(fields) + b"&attachments=" + value)
    assert post_size(fields, ()) == len(form(fields))
