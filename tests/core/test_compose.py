"""The text and the files of a call: nothing missing, nothing that a helpdesk chokes on."""

import html
from dataclasses import replace
from datetime import timedelta

import pytest
from core_given import ENVELOPE, FACTS, MAIL, POLICY, SUBJECT, TICKET, attachment
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core import compose
from ingestd.core.decide import decide
from ingestd.core.model import Grade, Literal, Mailbox
from ingestd.core.ticket import AddTicketNote, AddTicketReply, UpdateTicket

COLUMN = 65_535
EVERY = frozenset()


def body(mail, types=EVERY, *, markdown=False):
    return compose.body(mail, mail.text, mail.markdown, types, markdown=markdown)


def opened(mail=MAIL, policy=POLICY, **facts):
    return decide(mail, ENVELOPE, replace(FACTS, **facts), policy).calls


def test_a_mail_without_words_says_so_and_names_its_files():
    """The helpdesk takes no empty text."""
    silent = replace(MAIL, text=" \n ")

    assert "(no text)" == body(silent).text
    files = tuple(attachment(f"{n}.pdf") for n in range(3))
    assert "(no text)\n\nFiles: 0.pdf, 1.pdf, 2.pdf" == body(replace(silent, attachments=files)).text


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Printer", "Printer"),
        ("  Printer ", "Printer"),
        ("", "(no subject)"),
        (" ", "(no subject)"),
        ("x" * 999, "x" * 200),
    ],
)
def test_a_subject_is_never_empty_and_fits_its_column(written, sent):
    """The helpdesk requires one."""
    assert sent == opened(replace(MAIL, subject=written))[0].subject


def test_a_short_text_is_sent_as_it_is():
    """With nothing said below."""
    assert compose.Body("It burns.\n> and what was quoted", (), (), markdown=False) == body(MAIL)


@pytest.mark.parametrize("sign", ["a", "\u00e4", "\u65e5", "\U0001f600", "&", '"', "<", "'"])
def test_a_long_text_goes_on_in_a_file(sign):
    """What is shown is the beginning, stored below the column's limit in UTF-8 and entities; the whole is attached."""
    found = body(replace(MAIL, text=sign * 70_000))

    assert set(found.text) == {sign}
    assert 49_990 < len(html.escape(found.text).encode()) <= 50_000
    (whole,) = found.files
    assert Literal((sign * 70_000).encode()) == whole.source
    assert len((sign * 70_000).encode()) == whole.size
    assert ("The text goes on in the file whole-text-of-the-mail.txt.",) == found.remarks


def test_the_whole_text_has_a_name_of_its_own():
    """A file of the mail may bear it already."""
    mail = replace(MAIL, text="a" * 70_000, attachments=(attachment("Whole-Text-of-the-Mail.txt"),))

    assert ["Whole-Text-of-the-Mail.txt", "whole-text-of-the-mail-2.txt"] == [file.name for file in body(mail).files]


def test_a_long_text_is_said_to_be_cut_where_no_text_file_is_taken():
    """The helpdesk's types exclude it: a file would vanish without a word."""
    found = body(replace(MAIL, text="a" * 70_000), frozenset({"pdf"}))

    assert () == found.files
    assert ("The text is cut here: it is too long, and the helpdesk takes no text file.",) == found.remarks


@pytest.mark.parametrize(
    ("wanted", "rich", "text", "marked"),
    [
        (True, "**It** burns.", "**It** burns.", True),
        (True, "", MAIL.text, False),
        (False, "**It** burns.", MAIL.text, False),
    ],
)
def test_markdown_where_it_is_wanted_and_there(wanted, rich, text, marked):
    """Plain text is never declared to be Markdown."""
    found = body(replace(MAIL, markdown=rich), markdown=wanted)

    assert (text, marked) == (found.text, found.markdown)


def test_a_file_of_a_type_that_is_not_taken_is_withheld_with_a_word():
    """Extensions count without case; the ticket says what is missing."""
    mail = replace(MAIL, attachments=(attachment("a.PDF"), attachment("b.exe", 2048, "b  .exe"), attachment("c")))

    found = body(mail, frozenset({"pdf"}))

    assert ["a.PDF"] == [file.name for file in found.files]
    assert (
        'Not attached: "b .exe" (2 KiB), a type that the helpdesk does not take',
        'Not attached: "c" (10 bytes), a type that the helpdesk does not take',
    ) == found.remarks


def test_a_file_that_is_renamed_is_named_both_ways():
    """Blanks that became underscores are not worth a word."""
    mail = replace(MAIL, attachments=(attachment("my report.pdf"), attachment("my_report.pdf"), attachment("a|b.txt")))

    found = body(mail)

    assert ["my_report.pdf", "my_report-2.pdf", "a_b.txt"] == [file.name for file in found.files]
    assert ('Renamed: "my_report.pdf" is my_report-2.pdf', 'Renamed: "a|b.txt" is a_b.txt') == found.remarks


def test_every_file_keeps_its_bytes_and_its_place():
    """Same order, same source, same size."""
    files = tuple(attachment(f"{n}.pdf", n) for n in range(5))

    found = body(replace(MAIL, attachments=files))

    assert [(each.name, each.size, each.source) for each in files] == [
        (each.name, each.size, each.source) for each in found.files
    ]


def test_remarks_are_bounded_in_number():
    """Fifty, and how many more."""
    joined = compose.joined("text", ("said", ""), tuple(f"remark {n}" for n in range(60)))

    assert joined.startswith("text\n\n[said]\n[remark 0]\n")
    assert joined.endswith("[remark 49]\n[... and 10 more]")


def test_remarks_are_bounded_in_size():
    """What is said of hostile names does not push the marker out of the column."""
    joined = compose.joined("text", (), ('"' * 120 + "\U0001f600" * 120,) * 50)

    assert joined.endswith("[... and 41 more]")


def test_a_text_alone_stays_alone():
    """No brackets where nothing is to say."""
    assert "text" == compose.joined("text", ("", ""), ())


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet='a&"<\u00e4\u65e5\U0001f600\n ', max_size=400), st.integers(0, 300), st.integers(0, 80))
def test_whatever_a_mail_holds_its_text_fits_the_column_with_its_marker(text, times, files):
    """Text, what is said of it, and the marker, with all entities: below TEXT's 65,535 bytes."""
    odd = tuple(attachment(f"{n}.bin", 1, "\U0001f600&\"'" * 60) for n in range(files))
    mail = replace(MAIL, text=text * times, reply=text * times, attachments=odd, author=None)

    for facts in ({"grade": Grade.FORGED}, {"ticket": TICKET, "sign": SUBJECT, "participant": True}):
        made = opened(mail, author="a" * 5000 + "@example.net", **facts)[0]
        assert compose.stored_size(made.message) + 100 < COLUMN
        assert made.message.strip()


def test_a_file_count_is_checked_after_each_call_that_carries_files():
    """The note is written only where the helpdesk then holds fewer."""
    calls = opened(replace(MAIL, attachments=(attachment("a.pdf"), attachment("b.pdf"))))

    assert 2 == len(calls)
    note = AddTicketNote(None, "The helpdesk did not keep every file of this mail. Sent were: a.pdf, b.pdf", 2, 0)
    assert note == calls[1]


def test_files_that_exceed_max_post_go_in_further_replies_before_the_cc():
    """A limit that the operator told is respected from the first plan on."""
    files = tuple(attachment(f"{n}.bin", 400_000) for n in range(3))
    mail = replace(MAIL, attachments=files, cc=(Mailbox("", "bob@example.net"),))

    calls = opened(mail, replace(POLICY, max_post=1_000_000))

    assert [1, 1, 1] == [len(call.files) for call in calls[:3]]
    assert [AddTicketReply, AddTicketReply, UpdateTicket] == [type(call) for call in calls[1:4]]
    assert [(0, 1), (1, 1), (2, 1)] == [(call.of_call, call.unless_files) for call in calls[4:]]


CC = ("Bob@Example.net", "bob@example.net", "support@example.com", "support+123@example.com", "ann@example.net")


@pytest.mark.parametrize(
    ("cc", "facts", "added"),
    [
        (CC, {}, ("bob@example.net",)),
        (CC, {"grade": Grade.VERIFIED}, ("bob@example.net",)),
        (CC, {"grade": Grade.UNVERIFIED}, None),
        (CC, {"grade": Grade.FORGED}, None),
        ((), {}, None),
        (("nobody@example.com", "support@example.com"), {}, None),
        (("a,b@example.net", "a b@example.net", "no-address", "<x>@example.net"), {}, None),
        (tuple(f"{n}@example.net" for n in range(30)), {}, tuple(f"{n}@example.net" for n in range(10))),
    ],
)
def test_the_cc_of_a_mail_goes_on_its_ticket(cc, facts, added):
    """Each once, without our own addresses, nobody and the author; at most ten; only where the author is sure."""
    calls = opened(replace(MAIL, cc=tuple(Mailbox("", address) for address in cc)), **facts)

    assert [UpdateTicket(None, cc=added)] * (added is not None) == list(calls[1:])


def test_a_reply_adds_only_who_is_not_there_yet():
    """Owner, Cc and earlier authors of the ticket are left out; the update names the ticket."""
    cc = ("owner@example.net", "there@example.net", "new@example.net")
    mail = replace(MAIL, cc=tuple(Mailbox("", address) for address in cc))
    ticket = replace(TICKET, cc=("There@example.net",), posts=())

    calls = opened(mail, ticket=ticket, sign=SUBJECT, participant=True)

    assert UpdateTicket(50, cc=("new@example.net",)) == calls[1]


def test_a_catch_all_route_owns_every_address_of_its_domain():
    """Whoever is put on Cc there would mail us."""
    mail = replace(MAIL, cc=(Mailbox("", "anyone@example.com"), Mailbox("", "bob@example.net")))

    calls = opened(mail, replace(POLICY, own=frozenset({"*@example.com"})))

    assert UpdateTicket(None, cc=("bob@example.net",)) == calls[1]


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (5 * 1024**2, "5 MiB"), (3 * 1024**3, "3 GiB")],
)
def test_sizes_are_said_as_people_say_them(size, said):
    """Whole units, rounded down."""
    assert said == compose.readable_size(size)


def test_a_field_is_shown_as_one_line():
    """The first of its name, folded and cut."""
    mail = replace(MAIL, headers=(("Subject", "s"), ("FROM", "a\n  b" + "c" * 500), ("From", "second")))

    assert ("a b" + "c" * 195) == compose.header(mail, "from")
    assert "" == compose.header(mail, "reply-to")


def test_a_reply_is_late_as_well():
    """Remarks and dates go with replies too."""
    facts = {"ticket": TICKET, "sign": SUBJECT, "participant": True, "remark": "guest with several clients"}

    call = opened(now=FACTS.now + timedelta(hours=1), **facts)[0]

    assert ("It burns.\n\n[guest with several clients]", ENVELOPE.received_at) == (call.message, call.created)
