"""`ingestd try`: what would be done with a mail, to the last field, and nothing written."""

import asyncio
import hashlib
import json

import pytest

from ingestd.desk import Client, Desk, DeskSettings, Seed, SeedTicket

MAIL = b"""From: Ann <ann@example.net>
To: support@example.com
Cc: bob@example.net, support@example.com
Subject: Mailbox full
Message-ID: <one@example.net>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

Please [red]help[/red].
--x
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="a b.bin"

AAECAwQF
--x--
"""
AS_WRITTEN = "[From: Ann <ann@example.net>]\n[To: support@example.com]\n[Cc: bob@example.net, support@example.com]"
MARKER = "[ref:QUEUE0ID000000000000-0]"


def tried(house, raw=MAIL, *words):
    done = house.run("try", house.file(raw), "--json", *words)
    assert 0 == done.code, done
    return json.loads(done.out)


def test_the_exact_fields(house):
    """Each call with every field as it would be sent, and its files by name, size and SHA-256."""
    told = tried(house)

    opened, updated, checked = told["calls"]
    assert ("Deliver", "new ticket", "support@example.com") == (told["verdict"], told["reason"], told["recipient"])
    assert {
        "action": "OpenTicket",
        "deptid": "1",
        "subject": "Mailbox full",
        "message": f"Please [red]help[/red].\n\n{AS_WRITTEN}\n\n{MARKER}",
        "name": "Ann",
        "email": "ann@example.net",
        "priority": "Medium",
    } == opened["fields"]
    assert [hashlib.sha256(bytes(range(6))).hexdigest()] == [file["sha256"] for file in opened["attachments"]]
    assert [6] == [file["size"] for file in opened["attachments"]]
    assert {"action": "UpdateTicket", "cc": "bob@example.net"} == updated["fields"]
    assert "ticketid: that of the new ticket" in updated["remark"]
    assert "AddTicketNote" == checked["fields"]["action"]


def test_nothing_is_written(house):
    """Not even a spool, nor the embedded helpdesk's file."""
    house.file(MAIL)
    before = sorted(house.folder.iterdir())

    tried(house, MAIL, "--online")

    assert before == sorted(house.folder.iterdir())


def test_in_words(house):
    """The verdict first, then a block for each call; the text stands under its field, line by line."""
    lines = house.run("try", house.file(MAIL)).out.splitlines()

    assert ["verdict       Deliver", "reason        new ticket"] == lines[:2]
    assert "  message   Please [red]help[/red]." in lines
    assert f"            {MARKER}" in lines


def test_every_route_that_the_mail_names(house):
    """A mail for two routes is two entries, and each has its plan."""
    told = tried(house, MAIL.replace(b"Cc: bob", b"Cc: anna@sales.example.com, bob"))

    (other,) = told["other_routes"]
    departments = [each["calls"][0]["fields"]["deptid"] for each in (told, other)]
    assert [("support@example.com", "1"), ("anna@sales.example.com", "2")] == list(
        zip([told["recipient"], other["recipient"]], departments, strict=True)
    )


@pytest.mark.parametrize(
    ("header", "verdict", "reason"),
    [
        (b"Auto-Submitted: auto-replied\n", "Discard", "auto-reply"),
        (b"Subject: Re: [Ticket ID: 123456] x\n", "Deliver", "new ticket"),
    ],
)
def test_why(house, header, verdict, reason):
    """The kind of the mail with its sign, the tickets it names, and the reason of the verdict."""
    told = tried(house, header + MAIL.replace(b"Subject: Mailbox full\n", b""))

    assert verdict == told["verdict"]
    assert told["reason"].startswith(reason)
    assert ("Auto-Submitted" in told["sign"]) == (verdict == "Discard")
    assert (["123456"] if b"Ticket" in header else []) == told["names_numbers"]


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (["missing.eml"], b"", "missing.eml: No such file or directory"),
        (["-"], b"", "stdin: no mail in it"),
        (["-"], b"x" * 200_000, "stdin: larger than smtp.max_size"),
        (["-", "--rcpt", "x@elsewhere.example"], MAIL, "stdin: no route takes x@elsewhere.example"),
    ],
)
def test_what_is_no_mail_is_65(house, words, stdin, says):
    """EX_DATAERR, with a sentence."""
    house.config.write_text('[smtp]\nmax_size = "100 KiB"\n' + house.config.read_text())

    done = house.run("try", *words, stdin=stdin)

    assert (65, "", says) == (done.code, done.out, done.err.strip())


def test_a_mail_to_nobody_of_ours_is_tried_as_one_to_the_first_route(house):
    """A sample from anywhere can be tried. Where markers are off, none is shown."""
    house.config.write_text("[helpdesk]\nmarker = false\n" + house.config.read_text())

    told = tried(house, MAIL.replace(b"support@", b"x@elsewhere."))

    assert ("support@example.com", "") == (told["route"], told["marker"])
    assert (
        f"Please [red]help[/red].\n\n{AS_WRITTEN.replace('support@', 'x@elsewhere.')}"
        == told["calls"][0]["fields"]["message"]
    )


def test_online_asks_who_wrote_and_which_ticket_is_meant(house):
    """Against the embedded helpdesk's own file: the client is known, and so is the ticket."""
    desk = Desk(DeskSettings(identifier="i", secret="s", database=str(house.folder / "desk.db")))
    older = SeedTicket(subject="Mailbox full", client_id=3, number="123456")
    desk.seed(Seed(clients=(Client(3, "Ann", "Example", "ann@example.net"),), tickets=(older,)))
    asyncio.run(desk.stop())

    told = tried(house, MAIL.replace(b"Mailbox full", b"Re: [Ticket ID: 123456] Mailbox full"), "--online")

    assert {"type": "Client", "client_id": 3, "contact_id": None, "user_id": None} == told["sender"]
    assert ("123456", "subject tag") == (told["ticket"], told["ticket_sign"])
    assert "reply to 123456 by subject tag" == told["reason"]
    assert "AddTicketReply" == told["calls"][0]["fields"]["action"]


RESULTS = "mx.example.com; dmarc=pass (p=none) header.from=example.net"
RELAYED = f"""Received: from out.example.net by mx.example.com with ESMTPS id 1
Authentication-Results: {RESULTS}
""".encode()


def test_the_grade_and_the_field_that_shows_it(house):
    """Read from the mail itself, so that it needs nobody to be asked."""
    house.config.write_text('[smtp]\nauthserv_id = ["mx.example.com"]\n' + house.config.read_text())

    told = tried(house, RELAYED + MAIL)

    assert ("verified", "dmarc=pass for example.net, says mx.example.com") == (told["grade"], told["grade_reason"])
    assert RESULTS == told["grade_header"]
    bare = tried(house)
    assert ("unverified", "no Authentication-Results of ours", "") == (
        bare["grade"], bare["grade_reason"], bare["grade_header"],
    )  # fmt: skip
    assert "[Nothing shows that ann@example.net wrote this mail.]" in bare["calls"][0]["fields"]["message"]


def test_without_an_mx_that_authenticates_that_is_the_reason(house):
    """And everybody is believed."""
    told = tried(house, RELAYED.replace(b"pass", b"fail") + MAIL)

    assert ("trusted", "") == (told["grade"], told["grade_header"])
    assert "smtp.authserv_id is empty" in told["grade_reason"]


def test_who_and_what_would_be_looked_up(house):
    """The ticket by its signs, then the author; in both spellings, where the domain has two."""
    raw = MAIL.replace(b"Mailbox full", b"Re: [Ticket ID: 123456] Mailbox full")
    raw = raw.replace(b"MIME-Version", b"In-Reply-To: <first@example.net>\nMIME-Version")

    assert [
        "ticket 123456, by its subject tag",
        "the ticket of <first@example.net>",
        "client, contact or user with the address ann@example.net",
    ] == tried(house, raw)["look_ups"]
    idn = MAIL.replace(b"ann@example.net", "ann@bücher.example".encode())
    assert ["client, contact or user with the address ann@bücher.example or ann@xn--bcher-kva.example"] == tried(
        house, idn
    )["look_ups"]
    assert ["nobody: no author is known"] == tried(house, MAIL.replace(b"ann@", b""), "--from", "<>")["look_ups"]


def test_staff_and_whom_they_forward(house):
    """Told apart without asking anybody."""
    house.config.write_text('[identify]\nstaff = ["ann@example.net"]\n' + house.config.read_text())
    forward = b"From: ann@example.net\nTo: support@example.com\nSubject: Fwd: x\n\nFrom: jo@x.example\nSent: Mon\nTo: us\nSubject: x\n\nHi"

    assert ["nobody: ann@example.net is in identify.staff"] == tried(house)["look_ups"]
    assert "jo@x.example" == tried(house, forward)["author"]


def test_which_part_the_author_has_in_the_ticket(house):
    """Owner or stranger: why the mail is a reply, or is not."""
    desk = Desk(DeskSettings(identifier="i", secret="s", database=str(house.folder / "desk.db")))
    older = SeedTicket(subject="Mailbox full", client_id=3, number="123456", cc=("bob@example.net",))
    desk.seed(Seed(clients=(Client(3, "Ann", "Example", "ann@example.net"),), tickets=(older,)))
    asyncio.run(desk.stop())
    raw = MAIL.replace(b"Mailbox full", b"Re: [Ticket ID: 123456] Mailbox full")

    for author, part in (("ann", "the owner"), ("bob", "on its Cc"), ("eve", "none: ")):
        told = tried(house, raw.replace(b"Ann <ann@", f"Ann <{author}@".encode()), "--online")
        assert told["ticket_part"].startswith(part)
