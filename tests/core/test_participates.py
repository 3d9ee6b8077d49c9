"""Who has a part in a ticket."""

from dataclasses import replace

import pytest
from core_given import OPENING, TICKET

from ingestd.core.facts import participates
from ingestd.core.model import Client, Guest, Staff

STAFF = Staff("carl")
BOB = Guest("Bob", "bob@example.net")
REPLIED = replace(TICKET, posts=(OPENING, replace(OPENING, post_id=1, author="Bob@example.net", client_id=0)))
ANSWERED = replace(TICKET, posts=(OPENING, replace(OPENING, post_id=2, author="bob@example.net", staff=True)))


@pytest.mark.parametrize(
    ("ticket", "sender", "known", "has_part"),
    [
        (TICKET, Client(7), (), True),
        (TICKET, Client(7, contact_id=3), (), True),
        (TICKET, Client(7, user_id=4), (), True),
        (TICKET, Client(8), (), False),
        (TICKET, BOB, (), False),
        (TICKET, STAFF, (), True),
        (replace(TICKET, cc=("BOB@example.net",)), BOB, (), True),
        (replace(TICKET, cc=("bob@example.net",)), Client(8), (), True),
        (replace(TICKET, client_id=0, email="bob@example.net"), BOB, (), True),
        (replace(TICKET, client_id=0, email="bob@example.net"), Client(8), (), True),
        (replace(TICKET, client_id=0), Client(0), (), False),
        (replace(TICKET, email="bob@example.net"), BOB, (), False),
        (REPLIED, BOB, (), True),
        (ANSWERED, BOB, (), False),
        (TICKET, BOB, ("bob@example.net",), True),
        (replace(TICKET, cc=("",), client_id=0, email=""), Guest("", ""), (), False),
    ],
)
def test_who_has_a_part_in_a_ticket(ticket, sender, known, has_part):
    """The owner and the owner's, its Cc, who wrote before; never an empty address, never a client's bare address."""
    author = sender.email if isinstance(sender, Guest) else "bob@example.net"

    assert has_part is participates(ticket, author, sender, frozenset(known))


IDN = replace(
    TICKET, client_id=0, email="bob@bücher.example", cc=("ann@straße.example", "Zoë@example.net", "kim@example.net")
)


@pytest.mark.parametrize(
    ("author", "has_part"),
    [
        ("bob@xn--bcher-kva.example", True),
        ("BOB@BÜCHER.example", True),
        ("bob+tag@bücher.example", False),
        ("bob@bucher.example", False),
        ("ann@strasse.example", False),
        ("ann@xn--strae-oqa.example", True),
        ("Zoë@EXAMPLE.net", True),
        ("zoë@example.net", True),
        ("zoe@example.net", False),
        ("Kim@example.net", True),
        ("\u212aim@example.net", False),
        ('"bob"@bücher.example', False),
    ],
)
def test_whose_address_is_the_same(author, has_part):
    """Case and punycode make no difference; a +tag does, and so do letters that only look alike."""
    assert has_part is participates(IDN, author, Guest("", author), frozenset())
    assert has_part is participates(
        replace(TICKET, email=""), author, Guest("", author), frozenset({IDN.email, *IDN.cc})
    )
