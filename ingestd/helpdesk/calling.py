"""Writes: made once, whatever the helpdesk; only a connection that could not be made is tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import assert_never

from ingestd.core.payload import ALLOWANCE, Fields, post_size
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    AppendToTicket,
    Call,
    Deferred,
    Done,
    Fault,
    File,
    OpenTicket,
    Outcome,
    Unknown,
    UpdateTicket,
)
from ingestd.helpdesk.answer import Cause, Exchange, Silence, Success, Suspect, after_probe
from ingestd.helpdesk.ask import Pace, patiently
from ingestd.helpdesk.line import Line, Load
from ingestd.helpdesk.port import Guard, Reader
from ingestd.helpdesk.shapes import Row, number, text

SLOWEST = 256 * 1024
"""Bytes a second that a body is given at least."""

Spell = Callable[[Call, int | None, str], Fields]
"""The fields of a call on this ticket, with this marker, the action first."""

Judge = Callable[[Exchange, str, int], Success | Suspect | Outcome]
"""What came of one try; the action and the bytes of its body are named."""

Probe = Callable[[], Awaitable[Deferred | None]]


class Calling:
    """The writes of one helpdesk."""

    def __init__(self, line: Line, spell: Spell, judge: Judge, probe: Probe, pace: Pace) -> None:
        self._line, self._spell, self._judge, self._probe, self._pace = line, spell, judge, probe, pace
        # Whoever records a call asks for its deadline, and so does the call; between them may come all that go at a time.
        self._size_of = lru_cache(64)(self._sized)

    def deadline(self, call: Call) -> float:
        """Seconds that one try of this call may take: the time-out, plus its body at a minimum rate."""
        return self._pace.timeout + (self._size_of(call) + ALLOWANCE) / SLOWEST

    async def perform(self, call: Call, ticket_id: int | None, marker: str, read: Reader, guard: Guard) -> Outcome:
        """Make this call once; a request that left never is sent again by itself."""
        target = ticket_id if isinstance(call, OpenTicket) or call.ticket_id is None else call.ticket_id
        if target is None and not isinstance(call, OpenTicket):
            return Deferred("this call names no ticket", fault=Fault.OTHER)
        fields = self._spell(call, target, marker)
        exchange, size = await self._sent(fields, Load(files_of(call), read, guard), self.deadline(call))
        match self._judge(exchange, fields[0][1], size):
            case Success(data=data):
                return _done(call, target, data)
            case Suspect() as suspect:
                return after_probe(suspect, size, await self._probe())
            case outcome:
                return outcome

    def _sized(self, call: Call) -> int:
        return post_size(self._spell(call, 0, ""), files_of(call))

    async def _sent(self, fields: Fields, load: Load, deadline: float) -> tuple[Exchange, int]:
        until = asyncio.get_running_loop().time() + deadline
        return await patiently(self._pace.pause, _never_sent, partial(self._line.send, fields, until, load))


def files_of(call: Call) -> tuple[File, ...]:
    """The files that go with a call."""
    match call:
        case OpenTicket(files=files) | AddTicketReply(files=files):
            return files
        case UpdateTicket() | AppendToTicket() | AddTicketNote():
            return ()
        case _:
            assert_never(call)


def _done(call: Call, target: int | None, data: Row) -> Done | Unknown:
    if not isinstance(call, OpenTicket):
        return Done(target or 0)
    opened = number(data.get("id")) or number(data.get("ticketid"))
    return (
        Done(opened, text(data.get("tid")))
        if opened
        else Unknown("a ticket was opened, but not told which", late=False)
    )


def _never_sent(tried: tuple[Exchange, int]) -> bool:
    match tried[0]:
        case Silence(begun=False, cause=Cause.LINE):
            return True
        case _:
            return False
