"""Who stands for the author, decided without asking anybody."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingestd.core.facts import Relay
from ingestd.core.model import Envelope, Grade
from ingestd.delivery.author import Author, People, author_of
from ingestd.mail.parse import parse

ENVELOPE = Envelope("ann@x.example", "us@y.example", "us@y.example", "127.0.0.1", "mx", False, datetime.now(UTC))
PEOPLE = People("nobody@y.example", staff=("*@y.example",), reply_to=("form@x.example",), own=("us@y.example",))
FORWARD = parse(b"From: c@y.example\nSubject: Fwd: x\n\nFrom: jo@x.example\nSent: Mon\nTo: us\nSubject: x\n\nHi")
FORM = parse(b"From: form@x.example\nReply-To: jo@x.example\n\nHi")


@pytest.mark.parametrize(
    ("mail", "grade", "author"),
    [
        (FORWARD, Grade.VERIFIED, Author("jo@x.example", "jo@x.example", Grade.VERIFIED, Relay.STAFF, "c@y.example")),
        (FORWARD, Grade.UNVERIFIED, Author("c@y.example", "c@y.example", Grade.UNVERIFIED)),
        (FORWARD, Grade.FORGED, Author("c@y.example", "c@y.example", Grade.FORGED)),
        (FORM, Grade.VERIFIED, Author("jo@x.example", "jo@x.example", Grade.UNVERIFIED, Relay.FORM, "form@x.example")),
        (FORM, Grade.FORGED, Author("jo@x.example", "jo@x.example", Grade.FORGED, Relay.FORM, "form@x.example")),
    ],
)
def test_nobody_is_surer_of_an_author_than_of_who_names_him(mail, grade, author):
    """Verified staff vouch for what they forward; a verified form only tells what its visitor wrote."""
    assert author == author_of(mail, ENVELOPE, PEOPLE, grade, ticketed=False)


def test_without_from_the_envelope_speaks():
    """The reverse-path, else Reply-To, which is told and not proven, else the configured nobody."""
    mail = parse(b"Subject: x\n\nHi")

    assert "ann@x.example" == author_of(mail, ENVELOPE, PEOPLE, Grade.TRUSTED, ticketed=False).address
    bounced = replace(ENVELOPE, reverse_path="")
    assert "nobody@y.example" == author_of(mail, bounced, PEOPLE, Grade.TRUSTED, ticketed=False).address
    asking = parse(b"Reply-To: Jo <jo@x.example>\nSubject: x\n\nHi")
    jo = Author("Jo", "jo@x.example", Grade.UNVERIFIED)
    assert "ann@x.example" == author_of(asking, ENVELOPE, PEOPLE, Grade.TRUSTED, ticketed=False).address
    assert jo == author_of(asking, bounced, PEOPLE, Grade.VERIFIED, ticketed=False)
    ours = parse(b"Reply-To: us@y.example\n\nHi")
    assert "nobody@y.example" == author_of(ours, bounced, PEOPLE, Grade.TRUSTED, ticketed=False).address
