"""What `decide` may know besides the mail: facts that were asked for, and what the operator wants."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from ingestd.core.abilities import WHMCS, Abilities
from ingestd.core.addresses import folded
from ingestd.core.model import Client, Grade, Guest, QueueId, Sender, Staff
from ingestd.core.refs import Sign
from ingestd.core.ticket import Priority, Ticket
from ingestd.core.wishes import Actions, Kinds, Lists, Rule, Screen
from ingestd.quick import quick

SURE = frozenset({Grade.TRUSTED, Grade.VERIFIED})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator wants of one route. `own` are the recipients of all routes; `max_post` 0 means unknown.

    `actions` are what his rules want done with the mail at hand, `said` what its ticket must say of it.
    """

    department: int
    priority: Priority
    hold: bool
    custom_fields: tuple[tuple[int, str], ...]
    own: frozenset[str]
    nobody: str
    unverified: str
    strangers: str
    attachment_types: frozenset[str]
    max_post: int
    markdown: bool
    most_hops: int
    most_per_hour: int
    answers_per_hour: int
    late: timedelta
    kinds: Kinds = field(default_factory=Kinds)
    clients_only: bool = False
    replies_only: bool = False
    lists: Lists = field(default_factory=Lists)
    screen: Screen = field(default_factory=Screen)
    rules: tuple[Rule, ...] = ()
    mail_priority: bool = True
    actions: Actions = field(default_factory=Actions)
    said: tuple[str, ...] = ()
    abilities: Abilities = WHMCS


class Relay(StrEnum):
    """What passed a mail on that somebody else wrote."""

    STAFF = "staff"
    LIST = "list"
    FORM = "form"


@quick
@dataclass(frozen=True, slots=True)
class Facts:
    """All that `decide` may know besides the mail. `author` is the address that stands for its author, never empty.

    `ticket` is the one that the mail names and that exists, `sign` by what; `number` is the number as named even if
    there is no such ticket. `recent` counts this author's mails of the last hour, of the same peer and grade; `crowded`
    where everybody's new tickets were too many for an answer each. `sibling` is the entry over the
    same raw mail that is planned for the same ticket already. `remark` is a line for staff about the look-up.
    Where `relay` is set, From was `relayed_by`, and `author` is who wrote to that address first. `grade_reason` says
    why this grade, `grade_header` is the field that shows it. `size` is that of the raw mail. `ambiguous`: the
    author's address is that of several clients, and none was chosen.
    """

    author: str
    name: str
    sender: Sender
    grade: Grade
    ticket: Ticket | None
    sign: Sign | None
    number: str
    participant: bool
    recent: int
    sibling: QueueId | None
    remark: str
    now: datetime
    released: bool
    relay: Relay | None = None
    relayed_by: str = ""
    size: int = 0
    ambiguous: bool = False
    crowded: bool = False
    grade_reason: str = ""
    grade_header: str = ""


def vouched(facts: Facts, policy: Policy) -> bool:
    """Whether the author is believed to have written: staff only where somebody has checked it, or nobody could."""
    if facts.grade is Grade.UNVERIFIED:
        return policy.unverified == "client" and not isinstance(facts.sender, Staff)
    return facts.grade in SURE


def participates(ticket: Ticket, author: str, sender: Sender, known: frozenset[str]) -> bool:
    """Whether this author belongs to the ticket: its owner, one of the owner's, on its Cc, or an earlier participant.

    `known` are the authors of earlier mails that were verified or trusted. An empty address never matches.
    """
    match sender:
        case Staff():
            return True
        case Client(client_id=client_id) if ticket.client_id and client_id == ticket.client_id:
            return True
        case Client() | Guest():
            return folded(author) in people_of(ticket) | {folded(each) for each in known if each}
        case _ as never:
            assert_never(never)


def people_of(ticket: Ticket) -> frozenset[str]:
    """Every address that has a part in this ticket, folded."""
    owner = () if ticket.client_id else (ticket.email,)
    posts = tuple(post.author for post in ticket.posts if not post.staff)
    return frozenset(folded(address) for address in (*owner, *ticket.cc, *posts) if address)
