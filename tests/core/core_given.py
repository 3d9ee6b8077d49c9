"""What the tests of core are given: a mail, an envelope, a ticket, a policy, to be varied with `replace`."""

from datetime import UTC, datetime, timedelta

from ingestd.core.facts import Facts, Policy
from ingestd.core.model import Attachment, Client, Envelope, Grade, Guest, Kind, Mail, Mailbox, Slice
from ingestd.core.refs import Sign
from ingestd.core.ticket import File, Post, Priority, Ticket

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

ENVELOPE = Envelope(
    reverse_path="ann@example.net",
    recipient="support@example.com",
    route="support@example.com",
    peer="127.0.0.1",
    helo="mx.example.com",
    tls=False,
    received_at=NOW,
)

MAIL = Mail(
    message_id="m1@example.net",
    author=Mailbox("Ann", "ann@example.net"),
    reply_to=(),
    to=(Mailbox("", "support@example.com"),),
    cc=(),
    subject="Printer on fire",
    date=NOW,
    in_reply_to=(),
    references=(),
    kind=Kind.ORDINARY,
    sign="",
    text="It burns.\n> and what was quoted",
    reply="It burns.",
    html="",
    markdown="",
    attachments=(),
    hops=2,
    headers=(("From", "Ann <ann@example.net>"),),
)

CLIENT = Client(7)
GUEST = Guest("Ann", "ann@example.net")

OPENING = Post(0, "owner@example.net", 7, 0, staff=False, text="Help", files=(), at="2026-02-28 10:00:00")
TICKET = Ticket(
    ticket_id=50,
    number="ABC-1234",
    department=1,
    client_id=7,
    contact_id=0,
    name="Owner",
    email="owner@example.net",
    cc=(),
    subject="Help",
    status="Open",
    priority="Medium",
    posts=(OPENING,),
    notes=(),
)

POLICY = Policy(
    department=1,
    priority=Priority.MEDIUM,
    hold=False,
    custom_fields=((8, "web"),),
    own=frozenset({"support@example.com"}),
    nobody="nobody@example.com",
    unverified="guest",
    strangers="ticket",
    attachment_types=frozenset(),
    max_post=0,
    markdown=False,
    most_hops=50,
    most_per_hour=60,
    answers_per_hour=10,
    late=timedelta(minutes=10),
)

FACTS = Facts(
    author="ann@example.net",
    name="Ann",
    sender=GUEST,
    grade=Grade.TRUSTED,
    ticket=None,
    sign=None,
    number="",
    participant=False,
    recent=1,
    sibling=None,
    remark="",
    now=NOW,
    released=False,
)

SUBJECT, ADDRESS, MESSAGE_ID = Sign.SUBJECT, Sign.ADDRESS, Sign.MESSAGE_ID


def attachment(name: str, size: int = 10, written: str = "") -> Attachment:
    return Attachment(name, "application/octet-stream", size, Slice(0, size, ()), written or name)


def file(name: str, size: int = 10) -> File:
    return File(name, size, Slice(0, size, ()))
