"""What stands in a forward: the mail as it was first, and the words of who passes it on."""

import pytest

from ingestd.core.model import Mailbox
from ingestd.mail.forward import FEW_WORDS, passed_on
from ingestd.mail.parse import parse
from ingestd.mail.transfer import read

JO = Mailbox("Jo Doe", "jo@x.example")
GMAIL = (
    "---------- Forwarded message ---------\nFrom: Jo Doe <jo@x.example>\nDate: Mon, 2 Jan 2023\nSubject: Fire\nTo: us"
)
APPLE = "Begin forwarded message:\n\nFrom: Jo Doe <jo@x.example>\nSubject: Fire\nDate: 2 January 2023\nTo: us"
OUTLOOK = "________________________________\nVon: Jo Doe <jo@x.example>\nGesendet: Montag, 2. Januar 2023 10:00\nAn: us\nBetreff: Fire"
THUNDERBIRD = (
    "-------- Forwarded Message --------\nSubject: Fire\nDate: Mon, 2 Jan 2023\nFrom: Jo Doe <jo@x.example>\nTo: us"
)
QUOTED = "\n".join(f"> {line}" for line in (APPLE + "\n\nIt burns.\n\nJo").split("\n"))


def forwarded(text, subject="Fwd: Fire"):
    head = f"From: carl@y.example\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n"
    return passed_on(parse((head + text).encode()))


@pytest.mark.parametrize(
    "text",
    [*(f"{head}\n\nIt burns.\n\nJo" for head in (GMAIL, APPLE, OUTLOOK, THUNDERBIRD)), QUOTED],
    ids=["Gmail", "Apple", "Outlook", "Thunderbird", "quoted"],
)
@pytest.mark.parametrize(
    ("above", "words"),
    [
        ("", ""),
        ("FYI, please handle.\n\n", "FYI, please handle."),
        ("FYI.\n\n-- \nCarl\nSupport\n\n", "FYI."),
        ("FYI.\n\nSent from my iPhone\n\n", "FYI."),
        ("\n\n-- \nCarl\n\n", ""),
    ],
    ids=["none", "words", "signature", "phone", "only signature"],
)
def test_words_and_mail_are_told_apart(text, above, words):
    """However the head of the mail below is written, what stands above it is the forwarder's."""
    passed = forwarded(above + text)

    assert (JO, words) == (passed.author, passed.words)
    assert ("Fire", "It burns.\n\nJo") == (passed.mail.subject, passed.mail.text)


def test_without_a_subject_in_its_head_the_forwards_own_counts():
    """The mark of a forward goes."""
    passed = forwarded("From: Jo Doe <jo@x.example>\nDate: Mon, 2 Jan 2023 10:00\nTo: us\n\nIt burns.", "WG: Fwd: Fire")

    assert "Fwd: Fire" == passed.mail.subject


@pytest.mark.parametrize(
    ("text", "subject"),
    [(GMAIL, "Re: Fire"), ("It burns.", "Fwd: Fire"), (OUTLOOK, "Fire")],
    ids=["an answer", "no head", "a quote"],
)
def test_what_forwards_nothing(text, subject):
    """An answer, a subject alone, and a head alone say nothing of a forward."""
    assert forwarded(text, subject) is None


def enclosing(
    words, subject="Look", inner=b"From: Jo Doe <jo@x.example>\nSubject: Fire\n\nIt burns.", encoding=b"7bit"
):
    head = f"From: carl@y.example\nSubject: {subject}\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n{words}\n"
    part = b"--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: %s\n\n" % encoding
    return head.encode() + part + inner + b"\n--b--\n"


def test_an_enclosed_mail_is_passed_on():
    """With few words, or with the mark of a forward and any number; a letter that encloses a mail is a letter."""
    few, many = "x " * (FEW_WORDS // 2 - 1), "x " * FEW_WORDS

    assert (JO, few.strip()) == (passed_on(parse(enclosing(few))).author, passed_on(parse(enclosing(few))).words)
    assert JO == passed_on(parse(enclosing(many, "FW: Fire"))).author
    assert passed_on(parse(enclosing(many))) is None


def test_files_of_an_enclosed_mail_are_places_in_the_whole():
    """Also where the mail was encoded."""
    inner = b"From: jo@x.example\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERg==\n"
    encoded = b"RnJvbTogam9AeC5leGFtcGxlCkNvbnRlbnQtVHlwZTogYXBwbGljYXRpb24vcGRmOyBuYW1lPWEucGRmCkNvbnRlbnQtVHJhbnNmZXItRW5jb2Rpbmc6IGJhc2U2NAoKSlZCRVJnPT0K"
    for raw in (enclosing("", inner=inner), enclosing("", inner=encoded, encoding=b"base64")):
        file, whole = passed_on(parse(raw)).mail.attachments

        assert (b"%PDF", "a.pdf") == (read(raw, file.source), file.name)
        assert inner.strip() == read(raw, whole.source).strip()
