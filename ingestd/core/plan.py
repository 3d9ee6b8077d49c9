"""What is decided, as calls: a ticket opened, a reply appended, a note written; with Cc, files and what staff must know."""

from datetime import datetime
from itertools import islice
from typing import assert_never

from ingestd.core import compose
from ingestd.core.addresses import folded, with_a_labels
from ingestd.core.amend import file_checks, fitted
from ingestd.core.facts import SURE, Facts, Policy, Relay, people_of, vouched
from ingestd.core.journal import Deliver
from ingestd.core.model import Client, Envelope, Grade, Guest, Mail, Sender, Staff
from ingestd.core.quiet import crowded, quiet
from ingestd.core.routes import route_of
from ingestd.core.ticket import AddTicketNote, AddTicketReply, Call, OpenTicket, Ticket, UpdateTicket
from ingestd.core.wanted import as_wanted, further

MOST_CC = 10
LONGEST_NOTE = 20_000
LONGEST_NAME = 100


def opened(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy, reason: str) -> Deliver:
    """A ticket of its own."""
    body = compose.body(mail, mail.text, mail.markdown, policy.attachment_types, markdown=policy.markdown)
    opener = _opener(facts, policy)
    call = OpenTicket(
        department=policy.department,
        subject=compose.subject(mail.subject),
        message=compose.joined(body.text, (*_said_of(mail, facts), *_as_written(mail, facts, opener)), body.remarks),
        sender=opener,
        priority=policy.priority,
        files=body.files,
        custom_fields=policy.custom_fields,
        noemail=quiet(mail, envelope, facts, policy) or crowded(facts, policy),
        markdown=body.markdown,
        created=_created(envelope, facts, policy),
    )
    return Deliver(_whole(call, mail, facts, policy), reason)


def appended(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy, ticket: Ticket) -> Deliver:
    """A reply to this ticket."""
    words = mail.reply if mail.reply.strip() else mail.text
    body = compose.body(mail, words, "", policy.attachment_types, markdown=False)
    call = AddTicketReply(
        ticket_id=ticket.ticket_id,
        message=compose.joined(body.text, (facts.remark, *_doubts(mail, facts)), body.remarks),
        sender=_named(facts.sender),
        files=body.files,
        noemail=quiet(mail, envelope, facts, policy),
        created=_created(envelope, facts, policy),
    )
    cut = (
        "" if words.strip() == mail.text.strip() else "; quoted history cut, the whole is in the raw mail (queue dump)"
    )
    return Deliver(_whole(call, mail, facts, policy), f"reply to {ticket.number} by {facts.sign}{cut}", ticket.number)


def noted(mail: Mail, facts: Facts, ticket: Ticket) -> Deliver:
    """A staff note on this ticket, by somebody who has no part in it."""
    words = compose.cut(mail.reply if mail.reply.strip() else mail.text, LONGEST_NOTE) or "(no text)"
    files = tuple(f"File, kept with the mail: {file.name}" for file in mail.attachments)
    who = f"{facts.name[:LONGEST_NAME]} <{facts.author[:300]}>"
    said = compose.joined(f"{who}, who has no part in this ticket, wrote:\n\n{words}", (), files)
    reason = f"note on {ticket.number}: the author has no part in it"
    return Deliver((AddTicketNote(ticket.ticket_id, said),), reason, ticket.number)


def _whole(call: OpenTicket | AddTicketReply, mail: Mail, facts: Facts, policy: Policy) -> tuple[Call, ...]:
    """The call, its files in as many replies as the helpdesk's limit asks for, what else changes, and the file checks."""
    call = as_wanted(call, mail, facts, policy)
    changes = further(call, _cc(call, mail, facts, policy), mail, facts, policy)
    calls = (*fitted(call, policy.max_post), *changes)
    return (*calls, *file_checks(calls))


def _cc(call: OpenTicket | AddTicketReply, mail: Mail, facts: Facts, policy: Policy) -> tuple[Call, ...]:
    # The Cc of a forward are the forwarder's colleagues, not people of the customer's.
    if not mail.cc or facts.grade not in SURE or facts.relay is Relay.STAFF:
        return ()
    barred = {folded(policy.nobody), folded(facts.author)}
    if isinstance(call, AddTicketReply) and facts.ticket is not None:
        barred |= people_of(facts.ticket) | {folded(facts.ticket.email)}
    ours = tuple(policy.own)
    cc = dict.fromkeys(box.address.casefold() for box in mail.cc)
    added = (
        each for each in cc if folded(each) not in barred and compose.plain_address(each) and not route_of(each, ours)
    )
    chosen = tuple(islice(added, MOST_CC))
    ticket_id = call.ticket_id if isinstance(call, AddTicketReply) else None
    return (UpdateTicket(ticket_id, cc=chosen),) if chosen else ()


def _opener(facts: Facts, policy: Policy) -> Sender:
    """Whom a new ticket belongs to: no account is opened on a From line that nobody vouches for."""
    match facts.sender:
        case Client() as client if vouched(facts, policy):
            return client
        case Guest() as guest:
            return _named(guest)
        case Client() | Staff():
            return _named(Guest(facts.name or facts.author, facts.author))
        case _ as never:
            assert_never(never)


def _named(sender: Sender) -> Sender:
    """The sender with a name that fits a database column, and an address that a helpdesk takes.

    Who calls himself by another's address is called by his own: staff read the name, and believe it.
    """
    if not isinstance(sender, Guest):
        return sender
    email = with_a_labels(sender.email)
    borrowed = "@" in sender.name and folded(sender.name) != folded(sender.email)
    return Guest((email if borrowed else sender.name)[:LONGEST_NAME], email)


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


def _as_written(mail: Mail, facts: Facts, opener: Sender) -> tuple[str, ...]:
    """From, To and Cc for staff, where no client's account says who wrote."""
    if isinstance(opener, Client) and facts.relay is None:
        return ()
    # Where From names nobody it is told already.
    shown = ("To", "Cc") if mail.author is None else ("From", "To", "Cc")
    return tuple(f"{name}: {said}" for name in shown if (said := compose.fields(mail, name.casefold())))


def _other_ticket(facts: Facts) -> str:
    if facts.ticket is None:
        return f"This mail names ticket {facts.number}, which is not there." if facts.number else ""
    apart = "" if facts.participant else ", in which its author has no part"
    return f"This mail names ticket {facts.ticket.number}{apart}."


def _created(envelope: Envelope, facts: Facts, policy: Policy) -> datetime | None:
    late = facts.now - envelope.received_at > policy.late
    return envelope.received_at if late else None
