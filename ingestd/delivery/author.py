"""Who stands for the author of a mail: From, unless staff, a list or a form passes on what somebody else wrote. Pure."""

from dataclasses import dataclass

from ingestd.core.addresses import matches
from ingestd.core.compose import plain_address
from ingestd.core.facts import SURE, Relay
from ingestd.core.model import Envelope, Grade, Mail, Mailbox
from ingestd.core.routes import route_of
from ingestd.mail.forward import passed_on
from ingestd.mail.origin import listed_author
from ingestd.quick import quick


@dataclass(frozen=True, slots=True)
class People:
    """Whom the operator names: `staff` and `reply_to` are address patterns, `own` the recipients of all routes."""

    nobody: str
    staff: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Author:
    """Name and address, never empty; `relay` passed the mail on, and `by` is its address. `grade` is how sure we are."""

    name: str
    address: str
    grade: Grade
    relay: Relay | None = None
    by: str = ""


def author_of(mail: Mail, envelope: Envelope, people: People, grade: Grade, *, ticketed: bool) -> Author:
    """From, else the reverse-path, else Reply-To, else nobody; or who stands behind From. `grade` is that of From.

    Where the mail names a ticket, staff answer in it, whatever their mail quotes.
    """
    if mail.author is None:
        return _unsigned(mail, envelope, people, grade)
    written = mail.author
    if grade in SURE and not ticketed and is_staff(written.address, people):
        if other := _forwarded(mail, people):
            # Staff vouch for what they pass on.
            return _behind(other, written, grade, Relay.STAFF)
    elif matches(written.address, people.reply_to):
        if other := _foreign(mail.reply_to[:1], people):
            return _behind(other, written, _told(grade), Relay.FORM)
    elif other := listed_author(mail):
        return _behind(other, written, _told(grade), Relay.LIST)
    return Author(written.name or written.address, written.address, grade)


def _unsigned(mail: Mail, envelope: Envelope, people: People, grade: Grade) -> Author:
    """Where From names nobody, whoever answers would reach; a field of the mail is trusted for less than SMTP."""
    if envelope.reverse_path:
        return Author(envelope.reverse_path, envelope.reverse_path, grade)
    answers = _foreign(mail.reply_to[:1], people)
    if answers is None:
        return Author(people.nobody, people.nobody, grade)
    return Author(answers.name or answers.address, answers.address, _told(grade))


def is_staff(address: str, people: People) -> bool:
    """Whether this address is one of us."""
    return matches(address, people.staff)


def _forwarded(mail: Mail, people: People) -> Mailbox | None:
    """Who wrote what staff forward: never an answer's quoted mail, and never one of us."""
    passed = passed_on(mail)
    found = _foreign((passed.author,), people) if passed else None
    return None if found is None or is_staff(found.address, people) else found


def _foreign(boxes: tuple[Mailbox, ...], people: People) -> Mailbox | None:
    return next((box for box in boxes if plain_address(box.address) and not route_of(box.address, people.own)), None)


def _behind(other: Mailbox, written: Mailbox, grade: Grade, relay: Relay) -> Author:
    return Author(other.name or other.address, other.address, grade, relay, written.address)


def _told(grade: Grade) -> Grade:
    """What a form or a list says of its author was checked by nobody, even where the form itself is verified."""
    return Grade.UNVERIFIED if grade is Grade.VERIFIED else grade
