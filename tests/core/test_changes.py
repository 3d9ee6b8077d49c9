"""Differences: doing them twice changes nothing."""

from dataclasses import replace

import pytest
from core_given import OPENING, TICKET

from ingestd.core.changes import difference, files_missing
from ingestd.core.ticket import Priority, UpdateTicket

MARKER = "[ref:0ABCDEFGHJKMNPQRSTVW-0]"
LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH
TEN = tuple(f"{n}@example.net" for n in range(10))


@pytest.mark.parametrize(
    ("there", "wanted", "set_to"),
    [
        ((), ("a@x.net",), ("a@x.net",)),
        (("a@x.net",), ("b@x.net",), ("a@x.net", "b@x.net")),
        (("A@x.net",), ("a@X.net",), None),
        (("a@x.net",), (), None),
        ((), (), None),
        (TEN, ("b@x.net",), None),
        (TEN[:9], ("b@x.net", "c@x.net"), (*TEN[:9], "b@x.net")),
        ((*TEN, "11@example.net"), ("b@x.net",), None),
    ],
)
def test_cc_is_merged_and_bounded(there, wanted, set_to):
    """What is there stays, in its order and beyond ten; new addresses are added up to ten; none is removed."""
    found = difference(replace(TICKET, cc=there), UpdateTicket(None, cc=wanted))

    assert found == (UpdateTicket(50, cc=set_to) if set_to else None)


@pytest.mark.parametrize(
    ("now", "wanted", "raised"),
    [
        ("Low", MEDIUM, True),
        ("Low", HIGH, True),
        ("Medium", HIGH, True),
        ("Medium", MEDIUM, False),
        ("High", LOW, False),
        ("High", MEDIUM, False),
        ("Urgent", HIGH, True),
        ("Urgent", MEDIUM, False),
        ("Low", None, False),
    ],
)
def test_a_priority_is_only_raised(now, wanted, raised):
    """What staff set higher stays; a word that nobody knows counts as the middle."""
    found = difference(replace(TICKET, priority=now), UpdateTicket(None, priority=wanted))

    assert found == (UpdateTicket(50, priority=wanted) if raised else None)


@pytest.mark.parametrize(("there", "wanted", "set_to"), [(0, 3, 3), (5, 3, None), (3, 3, None), (0, None, None)])
def test_a_ticket_is_assigned_where_nobody_has_it(there, wanted, set_to):
    """What staff took themselves, or handed on, stays theirs."""
    found = difference(replace(TICKET, flag=there), UpdateTicket(None, flag=wanted))

    assert found == (UpdateTicket(50, flag=set_to) if set_to else None)


def test_a_difference_made_is_no_difference():
    """What is computed from the ticket as it stands after is dropped."""
    call = UpdateTicket(None, cc=("a@x.net",), priority=HIGH)
    made = difference(TICKET, call)

    assert UpdateTicket(50, cc=("a@x.net",), priority=HIGH) == made
    assert difference(replace(TICKET, cc=made.cc, priority="High"), call) is None


@pytest.mark.parametrize(
    ("stored", "missing"),
    [
        ((), True),
        (("1_a.pdf",), True),
        (("1_a.pdf", "2_b.pdf"), False),
        (("1_a.pdf", "2_b.pdf", "3_c.pdf"), False),
    ],
)
def test_files_are_counted_on_the_post_that_bears_the_marker(stored, missing):
    """Two were sent; fewer than two are missing some. Other posts' files do not count."""
    ours = replace(OPENING, text=f"See\n\n{MARKER}", files=stored)
    other = replace(OPENING, post_id=1, text="See", files=("x", "y", "z"))

    assert missing is files_missing((other, ours), "See", MARKER, 2)


def test_a_post_that_is_no_longer_there_lacks_nothing():
    """Staff removed it, or merged its ticket."""
    assert not files_missing((OPENING,), "See", MARKER, 2)
