"""What becomes of bounces, auto-replies, robots and lists on routes that have it differently."""

from dataclasses import replace

import pytest_asyncio
from delivering import POLICY, mail

from ingestd.core.journal import Status
from ingestd.core.wishes import Fate, Kinds
from ingestd.desk import Client, Seed, SeedTicket

ROUTES = {fate: f"{fate}@example.com" for fate in Fate}
TAG = "[Ticket ID: 700001]"
DSN = """From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: <{to}>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <{id}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; jo@example.net
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <jo@example.net>: no such user

--b
Content-Type: message/rfc822

From: support@example.com
To: jo@example.net
Subject: {subject}
Message-ID: <unknown@billing.example.com>

We have answered.
--b--
"""
BOUNCED = (
    "A mail of this ticket was not delivered.\nRecipient: jo@example.net\nStatus: 5.1.1\n"
    "Diagnostic: 550 5.1.1 <jo@example.net>: no such user\nSubject: [Ticket ID: 700001] Old"
)
DELAYED = "A mail of this ticket is delayed, and has not failed yet.\nRecipient: jo@example.net\nStatus: 4.4.1\n"
AWAY = "Automatic reply of Jo <jo@example.net>.\n\nI am away."
NAMELESS = "and names no ticket that it could be noted on"
D, H = Status.DISCARDED, Status.HELD


def dsn(to, number, *, subject="", action="failed", status="5.1.1"):
    text = DSN.format(to=to, id=f"{number}@mx.example.net", subject=subject, action=action, status=status)
    return text.replace("\n", "\r\n").encode()


def robot(number, text, *headers, subject="Notice"):
    return mail(subject, text, author="Jo <jo@example.net>", message_id=f"{number}@x", headers=headers)


AUTO, LIST = ("Auto-Submitted: auto-generated",), ("List-Id: <news.example.net>",)
VACATION = ("Auto-Submitted: auto-replied",)

# The mail; what becomes of it where its kind is "discard", "hold", "ticket"; and "note": with the note, or the reason.
TABLE = {
    "a bounce of a ticket's mail": (lambda to, n: dsn(to, n, subject=f"{TAG} Old"), BOUNCED),
    "a delay of a ticket's mail": (
        lambda to, n: dsn(to, n, subject=f"{TAG} Old", action="delayed", status="4.4.1"),
        DELAYED,
    ),
    "a bounce of something else": (lambda to, n: dsn(to, n, subject="Invoice"), NAMELESS),
    "a vacation notice": (lambda _, n: robot(n, "I am away.", *VACATION, subject=f"Away: {TAG} Old"), AWAY),
    "a vacation notice about nothing": (lambda _, n: robot(n, "I am away.", *VACATION), NAMELESS),
    "a robot about a ticket": (
        lambda _, n: robot(n, "It is done.", *AUTO, subject=f"{TAG} Old"),
        "Automatic mail of Jo <jo@example.net>.\n\nIt is done.",
    ),
    "a robot about nothing": (lambda _, n: robot(n, "It is done.", *AUTO), None),
    "a list about a ticket": (
        lambda _, n: robot(n, "Hello all.", *LIST, subject=f"{TAG} Old"),
        "Mail through a list of Jo <jo@example.net>.\n\nHello all.",
    ),
    "a list about nothing": (lambda _, n: robot(n, "Hello all.", *LIST), None),
}


@pytest_asyncio.fixture(loop_scope="session")
async def four(bench):
    """Four routes, each with one way for every kind, and a ticket that mails may name."""
    bench.policies = {
        route: replace(POLICY, kinds=Kinds(fate, fate, fate, fate), own=frozenset(ROUTES.values()))
        for fate, route in ROUTES.items()
    }
    bench.desk.seed(
        Seed(
            clients=(Client(7, "Ada", "Byron", "ada@example.net"),),
            tickets=(SeedTicket("Old", number="700001", client_id=7),),
        )
    )
    return bench


async def accepted(bench, route):
    raws = [make(route, f"{route[:4]}{number}") for number, (make, _) in enumerate(TABLE.values())]
    return await bench.accept(*raws, recipient=route, reverse_path="")


async def test_what_is_kept_back_says_what_it_is(four):
    """The kind and the sign it was known by; nothing reaches the helpdesk."""
    by_status = {D: await accepted(four, ROUTES[Fate.DISCARD]), H: await accepted(four, ROUTES[Fate.HOLD])}

    await four.deliver()

    entries = {entry.queue_id: entry for entry in await four.entries()}
    kinds = ("bounce: ", "delayed: ", "bounce: ", "auto-reply: ", "auto-reply: ", "auto-generated: ",
             "auto-generated: ", "list: ", "list: ")  # fmt: skip
    for status, ids in by_status.items():
        assert [(status, True)] * len(TABLE) == [
            (entries[each].status, entries[each].reason.startswith(kind)) for each, kind in zip(ids, kinds, strict=True)
        ]
    assert 1 == len(four.tickets())


async def test_a_ticket_for_each_where_the_route_has_it(four):
    """All answer nobody; what names a ticket names it in its text, for its author has no part in it."""
    await accepted(four, ROUTES[Fate.TICKET])

    await four.deliver()

    _, *opened = four.tickets()
    assert len(TABLE) == len(opened)
    assert [] == [each for each in four.desk.mails() if each["to"] != ["staff"]]
    told = sum("names ticket 700001, in which its author has no part" in one["posts"][0]["message"] for one in opened)
    assert 5 == told


async def test_a_note_for_each_that_names_a_ticket(four):
    """The others are discarded, or a ticket where a person may stand behind it. Nobody but staff hears of a note."""
    ids = await accepted(four, ROUTES[Fate.NOTE])

    await four.deliver()

    old, *opened = four.tickets()
    entries = {entry.queue_id: entry for entry in await four.entries()}
    texts = [note["message"].replace("\r\n", "\n").partition("\n\n[ref:")[0] for note in old["notes"]]
    for (what, (_, expected)), queue_id in zip(TABLE.items(), ids, strict=True):
        entry = entries[queue_id]
        if expected is None:
            assert (what, Status.DONE) == (what, entry.status)
            assert entry.ticket_number != "700001"
        elif expected is NAMELESS:
            assert (what, D, True) == (what, entry.status, expected in entry.reason)
        else:
            # A note is neither a ticket nor a reply; the entry says where it is.
            assert (what, D, "700001") == (what, entry.status, entry.ticket_number)
            assert entry.reason.startswith("note on 700001: ")
            assert (what, 1) == (what, sum(text.startswith(expected) for text in texts))
    assert (5, 2, 1) == (len(texts), len(opened), len(old["posts"]))
    assert [] == [each for each in four.desk.mails() if each["to"] != ["staff"]]
