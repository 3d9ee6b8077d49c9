"""The ledger read as a whole: what is decided, what is over, and what was tried of the call that is not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import assert_never

from ingestd.core.journal import (
    Absent,
    Accepted,
    Deed,
    Deliver,
    Ordered,
    Parked,
    Planned,
    Postponed,
    Record,
    Settled,
    Started,
    Status,
    Stopped,
    Verdict,
)
from ingestd.core.marker import told_apart
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    Call,
    Deferred,
    Done,
    Fault,
    OpenTicket,
    Refused,
    Scope,
    Unknown,
    UpdateTicket,
)
from ingestd.core.tries import Tries, Try

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class History:
    """A ledger as read; only `read` and `add` write to it.

    `lines` counts its records.
    `decided` is when the verdict was planned.
    `amends` are the kinds of amendment since the mail was decided, `gone` and `astray` count how often a plan came to
    nothing because its ticket or client was gone or its route was misconfigured, all since a person last ordered.
    `parked`: nobody has read the mail, nor will before it is `unparked`. `urged`: a person released the mail after the last call left. `waits` tells from when on the mail waited, and
    whether by a fault of its own.
    """

    lines: int = 0
    verdict: Verdict | None = None
    decided: datetime = NEVER
    amends: list[str] = field(default_factory=list)
    over: set[int] = field(default_factory=set)
    ticket: Done | None = None
    tries: dict[int, list[Try]] = field(default_factory=dict)
    postponed: list[tuple[datetime, Postponed]] = field(default_factory=list)
    stopped: Stopped | None = None
    parked: bool = False
    unparked: bool = False
    released: bool = False
    urged: bool = False
    gone: int = 0
    astray: int = 0
    waits: list[tuple[datetime, bool]] = field(default_factory=list)

    @property
    def calls(self) -> tuple[Call, ...]:
        return self.verdict.calls if isinstance(self.verdict, Deliver) else ()

    @property
    def meant(self) -> Done | None:
        """The ticket that the calls made so far went to, else the one that the plan is for."""
        plan = self.verdict
        if self.ticket is not None or not isinstance(plan, Deliver) or not plan.calls:
            return self.ticket
        first = plan.calls[0]
        ticket_id = None if isinstance(first, OpenTicket) else first.ticket_id
        return None if ticket_id is None else Done(ticket_id, plan.ticket_number)

    def tries_of(self, number: int) -> Tries:
        return Tries(tuple(self.tries.get(number, ())))


def read(records: Sequence[Record]) -> History:
    """The ledger as a whole; the first record is Accepted."""
    history = History()
    for record in records:
        add(history, record)
    return history


def add(history: History, record: Record) -> None:
    """The next record of the same ledger, for whoever writes it and need not read the whole again."""
    history.lines += 1
    history.waits.append((record.at, _own_fault(record)))
    _take(history, record)


def lost_time(history: History, longest: timedelta) -> timedelta:
    """How long this mail has waited through a fault of its own.

    The helpdesk's outages and our own configuration do not count. No wait counts for more than `longest`: beyond that
    it was not the mail that waited, but we who slept, were paused, or had our clock set.
    """
    spans = zip(history.waits, history.waits[1:], strict=False)
    return sum((min(max(b - a, timedelta()), longest) for (a, own), (b, _) in spans if own), timedelta())


def _own_fault(record: Record) -> bool:
    match record.event:
        case Settled(outcome=outcome):
            return isinstance(outcome, Unknown) or (isinstance(outcome, Deferred) and outcome.scope is Scope.MAIL)
        case Postponed(scope=scope):
            return scope is Scope.MAIL
        case Absent():
            return True
        case _:
            return False


def _take(history: History, record: Record) -> None:
    # The four that every ledger has come first.
    match record.event:
        case Accepted():
            pass
        case Planned() as planned:
            history.decided = record.at
            _plan(history, planned)
        case Started() as event:
            history.urged = False
            _try(history, event.number, Try(record.at, event))
        case Settled() as settled:
            _settle(history, record.at, settled)
        case Absent() as event:
            _try(history, event.number, Try(record.at, event))
        case Parked():
            history.parked = True
        case Postponed() as postponed:
            history.postponed.append((record.at, postponed))
        case Stopped() as stopped:
            history.stopped = stopped
        case Ordered() as ordered:
            _order(history, ordered)
        case _ as never:
            assert_never(never)


def _plan(history: History, planned: Planned) -> None:
    history.verdict = planned.verdict
    history.amends = [*history.amends, planned.why.partition(":")[0]] if planned.why else []
    history.over = {number for number in history.over if number < planned.keeps}
    history.tries = {number: tries for number, tries in history.tries.items() if number < planned.keeps}
    history.postponed = []


def _try(history: History, number: int, one: Try) -> None:
    history.tries.setdefault(number, []).append(one)
    history.postponed = []


def _settle(history: History, at: datetime, settled: Settled) -> None:
    _try(history, settled.number, Try(at, settled))
    match settled.outcome:
        case Done() as done:
            history.over.add(settled.number)
            history.ticket = _known(history, done)
        case Refused(fault=Fault.GONE):
            history.gone += 1
        case Deferred(scope=Scope.ROUTE):
            history.astray += 1
        case Refused() | Deferred() | Unknown():
            pass
        case _ as never:
            assert_never(never)


def _known(history: History, done: Done) -> Done:
    """The ticket with its number, which the answer to a reply does not tell."""
    before = history.meant
    same = before is not None and before.ticket_id == done.ticket_id
    return Done(done.ticket_id, done.ticket_number or (before.ticket_number if before and same else ""))


def _order(history: History, ordered: Ordered) -> None:
    match ordered.deed:
        case Deed.HOLD:
            history.stopped = Stopped(Status.HELD, f"held by {ordered.by}")
        case Deed.DROP:
            history.stopped = Stopped(Status.DISCARDED, f"dropped by {ordered.by}")
        case Deed.RELEASE:
            # What was only parked was never judged: the first release lets it be.
            history.released = history.urged = not history.parked
            history.unparked = history.unparked or history.parked
            history.parked = False
            _again(history)
        case Deed.RETRY:
            _again(history)
        case _ as never:
            assert_never(never)


def _again(history: History) -> None:
    """A person wants it now: pauses and refusals are forgotten; what cannot be told stays so."""
    history.stopped, history.postponed, history.waits = None, [], history.waits[-1:]
    history.amends, history.gone, history.astray = [], 0, 0
    history.tries = {number: tries for number, tries in history.tries.items() if not _forgettable(tries)}
    if history.released and only_noted(history):
        history.over, history.ticket = set(), None
    if not history.over and not history.tries:
        history.verdict = None


def only_noted(history: History) -> bool:
    """Whether the mail has become nothing but notes for staff, all of them written."""
    calls = history.calls
    return set(map(type, calls)) == {AddTicketNote} and len(history.over) == len(calls)


def _forgettable(tries: list[Try]) -> bool:
    return isinstance(tries[-1].event, Settled) and not isinstance(tries[-1].event.outcome, Unknown)


def secondary(number: int, call: Call) -> bool:
    """Whether the mail has its ticket without this call: a Cc or a note never holds up a mail."""
    return number > 0 and isinstance(call, UpdateTicket | AddTicketNote)


def opened(records: Sequence[Record], ticket_id: int) -> bool:
    """Whether these records tell that the mail opened this ticket."""
    history = read(records)
    opens = bool(history.calls) and isinstance(history.calls[0], OpenTicket)
    return opens and 0 in history.over and history.ticket is not None and history.ticket.ticket_id == ticket_id


def opening(records: Sequence[Record], call: OpenTicket, *, markers: bool) -> bool:
    """Whether a call that would open a ticket which looks the same has left, and has no outcome yet."""
    history = read(records)
    last = history.tries_of(0).last
    if last is None or not isinstance(last.event, Started) or not isinstance(history.calls[0], OpenTicket):
        return False
    return not told_apart(history.calls[0].message, call.message, markers=markers)


def wrote(records: Sequence[Record], message: str, *, markers: bool) -> int:
    """How many replies and notes these records tell to be written that look like this text where they are stored."""
    calls = read(records).calls
    settled = {r.event.number for r in records if isinstance(r.event, Settled) and isinstance(r.event.outcome, Done)}
    texts = [c.message for n, c in enumerate(calls) if n in settled and isinstance(c, AddTicketReply | AddTicketNote)]
    return sum(not told_apart(text, message, markers=markers) for text in texts)
