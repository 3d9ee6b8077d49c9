"""Does the queue row say what the ledger proves? PURE: no I/O, clock or chance.

accepted = ticketed + merged + discarded + held + dead + waiting, always: each entry stands in exactly one of them, and
its own ledger says in which.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from ingestd.core.decide import MERGED
from ingestd.core.deeds import WAITING
from ingestd.core.history import read
from ingestd.core.journal import Entry, Index, Record, Settled, Status
from ingestd.core.ledger import Moment, Terms, index
from ingestd.core.marker import bears, marked, marker_of
from ingestd.core.ticket import AddTicketNote, AddTicketReply, Done, OpenTicket, Ticket


class Place(StrEnum):
    """Where an accepted mail may be."""

    TICKETED = "ticketed"
    MERGED = "merged"
    DISCARDED = "discarded"
    HELD = "held"
    DEAD = "dead"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Raw:
    """What is there of a raw mail: chunks, how many there must be by their numbers, bytes. `staged`: not yet adopted."""

    chunks: int
    numbered: int
    size: int
    staged: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An entry with its ledger, as one snapshot shows them.

    `whole`: the lines are numbered without a gap, as many as the row says. `unreadable` says which are not to be read.
    `wakes`: the worker will find it.
    """

    entry: Entry
    records: tuple[Record, ...]
    whole: bool
    unreadable: str
    wakes: bool
    raw: Raw


@dataclass(frozen=True, slots=True)
class Proof:
    """A text that the ledger says is at the helpdesk: in this ticket, written by call `number`."""

    ticket_id: int
    ticket_number: str
    number: int
    call: OpenTicket | AddTicketReply | AddTicketNote


Said = tuple[str, str]
"""A fault, and its remedy."""

DAMAGED = "the spool was damaged or changed by hand: see docs/operating.md, A damaged spool"
SET_RIGHT = "`ingestd queue retry` sets the row by the ledger"


def place_of(account: Account) -> Place:
    """Where this entry is counted."""
    match account.entry.status:
        case Status.INCOMING | Status.ACTIVE | Status.DEFERRED:
            return Place.WAITING
        case Status.DONE:
            return Place.TICKETED
        case Status.DISCARDED:
            return Place.MERGED if account.entry.reason.startswith(MERGED) else Place.DISCARDED
        case Status.HELD:
            return Place.HELD
        case Status.DEAD:
            return Place.DEAD
        case _ as never:
            assert_never(never)


def faults_of(account: Account, moment: Moment, terms: Terms) -> Iterator[Said]:
    """Everything that does not hold of this entry, each with its remedy."""
    entry = account.entry
    if account.unreadable or not account.whole:
        yield account.unreadable or "lines of its ledger are missing", DAMAGED
    else:
        yield from _differences(account, moment, terms)
    if account.wakes != (entry.status in WAITING):
        yield "waits, and nothing will wake it" if not account.wakes else "is over, and would be woken", SET_RIGHT
    yield from _raw_faults(account)


def _differences(account: Account, moment: Moment, terms: Terms) -> Iterator[Said]:
    entry = account.entry
    try:
        said = _said(account.records, entry.status, moment, terms)
    except (AssertionError, LookupError, TypeError, ValueError) as error:
        yield f"its ledger cannot be followed: {type(error).__name__}", DAMAGED
        return
    # An entry that waits may be over by its ledger: whoever was at work on it was cut off, and it is taken up again.
    if entry.status not in WAITING and said.status is not entry.status:
        yield f"is {entry.status}, by its ledger it is {_word(said.status)}", SET_RIGHT
    elif entry.status is Status.DONE and entry.ticket_id is None:
        yield "is done, and names no ticket", "look for its subject in the helpdesk; its raw mail: `ingestd queue dump`"
    elif (said.status in WAITING) == (entry.status in WAITING) and _ticket(said) != _ticket(entry):
        yield f"names ticket {_named(entry)}, its ledger {_named(said)}", SET_RIGHT


def _said(records: Sequence[Record], status: Status, moment: Moment, terms: Terms) -> Index:
    """What the ledger says; what was given up may be so by a queue lifetime that was shorter then."""
    said = index(records, moment, terms)
    if status in {Status.DEAD, Status.HELD} and said.status is not status:
        return index(records, moment, replace(terms, lifetime=timedelta()))
    return said


def _ticket(told: Index | Entry) -> tuple[int | None, str]:
    return told.ticket_id, told.ticket_number


def _named(told: Index | Entry) -> str:
    return f"{told.ticket_id}, {told.ticket_number or 'without its number'}"


def _word(status: Status) -> str:
    return "still to be delivered" if status in WAITING else str(status)


def _raw_faults(account: Account) -> Iterator[Said]:
    entry, raw = account.entry, account.raw
    if entry.pruned:
        if raw.chunks:
            yield "is pruned, and its raw mail is still there", DAMAGED
    elif raw.chunks != raw.numbered or raw.size != entry.size:
        where = f", in {raw.chunks} of {raw.numbered} chunks" if raw.chunks != raw.numbered else ""
        yield f"of its raw mail {raw.size} of {entry.size} bytes are there{where}", DAMAGED
    if raw.staged:
        yield "its raw mail would be swept away at the next start", DAMAGED


def proofs_of(account: Account) -> tuple[Proof, ...]:
    """What must be found at the helpdesk of an entry that is done."""
    history = read(account.records)
    done = {
        record.event.number: record.event.outcome
        for record in account.records
        if isinstance(record.event, Settled) and isinstance(record.event.outcome, Done)
    }
    entry = account.entry
    return tuple(
        Proof(done[number].ticket_id, entry.ticket_number, number, call)
        for number, call in enumerate(history.calls)
        if number in history.over and _writes(call) and isinstance(call, OpenTicket | AddTicketReply | AddTicketNote)
    )


def _writes(call: object) -> bool:
    # A note that is written only where a file was not kept need not be there.
    return not (isinstance(call, AddTicketNote) and call.unless_files is not None)


def found_in(ticket: Ticket, entry: Entry, proof: Proof) -> bool:
    """Whether the text is there: by its marker, or by its words where it was written without, or cut short."""
    marker = marker_of(entry.queue_id, proof.number)
    posts = ticket.notes if isinstance(proof.call, AddTicketNote) else ticket.posts
    return any(marked(post.text, marker) or bears(post.text, proof.call.message, "") for post in posts)
