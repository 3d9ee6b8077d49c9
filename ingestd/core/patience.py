"""How long to wait, and from when: pauses that grow, and times that other clocks told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestd.core.abilities import WHMCS, Abilities
from ingestd.core.history import History, lost_time
from ingestd.core.journal import Finish, Status, Wait
from ingestd.core.ticket import Scope
from ingestd.core.tries import Begun
from ingestd.quick import quick

SKEW = timedelta(minutes=1)
"""By how much the clocks of two nodes may differ. What lies further ahead was dated by a clock since set back."""

STEADY = 10
"""The circuit tells when the helpdesk is asked again; its mails keep their place in line, at most so many `first`."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How patient we are, and what the helpdesk can do. `nobody` stands in for an address that it will not take.

    `resend`: a new ticket whose answer was lost is sent again where it cannot be looked for: at least once, not once.
    """

    first: timedelta
    longest: timedelta
    lifetime: timedelta
    settle: timedelta
    nobody: str
    abilities: Abilities = WHMCS
    resend: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on a clock that does not jump: `boot` names this process, which began at `since`."""

    now: datetime
    boot: str
    since: datetime


@quick
@dataclass(frozen=True, slots=True)
class Pause:
    """Why and how long to wait, counted from `at`."""

    reason: str
    at: datetime
    length: timedelta
    scope: Scope = Scope.MAIL


def backoff(attempt: int, terms: Terms) -> timedelta:
    """Pause after attempt number `attempt`: doubling from `first`, never above `longest`."""
    # The exponent is capped: 30 s * 2**42 already overflows a timedelta.
    return min(terms.first * (1 << min(max(attempt, 1) - 1, 20)), terms.longest)


def pause_after(attempt: int, retry_after: float | None, scope: Scope, terms: Terms) -> timedelta:
    """Pause after so many deferrals; what the helpdesk asked for counts up to `longest`."""
    asked = min(timedelta(seconds=retry_after or 0.0), terms.longest)
    grown = backoff(attempt, terms)
    return max(asked, min(grown, terms.first * STEADY) if scope is Scope.HELPDESK else grown)


def passed(pause: Pause, history: History, moment: Moment, terms: Terms, end: Status) -> Wait | Finish | None:
    """None once the pause is over; the wait while it is not; `end` where it would outlast the queue lifetime."""
    if pause.scope is Scope.MAIL and lost_time(history, terms.longest) + pause.length > terms.lifetime:
        return Finish(end, f"past the queue lifetime: {pause.reason}")
    due = dated(pause.at, moment) + pause.length
    return Wait(due, pause.reason) if moment.now < due else None


def postponed(history: History, moment: Moment, terms: Terms, end: Status) -> Wait | Finish | None:
    """The same for the last time that something could not be known; None where there was none."""
    if not history.postponed:
        return None
    at, last = history.postponed[-1]
    length = pause_after(len(history.postponed), last.retry_after, last.scope, terms)
    return passed(Pause(last.reason, at, length, last.scope), history, moment, terms, end)


def dated(at: datetime, moment: Moment) -> datetime:
    """A time of the ledger on our clock; one from the future counts as our start, so that no wait is for hours."""
    return at if at <= moment.now + SKEW else moment.since


def ended(started: Begun, moment: Moment) -> datetime:
    """When a call was over at the latest: another process's clock may have run apart from ours before we began."""
    return _here(started.boot, dated(started.at, moment) + timedelta(seconds=started.timeout), moment)


def seen(boot: str, at: datetime, moment: Moment) -> datetime:
    """When a process looked, not before our start unless it was ours."""
    return _here(boot, dated(at, moment), moment)


def _here(boot: str, at: datetime, moment: Moment) -> datetime:
    return at if boot == moment.boot else max(at, moment.since)
