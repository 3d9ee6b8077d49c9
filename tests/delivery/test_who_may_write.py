"""The whole matrix of follow-ups at the helpdesk: by what a mail names a ticket, who wrote it, how sure we are."""

import re
from itertools import product

import pytest
from delivering import SUPPORT, mail

from ingestd.delivery.grading import Trust
from ingestd.desk import Admin, Client, Contact, Seed, SeedReply, SeedTicket, User

MX = Trust(("mx.example.com",), ("mx.example.com",))
NUMBER, KNOWN = "111222", "known@example.net"
SEED = Seed(
    clients=(Client(7, "Ow", "Ner", "owner@example.net"), Client(9, "Oth", "Er", "other@example.net")),
    contacts=(Contact(70, 7, "Con", "Tact", "contact@example.net"),),
    users=(User(80, "Us", "Er", "user@example.net", clients=(7,)),),
    admins=(Admin("carl", "Carl"),),
    tickets=(
        SeedTicket(
            "Old", number=NUMBER, client_id=7, cc=("cc@example.net",),
            replies=(SeedReply("Me too", name="Earlier", email="earlier@example.net"),),
        ),
    ),
)  # fmt: skip

# Who each author is to the helpdesk: in a ticket that he has a part in, and in one of his own.
AUTHORS = {
    "owner@example.net": "client 7",
    "contact@example.net": "client 7, contact 70",
    "user@example.net": "client 7",
    "cc@example.net": "guest cc@example.net",
    "earlier@example.net": "guest earlier@example.net",
    "carl@staff.example": "admin Carl",
    "other@example.net": "client 9",
    "eve@evil.example": "guest eve@evil.example",
}
STRANGERS = ("other@example.net", "eve@evil.example")
SIGNS = ("subject", "address", "message id", "gone", "none")


def head(grade, domain):
    """What the MX wrote above a mail of this domain."""
    received = "Received: from out.example by mx.example.com (Postfix) with ESMTPS id 1\r\n"
    results = {
        "verified": f"Authentication-Results: mx.example.com; dmarc=pass header.from={domain}\r\n",
        "forged": f"Authentication-Results: mx.example.com; dmarc=fail header.from={domain}\r\n",
        "unverified": "Authentication-Results: mx.example.com; dmarc=none; spf=none; dkim=none\r\n",
    }
    return (received + results.get(grade, "")).encode()


def written(sign, author, grade):
    """A mail of this author's that names a ticket so, and its recipient."""
    subject = {"subject": f"Re: [Ticket ID: {NUMBER}] Old", "gone": "Re: [Ticket ID: 999999] Old"}.get(sign, "Hello")
    more = (f"In-Reply-To: <{KNOWN}>",) if sign == "message id" else ()
    raw = mail(subject, author=author, headers=more, message_id=f"{sign}.{author}.{grade}".replace(" ", "-"))
    recipient = f"support+{NUMBER}@example.com" if sign == "address" else SUPPORT
    return head(grade, author.rpartition("@")[2]) + raw, recipient


async def effects(bench, signs, grades):
    """What became of a mail for each sign, author and grade: {(sign, author, grade): effect in words}."""
    bench.desk.seed(SEED)
    bench.staff = ("*@staff.example",)
    await bench.accept(
        head("verified", "example.net") + mail(f"[Ticket ID: {NUMBER}]", author="owner@example.net", message_id=KNOWN)
    )
    await bench.deliver()
    keys = {}
    for key in product(signs, AUTHORS, grades):
        raw, recipient = written(*key)
        (queue_id,) = await bench.accept(raw, recipient=recipient, reverse_path=key[1])
        keys[queue_id] = key
    await bench.deliver(120)
    answered = {sent["ticket_number"] for sent in bench.desk.mails() if sent["template"] == "Support Ticket Opened"}
    found = {}
    for ticket in bench.tickets():
        for place, post in enumerate(ticket["posts"]):
            for queue_id in re.findall(r"\[ref:([0-9A-Z]+)-0\]$", post["message"]):
                if queue_id in keys:
                    assert keys[queue_id] not in found
                    found[keys[queue_id]] = words(ticket, place, post, answered)
    return found


def words(ticket, place, post, answered):
    who = f"guest {post['email']}"
    if post["admin"]:
        who = f"admin {post['admin']}"
    elif post["client_id"]:
        who = f"client {post['client_id']}" + (f", contact {post['contact_id']}" if post["contact_id"] else "")
    said = {
        f"names {NUMBER}": f"names ticket {NUMBER}", "names the gone": "names ticket 999999", "forged": "is forged",
        "doubted": "Nothing shows that", "as written": "[From: ",
    }  # fmt: skip
    marks = [mark for mark, text in said.items() if text in post["message"]]
    if place:
        return ", ".join(("reply", who, *marks))
    return ", ".join(("ticket", who, *marks, *(("answered",) if ticket["number"] in answered else ())))


def own_ticket(sign, author, *marks, guest=False):
    """A ticket of the author's own, with what it says."""
    who = AUTHORS[author]
    if guest or who.startswith("admin"):
        who = f"guest {author}"
    named = {"gone": ["names the gone"], "none": []}.get(sign, [f"names {NUMBER}"])
    shown = ["as written"] if who.startswith("guest") else []
    return ", ".join(("ticket", who, *named, *marks, *shown))


def believed(sign, author):
    """Whom somebody vouches for: a reply where he has a part, else a ticket of his own, which is confirmed."""
    if sign in {"subject", "address", "message id"} and author not in STRANGERS:
        return f"reply, {AUTHORS[author]}"
    return f"{own_ticket(sign, author)}, answered"


@pytest.mark.parametrize(
    ("trust", "signs"),
    [
        (MX, ("subject", "none")),
        (Trust(), ("message id",)),
        pytest.param(MX, SIGNS, marks=pytest.mark.storm),
        pytest.param(Trust(), SIGNS, marks=pytest.mark.storm),
    ],
)
async def test_the_matrix(bench, trust, signs):
    """Participants who are verified (or trusted, where nothing authenticates) append; others get tickets of their own.

    Whoever is unverified or forged is a guest, whatever account stands behind his address; nobody answers him.
    """
    bench.trust = trust
    grades = ("verified", "unverified", "forged") if trust.authserv_ids else ("trusted",)

    found = await effects(bench, signs, grades)

    expected = {}
    for key in product(signs, AUTHORS, grades):
        sign, author, grade = key
        doubts = {"unverified": "doubted", "forged": "forged"}
        expected[key] = (
            own_ticket(sign, author, doubts[grade], guest=True) if grade in doubts else believed(sign, author)
        )
    assert expected == found


async def test_where_unverified_authors_are_believed(bench):
    """`identify.unverified = "client"`: as the verified, but nobody is answered, staff are guests, the text says so."""
    bench.trust = MX
    bench.policy(unverified="client")
    signs = ("address", "gone")

    found = await effects(bench, signs, ("unverified",))

    for (sign, author, _), effect in found.items():
        if author == "carl@staff.example" or sign == "gone" or author in STRANGERS:
            assert own_ticket(sign, author, "doubted") == effect
        else:
            assert f"reply, {AUTHORS[author]}, doubted" == effect
    assert len(signs) * len(AUTHORS) == len(found)
