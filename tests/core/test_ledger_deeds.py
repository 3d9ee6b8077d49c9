"""What a person orders, in each state; and the queue row over it all."""

import pytest
from core_given import NOW
from core_ledgers import (
    CC,
    DAY,
    HOUR,
    LATE,
    MORE,
    NOTE,
    OPEN,
    OPENED,
    PLANNED,
    REPLY,
    absent,
    at,
    deferred,
    ledger,
    ordered,
    plan,
    row,
    settled,
    started,
    step,
    tried,
)

from ingestd.core.deeds import possible
from ingestd.core.history import wrote
from ingestd.core.journal import (
    Amend,
    Decide,
    Deed,
    Deliver,
    Discard,
    Finish,
    Hold,
    Index,
    Parked,
    Perform,
    Planned,
    Postponed,
    Status,
    Stopped,
    Verify,
    Wait,
)
from ingestd.core.ticket import AddTicketReply, Done, Fault, Refused, Scope

HELD = Finish(Status.HELD, "held by ops")
DROPPED = Finish(Status.DISCARDED, "dropped by ops")

FRESH = ()
POSTPONED = ((1, Postponed("cannot ask")),)
PARKED = ((1, Planned(Hold("the route holds its mail"))),)
UNREAD = ((0, Parked()),)
DISCARDED = ((1, Planned(Discard("bounce: x"))),)
WAITING = ((1, PLANNED), *tried(2, deferred()))
DEAD = ((1, PLANNED), *tried(2, Refused("never")))
STUCK = ((1, PLANNED), *tried(2, Refused("gone", Fault.GONE)), (3, Stopped(Status.HELD, "ten claims")))
HALF = ((1, PLANNED), *tried(2, OPENED), *tried(3, deferred(), 1))
LOST = ((1, PLANNED), (2, started()), (12, settled(LATE)))
CRASHED = ((1, PLANNED), (2, started()))
NOTED = ((1, plan(NOTE)), *tried(2, Done(50)))
STATES = [FRESH, UNREAD, POSTPONED, PARKED, DISCARDED, WAITING, DEAD, STUCK, HALF, LOST, CRASHED, NOTED]


@pytest.mark.parametrize("state", STATES)
def test_hold_and_drop_end_it_in_any_state(state):
    """At once, whatever the ledger would do next."""
    assert step(ledger(*state, (20, ordered(Deed.HOLD))), 20) == HELD
    assert step(ledger(*state, (20, ordered(Deed.DROP))), 20) == DROPPED


@pytest.mark.parametrize(
    ("state", "retried", "released"),
    [
        (FRESH, Decide(), Decide(released=True)),
        (UNREAD, Finish(Status.HELD, "the route holds its mail"), Decide(unparked=True)),
        (POSTPONED, Decide(), Decide(released=True)),
        (PARKED, Decide(), Decide(released=True)),
        (DISCARDED, Decide(), Decide(released=True)),
        (WAITING, Decide(), Decide(released=True)),
        (DEAD, Decide(), Decide(released=True)),
        (STUCK, Decide(), Decide(released=True)),
        (HALF, Perform(1, CC), Perform(1, CC)),
        (NOTED, Finish(Status.DISCARDED, "new ticket"), Decide(released=True)),
    ],
)
@pytest.mark.parametrize("before", [(), ((20, ordered(Deed.HOLD)),), ((20, ordered(Deed.DROP)),)])
def test_retry_and_release_go_on_at_once(state, retried, released, before):
    """What had no effect is decided anew; what had one goes on from there; only a release overrules the policy."""
    assert retried == step(ledger(*state, *before, (21, ordered(Deed.RETRY))), 21)
    assert released == step(ledger(*state, *before, (21, ordered(Deed.RELEASE))), 21)


@pytest.mark.parametrize("state", [LOST, CRASHED])
@pytest.mark.parametrize("deed", [Deed.RETRY, Deed.RELEASE])
def test_what_cannot_be_told_is_looked_up_whatever_is_ordered(state, deed):
    """A person's impatience makes no second ticket: `settle` is waited for, then we look."""
    records = ledger(*state, (20, ordered(deed)))

    assert isinstance(step(records, 20), Wait)
    assert Verify(0, OPEN) == step(records, 132)


def test_an_absence_seen_is_not_forgotten():
    """A retry between two looks keeps what the first one saw, and what it could not tell."""
    records = ledger(*LOST, (132, absent()), (133, ordered(Deed.RETRY)))

    assert Verify(0, OPEN) == step(records, 252)
    assert Perform(0, OPEN) == step((*records, *ledger((252, absent()))[1:]), 252)


def test_a_release_lasts():
    """A released mail that has to be decided again is still released; a retry does not take that back."""
    told = (*PARKED, (20, ordered(Deed.RELEASE)), (21, ordered(Deed.RETRY)))
    assert Decide(released=True) == step(ledger(*told), 21)

    told = (*told, (22, plan(REPLY)), *tried(23, Refused("gone", Fault.GONE)))
    assert Decide(released=True) == step(ledger(*told), 23)


def test_a_deed_starts_the_lifetime_and_the_pauses_anew():
    """A dead mail that is retried is not dead again at its first deferral."""
    told = [one for n in range(130) for one in tried(n * HOUR, deferred())]
    dead = ledger((0, plan(OPEN)), *told)
    assert Finish(Status.DEAD, "past the queue lifetime: no") == step(dead, 6 * DAY)

    again = (*dead, *ledger((6 * DAY, ordered(Deed.RETRY)), (6 * DAY, plan(OPEN)), *tried(6 * DAY, deferred()))[1:])

    assert Wait(at(6 * DAY + 30), "no") == step(again, 6 * DAY)


def test_a_retry_forgets_the_deferrals_of_a_later_call():
    """What was opened stays; the next call has all its tries again."""
    stubborn = [one for n in range(8) for one in tried(n, deferred(), 1)]
    records = ledger(
        (0, plan(OPEN, MORE)), *tried(0, OPENED), *stubborn, (9, ordered(Deed.RETRY)), *tried(9, deferred(), 1)
    )

    assert Wait(at(39), "no") == step(records, 9)


def test_what_was_parked_is_judged_once_it_is_released():
    """The first release undoes the route's hold alone: what the policy then holds needs another."""
    spam = (2, Planned(Hold("spam: X-Spam-Flag: YES", expires=True)))
    judged = (*UNREAD, (1, ordered(Deed.RELEASE)), spam)

    assert Finish(Status.HELD, "spam: X-Spam-Flag: YES") == step(ledger(*judged), 3)
    assert Decide(released=True, unparked=True) == step(ledger(*judged, (3, ordered(Deed.RELEASE))), 4)


def test_after_a_retry_everything_may_be_tried_again():
    """The text as a file once more, and eight times gone."""
    blocked = [one for n in range(3) for one in tried(n, deferred("blocked", fault=Fault.BLOCKED), 1)]
    filed = Planned(Deliver((OPEN, MORE), "new ticket"), keeps=1, why="text as a file: blocked")
    told = ((0, plan(OPEN, MORE)), *tried(0, OPENED), (1, filed), *blocked)
    assert Finish(Status.HELD, "blocked") == step(ledger(*told), 5)

    assert isinstance(step(ledger(*told, (5, ordered(Deed.RETRY)), *blocked), 6), Amend)


@pytest.mark.parametrize(
    ("told", "now", "shown"),
    [
        ((), 0, Index(Status.INCOMING, "", NOW)),
        (((1, PLANNED),), 2, Index(Status.DEFERRED, "", at(2))),
        (WAITING, 5, Index(Status.DEFERRED, "no", at(32))),
        (UNREAD, 5, Index(Status.HELD, "the route holds its mail", at(5))),
        (PARKED, 5, Index(Status.HELD, "the route holds its mail", at(5))),
        (DISCARDED, 5, Index(Status.DISCARDED, "bounce: x", at(5))),
        (DEAD, 5, Index(Status.DEAD, "never", at(5))),
        (HALF, 5, Index(Status.DEFERRED, "no", at(33), 50, "ABC-1234")),
        (((1, plan(OPEN)), *tried(2, OPENED)), 5, Index(Status.DONE, "new ticket", at(5), 50, "ABC-1234")),
    ],
)
def test_the_row_shows_what_the_ledger_says(told, now, shown):
    """Status, reason, when it is due, and its ticket."""
    assert shown == row(ledger(*told), now)


REPLY_PLANNED = Planned(Deliver((REPLY, AddTicketReply(50, "More", REPLY.sender)), "reply to ABC-1234", "ABC-1234"))


@pytest.mark.parametrize(
    ("told", "ticket"),
    [
        (tried(1, deferred()), (50, "ABC-1234")),
        (tried(1, Done(50)), (50, "ABC-1234")),
        ((*tried(1, Done(50)), *tried(2, Done(50), 1)), (50, "ABC-1234")),
        ((*tried(1, deferred()), (2, ordered(Deed.HOLD))), (50, "ABC-1234")),
        ((*tried(1, deferred()), (2, ordered(Deed.DROP))), (None, "")),
        (tried(1, Refused("never")), (None, "")),
        ((*tried(1, Done(50)), *tried(2, Refused("never"), 1)), (50, "ABC-1234")),
        (tried(1, Done(77)), (77, "")),
    ],
)
def test_a_reply_shows_its_ticket_from_the_plan_on(told, ticket):
    """Its number too, which no answer tells; not where the mail was given up without effect."""
    shown = row(ledger((0, REPLY_PLANNED), *told), 3)

    assert ticket == (shown.ticket_id, shown.ticket_number)


@pytest.mark.parametrize(("deed", "where"), [
    (Deed.RETRY, {"incoming", "active", "deferred", "held", "dead"}),
    (Deed.HOLD, {"incoming", "active", "deferred", "dead"}),
    (Deed.RELEASE, {"held", "dead", "discarded"}),
    (Deed.DROP, {"incoming", "active", "deferred", "held", "dead"}),
])  # fmt: skip
def test_what_is_done_stays_done(deed, where):
    """Which deeds make sense in which status."""
    assert where == {status.value for status in Status if possible(deed, Index(status, "", NOW))}


def test_what_a_mail_wrote_is_counted_by_its_settled_calls():
    """Replies and notes with the same text, white space and entities aside; not what was only planned."""
    calls = plan(
        AddTicketReply(50, "Thanks &\n you", REPLY.sender), AddTicketReply(50, "Thanks & you", REPLY.sender), NOTE
    )
    records = ledger((0, calls), *tried(1, Done(50)), *tried(2, deferred(scope=Scope.HELPDESK), 1))

    assert wrote(records, "Thanks &amp; you", markers=False) == 1
    assert wrote(records, NOTE.message, markers=False) == 0
    assert wrote(ledger((0, plan(OPEN)), *tried(0, OPENED)), OPEN.message, markers=False) == 0
