"""Makes one call of a plan: what is a difference is computed here, from the ticket as it stands."""

from collections.abc import Callable
from typing import assert_never

from ingestd.core.append import appended, fits, holds, opening_of
from ingestd.core.changes import difference, files_missing
from ingestd.core.journal import Entry
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    AppendToTicket,
    Call,
    Deferred,
    Done,
    Fault,
    OpenTicket,
    Outcome,
    Refused,
    UpdateTicket,
)
from ingestd.delivery.files import reader
from ingestd.helpdesk.port import Guard, Helpdesk
from ingestd.store.spool import Spool

Markers = Callable[[int], str]
"""The marker of each call of the plan; "" where markers are off."""


class Performer:
    """Calls the helpdesk. `ceiling` is the largest body that it is believed to take, 0 until one was dropped."""

    def __init__(self, helpdesk: Helpdesk, spool: Spool) -> None:
        self._helpdesk = helpdesk
        self._spool = spool
        self.ceiling = 0

    def deadline(self, call: Call) -> float:
        """Seconds that one try of this call may take."""
        return self._helpdesk.deadline(call)

    async def perform(
        self, entry: Entry, plan: tuple[Call, ...], number: int, ticket_id: int | None, markers: Markers, guard: Guard
    ) -> Outcome:
        """Make call `number` of the plan once. `ticket_id` is the ticket that the plan opened, if it did."""
        call = plan[number]
        match call:
            case OpenTicket() | AddTicketReply():
                outcome = await self._send(entry, call, ticket_id, markers(number), guard)
            case UpdateTicket():
                outcome = await self._update(entry, call, ticket_id, guard)
            case AppendToTicket():
                outcome = await self._append(entry, call, markers(number), guard)
            case AddTicketNote(unless_files=None):
                outcome = await self._send(entry, call, ticket_id, markers(number), guard)
            case AddTicketNote():
                outcome = await self._check(entry, call, plan, number, ticket_id, markers, guard)
            case _ as never:
                assert_never(never)
        self._learn(outcome)
        return outcome

    async def _send(self, entry: Entry, call: Call, ticket_id: int | None, marker: str, guard: Guard) -> Outcome:
        return await self._helpdesk.perform(call, ticket_id, marker, reader(self._spool, entry.raw_id), guard)

    async def _update(self, entry: Entry, call: UpdateTicket, ticket_id: int | None, guard: Guard) -> Outcome:
        ticket = await self._helpdesk.ticket(_id_of(call, ticket_id))
        if isinstance(ticket, Deferred):
            return ticket
        if ticket is None:
            return Refused("the ticket is gone", Fault.GONE)
        change = difference(ticket, call)
        if change is None:
            return Done(ticket.ticket_id, ticket.number)
        return await self._send(entry, change, None, "", guard)

    async def _append(self, entry: Entry, call: AppendToTicket, marker: str, guard: Guard) -> Outcome:
        # Read as late as can be: what somebody else writes between this and our own is overwritten.
        ticket = await self._helpdesk.ticket(call.ticket_id)
        if isinstance(ticket, Deferred):
            return ticket
        if ticket is None:
            return Refused("the ticket is gone", Fault.GONE)
        opening = opening_of(ticket)
        if not opening.strip():
            return Deferred("the opening post cannot be read: nothing is written over it", fault=Fault.OTHER)
        if holds(opening, call, marker):
            return Done(ticket.ticket_id, ticket.number)
        if not fits(opening, call):
            # Deciding anew sees that there is no room, and opens a ticket that names this one.
            return Refused("the opening post has no room for more", Fault.GONE)
        return await self._send(entry, appended(opening, call), None, marker, guard)

    async def _check(
        self,
        entry: Entry,
        call: AddTicketNote,
        plan: tuple[Call, ...],
        number: int,
        ticket_id: int | None,
        markers: Markers,
        guard: Guard,
    ) -> Outcome:
        ticket = await self._helpdesk.ticket(_id_of(call, ticket_id))
        if isinstance(ticket, Deferred):
            return ticket
        checked = plan[call.of_call]
        assert isinstance(checked, OpenTicket | AddTicketReply)
        assert call.unless_files is not None
        if ticket is None:
            return Refused("the ticket is gone", Fault.GONE)
        if not files_missing(ticket.posts, checked.message, markers(call.of_call), call.unless_files):
            return Done(ticket.ticket_id, ticket.number)
        return await self._send(entry, call, ticket_id, markers(number), guard)

    def _learn(self, outcome: Outcome) -> None:
        if isinstance(outcome, Deferred) and outcome.fault is Fault.DROPPED:
            half = outcome.size // 2
            self.ceiling = min(self.ceiling, half) if self.ceiling else half


def _id_of(call: UpdateTicket | AddTicketNote, ticket_id: int | None) -> int:
    wanted = call.ticket_id or ticket_id
    assert wanted is not None
    return wanted
