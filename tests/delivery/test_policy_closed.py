"""Deny and allow lists, the flags of a department, spam and viruses: each a mail and what becomes of it."""

from dataclasses import replace

import pytest_asyncio
from delivering import POLICY, mail

from ingestd.core.journal import Status
from ingestd.core.wishes import Lists, Screen, Treatment
from ingestd.desk import Client, Contact, Seed, SeedTicket, User

LISTED, CLIENTS, REPLIES = "listed@example.com", "clients@example.com", "replies@example.com"
HELD, MARKED, DROPPED = "held@example.com", "marked@example.com", "dropped@example.com"
LISTS = Lists(
    deny_senders=("*@spam.example", "ada@example.net"),
    deny_subjects=("cheap*pills",),
    deny_phrases=("you have won",),
    allow_senders=("ada@example.net",),
)
OURS = "Received: from out.example.net by mx.example.com (Postfix) with ESMTPS id 1; Thu, 26 Nov 2026 10:00:00 +0000"
THEIRS = "Received: from laptop by out.example.net with ESMTPSA id 2; Thu, 26 Nov 2026 09:59:59 +0000"
SPAM, VIRUS, HAM = "X-Spam-Status: Yes, score=9", "X-Virus-Status: Infected (Eicar)", "X-Spam-Status: No, score=0"
TAG = "[Ticket ID: 700001]"
NEW, REPLY, DISCARDED, PARKED = "ticket", "reply", Status.DISCARDED, Status.HELD
ADA, EVE, GINA = "Ada <ada@example.net>", "Eve <eve@example.org>", "Gina <gina@example.org>"

# recipient, author, subject, text, header fields -> what becomes of it, and how its reason begins.
TABLE = [
    (LISTED, "x@spam.example", "Hello", "Words", (), DISCARDED, "Blocked sender: *@spam.example"),
    (LISTED, EVE, "CHEAP  and good Pills", "Words", (), DISCARDED, "Blocked subject: cheap*pills"),
    (LISTED, EVE, "Ｃｈｅａｐ p\u200bills", "Words", (), DISCARDED, "Blocked subject: cheap*pills"),
    (LISTED, EVE, "Hello", "Dear, YOU have\r\nwon!", (), DISCARDED, "Blocked phrase: you have won"),
    (LISTED, ADA, "cheap pills", "you have won", (SPAM,), NEW, "new ticket"),
    (LISTED, ADA, "Hello", "Words", (VIRUS,), PARKED, "virus: X-Virus-Status: Infected (Eicar)"),
    (LISTED, EVE, "Hello", "Words", (), NEW, "new ticket"),
    (CLIENTS, ADA, "Hello", "Words", (), NEW, "new ticket"),
    (CLIENTS, "contact@example.net", "Hello", "Words", (), NEW, "new ticket"),
    (CLIENTS, "user@example.net", "Hello", "Words", (), NEW, "new ticket"),
    (CLIENTS, "both@example.net", "Hello", "Words", (), NEW, "new ticket"),
    (CLIENTS, EVE, "Hello", "Words", (), DISCARDED, "Unregistered Email Address: eve@example.org"),
    (CLIENTS, GINA, f"Re: {TAG} Old", "Words", (), REPLY, "reply to 700001 by subject tag"),
    (CLIENTS, EVE, f"Re: {TAG} Old", "Words", (), DISCARDED, "Unregistered Email Address: eve@example.org"),
    (REPLIES, ADA, "Hello", "Words", (), DISCARDED, "Only Replies Allowed by Email"),
    (REPLIES, GINA, f"Re: {TAG} Old", "Words", (), REPLY, "reply to 700001 by subject tag"),
    (REPLIES, ADA, f"Re: {TAG} Old", "Words", (), DISCARDED, "Only Replies Allowed by Email"),
    (HELD, EVE, "Hello", "Words", (OURS, SPAM, THEIRS), PARKED, "spam: X-Spam-Status: Yes, score=9"),
    (HELD, EVE, "Hello", "Words", (OURS, THEIRS, SPAM), NEW, "new ticket"),
    (HELD, EVE, "Hello", "Words", (OURS, HAM, SPAM), PARKED, "spam: X-Spam-Status: Yes, score=9"),
    (HELD, GINA, f"Re: {TAG} Old", "Words", (SPAM,), PARKED, "spam: X-Spam-Status: Yes, score=9"),
    (MARKED, EVE, "Marked", "Words", (OURS, SPAM, THEIRS), NEW, "new ticket"),
    (DROPPED, EVE, "Hello", "Words", (OURS, VIRUS, THEIRS), DISCARDED, "virus: X-Virus-Status: Infected (Eicar)"),
]


@pytest_asyncio.fixture(loop_scope="session")
async def closed(bench):
    """Routes of each sort; Ada is a client, with a contact and a user; Gina owns a ticket; two share an address."""
    plain = replace(POLICY, own=frozenset({LISTED, CLIENTS, REPLIES, HELD, MARKED, DROPPED}))
    hosts = ("mx.example.com",)
    bench.policies = {
        LISTED: replace(plain, lists=LISTS),
        CLIENTS: replace(plain, clients_only=True),
        REPLIES: replace(plain, replies_only=True),
        HELD: replace(plain, screen=Screen(trusted_hosts=hosts)),
        MARKED: replace(plain, screen=Screen(Treatment.MARK, Treatment.MARK, hosts)),
        DROPPED: replace(plain, screen=Screen(Treatment.DISCARD, Treatment.DISCARD, hosts)),
    }
    bench.desk.seed(
        Seed(
            clients=(Client(7, "Ada", "Byron", "ada@example.net"), Client(8, "Bob", "Byte", "bob@example.net")),
            contacts=(
                Contact(70, 7, "C", "C", "contact@example.net"),
                Contact(71, 7, "B", "B", "both@example.net"),
                Contact(80, 8, "B", "B", "both@example.net"),
            ),
            users=(User(9, "U", "U", "user@example.net", owns=(7,)),),
            tickets=(SeedTicket("Old", number="700001", name="Gina", email="gina@example.org"),),
        )
    )
    return bench


async def test_each_mail_and_what_becomes_of_it(closed):
    """Who is refused hears nothing of it, and the reason is in the words of WHMCS's import log."""
    ids = []
    for number, (to, author, subject, text, headers, *_) in enumerate(TABLE):
        # A relay writes its fields above those that were there.
        head = "".join(f"{field}\r\n" for field in headers).encode()
        raw = head + mail(subject, text, author=author, message_id=f"{number}@x")
        ids += await closed.accept(raw, recipient=to, reverse_path=author.partition("<")[2].rstrip(">") or author)

    await closed.deliver()

    entries = {entry.queue_id: entry for entry in await closed.entries()}
    for queue_id, (to, author, subject, _, _, becomes, reason) in zip(ids, TABLE, strict=True):
        entry = entries[queue_id]
        what = (to, author, subject)
        if isinstance(becomes, Status):
            assert (what, becomes, reason) == (what, entry.status, entry.reason)
        else:
            assert (what, Status.DONE, becomes == REPLY) == (what, entry.status, entry.ticket_number == "700001")
            verdict = (await closed.records(queue_id))[1].event.verdict
            assert (what, reason) == (what, verdict.reason)
    tickets = closed.tickets()
    assert 1 + sum(becomes == NEW for *_, becomes, _ in TABLE) == len(tickets)
    (marked,) = [ticket for ticket in tickets if ticket["subject"] == "Marked"]
    assert "[The mail server found this to be spam: X-Spam-Status: Yes, score=9]" in marked["posts"][0]["message"]
    assert [] == [
        each for each in closed.desk.mails() if each["ticket_number"] == marked["number"] and each["to"] != ["staff"]
    ]
