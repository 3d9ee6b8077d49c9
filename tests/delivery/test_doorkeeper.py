"""What may be refused at the door: where the bounce goes to who surely wrote, and nobody need be asked."""

from datetime import UTC, datetime

import pytest
from delivering import POLICY, SUPPORT, mail

from ingestd.core.model import Client, Envelope, Guest, Staff
from ingestd.core.ticket import Contact
from ingestd.delivery.author import People
from ingestd.delivery.doorkeeper import Doorkeeper
from ingestd.delivery.grading import Trust
from ingestd.delivery.lookup import Lookup

MX = Trust(("mx.example.com",), ())
ADA = "ada@example.net"
PASSED = b"Authentication-Results: mx.example.com; dmarc=pass header.from=example.net\r\n"
PEOPLE = People("nobody@example.com", staff=("carl@example.net",), reply_to=("form@example.net",), own=(SUPPORT,))


class Helpdesk:
    """Knows one client, and nobody else; counts what it is asked."""

    asked = 0

    async def client(self, address):
        self.asked += 1
        return 7 if address == "client@example.net" else None

    async def contacts(self, address):
        return (Contact(3, 7), Contact(4, 8)) if address == "both@example.net" else ()

    async def users(self, address):
        return ()


class Time:
    def seconds(self):
        return 1000.0


def envelope(path=ADA, recipient=SUPPORT):
    return Envelope(path, recipient, SUPPORT, "127.0.0.1", "mx", False, datetime.now(UTC))


@pytest.fixture
def helpdesk():
    return Helpdesk()


@pytest.fixture
def lookup(helpdesk):
    return Lookup(helpdesk, Time())


def keeper(lookup, judge, trust=MX):
    return Doorkeeper(trust, PEOPLE, lookup, {SUPPORT: POLICY}, judge)


def refused(asked):
    return f"refused {asked.author}"


@pytest.mark.parametrize(
    ("head", "given", "trust", "reason"),
    [
        (PASSED + mail(), envelope(), MX, f"refused {ADA}"),
        (PASSED + mail(author="ADA@example.net"), envelope(), MX, "refused ADA@example.net"),
        # Nobody vouches for the author: the bounce would go to anybody.
        (mail(), envelope(), MX, ""),
        (mail(), envelope(), Trust(), ""),
        (PASSED.replace(b"pass", b"fail") + mail(), envelope(), MX, ""),
        # The bounce would go to another.
        (PASSED + mail(), envelope("bob@example.net"), MX, ""),
        (PASSED + mail(), envelope(""), MX, ""),
        (PASSED + mail(), envelope("ada+x@example.net"), MX, ""),
        # Judged as a whole: it may be a reply, a bounce, or what somebody else wrote.
        (PASSED + mail("Re: [Ticket ID: 123456]"), envelope(), MX, ""),
        (PASSED + mail(), envelope(recipient="support+123456@example.com"), MX, ""),
        (PASSED + mail(headers=("In-Reply-To: <x@example.com>",)), envelope(), MX, ""),
        (PASSED + mail(headers=("Auto-Submitted: auto-replied",)), envelope(), MX, ""),
        (
            PASSED + mail(author="form@example.net", headers=("Reply-To: jo@example.org",)),
            envelope("form@example.net"),
            MX,
            "",
        ),
    ],
)
def test_when_a_mail_may_be_refused(lookup, head, given, trust, reason):
    """The author is believed, he gets the bounce, and the header block alone is enough to judge by."""
    assert reason == keeper(lookup, refused, trust).refusal(head, given)


@pytest.mark.parametrize(("fields", "reason"), [(1_000, f"refused {ADA}"), (2_000, "")])
def test_a_long_header_block_is_judged_later(lookup, fields, reason):
    """Reading it would hold up everybody at the door: the mail is taken."""
    head = PASSED + mail(headers=("X-Field: some words",) * fields)

    assert reason == keeper(lookup, refused).refusal(head, envelope())


async def test_only_what_is_remembered_is_known(lookup, helpdesk):
    """Who was looked up of late is known to be a client or none; nobody is asked at the door."""
    seen = []

    def judge(asked):
        seen.append(asked.sender)
        return ""

    door = keeper(lookup, judge)
    for author in ("client@example.net", ADA):
        door.refusal(PASSED + mail(author=author), envelope(author))
        await lookup.known(author)
    for author in ("client@example.net", ADA, "carl@example.net"):
        door.refusal(PASSED + mail(author=author), envelope(author))

    assert [None, None, Client(7), Guest(ADA, ADA), Staff("carl")] == seen
    assert 2 == helpdesk.asked


async def test_who_belongs_to_several_clients_is_no_stranger(lookup):
    """None is chosen for him, and so he is not known to be no client."""
    seen = []
    both = "both@example.net"
    await lookup.known(both)

    keeper(lookup, lambda asked: seen.append(asked.sender) or "").refusal(PASSED + mail(author=both), envelope(both))

    assert [None] == seen
