"""How mail is used to speak for somebody else, each a mail and its effect at the helpdesk."""

import re

from delivering import SUPPORT, mail

from ingestd.delivery.grading import Trust
from ingestd.desk import Client, Contact, Seed, SeedTicket, User

MX = Trust(("mx.example.com",), ("mx.example.com",))
RECEIVED = "Received: from out.example by mx.example.com (Postfix) with ESMTPS id 1\r\n"
NUMBER = "111222"


def passed(domain):
    return f"{RECEIVED}Authentication-Results: mx.example.com; dmarc=pass header.from={domain}\r\n"


EVIL = passed("evil.example")
NOTHING = f"{RECEIVED}Authentication-Results: mx.example.com; dmarc=none\r\n"
FORGED_RESULTS = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.net"
OWNER = "Owner <owner@example.net>"

# What is tried; what the MX wrote; From; further fields; whose ticket comes of it.
TRIED = {
    "the number, by a stranger": (EVIL, "eve@evil.example", (), "eve@evil.example"),
    "the number, and the owner's name": (EVIL, "Owner <eve@evil.example>", (), "eve@evil.example"),
    "the owner's address as a name": (EVIL, '"owner@example.net" <eve@evil.example>', (), "eve@evil.example"),
    "the owner's address in a comment": (EVIL, "eve@evil.example (owner@example.net)", (), "eve@evil.example"),
    "an encoded word as a local part": (EVIL, "=?utf-8?q?owner=40example.net=2C?=@evil.example", (), None),
    "an encoded word as an address": (
        EVIL,
        "=?utf-8?q?owner=40example.net?= <eve@evil.example>",
        (),
        "eve@evil.example",
    ),
    # No helpdesk takes it as an address.
    "a quoted local part": (EVIL, '"owner@example.net"@evil.example', (), "nobody@example.com"),
    "the owner in Reply-To": (EVIL, "eve@evil.example", ("Reply-To: owner@example.net",), "eve@evil.example"),
    "the owner in Sender": (EVIL, "eve@evil.example", ("Sender: owner@example.net",), "eve@evil.example"),
    "the owner behind": (EVIL, "eve@evil.example, owner@example.net", (), "eve@evil.example"),
    "the owner before": (EVIL, "owner@example.net, eve@evil.example", (), "owner@example.net"),
    "two From fields": (EVIL, "owner@example.net", ("From: eve@evil.example",), "owner@example.net"),
    "a group": (EVIL, "Us: owner@example.net, eve@evil.example;", (), "owner@example.net"),
    "two addresses in brackets": (EVIL, "<eve@evil.example> <owner@example.net>", (), "owner@example.net"),
    "the owner's From": (NOTHING, OWNER, (), "owner@example.net"),
    "the owner's From, without results": (RECEIVED, OWNER, (), "owner@example.net"),
    "results of one's own": (NOTHING, OWNER, (FORGED_RESULTS,), "owner@example.net"),
    "results where there are none": (
        f"{RECEIVED}Received: by evil.example\r\n",
        OWNER,
        (FORGED_RESULTS,),
        "owner@example.net",
    ),
    "results of another host": (RECEIVED, OWNER, (FORGED_RESULTS.replace("mx.", "mx2."),), "owner@example.net"),
    "sealed results": (NOTHING, OWNER, (f"ARC-{FORGED_RESULTS.replace(': ', ': i=1; ')}",), "owner@example.net"),
    "a +tag": (passed("example.net"), "owner+x@example.net", (), "owner+x@example.net"),
    "letters that look alike": (passed("exämple.net"), "owner@exämple.net", (), "owner@xn--exmple-cua.net"),
    "a domain below": (
        passed("example.net.evil.example"),
        "owner@example.net.evil.example",
        (),
        "owner@example.net.evil.example",
    ),
}


async def test_nobody_speaks_for_somebody_else(bench):
    """Each with the number of the owner's ticket in its subject: a guest's ticket comes of it, and never a reply."""
    older = SeedTicket("Old", number=NUMBER, client_id=7)
    bench.desk.seed(Seed(clients=(Client(7, "Ow", "Ner", "owner@example.net"),), tickets=(older,)))
    bench.trust = MX
    kinds = {}
    for place, (kind, (head, author, more, _)) in enumerate(TRIED.items()):
        raw = head.encode() + mail(f"Re: [Ticket ID: {NUMBER}] Old", author=author, headers=more, message_id=f"{place}")
        (queue_id,) = await bench.accept(raw, reverse_path="eve@evil.example")
        kinds[queue_id] = kind

    await bench.deliver(60)

    found = {}
    for ticket in bench.tickets():
        for post in ticket["posts"]:
            for queue_id in re.findall(r"\[ref:([0-9A-Z]+)-0\]$", post["message"]):
                found[kinds[queue_id]] = (post["client_id"], post["email"], ticket["number"] == NUMBER)
    assert TRIED.keys() == found.keys()
    for kind, (_, _, _, guest) in TRIED.items():
        client_id, email, appended = found[kind]
        assert (0, False) == (client_id, appended), kind
        assert guest in {None, email}, kind
        assert email != "owner@example.net" or "owner@" in TRIED[kind][1], kind
    assert [1] == [len(ticket["posts"]) for ticket in bench.tickets() if ticket["number"] == NUMBER]


OWNERS = {
    "as written": "owner@bücher.example",
    "in punycode": "owner@xn--bcher-kva.example",
    "in capitals": "OWNER@BÜCHER.example",
    "with a name": '"Somebody Else" <owner@bücher.example>',
    "in a group of one": "Us: owner@bücher.example;",
}


async def test_one_person_is_known_in_every_spelling(bench):
    """Case, punycode and names make nobody a stranger; what the MX calls the domain may differ from what From says."""
    older = SeedTicket("Old", number=NUMBER, client_id=7)
    bench.desk.seed(Seed(clients=(Client(7, "Ow", "Ner", "owner@bücher.example"),), tickets=(older,)))
    bench.trust = MX
    for place, author in enumerate(OWNERS.values()):
        head = passed("xn--bcher-kva.example" if place % 2 else "bücher.example").encode()
        raw = head + mail(f"Re: [Ticket ID: {NUMBER}] Old", author=author, message_id=f"{place}")
        await bench.accept(raw, reverse_path="owner@xn--bcher-kva.example")

    await bench.deliver(60)

    (ticket,) = bench.tickets()
    assert [7] * (1 + len(OWNERS)) == [post["client_id"] for post in ticket["posts"]]


async def test_an_address_that_is_client_contact_and_user_at_once(bench):
    """It is the client, except where the ticket named is another's for whom it speaks as contact or user."""
    everywhere = "ann@example.net"
    bench.desk.seed(
        Seed(
            clients=(
                Client(7, "An", "N", everywhere),
                Client(8, "Co", "Co", "co@example.net"),
                Client(9, "Us", "Us", "us@example.net"),
            ),
            contacts=(Contact(80, 8, "An", "N", everywhere),),
            users=(User(5, "An", "N", everywhere, owns=(7,), clients=(9,)),),
            tickets=tuple(SeedTicket("Old", number=f"11122{n}", client_id=n) for n in (7, 8, 9)),
        )
    )
    bench.trust = MX
    for n in (0, 7, 8, 9):
        subject = f"Re: [Ticket ID: 11122{n}] Old" if n else "Hello"
        await bench.accept(passed("example.net").encode() + mail(subject, author=everywhere, message_id=f"{n}"))

    await bench.deliver()

    written = {ticket["number"]: ticket["posts"][-1] for ticket in bench.tickets()}
    assert (7, 8, 80, 9) == (
        written["111227"]["client_id"], written["111228"]["client_id"], written["111228"]["contact_id"],
        written["111229"]["client_id"],
    )  # fmt: skip
    assert [2, 2, 2] == [len(t["posts"]) for t in bench.tickets() if t["number"].startswith("11122")]
    assert [7] == [t["client_id"] for t in bench.tickets() if not t["number"].startswith("11122")]


async def test_of_several_clients_the_owner_of_the_ticket_is_meant(bench):
    """A contact of two clients: in one's ticket he is that one's; in none, and in a third's, nobody's."""
    both = "both@example.net"
    bench.desk.seed(
        Seed(
            clients=tuple(Client(n, "C", str(n), f"c{n}@example.net") for n in (7, 8, 9)),
            contacts=(Contact(70, 7, "B", "B", both), Contact(80, 8, "B", "B", both)),
            tickets=(SeedTicket("Old", number="111228", client_id=8), SeedTicket("Old", number="111229", client_id=9)),
        )
    )
    bench.trust = MX
    for n in (0, 8, 9):
        subject = f"Re: [Ticket ID: 11122{n}] Old" if n else "Hello"
        await bench.accept(passed("example.net").encode() + mail(subject, author=both, message_id=f"{n}"))

    await bench.deliver()

    posts = {ticket["number"]: ticket["posts"] for ticket in bench.tickets()}
    assert ((8, 80), 1) == ((posts["111228"][1]["client_id"], posts["111228"][1]["contact_id"]), len(posts["111229"]))
    others = [posts[0] for number, posts in posts.items() if not number.startswith("11122")]
    assert [0, 0] == [post["client_id"] for post in others]
    assert all("belongs to several clients (7, 8)" in post["message"] for post in others)


async def test_cc_comes_from_those_who_are_believed(bench):
    """A forged or unverified mail subscribes nobody; nor does it to a ticket of ours."""
    bench.trust = MX
    for place, head in enumerate((passed("example.net"), NOTHING, RECEIVED)):
        raw = head.encode() + mail(
            f"Hello {place}", message_id=f"{place}", headers=(f"Cc: bob@example.org, {SUPPORT}",)
        )
        await bench.accept(raw)

    await bench.deliver()

    assert {"Hello 0": ["bob@example.org"], "Hello 1": [], "Hello 2": []} == {
        ticket["subject"]: ticket["cc"] for ticket in bench.tickets()
    }
