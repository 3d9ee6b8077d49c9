"""The whole of exactly-once: from what the ledger says, the one thing to do next.

The law
- A call leaves only after its `Started`; `Started` without `Settled` means that nobody can tell.
- What cannot be told is looked up before it is repeated, `settle` after the call's own deadline, and twice where the
  helpdesk may still have been at work on it.
- A deadline counts on the clock of the process that started the call; after a restart not before that restart.
- A plan is made anew only where it surely had no effect and cannot have one: its ticket or client is gone, or the
  route was misconfigured.
- Everything here follows from the records: a restart resumes, it does not decide anew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from ingestd.core import amend, within
from ingestd.core.history import History, only_noted, read, secondary
from ingestd.core.journal import (
    ROUTE_HOLDS,
    Absent,
    Amend,
    Decide,
    Deliver,
    Discard,
    Finish,
    Hold,
    Index,
    Perform,
    Planned,
    Record,
    Settled,
    Started,
    Status,
    Step,
    Stopped,
    Verify,
    Wait,
)
from ingestd.core.patience import (
    Moment,
    Pause,
    Terms,
    backoff,
    ended,
    passed,
    pause_after,
    postponed,
    seen,
)
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    AppendToTicket,
    Call,
    Deferred,
    Fault,
    OpenTicket,
    Refused,
    Scope,
    Unknown,
    UpdateTicket,
)
from ingestd.core.tries import Tries, Try

__all__ = ["Moment", "Terms", "backoff", "expired", "index", "next_step", "shown", "step_of"]

MENDABLE = (Fault.ADDRESS, Fault.MESSAGE, Fault.SUBJECT, Fault.DATE, Fault.SERVICE)
SAME_WORDS = 3
BLOCKED_TRIES = 3
MOST_AMENDS = 8
MOST_GONE = 8
AS_FILE = "text as a file"
LOOK_YOURSELF = "no answer to OpenTicket; look for it in the helpdesk: release to send it again, or drop"


def next_step(records: Sequence[Record], moment: Moment, terms: Terms) -> Step:
    """The next thing to do for the mail with these records."""
    return step_of(read(records), moment, terms)


def index(records: Sequence[Record], moment: Moment, terms: Terms) -> Index:
    """What the queue row shows of these records."""
    history = read(records)
    return shown(history, step_of(history, moment, terms), moment)


def shown(history: History, step: Step, moment: Moment) -> Index:
    """The same of a ledger as read, whose next step is known."""
    match step:
        case Finish(status, reason):
            # Who gave up, or was dropped, has a ticket only where a call went there.
            ticket = history.ticket if status is Status.DEAD or status is Status.DISCARDED else history.meant
            due_at = moment.now
        case Wait(due_at, reason):
            ticket, status = history.meant, Status.DEFERRED
        case Decide() | Perform() | Verify() | Amend():
            status = Status.INCOMING if history.lines <= 1 else Status.DEFERRED
            ticket, reason, due_at = history.meant, "", moment.now
        case _ as never:
            assert_never(never)
    ticket_id, number = (ticket.ticket_id, ticket.ticket_number) if ticket else (None, "")
    return Index(status, reason, due_at, ticket_id, number, _expires(history))


def expired(records: Sequence[Record], now: datetime, retention: timedelta) -> Stopped | None:
    """What ends a hold that expires and on which nobody decided for `retention`; None for every other mail."""
    history = read(records)
    if not _expires(history) or now - history.decided < retention:
        return None
    assert isinstance(history.verdict, Hold)
    days = f"{retention / timedelta(days=1):g} days"
    return Stopped(Status.DISCARDED, f"held for {days}: expired; was: {history.verdict.reason}")


def _expires(history: History) -> bool:
    """Only what the policy alone holds: a person's hold, and what cannot be told, wait for ever."""
    return history.stopped is None and isinstance(history.verdict, Hold) and history.verdict.expires


def step_of(history: History, moment: Moment, terms: Terms) -> Step:
    """The next thing to do for the mail with this ledger."""
    if history.stopped is not None:
        return Finish(history.stopped.status, history.stopped.reason)
    match history.verdict:
        case None:
            return _undecided(history, moment, terms)
        case Discard(reason):
            return Finish(Status.DISCARDED, reason)
        case Hold(reason):
            return Finish(Status.HELD, reason)
        case Deliver() as plan:
            return _deliver(plan, history, moment, terms)
        case _ as never:
            assert_never(never)


def _undecided(history: History, moment: Moment, terms: Terms) -> Step:
    if history.parked:
        return Finish(Status.HELD, ROUTE_HOLDS)
    return postponed(history, moment, terms, Status.DEAD) or Decide(history.released, history.unparked)


def _deliver(plan: Deliver, history: History, moment: Moment, terms: Terms) -> Step:
    without = ""
    for number, call in enumerate(plan.calls):
        if number in history.over:
            continue
        step = _step_of(number, call, history, moment, terms)
        if not isinstance(step, Finish) or not secondary(number, call):
            return step
        without = f"; without {type(call).__name__}: {step.reason}"
    status = Status.DISCARDED if only_noted(history) else Status.DONE
    return Finish(status, plan.reason + without)


def _step_of(number: int, call: Call, history: History, moment: Moment, terms: Terms) -> Step:
    last = history.tries_of(number).last
    if last is None:
        return Perform(number, call)
    match last.event:
        case Settled(outcome=Deferred() as outcome):
            return _after_deferred(number, last, outcome, history, moment, terms)
        case Settled(outcome=Refused() as outcome):
            return _after_refused(number, last, outcome, history, moment, terms)
        case Settled() | Started() | Absent():
            return _after_unknown(number, call, history, moment, terms)
        case _ as never:
            assert_never(never)


def _after_deferred(number: int, last: Try, outcome: Deferred, history: History, moment: Moment, terms: Terms) -> Step:
    amended = _amended(number, outcome, history, terms)
    if amended is not None:
        return amended
    tries = history.tries_of(number)
    anew = _planned_otherwise(history.calls[number], outcome, terms) and not history.over and not tries.was_unknown
    attempt = history.astray if anew and outcome.scope is Scope.ROUTE else tries.deferrals
    length = pause_after(attempt, outcome.retry_after, outcome.scope, terms)
    wait = passed(Pause(outcome.reason, last.at, length, outcome.scope), history, moment, terms, Status.DEAD)
    if wait is not None:
        return wait
    # The plan holds what was configured then: only a new one can hold what was corrected.
    return _undecided(history, moment, terms) if anew else Perform(number, history.calls[number])


def _planned_otherwise(call: Call, outcome: Deferred, terms: Terms) -> bool:
    """Whether a plan made now may well differ: a route was corrected, or we were told of a role without replies."""
    denied = outcome.fault is Fault.ROLE and isinstance(call, AddTicketReply)
    return outcome.scope is Scope.ROUTE or (denied and not terms.abilities.replies)


def _amended(number: int, outcome: Deferred, history: History, terms: Terms) -> Step | None:
    """What a deferral leads to other than waiting: the body split, the text as a file, or a person."""
    tries = history.tries_of(number)
    if outcome.fault is Fault.DROPPED:
        split = amend.split(history.calls, number, outcome.size // 2)
        return _planned(_fit(split, number, terms), number, history, outcome.reason, "split")
    if outcome.fault is Fault.BLOCKED and tries.count(Fault.BLOCKED) >= BLOCKED_TRIES:
        filed = None if AS_FILE in history.amends else amend.text_as_file(history.calls, number)
        return _planned(_fit(filed, number, terms), number, history, outcome.reason, AS_FILE)
    if outcome.fault is Fault.OTHER and tries.stubborn(outcome.reason, SAME_WORDS, timedelta(hours=1)):
        return Finish(Status.HELD, f"refused three times over an hour: {outcome.reason}")
    if outcome.fault is Fault.ROLE and outcome.scope is Scope.MAIL and secondary(number, history.calls[number]):
        return Finish(Status.HELD, outcome.reason)
    return None


def _fit(calls: tuple[Call, ...] | None, number: int, terms: Terms) -> tuple[Call, ...] | None:
    """The amended plan within what the helpdesk can do; what it was told already stays."""
    return None if calls is None else within.fit(calls, terms.abilities, number)[0]


def _planned(calls: tuple[Call, ...] | None, number: int, history: History, reason: str, kind: str) -> Step:
    if calls is None or len(history.amends) >= MOST_AMENDS:
        return Finish(Status.HELD, reason)
    assert isinstance(history.verdict, Deliver)
    verdict = Deliver(calls, history.verdict.reason, history.verdict.ticket_number)
    return Amend(Planned(verdict, keeps=number, why=f"{kind}: {reason}"))


def _after_refused(number: int, last: Try, outcome: Refused, history: History, moment: Moment, terms: Terms) -> Step:
    if outcome.fault is Fault.GONE:
        return _after_gone(number, last, outcome, history, moment, terms)
    kind = f"mended {outcome.fault}"
    if outcome.fault in MENDABLE and kind not in history.amends:
        mended = amend.mend(history.calls, number, outcome.fault, terms.nobody)
        if mended != history.calls:
            return _planned(_fit(mended, number, terms), number, history, outcome.reason, kind)
    return Finish(Status.DEAD, outcome.reason)


def _after_gone(number: int, last: Try, outcome: Refused, history: History, moment: Moment, terms: Terms) -> Step:
    """Decide anew, at once and then ever later: what we knew of the helpdesk may be minutes old."""
    if history.tries_of(number).was_unknown or history.over or history.gone > MOST_GONE:
        return Finish(Status.HELD, outcome.reason)
    length = backoff(history.gone - 1, terms) if history.gone > 1 else timedelta()
    wait = passed(Pause(outcome.reason, last.at, length), history, moment, terms, Status.DEAD)
    return wait or _undecided(history, moment, terms)


def _after_unknown(number: int, call: Call, history: History, moment: Moment, terms: Terms) -> Step:
    tries = history.tries_of(number)
    due = _settled_at(tries, moment, terms)
    if moment.now < due:
        return Wait(due, f"no answer to {type(call).__name__}: looking before trying again")
    match call:
        case UpdateTicket() | AppendToTicket():
            return _repeat(number, call, history, moment, terms)  # a difference: repeating it changes nothing
        case OpenTicket() | AddTicketReply() | AddTicketNote():
            if tries.absences >= tries.looks_needed:
                return _repeat(number, call, history, moment, terms)
            return _look(number, call, history, moment, terms)
        case _ as never:
            assert_never(never)


def _look(number: int, call: Call, history: History, moment: Moment, terms: Terms) -> Step:
    if not isinstance(call, OpenTicket) or terms.abilities.lists:
        return postponed(history, moment, terms, Status.HELD) or Verify(number, call)
    if history.urged:
        return Perform(number, call)  # a person has looked
    if terms.resend:
        return _repeat(number, call, history, moment, terms)
    return Finish(Status.HELD, LOOK_YOURSELF)


def _repeat(number: int, call: Call, history: History, moment: Moment, terms: Terms) -> Step:
    tries = history.tries_of(number)
    assert tries.last is not None
    length = backoff(tries.starts - 1, terms) if tries.starts > 1 else timedelta()
    pause = Pause(f"no answer to {type(call).__name__}; to be sent again", tries.last.at, length)
    return passed(pause, history, moment, terms, Status.DEAD) or Perform(number, call)


def _settled_at(tries: Tries, moment: Moment, terms: Terms) -> datetime:
    """When the effect of the last try, if there was one, must be visible."""
    started, last = tries.started, tries.last
    assert started is not None
    assert last is not None
    deadline = ended(started, moment) + terms.settle
    match last.event:
        case Absent(boot=boot):
            return seen(boot, last.at, moment) + (terms.settle if tries.absences < tries.looks_needed else timedelta())
        case Settled(_, Unknown(retry_after=seconds)) if seconds is not None:
            asked = min(timedelta(seconds=seconds), terms.longest)
            return max(deadline, seen(started.boot, last.at, moment) + asked)
        case _:
            return deadline
