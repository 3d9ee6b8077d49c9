"""(Mail, Facts, Policy) -> Verdict, always with its reason: who may do what, and what becomes of a robot's mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import assert_never

from ingestd.core import compose
from ingestd.core.amend import file_checks, fitted
from ingestd.core.journal import Deliver, Discard, Hold, Verdict
from ingestd.core.marker import has_marker
from ingestd.core.model import Client, Envelope, Grade, Guest, Kind, Mail, QueueId, Sender, Staff
from ingestd.core.refs import Sign
from ingestd.core.routes import bare, route_of
from ingestd.core.ticket import AddTicketNote, AddTicketReply, Call, OpenTicket, Priority, Ticket, UpdateTicket

MOST_CC = 10
LONGEST_NOTE = 20_000
LONGEST_NAME = 100
SURE = frozenset({Grade.TRUSTED, Grade.VERIFIED})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator wants of one route. `own` are the recipients of all routes; `max_post` 0 means unknown."""

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
    late: timedelta


class Relay(StrEnum):
    """What passed a mail on that somebody else wrote."""

    STAFF = "staff"
    LIST = "list"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that `decide` may know besides the mail. `author` is the address that stands for its author, never empty.

    `ticket` is the one that the mail names and that exists, `sign` by what; `number` is the number as named even if
    there is no such ticket. `recent` counts this author's mails of the last hour. `sibling` is the entry over the
    same raw mail that is planned for the same ticket already. `remark` is a line for staff about the look-up.
    Where `relay` is set, From was `relayed_by`, and `author` is who wrote to that address first.
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


def decide(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> Verdict:
    """What becomes of this mail. A released mail is delivered whatever the policy said."""
    if facts.sibling is not None:
        return Discard(f"merged with {facts.sibling}")
    if not facts.released:
        refusal = _loop(mail, facts, policy) or _kind(mail) or _parked(policy)
        if refusal is not None:
            return refusal
    return _deliver(mail, envelope, facts, policy)


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
            return author.casefold() in _people(ticket) | known
        case _ as never:
            assert_never(never)


def _people(ticket: Ticket) -> frozenset[str]:
    owner = () if ticket.client_id else (ticket.email,)
    posts = tuple(post.author for post in ticket.posts if not post.staff)
    return frozenset(address.casefold() for address in (*owner, *ticket.cc, *posts) if address)


def _loop(mail: Mail, facts: Facts, policy: Policy) -> Verdict | None:
    if bare(facts.author) in policy.own:
        return Hold(f"loop: the author {facts.author} is one of our own addresses")
    if mail.kind is not Kind.ORDINARY and has_marker(mail.text):
        return Hold("loop: an automatic mail that repeats our own text")
    if mail.hops > policy.most_hops:
        return Hold(f"loop: {mail.hops} hops")
    if facts.recent > policy.most_per_hour:
        return Hold(f"loop: {facts.recent} mails of this author in an hour")
    return None


def _kind(mail: Mail) -> Verdict | None:
    match mail.kind:
        case Kind.BOUNCE | Kind.DELAYED | Kind.AUTO_REPLY:
            return Discard(f"{mail.kind}: {mail.sign}")
        case Kind.ORDINARY | Kind.FEEDBACK | Kind.AUTO_GENERATED | Kind.LIST | Kind.BULK:
            return None
        case _ as never:
            assert_never(never)


def _parked(policy: Policy) -> Verdict | None:
    return Hold("the route holds its mail") if policy.hold else None


def _deliver(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> Verdict:
    if facts.grade is Grade.FORGED:
        return _opened(mail, envelope, facts, policy, "new guest ticket: the author is forged")
    if not _vouched(facts, policy):
        return _opened(mail, envelope, facts, policy, "new guest ticket: the author is not verified")
    if facts.ticket is None:
        gone = f"new ticket: {facts.number} is gone" if facts.number else "new ticket"
        return _opened(mail, envelope, facts, policy, gone)
    if facts.participant:
        return _appended(mail, envelope, facts, policy, facts.ticket)
    if facts.sign is Sign.MESSAGE_ID and policy.strangers == "note" and not facts.released:
        return _noted(mail, facts, facts.ticket)
    return _opened(mail, envelope, facts, policy, f"new ticket: the author has no part in {facts.ticket.number}")


def _vouched(facts: Facts, policy: Policy) -> bool:
    """Whether the author is believed to have written: staff only where somebody has checked it, or nobody could."""
    if facts.grade is Grade.UNVERIFIED:
        return policy.unverified == "client" and not isinstance(facts.sender, Staff)
    return facts.grade in SURE


def _opened(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy, reason: str) -> Verdict:
    body = compose.body(mail, mail.text, mail.markdown, policy.attachment_types, markdown=policy.markdown)
    call = OpenTicket(
        department=policy.department,
        subject=compose.subject(mail.subject),
        message=compose.joined(body.text, _said_of(mail, facts), body.remarks),
        sender=_opener(facts, policy),
        priority=policy.priority,
        files=body.files,
        custom_fields=policy.custom_fields,
        noemail=_quiet(mail, envelope, facts, policy),
        markdown=body.markdown,
        created=_created(envelope, facts, policy),
    )
    return Deliver(_whole(call, mail, facts, policy), reason)


def _appended(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy, ticket: Ticket) -> Verdict:
    words = mail.reply if mail.reply.strip() else mail.text
    body = compose.body(mail, words, "", policy.attachment_types, markdown=False)
    call = AddTicketReply(
        ticket_id=ticket.ticket_id,
        message=compose.joined(body.text, (facts.remark, *_doubts(mail, facts)), body.remarks),
        sender=_named(facts.sender),
        files=body.files,
        noemail=_quiet(mail, envelope, facts, policy),
        created=_created(envelope, facts, policy),
    )
    cut = (
        "" if words.strip() == mail.text.strip() else "; quoted history cut, the whole is in the raw mail (queue dump)"
    )
    return Deliver(_whole(call, mail, facts, policy), f"reply to {ticket.number} by {facts.sign}{cut}", ticket.number)


def _noted(mail: Mail, facts: Facts, ticket: Ticket) -> Verdict:
    words = compose.cut(mail.reply if mail.reply.strip() else mail.text, LONGEST_NOTE) or "(no text)"
    files = tuple(f"File, kept with the mail: {file.name}" for file in mail.attachments)
    who = f"{facts.name[:LONGEST_NAME]} <{facts.author[:300]}>"
    said = compose.joined(f"{who}, who has no part in this ticket, wrote:\n\n{words}", (), files)
    reason = f"note on {ticket.number}: the author has no part in it"
    return Deliver((AddTicketNote(ticket.ticket_id, said),), reason, ticket.number)


def _whole(call: OpenTicket | AddTicketReply, mail: Mail, facts: Facts, policy: Policy) -> tuple[Call, ...]:
    """The call, its files in as many replies as the helpdesk's limit asks for, Cc, and the check of the files."""
    calls = (*fitted(call, policy.max_post), *_cc(call, mail, facts, policy))
    return (*calls, *file_checks(calls))


def _cc(call: OpenTicket | AddTicketReply, mail: Mail, facts: Facts, policy: Policy) -> tuple[Call, ...]:
    # The Cc of a forward are the forwarder's colleagues, not people of the customer's.
    if facts.grade not in SURE or facts.relay is Relay.STAFF:
        return ()
    barred = {policy.nobody.casefold(), facts.author.casefold()}
    if isinstance(call, AddTicketReply) and facts.ticket is not None:
        barred |= _people(facts.ticket) | {facts.ticket.email.casefold()}
    ours = tuple(policy.own)
    cc = dict.fromkeys(box.address.casefold() for box in mail.cc)
    added = (each for each in cc if each not in barred and compose.plain_address(each) and not route_of(each, ours))
    chosen = tuple(islice(added, MOST_CC))
    ticket_id = call.ticket_id if isinstance(call, AddTicketReply) else None
    return (UpdateTicket(ticket_id, cc=chosen),) if chosen else ()


def _opener(facts: Facts, policy: Policy) -> Sender:
    """Whom a new ticket belongs to: no account is opened on a From line that nobody vouches for."""
    match facts.sender:
        case Client() as client if _vouched(facts, policy):
            return client
        case Guest() as guest:
            return _named(guest)
        case Client() | Staff():
            return _named(Guest(facts.name or facts.author, facts.author))
        case _ as never:
            assert_never(never)


def _named(sender: Sender) -> Sender:
    """The sender with a name that fits a database column."""
    return Guest(sender.name[:LONGEST_NAME], sender.email) if isinstance(sender, Guest) else sender


def _said_of(mail: Mail, facts: Facts) -> tuple[str, ...]:
    """What staff must know of a new ticket: that its author is not who he seems, or that it names another."""
    return (_relayed(facts), facts.remark, *_doubts(mail, facts), _other_ticket(facts))


def _relayed(facts: Facts) -> str:
    by = facts.relayed_by[:300]
    match facts.relay:
        case None:
            return ""
        case Relay.STAFF:
            return f"Forwarded by {by}."
        case Relay.LIST:
            return f"Sent through the list {by}."
        case Relay.FORM:
            return f"Sent through the form {by}."
        case _ as never:
            assert_never(never)


def _doubts(mail: Mail, facts: Facts) -> tuple[str, ...]:
    lines = []
    if facts.grade is Grade.FORGED:
        lines.append(f"The sender of this mail is forged: it was not written by {facts.author[:300]}.")
    if facts.grade is Grade.UNVERIFIED:
        lines.append(f"Nothing shows that {facts.author[:300]} wrote this mail.")
    if mail.author is None:
        lines.append(f"No sender could be read. From says: {compose.header(mail, 'from') or '(nothing)'}")
    return tuple(lines)


def _other_ticket(facts: Facts) -> str:
    if facts.ticket is None:
        return f"This mail names ticket {facts.number}, which is not there." if facts.number else ""
    apart = "" if facts.participant else ", in which its author has no part"
    return f"This mail names ticket {facts.ticket.number}{apart}."


def _quiet(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> bool:
    """Whether the helpdesk's own mail could reach somebody who did not write, or start a loop."""
    return (
        facts.grade not in SURE
        or mail.kind is not Kind.ORDINARY
        # Whoever wrote to one of us, or to a list, does not know of the helpdesk: staff's answer comes first.
        or facts.relay in {Relay.STAFF, Relay.LIST}
        or not envelope.reverse_path
        or facts.author.casefold() == policy.nobody.casefold()
    )


def _created(envelope: Envelope, facts: Facts, policy: Policy) -> datetime | None:
    late = facts.now - envelope.received_at > policy.late
    return envelope.received_at if late else None
