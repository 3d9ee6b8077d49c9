import pytest

from ingestd.core.model import Mailbox
from ingestd.mail.origin import forwarded_author, is_forward, listed_author
from ingestd.mail.parse import parse


@pytest.mark.parametrize(
    "head",
    [
        "---------- Forwarded message ---------\nFrom: Jo Doe <jo@x.example>\nDate: Mon\nSubject: x\nTo: us",
        "Von: Jo Doe [mailto:jo@x.example]\nGesendet: Montag\nAn: uns\nBetreff: x",
        "Begin forwarded message:\n\n> *From:* Jo Doe <jo@x.example<mailto:jo@x.example>>\n> *Date:* Mon\n> *To:* us\n> *Subject:* x",
    ],
)
def test_a_forward_names_its_author(head):
    """The head of the enclosed mail tells who wrote it first."""
    assert forwarded_author(f"Please answer.\n\n{head}\n\nHello") == Mailbox("Jo Doe", "jo@x.example")


def test_a_text_without_a_head_names_nobody():
    """A line that begins with From: is no head of a mail."""
    assert forwarded_author("From: here to there is far.\n\nJo <jo@x.example>") is None


def test_a_lists_rewriting_is_undone():
    """Google Groups and Mailman put the list into From; the author stands in a field of theirs or in Reply-To."""
    group = parse(
        b"From: 'Jo' via Help <help@x.example>\nX-Original-From: Jo <jo@y.example>\nList-ID: <help.x.example>\n\nx"
    )
    mailman = parse(
        b"From: Jo via Help <help@x.example>\nReply-To: jo@y.example, help@x.example\nList-Post: <mailto:help@x.example>\n\nx"
    )
    person = parse(b"From: Jo <jo@y.example>\nReply-To: other@z.example\nList-Post: <mailto:help@x.example>\n\nx")

    assert listed_author(group) == Mailbox("Jo", "jo@y.example")
    assert listed_author(mailman) == Mailbox("Jo", "jo@y.example")
    assert listed_author(person) is None


def test_a_field_alone_makes_no_list():
    """Who writes X-Original-From, or names a list that is not the one in From, is nobody else."""
    claimed = parse(b"From: Eve <eve@x.example>\nX-Original-From: Jo <jo@y.example>\n\nx")
    similar = parse(
        b"From: Eve <help@x.example>\nReply-To: jo@y.example\nList-Post: <mailto:nohelp@x.example>\n"
        b"List-Id: <otherhelp.x.example>\n\nx"
    )

    assert listed_author(claimed) is None
    assert listed_author(similar) is None


@pytest.mark.parametrize(
    ("subject", "text", "forward"),
    [
        ("Fwd: Help", "", True),
        ("WG: Hilfe", "", True),
        ("Help", "See below.\n\n---------- Forwarded message ---------\nFrom: Jo", True),
        ("Help", "Begin forwarded message:\n\n> From: Jo", True),
        ("Re: Help", "From: Jo\nSent: Monday\nTo: us\nSubject: x", False),
        ("Fixed: it", "We forwarded message after message.", False),
    ],
)
def test_a_forward_says_so(subject, text, forward):
    """By the prefix of its subject, or by a line above the enclosed mail."""
    assert is_forward(subject, text) is forward
