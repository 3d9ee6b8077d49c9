"""Plans within what the helpdesk can do: what it cannot is said in the ticket's text, or left to the journal."""

from dataclasses import replace

from ingestd.core.abilities import WHMCS, Abilities
from ingestd.core.amend import file_checks, is_further
from ingestd.core.append import Writer, appending
from ingestd.core.compose import cut, readable_size, stored_size
from ingestd.core.journal import Deliver, Discard, Verdict
from ingestd.core.model import Guest, Staff
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    AppendToTicket,
    Call,
    File,
    OpenTicket,
    UpdateTicket,
)

LONGEST = 63_000
"""Bytes that a text may have where it is stored, less the marker: a TEXT column holds 65,535."""

MOST_NAMED = 50
LONGEST_UNTOLD = 300

Told = OpenTicket | AddTicketReply | AppendToTicket
"""The calls whose text the customer reads."""


def within(verdict: Verdict, can: Abilities, writer: Writer) -> Verdict:
    """The verdict with a plan that this helpdesk can carry out; its reason names what nobody is told."""
    if not isinstance(verdict, Deliver) or can == WHMCS:
        return verdict
    calls, untold = fit(tuple(_as_can(call, can, writer) for call in verdict.calls), can)
    reason = "; ".join((verdict.reason, *(f"not noted, as this helpdesk takes no notes: {text}" for text in untold)))
    return Deliver(calls, reason, verdict.ticket_number) if calls else Discard(reason)


def fit(calls: tuple[Call, ...], can: Abilities, keeps: int = 0) -> tuple[tuple[Call, ...], tuple[str, ...]]:
    """The calls that the helpdesk can be asked for, the first `keeps` as they are; and the notes that are left out."""
    if can == WHMCS:
        return calls, ()
    kept = list(calls[:keeps])
    said: list[str] = []
    untold: list[str] = []
    for call in calls[keeps:]:
        match call:
            case UpdateTicket() if not can.updates:
                said += filter(None, (_changes(call),))
                untold.extend(_assigned(call))
            case AddTicketNote(unless_files=int()):
                continue
            case AddTicketNote(message=message) if not can.notes:
                (said if call.public else untold).append(message)
            case AddTicketReply(files=files) if not can.replies and is_further(call):
                said.append(withheld(files, "the helpdesk allows us no reply that could carry them"))
            case _:
                kept.append(call)
    told = _told(tuple(kept), said, calls, keeps) if said else tuple(kept)
    return (*told, *(file_checks(told) if can.notes else ())), tuple(
        cut(" ".join(text.split()), LONGEST_UNTOLD) for text in untold
    )


def withheld(files: tuple[File, ...], why: str) -> str:
    """What the ticket says of files that do not go with it."""
    names = [f"{file.name} ({readable_size(file.size)})" for file in files]
    more = (f"and {len(names) - MOST_NAMED} more",) if len(names) > MOST_NAMED else ()
    return "\n".join((f"Not attached, because {why}; kept with the mail:", *names[:MOST_NAMED], *more))


def _as_can(call: Call, can: Abilities, writer: Writer) -> Call:
    """The call by an author whom this helpdesk takes, a follow-up in the way that it allows."""
    if not isinstance(call, AddTicketReply):
        return call
    if isinstance(call.sender, Staff) and not can.staff:
        call = replace(call, sender=Guest(writer.name or writer.address, writer.address))
    return call if can.replies or call.ticket_id is None else _as_addition(call, call.ticket_id, writer)


def _as_addition(call: AddTicketReply, ticket_id: int, writer: Writer) -> AppendToTicket:
    lost = withheld(call.files, "UpdateTicket carries no files") if call.files else ""
    text = f"{call.message}\n\n[{lost}]" if lost else call.message
    late = replace(writer, at=call.created) if call.created else writer
    return appending(ticket_id, late, text, staff=isinstance(call.sender, Staff))


def _told(kept: tuple[Call, ...], said: list[str], calls: tuple[Call, ...], keeps: int) -> tuple[Call, ...]:
    """The calls with these words in the first text that is still to be written, or in a reply of their own."""
    words = _bracketed(said)
    for place in range(keeps, len(kept)):
        call = kept[place]
        if isinstance(call, Told):
            words = _bracketed([text for text in said if not _is_said(text, call.message)])
            if not words:
                return kept
            room = LONGEST - stored_size(call.message)
            more = replace(call, message=f"{call.message}\n\n{cut(words, max(room, 0))}")
            return (*kept[:place], more, *kept[place + 1 :])
    first = calls[0]
    assert isinstance(first, OpenTicket | AddTicketReply), "a plan that can be amended opens with a text"
    ticket_id = first.ticket_id if isinstance(first, AddTicketReply) else None
    return (*kept, AddTicketReply(ticket_id, cut(words, LONGEST), first.sender, noemail=True))


def _bracketed(said: list[str]) -> str:
    return "\n".join(f"[{text}]" for text in said if text)


def _is_said(text: str, message: str) -> bool:
    """Whether the text tells the Cc as written already."""
    return text.startswith("Cc: ") and ";" not in text and "\n[Cc: " in message


def _assigned(call: UpdateTicket) -> tuple[str, ...]:
    return (f"assigned to the admin {call.flag}",) if call.flag else ()


def _changes(call: UpdateTicket) -> str:
    """What an update would have changed, for people."""
    changes = (f"Cc: {', '.join(call.cc)}" if call.cc else "", f"Priority: {call.priority}" if call.priority else "")
    return "; ".join(filter(None, changes))
