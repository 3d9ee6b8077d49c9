"""Ledgers told in seconds: a mail was accepted at 0, and then."""

from datetime import datetime, timedelta

from core_given import ENVELOPE, GUEST, NOW, file

from ingestd.core.journal import (
    Absent,
    Accepted,
    Deed,
    Deliver,
    Event,
    Index,
    Ordered,
    Planned,
    Record,
    Settled,
    Started,
    Step,
)
from ingestd.core.ledger import Moment, Terms, index, next_step
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    Deferred,
    Done,
    Fault,
    OpenTicket,
    Outcome,
    Priority,
    Scope,
    Unknown,
    UpdateTicket,
)

TERMS = Terms(
    first=timedelta(seconds=30),
    longest=timedelta(hours=1),
    lifetime=timedelta(days=5),
    settle=timedelta(seconds=120),
    nobody="nobody@example.com",
)
HOUR = 3600
DAY = 24 * HOUR
TIMEOUT = 10.0

OPEN = OpenTicket(1, "Printer", "It burns.", GUEST, Priority.MEDIUM)
REPLY = AddTicketReply(50, "It burns.", GUEST)
MORE = AddTicketReply(None, "Further files", GUEST, (file("b.pdf"),))
CC = UpdateTicket(None, cc=("bob@example.net",))
CHECK = AddTicketNote(None, "Files are missing", unless_files=1, of_call=0)
NOTE = AddTicketNote(50, "A stranger wrote")

PLANNED = Planned(Deliver((OPEN, CC, CHECK), "new ticket"))
OPENED = Done(50, "ABC-1234")
LATE = Unknown("timed out")
SURE = Unknown("status 408", late=False)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def plan(*calls: object) -> Planned:
    return Planned(Deliver(calls, "new ticket"))


def ledger(*told: tuple[float, Event]) -> tuple[Record, ...]:
    """The records of a mail accepted at 0, then each event so many seconds later."""
    return (Record(NOW, Accepted(ENVELOPE)), *(Record(at(seconds), event) for seconds, event in told))


def moment(now: float, boot: str = "b1", since: float = -DAY) -> Moment:
    return Moment(at(now), boot, at(since))


def step(records: tuple[Record, ...], now: float, boot: str = "b1", since: float = -DAY, terms: Terms = TERMS) -> Step:
    return next_step(records, moment(now, boot, since), terms)


def row(records: tuple[Record, ...], now: float) -> Index:
    return index(records, moment(now), TERMS)


def started(number: int = 0, boot: str = "b1") -> Started:
    return Started(number, boot, TIMEOUT)


def absent(number: int = 0, boot: str = "b1") -> Absent:
    return Absent(number, boot)


def settled(outcome: Outcome, number: int = 0) -> Settled:
    return Settled(number, outcome)


def deferred(reason: str = "no", scope: Scope = Scope.MAIL, fault: Fault | None = None, **more: float) -> Deferred:
    return Deferred(reason, more.get("retry_after"), scope, fault, int(more.get("size", 0)))


def tried(when: float, outcome: Outcome, number: int = 0) -> tuple[tuple[float, Event], tuple[float, Event]]:
    """A call that left and came back at once."""
    return (when, started(number)), (when, settled(outcome, number))


def ordered(deed: Deed) -> Ordered:
    return Ordered(deed, "ops")
