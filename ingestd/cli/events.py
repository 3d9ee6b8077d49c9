"""Lines of the ledger in words: what happened first, then a line for each call of a plan."""

from typing import assert_never

from ingestd.core.journal import (
    ROUTE_HOLDS,
    Absent,
    Accepted,
    Deliver,
    Discard,
    Event,
    Hold,
    Ordered,
    Parked,
    Planned,
    Postponed,
    Settled,
    Started,
    Stopped,
    Verdict,
)
from ingestd.core.model import Client, Guest, Sender, Staff
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    AppendToTicket,
    Call,
    Deferred,
    Done,
    File,
    OpenTicket,
    Outcome,
    Refused,
    Unknown,
    UpdateTicket,
)


def words(event: Event) -> tuple[str, ...]:
    """What this event says, in lines."""
    match event:
        case Accepted(envelope=envelope):
            return (f"from {envelope.reverse_path or '<>'} for {envelope.recipient}",)
        case Parked():
            return (f"{ROUTE_HOLDS}: read when it is released",)
        case Planned(verdict=verdict, keeps=keeps, why=why):
            kept = f"from call {keeps} on, because {why}: " if keeps else f"anew, because {why}: " if why else ""
            first, *calls = verdict_words(verdict)
            return (kept + first, *calls)
        case Started(number=number, timeout=timeout):
            return (f"call {number}, {timeout:.0f} s for it",)
        case Settled(number=number, outcome=outcome):
            return (f"call {number}: {outcome_words(outcome)}",)
        case Absent(number=number):
            return (f"call {number} is not in the helpdesk",)
        case Postponed(reason=reason):
            return (reason,)
        case Stopped(status=status, reason=reason):
            return (f"{status}: {reason}",)
        case Ordered(deed=deed, by=by):
            return (f"{deed} by {by}",)
        case _ as never:
            assert_never(never)


def verdict_words(verdict: Verdict) -> tuple[str, ...]:
    """The verdict with its reason, then its calls."""
    match verdict:
        case Deliver(calls=calls, reason=reason):
            return (f"deliver: {reason}", *(f"call {n}  {call_words(call)}" for n, call in enumerate(calls)))
        case Discard(reason=reason):
            return (f"discard: {reason}",)
        case Hold(reason=reason):
            return (f"hold: {reason}",)
        case _ as never:
            assert_never(never)


def call_words(call: Call) -> str:
    """A call in a line: what it changes, without its text."""
    match call:
        case OpenTicket():
            about = f", about service {call.service}" if call.service else ""
            about = f", about domain {call.domain}" if call.domain else about
            where = f"in department {call.department}, {call.priority}{about}"
            return f'OpenTicket {where}, "{call.subject}", {_written(call)}'
        case AddTicketReply(ticket_id=ticket_id):
            return f"AddTicketReply to {_target(ticket_id)}, {_written(call)}"
        case UpdateTicket(ticket_id=ticket_id, cc=cc, priority=priority, flag=flag):
            changes = (
                f"Cc {', '.join(cc)}" if cc else "",
                f"priority {priority}" if priority else "",
                f"assigned to admin {flag}" if flag else "",
            )
            return f"UpdateTicket of {_target(ticket_id)}, {', '.join(filter(None, changes))}"
        case AppendToTicket(ticket_id=ticket_id, status=status):
            return f"AppendToTicket, below the opening post of {_target(ticket_id)}, status {status}"
        case AddTicketNote(ticket_id=ticket_id, unless_files=unless, of_call=of_call):
            condition = f", only where a file of call {of_call} was not kept" if unless is not None else ""
            return f"AddTicketNote on {_target(ticket_id)}{condition}"
        case _ as never:
            assert_never(never)


def outcome_words(outcome: Outcome) -> str:
    """What came of a call."""
    match outcome:
        case Done(ticket_id=ticket_id, ticket_number=number):
            return f"done, ticket {number} (id {ticket_id})" if number else f"done, ticket id {ticket_id}"
        case Deferred(reason=reason):
            return f"deferred: {reason}"
        case Refused(reason=reason):
            return f"refused: {reason}"
        case Unknown(reason=reason):
            return f"unknown: {reason}"
        case _ as never:
            assert_never(never)


def sender_words(sender: Sender) -> str:
    """Whom the helpdesk will see."""
    match sender:
        case Client(client_id=client_id, contact_id=contact_id, user_id=user_id):
            also = (f"contact {contact_id}" if contact_id else "", f"user {user_id}" if user_id else "")
            return ", ".join((f"client {client_id}", *filter(None, also)))
        case Guest(name=name, email=email):
            return f"guest {name} <{email}>"
        case Staff(admin=admin):
            return f"staff {admin}"
        case _ as never:
            assert_never(never)


def _target(ticket_id: int | None) -> str:
    return "the new ticket" if ticket_id is None else f"ticket id {ticket_id}"


def _written(call: OpenTicket | AddTicketReply) -> str:
    quiet = ", without mail from the helpdesk" if call.noemail else ""
    return f"as {sender_words(call.sender)}{_with(call.files)}{quiet}"


def _with(files: tuple[File, ...]) -> str:
    return f", with {', '.join(file.name for file in files)}" if files else ""
