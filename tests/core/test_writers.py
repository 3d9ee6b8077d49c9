"""Who wrote to a ticket, or may have opened it untold: what the ticket says, and whom a look at the subjects leaves over."""

import pytest

from ingestd.core.model import QueueId
from ingestd.core.ticket import Post, Ticket
from ingestd.core.untold import Unsigned, Writers, is_alike, writers_to

ME = QueueId("53AGS8PAK9HRPZQB8RTK")


def ticket(*texts, subject="Help"):
    posts = tuple(Post(n, "ann@example.net", 0, 0, False, text, (), "") for n, text in enumerate(texts))
    return Ticket(1, "123456", 1, 0, 0, "Ann", "ann@example.net", (), subject, "Open", "Medium", posts, ())


def test_the_markers_name_the_writers():
    """Of every post; one that is quoted is none."""
    there = ticket(
        "Hello\n[ref:53AGS8WSFDDEYX61E0G1-0]", "More\n[ref:53AGS9A3YJDZ7B3T5QKT-1]\n> [ref:53AGS9ET10MPBHW0SNZR-0]"
    )

    assert Writers((QueueId("53AGS8WSFDDEYX61E0G1"), QueueId("53AGS9A3YJDZ7B3T5QKT"))) == writers_to(
        there, ME, markers=True
    )


def test_an_opening_post_without_one_may_be_anybodys():
    """A reply's marker does not tell who opened it. The subject is as people read it."""
    there = ticket("Hello", "More\n[ref:53AGS9A3YJDZ7B3T5QKT-1]", subject="Salt &amp;  pepper")

    unsigned = Unsigned("Salt & pepper", "Hello", True, ME)
    assert Writers((QueueId("53AGS9A3YJDZ7B3T5QKT"),), unsigned) == writers_to(there, ME, markers=True)


@pytest.mark.parametrize(
    ("subject", "alike"),
    [
        ("Help", True),
        ("Help me", False),
        (" Help \N{GRINNING FACE} me", True),
        ("", True),
        ("Other", False),
    ],
)
def test_a_mail_of_another_subject_did_not_open_it(subject, alike):
    """What MySQL cut at a character of four bytes is the same as far as it goes."""
    assert alike is is_alike(subject, Unsigned("Help", "Hello", True, ME))


def test_a_ticket_without_a_subject_may_be_that_of_a_mail_whose_own_was_refused():
    """It was mended, and names no longer what the mail said."""
    assert is_alike("Other", Unsigned("(no subject)", "Hello", True, ME))
