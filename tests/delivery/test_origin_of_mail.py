"""Mails that pass on what somebody else wrote: forwards of staff, lists, contact forms."""

import re

import pytest
from delivering import SUPPORT, mail, sha256

from ingestd.desk import Admin, Client, Seed, SeedTicket

CARL = "Carl <carl@example.com>"
FORWARD = "Please look.\r\n\r\n---------- Forwarded message ---------\r\nFrom: Ada Byron <ada@example.net>\r\nDate: Mon\r\nSubject: Help\r\nTo: carl@example.com\r\n\r\nIt burns."
GROUP = ("X-Original-From: Ada Byron <ada@example.net>", "List-ID: <help.example.org>")


@pytest.fixture
def office(bench):
    """A helpdesk that knows Ada; Carl is one of us, a form is believed."""
    bench.staff, bench.reply_to = ("*@example.com",), ("form@example.org",)
    bench.desk.seed(Seed(clients=(Client(7, "Ada", "Byron", "ada@example.net"),), admins=(Admin("carl", "Carl"),)))
    return bench


async def test_a_forward_of_staff_opens_the_ticket_of_its_author(office):
    """The customer's account, who forwarded it in the text, and none of the forwarder's colleagues on its Cc."""
    headers = ("Cc: chief@elsewhere.example",)
    await office.accept(mail("Fwd: Help", FORWARD, author=CARL, headers=headers), reverse_path="carl@example.com")

    await office.deliver()

    (ticket,) = office.tickets()
    assert (7, []) == (ticket["posts"][0]["client_id"], ticket["cc"])
    assert "It burns." in ticket["posts"][0]["message"]
    assert "[Forwarded by carl@example.com.]" in ticket["posts"][0]["message"]


async def test_staffs_own_words_are_a_note(office):
    """What stands above the forwarded mail is for colleagues: the customer's ticket holds the customer's words."""
    await office.accept(mail("Fwd: Help", FORWARD, author=CARL), reverse_path="carl@example.com")

    await office.deliver()

    (ticket,) = office.tickets()
    assert "Help" == ticket["subject"]
    assert "Please look." not in ticket["posts"][0]["message"]
    assert ["carl@example.com, who forwarded this mail, wrote:\n\nPlease look."] == noted(ticket)


@pytest.mark.parametrize("words", ["", "For you."])
async def test_a_mail_forwarded_as_a_file_is_its_authors(office, words):
    """The enclosed mail's author, subject, text and files make the ticket; the mail itself stays attached."""
    inner = mail("Fire", "It burns.", author="Ada Byron <ada@example.net>", files=(("log.txt", b"hot"),))
    await office.accept(enclosing(inner, words), reverse_path="carl@example.com")

    await office.deliver()

    (ticket,) = office.tickets()
    post = ticket["posts"][0]
    assert (7, "Fire") == (post["client_id"], ticket["subject"])
    assert "It burns.\n\n[Forwarded by carl@example.com.]" in post["message"]
    assert [("log.txt", sha256(b"hot")), ("Fire.eml", sha256(inner))] == [
        (file["name"], file["sha256"]) for file in post["files"]
    ]
    assert ([f"carl@example.com, who forwarded this mail, wrote:\n\n{words}"] if words else []) == noted(ticket)


@pytest.mark.parametrize(
    "raw",
    [
        lambda inner: enclosing(inner, "Something else. " * 60),
        lambda inner: enclosing(inner, "", count=2),
        lambda inner: enclosing(inner, "", subject="Re: Fire"),
        lambda inner: enclosing(inner.replace(b"ada@example.net", b"dora@example.com"), ""),
        lambda inner: enclosing(b"Auto-Submitted: auto-replied\r\n" + inner, ""),
    ],
    ids=["a letter", "two mails", "an answer", "a colleague's", "a robot's"],
)
async def test_a_mail_with_another_enclosed_is_its_senders(office, raw):
    """Whoever writes a letter, an answer, or encloses more than one mail, speaks for himself."""
    await office.accept(raw(mail("Fire", author="Ada <ada@example.net>")), reverse_path="carl@example.com")

    await office.deliver()

    (ticket,) = office.tickets()
    assert CARL == f"{ticket['posts'][0]['name']} <{ticket['posts'][0]['email']}>"


def enclosing(inner: bytes, words: str, subject: str = "Look", count: int = 1) -> bytes:
    head = (
        f"From: {CARL}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
    )
    text = f"--o\r\nContent-Type: text/plain\r\n\r\n{words}\r\n"
    part = b"--o\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n"
    return (head + text).encode() + part * count + b"--o--\r\n"


def noted(ticket):
    return [re.sub(r"\n\n\[ref:\S+\]$", "", note["message"]) for note in ticket["notes"]]


async def test_a_forward_into_a_ticket_is_staffs_reply(office):
    """Whoever names a ticket answers in it, whatever the mail quotes."""
    office.desk.seed(Seed(tickets=(SeedTicket("Old", number="111222", name="Bob", email="bob@example.net"),)))
    await office.accept(mail("Fwd: [Ticket ID: 111222] Old", FORWARD, author=CARL))

    await office.deliver()

    (ticket,) = office.tickets()
    assert ["Carl"] == [post["admin"] for post in ticket["posts"][1:]]


@pytest.mark.parametrize(
    ("subject", "text", "author"),
    [
        ("Re: Help", FORWARD, CARL),
        ("Fwd: Help", "No head of a mail.", CARL),
        ("Fwd: Help", FORWARD.replace("ada@example.net", "dora@example.com"), CARL),
        ("Fwd: Help", FORWARD.replace("ada@example.net", SUPPORT), CARL),
        ("Fwd: Help", FORWARD, "Eve <eve@example.org>"),
    ],
    ids=["answer", "no head", "of staff", "our own", "by a stranger"],
)
async def test_what_is_no_forward_of_staff_stays_its_authors(office, subject, text, author):
    """An answer that quotes, a forward that names nobody else, and one by a stranger: From is the author."""
    await office.accept(mail(subject, text, author=author))

    await office.deliver()

    (ticket,) = office.tickets()
    assert author == f"{ticket['posts'][0]['name']} <{ticket['posts'][0]['email']}>"


async def test_a_lists_mail_is_of_who_wrote_to_it(office):
    """From bears the list's address, as List-ID says; a field of the list names the author."""
    await office.accept(mail(author="'Ada Byron' via Help <help@example.org>", headers=GROUP))

    await office.deliver()

    (ticket,) = office.tickets()
    assert 7 == ticket["posts"][0]["client_id"]
    assert "[Sent through the list help@example.org.]" in ticket["posts"][0]["message"]


async def test_reply_to_is_believed_of_listed_forms_only(office):
    """A contact form writes its visitor into Reply-To; anybody else's Reply-To names no author."""
    headers = ("Reply-To: Ada <ada@example.net>",)
    await office.accept(mail("Form", author="form@example.org", headers=headers, message_id="a"))
    await office.accept(mail("Other", author="eve@example.org", headers=headers, message_id="b"))

    await office.deliver()

    assert {"Form": 7, "Other": 0} == {t["subject"]: t["posts"][0]["client_id"] for t in office.tickets()}
