"""What the operator wishes, as data: what becomes of each kind of mail, whom he bars, what he makes of spam, his rules.

Patterns are folded: those of addresses as `ingestd.core.addresses` does, all others as `ingestd.core.wild` does. Where a condition holds several values, any of them will do; an empty one
is no condition.
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from ingestd.core.model import Grade, Kind
from ingestd.core.ticket import Priority

Network = IPv4Network | IPv6Network
Patterns = tuple[str, ...]


class Fate(StrEnum):
    """What becomes of a kind of mail. NOTE: a note for staff on the ticket that it names."""

    TICKET = "ticket"
    NOTE = "note"
    DISCARD = "discard"
    HOLD = "hold"


class Treatment(StrEnum):
    """What becomes of a mail that the relay takes for spam, or for infected. MARK: a ticket that says so."""

    HOLD = "hold"
    DISCARD = "discard"
    MARK = "mark"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Kinds:
    """What becomes of mail that no person wrote, or that was written to many."""

    bounces: Fate = Fate.DISCARD
    auto_replies: Fate = Fate.DISCARD
    auto_generated: Fate = Fate.TICKET
    lists: Fate = Fate.TICKET


@dataclass(frozen=True, slots=True)
class Lists:
    """Whose mail, and with what in it, is refused; and whose is taken for all that."""

    deny_senders: Patterns = ()
    deny_subjects: Patterns = ()
    deny_phrases: Patterns = ()
    allow_senders: Patterns = ()
    allow_subjects: Patterns = ()
    allow_phrases: Patterns = ()


@dataclass(frozen=True, slots=True)
class Screen:
    """What is made of the relay's verdicts, and whose fields are believed besides those of the last hop."""

    spam: Treatment = Treatment.HOLD
    virus: Treatment = Treatment.HOLD
    trusted_hosts: tuple[str, ...] = ()


class Standing(StrEnum):
    """Whom the helpdesk takes the author for."""

    CLIENT = "client"
    GUEST = "guest"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class When:
    """When a rule takes a mail: every condition must hold. `reverse_path` "" is the null path."""

    recipient: Patterns = ()
    reverse_path: Patterns = ()
    peer: tuple[Network, ...] = ()
    helo: Patterns = ()
    tls: bool | None = None
    header: tuple[tuple[str, Patterns], ...] = ()
    author: Patterns = ()
    grade: tuple[Grade, ...] = ()
    sender: tuple[Standing, ...] = ()
    client: tuple[int, ...] = ()
    kind: tuple[Kind, ...] = ()
    subject: Patterns = ()
    text: Patterns = ()
    follow_up: bool | None = None
    min_size: int | None = None
    max_size: int | None = None
    min_attachments: int | None = None
    max_attachments: int | None = None
    attachment: Patterns = ()
    attachment_type: Patterns = ()


@dataclass(frozen=True, slots=True)
class Actions:
    """What is done with a mail. `hold` and `discard` are reasons, at most one of the two; so with service and domain.

    Department, custom fields, service and domain are a new ticket's; the rest goes for replies too.
    """

    department: int | None = None
    priority: Priority | None = None
    custom_fields: tuple[tuple[int, str], ...] = ()
    service: int | None = None
    domain: int | None = None
    flag: int | None = None
    cc: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    noemail: bool | None = None
    hold: str = ""
    discard: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One of the operator's rules; `stop` ends them."""

    name: str
    when: When = When()
    actions: Actions = Actions()
    stop: bool = False
