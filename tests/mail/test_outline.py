"""What the door knows of a mail: its fingerprint and its conversation, however the mail is cut and traced."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.mail.headers import message_ids
from ingestd.mail.outline import Outline, Outliner

MAIL = (
    b"Received: from a by b; Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <own@example.org>\r\n"
    b"From: Ann <ann@example.org>\r\n"
    b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"Subject: Printer on fire\r\n"
    b"\r\n"
    b"It burns.\r\n"
)
ALARM = MAIL.replace(b"Message-ID: <own@example.org>\r\n", b"")
ODD = (b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\n\r\n", b":", b";", b" ", b"<", b">", b"\xff", b"\0", b"hello", b"From ")
FIELDS = (b"From: a", b"Message-ID: <a@b>", b"Received: x", b"Subject: y", b"References: <r@x>", b"=?utf-8?q?a?=")
PIECES = st.sampled_from([*ODD, *FIELDS])


def outline(*blocks: bytes) -> Outline:
    outliner = Outliner()
    for block in blocks:
        outliner.feed(block)
    return outliner.finish()


def digest(mail: bytes) -> str:
    return outline(mail).digest


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=14), cuts=st.lists(st.integers(0, 120), max_size=6))
def test_how_a_mail_is_cut_into_blocks_makes_no_difference(pieces, cuts):
    """The network decides where a block ends, and must not decide what a mail is."""
    mail = b"".join(pieces)
    ends = sorted({min(cut, len(mail)) for cut in cuts} | {0, len(mail)})
    blocks = [mail[begin:end] for begin, end in pairwise(ends)]

    assert outline(*blocks) == outline(mail)


def test_byte_by_byte_is_the_same_mail():
    """The smallest blocks there are."""
    assert outline(*(bytes([byte]) for byte in MAIL)) == outline(MAIL)


@pytest.mark.parametrize("head", [b"stray\r\nMessage-ID: <own@x>\r\n\r\n", b"From ann\nMessage-ID: <own@x>\n\r\n"])
def test_the_empty_line_ends_the_head_also_where_a_bare_line_end_follows(head):
    """The body begins behind it, wherever the network cuts: a resend of such a mail is the same mail."""
    assert outline(head, b"\nbody\r\n") == outline(head + b"\nbody\r\n")


@settings(max_examples=100, deadline=None)
@given(mail=st.binary(max_size=300))
def test_no_mail_breaks_the_outline(mail):
    """Whatever comes, there is an outline of clean text."""
    found = outline(mail)

    assert len(found.digest) == 64
    assert not {"\n", "\r", "\0"} & set(f"{found.message_id}{found.root}{found.subject}")


@pytest.mark.parametrize(
    "traced",
    [
        b"Received: from mx by us; Sun, 22 Nov 2026 10:00:05 +0000\r\n" + MAIL,
        b"Received: from mx\r\n\tby us (Postfix)\r\n\tid 4F00;\r\n Sun, 22 Nov 2026 10:00:05 +0000\r\n" + MAIL,
        b"Return-Path: <ann@example.org>\r\nDelivered-To: support@example.com\r\n" + MAIL,
        b"Authentication-Results: mx.example.com; spf=pass\r\nX-Spam-Score: 1\r\n" + MAIL,
        b"DKIM-Signature: v=1; d=example.org;\r\n b=abc\r\n" + MAIL,
        b"From ann@example.org Sun Nov 22 10:00:00 2026\r\n" + MAIL,
        MAIL.replace(b"Received: from a", b"Received: from z"),
    ],
)
def test_what_relays_add_does_not_make_another_mail(traced):
    """A mail sent again takes another way, and its trace tells of it; it is the same mail."""
    assert digest(traced) == digest(MAIL)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b"own@example.org", b"other@example.org"),
        (b"Ann <ann@", b"Ben <ben@"),
        (b"10:00:00 +0000\r\nSubject", b"10:00:01 +0000\r\nSubject"),
        (b"on fire", b"is out"),
        (b"It burns.", b"It burns!"),
        (b"\r\n\r\nIt", b"\r\n\r\n\r\nIt"),
        (b"Subject: Printer", b"Subject: Second\r\nSubject: Printer"),
    ],
)
def test_another_content_is_another_mail(written, instead):
    """Message-ID, From, Date, Subject and the body are each enough to tell two mails apart."""
    assert written in MAIL

    assert digest(MAIL.replace(written, instead)) != digest(MAIL)


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"Subject: Printer on fire\r\n", b"Subject: Printer\r\n on fire\r\n"),
        MAIL.replace(b"Message-ID:", b"MESSAGE-id :"),
        b"Subject: Printer on fire\r\n" + MAIL.replace(b"Subject: Printer on fire\r\n", b""),
        MAIL.replace(b"\r\n", b"\n"),
        MAIL.removesuffix(b"\r\n"),
        MAIL.replace(b"\r\n", b"\n").removesuffix(b"\n"),
        MAIL.replace(b"burns.\r\n", b"burns.\r\r\n"),
        MAIL.replace(b"It burns.", b"It\r burns."),
    ],
)
def test_folds_order_case_of_names_and_line_ends_are_no_content(other):
    """The same mail from a file with bare line feeds, folded anew by a relay or with CRs too many, is the same mail."""
    assert digest(other) == digest(MAIL)


def test_two_equal_alarms_of_a_robot_are_two_mails():
    """Without a Message-ID the Received lines tell one mail from the next."""
    second = ALARM.replace(b"from a by b; Sun, 22 Nov 2026 10:00:00", b"from a by b; Sun, 22 Nov 2026 10:05:00")

    assert digest(second) != digest(ALARM)


def test_an_alarm_that_is_sent_again_is_one_mail():
    """Without a Message-ID too, what is added on delivery makes no other mail."""
    assert digest(b"Return-Path: <robot@example.org>\r\nX-Spam-Score: 1\r\n" + ALARM) == digest(ALARM)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (b"Disk full on web1\r\nplease look\r\n", b"Disk full on web2\r\nplease look\r\n"),
        (b"\r\nDisk full on web1\r\n", b"\r\nDisk full on web2\r\n"),
        (b"Disk full on web1\r\nSubject: x\r\n\r\n", b"Disk full on web2\r\nSubject: x\r\n\r\n"),
        (b"Disk-full: web1", b"Disk-full: web2"),
        (b"From: cron\r\nDisk: web1\r\n\r\n", b"From: cron\r\nDisk: web2\r\n\r\n"),
        (MAIL.replace(b"\r\n\r\n", b"\r\n") + b"one\r\n", MAIL.replace(b"\r\n\r\n", b"\r\n") + b"two\r\n"),
    ],
)
def test_mails_with_a_broken_header_block_or_none_are_not_taken_for_one(one, two):
    """Nothing vanishes: text counts wherever it stands, even where fields should."""
    if digest(one) == digest(two):
        pytest.fail(f"{one!r} and {two!r} are taken for one mail")


def test_fields_cannot_be_shifted_into_each_other():
    """What stands in From and what in Subject is told apart."""
    one = b"From: a\r\nSubject: b\r\n\r\n"
    two = b"From: a\r\nFrom: b\r\n\r\n"

    assert digest(one) != digest(two)


@pytest.mark.parametrize("size", [262_143, 262_144, 262_145, 400_000])
def test_a_header_block_without_end_is_bounded_and_still_counts(size):
    """Beyond 256 KiB nothing is looked at as a field, and everything is hashed."""
    flood = b"Message-ID: <own@example.org>\r\nX-Flood: " + b"x" * size
    blocks = [flood[at : at + 65_536] for at in range(0, len(flood), 65_536)]

    assert outline(*blocks, b"a") != outline(*blocks, b"b")
    assert outline(*blocks, b"a") == outline(flood + b"a")
    assert outline(flood).message_id == "own@example.org"


def test_fields_without_number_are_bounded_and_still_count():
    """A header block of a hundred thousand fields is not taken apart, and no byte of it is passed over."""
    flood = b"A:\r\n" * 30_000

    assert digest(flood + b"Subject: one\r\n\r\n") != digest(flood + b"Subject: two\r\n\r\n")


@pytest.mark.parametrize(
    ("fields", "root"),
    [
        (b"Message-ID: <own@x>\r\n", "own@x"),
        (b"Message-ID: <own@x>\r\nIn-Reply-To: <parent@x>\r\n", "parent@x"),
        (b"References: <first@x>\r\n <second@x>\r\nIn-Reply-To: <second@x>\r\nMessage-ID: <own@x>\r\n", "first@x"),
        (b"References: \r\nIn-Reply-To: <parent@x>\r\n", "parent@x"),
        (b"In-Reply-To: Your message of Monday\r\nMessage-ID: <own@x>\r\n", "own@x"),
        (b"Subject: none\r\n", ""),
        (b"\r\nMessage-ID: <in-the-body@x>\r\n", ""),
    ],
)
def test_the_root_is_the_oldest_message_that_the_mail_names(fields, root):
    """A conversation is known by the Message-ID that it began with."""
    assert outline(fields + b"\r\nbody\r\n").root == root


def test_the_outline_says_subject_own_id_and_hops():
    """Decoded and on one line, for the ticket tag that may stand in it."""
    mail = (
        b"Received: one\r\nReceived: two\r\nMessage-ID: <own@x>\r\n"
        b"Subject: =?utf-8?q?Re=3A_[Ticket_ID=3A?=\r\n =?utf-8?q?_123456]_gr=C3=BCn?=\r\n\r\n"
    )

    found = outline(mail)

    assert (found.message_id, found.subject, found.hops) == ("own@x", "Re: [Ticket ID: 123456] grün", 2)


def test_the_door_reads_the_first_four_kilobytes_of_a_subject():
    """Whoever fills a field with odd words takes our time with each: no ticket tag stands further back."""
    found = outline(b"Subject: [Ticket ID: 123456] " + b"x" * 5000 + b"\r\n\r\n")

    assert found.subject == "[Ticket ID: 123456] " + "x" * 4076


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([b"<", b">", b"a@b", b" ", b"=?", b"?", b"=", b"=?utf-8?q?x?=", b"\xff", b",", b"\t"]),
        max_size=12,
    )
)
def test_the_root_is_the_first_id_however_it_is_written(pieces):
    """A field that is plain is read at a glance, and says what it says when it is read at length."""
    field = b"".join(pieces)

    found = outline(b"References: " + field + b"\n\nx").root

    assert found == next(iter(message_ids((field.strip(),))), "")
