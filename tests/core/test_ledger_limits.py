"""What never holds up a mail, and how long a mail is tried."""

import pytest
from core_ledgers import (
    CC,
    CHECK,
    DAY,
    HOUR,
    MORE,
    NOTE,
    OPEN,
    OPENED,
    at,
    deferred,
    ledger,
    plan,
    step,
    tried,
)

from ingestd.core.journal import Decide, Finish, Postponed, Status, Stopped, Wait
from ingestd.core.ticket import Done, Fault, Refused, Scope, UpdateTicket


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Refused("bad address", Fault.ADDRESS), "bad address"),
        (Refused("never"), "never"),
        (Refused("gone", Fault.GONE), "gone"),
    ],
)
@pytest.mark.parametrize(("number", "name"), [(1, "UpdateTicket"), (2, "AddTicketNote")])
def test_a_refused_cc_or_note_never_holds_up_the_mail(outcome, why, number, name):
    """The mail has its ticket: it is done, and its reason says without what."""
    calls = (OPEN, CC, CHECK)
    others = [one for n in range(3) if n != number for one in tried(n, Done(50, "ABC-1234"), n)]
    records = ledger((0, plan(*calls)), *tried(0, OPENED), *others, *tried(5, outcome, number))

    assert Finish(Status.DONE, f"new ticket; without {name}: {why}") == step(records, 5)


def test_a_note_that_the_role_does_not_allow_is_done_without():
    """The feature is off; nothing waits for its permission."""
    denied = deferred("AddTicketNote is not allowed", fault=Fault.ROLE)
    records = ledger((0, plan(OPEN, CHECK)), *tried(0, OPENED), *tried(1, denied, 1))

    assert Finish(Status.DONE, "new ticket; without AddTicketNote: AddTicketNote is not allowed") == step(records, 1)


def test_a_note_that_is_the_whole_plan_waits_for_its_permission():
    """Without it the mail would have no effect at all."""
    denied = deferred("AddTicketNote is not allowed", fault=Fault.ROLE)

    assert isinstance(step(ledger((0, plan(NOTE)), *tried(0, denied)), 0), Wait)


def test_an_update_that_the_role_does_not_allow_waits():
    """It is needed: our configuration is at fault, and a person mends it."""
    denied = deferred("UpdateTicket is not allowed", Scope.HELPDESK, Fault.ROLE)

    assert isinstance(step(ledger((0, plan(OPEN, CC)), *tried(0, OPENED), *tried(1, denied, 1)), 1), Wait)


def test_a_first_call_is_never_done_without():
    """A note or an update that is the whole plan is the mail's effect."""
    update = UpdateTicket(50, cc=("bob@example.net",))

    assert Finish(Status.DEAD, "never") == step(ledger((0, plan(update)), *tried(0, Refused("never"))), 0)


def test_a_further_reply_that_is_refused_needs_a_person():
    """It holds files: not secondary."""
    records = ledger((0, plan(OPEN, MORE)), *tried(0, OPENED), *tried(1, Refused("never"), 1))

    assert Finish(Status.DEAD, "never") == step(records, 1)


@pytest.mark.parametrize(
    ("scope", "end"),
    [(Scope.MAIL, Finish(Status.DEAD, "past the queue lifetime: no")), (Scope.HELPDESK, None), (Scope.ROUTE, None)],
)
def test_the_queue_lifetime_runs_only_while_the_mail_is_at_fault(scope, end):
    """Five days of its own refusals; an outage or a misconfigured route of ten days costs a mail nothing."""
    told = [one for n in range(240) for one in tried(n * HOUR, deferred("no", scope))]

    found = step(ledger((0, plan(OPEN)), *told), 239 * HOUR)

    assert end == found if end else isinstance(found, Wait)


def test_an_outage_at_the_end_of_the_lifetime_is_waited_for():
    """It is not the mail that makes it wait longer."""
    told = [one for n in range(120) for one in tried(n * HOUR, deferred())]
    outage = deferred("down", Scope.HELPDESK, retry_after=3600.0)

    assert isinstance(step(ledger((0, plan(OPEN)), *told, *tried(120 * HOUR, outage)), 120 * HOUR), Wait)


def test_the_queue_lifetime_does_not_run_while_we_sleep():
    """A daemon that was down, or paused, for ten days tries again: no wait counts for more than `longest`."""
    records = ledger((0, plan(OPEN)), *tried(0, deferred()), *tried(10 * DAY, deferred()))

    assert Wait(at(10 * DAY + 60), "no") == step(records, 10 * DAY)


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        (((1, Postponed("cannot ask")),), 1, Wait(at(31), "cannot ask")),
        (((1, Postponed("cannot ask")),), 31, Decide()),
        (((1, Postponed("a")), (2, Postponed("b"))), 2, Wait(at(62), "b")),
        (((1, Postponed("slow", 90.0)),), 1, Wait(at(91), "slow")),
        (((1, Postponed("down", None, Scope.HELPDESK)),), 1, Wait(at(31), "down")),
        ((*((n * HOUR, Postponed("no")) for n in range(121)),), 120 * HOUR, Finish(Status.DEAD, "past the queue lifetime: no")),
        ((*((n * HOUR, Postponed("no", None, Scope.HELPDESK)) for n in range(500)),), 500 * HOUR, Decide()),
        (((1, Stopped(Status.HELD, "claimed 10 times")),), 2, Finish(Status.HELD, "claimed 10 times")),
    ],
)  # fmt: skip
def test_what_cannot_be_known_yet_is_decided_later(told, now, expected):
    """A look-up that failed is never a "nobody": it waits, ever longer, until the lifetime is over."""
    assert expected == step(ledger(*told), now)


def test_the_same_words_three_times_over_an_hour_are_held():
    """A hook's text that nobody knows: a person reads it."""
    same, other = deferred("hook says no", fault=Fault.OTHER), deferred("hook says perhaps", fault=Fault.OTHER)

    def after(*told):
        return step(ledger((0, plan(OPEN)), *(one for each in told for one in tried(*each))), HOUR)

    assert Finish(Status.HELD, "refused three times over an hour: hook says no") == after(
        (0, same), (60, other), (1800, same), (HOUR, same)
    )
    assert isinstance(after((0, same), (HOUR, same)), Wait)
    assert isinstance(after((60, same), (1800, same), (HOUR, same)), Wait)
    assert isinstance(after((0, same), (1800, same), (HOUR, other)), Wait)
