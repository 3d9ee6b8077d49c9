"""Look before repeating: a call without an answer, through restarts, other nodes and clocks that were set."""

from dataclasses import replace

import pytest
from core_ledgers import (
    CC,
    DAY,
    HOUR,
    LATE,
    MORE,
    NOTE,
    OPEN,
    OPENED,
    REPLY,
    SURE,
    TERMS,
    absent,
    at,
    deferred,
    ledger,
    ordered,
    plan,
    settled,
    started,
    step,
    tried,
)

from ingestd.core.abilities import KELIWEB
from ingestd.core.journal import Deed, Finish, Perform, Postponed, Status, Verify, Wait
from ingestd.core.ticket import AppendToTicket, Done, Fault, Refused, Scope, Unknown

ADDED = AppendToTicket(50, "It burns.", "Customer-Reply")
LOOKING = "no answer to OpenTicket: looking before trying again"
AGAIN = "no answer to OpenTicket; to be sent again"
# The call is given 10 s, its effect 120 s to show.
VISIBLE = 130


@pytest.mark.parametrize("end", [(), ((10, settled(LATE)),), ((1, settled(SURE)),)])
def test_what_cannot_be_told_is_looked_up_after_its_deadline_and_settle(end):
    """`Started` without `Settled` means Unknown; either is verified, never performed."""
    records = ledger((0, plan(OPEN)), (0, started()), *end)

    assert Wait(at(VISIBLE), LOOKING) == step(records, 10)
    assert Wait(at(VISIBLE), LOOKING) == step(records, VISIBLE - 1)
    assert Verify(0, OPEN) == step(records, VISIBLE)


@pytest.mark.parametrize("call", [OPEN, REPLY, NOTE])
def test_every_call_that_writes_text_is_looked_up(call):
    """A ticket, a reply, a note."""
    assert Verify(0, call) == step(ledger((0, plan(call)), (0, started())), VISIBLE)


@pytest.mark.parametrize(
    ("asked", "due"), [(None, VISIBLE), (5.0, VISIBLE), (300.0, 310), (300, 310), (86400.0, 10 + HOUR)]
)
def test_retry_after_only_says_when_to_look(asked, due):
    """Never sooner than `settle`; counted up to `longest`."""
    records = ledger((0, plan(OPEN)), (0, started()), (10, settled(Unknown("503", retry_after=asked))))

    assert Wait(at(due), LOOKING) == step(records, 10)


def test_after_a_time_out_absence_is_seen_twice():
    """The helpdesk may still be at work: two looks, `settle` apart, then the call is repeated."""
    told = ((0, plan(OPEN)), (0, started()), (10, settled(LATE)), (200, absent()))

    assert Wait(at(320), LOOKING) == step(ledger(*told), 200)
    assert Verify(0, OPEN) == step(ledger(*told), 320)
    assert Perform(0, OPEN) == step(ledger(*told, (321, absent())), 321)


def test_after_a_crash_absence_is_seen_twice():
    """`Started` alone is as late as can be."""
    told = ((0, plan(OPEN)), (0, started()), (200, absent()))

    assert Verify(0, OPEN) == step(ledger(*told), 320)


def test_absence_once_is_enough_where_nothing_was_at_work():
    """The answer told that the request did not get through."""
    records = ledger((0, plan(OPEN)), (0, started()), (1, settled(SURE)), (200, absent()))

    assert Perform(0, OPEN) == step(records, 200)


def test_absences_before_the_call_left_again_do_not_count():
    """Each try is looked up for itself."""
    first = ((0, started()), (10, settled(LATE)), (200, absent()), (320, absent()))
    records = ledger((0, plan(OPEN)), *first, (400, started()), (600, absent()))

    assert Wait(at(720), LOOKING) == step(records, 600)
    assert Verify(0, OPEN) == step(records, 720)


def test_what_was_found_is_done():
    """The look settles the call."""
    records = ledger((0, plan(OPEN)), (0, started()), (200, settled(OPENED)))

    assert Finish(Status.DONE, "new ticket") == step(records, 200)


def _lost(count: int, gap: float):
    """So many calls that were lost, each looked up twice."""
    return [
        one
        for n in range(count)
        for one in ((n * gap, started()), (n * gap + 130, absent()), (n * gap + 250, absent()))
    ]


@pytest.mark.parametrize(("count", "pause"), [(2, 30), (3, 60), (9, HOUR)])
def test_repeating_gets_slower(count, pause):
    """The first repetition is at once, the next ones wait ever longer."""
    last = (count - 1) * 300 + 250
    records = ledger((0, plan(OPEN)), *_lost(count, 300))

    assert Wait(at(last + pause), AGAIN) == step(records, last)
    assert Perform(0, OPEN) == step(records, last + pause)


def test_a_call_that_is_never_answered_does_not_go_on_for_ever():
    """Surely absent, sent again and again for the queue lifetime: a person decides."""
    records = ledger((0, plan(OPEN)), *_lost(120, 250 + HOUR))

    assert Finish(Status.DEAD, f"past the queue lifetime: {AGAIN}") == step(records, 119 * (250 + HOUR) + 250)


def test_an_update_is_repeated_instead_of_looked_up():
    """A difference is computed anew: doing it twice changes nothing. It waits all the same."""
    told = ((0, plan(OPEN, CC)), *tried(0, OPENED), (10, started(1)), (20, settled(LATE, 1)))

    assert isinstance(step(ledger(*told), 10 + VISIBLE - 1), Wait)
    assert Perform(1, CC) == step(ledger(*told), 10 + VISIBLE)


def test_an_addition_is_repeated_instead_of_looked_up():
    """What stands in the opening post is read each time. It is the mail's own text: never done without."""
    records = ledger((0, plan(ADDED)), (0, started()), (10, settled(LATE)))

    assert isinstance(step(records, VISIBLE - 1), Wait)
    assert Perform(0, ADDED) == step(records, VISIBLE)
    dead = ledger((0, plan(OPEN, ADDED)), *tried(0, OPENED), *tried(1, Refused("no"), 1))
    assert Finish(Status.DEAD, "no") == step(dead, 1)


def test_an_update_that_is_never_answered_is_done_without():
    """Secondary calls never hold up a mail for ever."""
    told = [one for n in range(150) for one in ((n * HOUR, started(1)), (n * HOUR + 10, settled(LATE, 1)))]
    records = ledger((0, plan(OPEN, CC)), *tried(0, OPENED), *told)

    found = step(records, 150 * HOUR)

    assert isinstance(found, Finish)
    assert Status.DONE is found.status


def test_a_look_that_fails_is_made_again_later():
    """Nothing is known that was not known before: no repetition, and no hot loop."""
    told = ((0, plan(OPEN)), (0, started()), (200, Postponed("down", None, Scope.HELPDESK)))

    assert Wait(at(230), "down") == step(ledger(*told), 200)
    assert Verify(0, OPEN) == step(ledger(*told), 230)
    assert Wait(at(320), LOOKING) == step(ledger(*told, (200, absent())), 230)


def test_what_can_never_be_looked_up_is_held():
    """It is not dead: it may be there, and a person must look."""
    told = [(n * HOUR, Postponed("cannot be read")) for n in range(1, 123)]
    records = ledger((0, plan(OPEN)), (0, started()), *told)

    assert Finish(Status.HELD, "past the queue lifetime: cannot be read") == step(records, 122 * HOUR)


class TestAHelpdeskThatCannotBeAsked:
    """Keliweb has no list of tickets; its replies can be read."""

    terms = replace(TERMS, abilities=KELIWEB)
    lost = ((0, plan(OPEN, MORE)), (0, started()), (10, settled(LATE)))

    def test_a_lost_new_ticket_is_held_for_a_person(self):
        """After `settle`; the reason says what to do."""
        found = step(ledger(*self.lost), VISIBLE, terms=self.terms)

        assert Status.HELD is found.status
        assert "release to send it again, or drop" in found.reason

    def test_a_retry_changes_nothing(self):
        """Retry is the next step now, and there is none."""
        found = step(ledger(*self.lost, (500, ordered(Deed.RETRY))), 500, terms=self.terms)

        assert Status.HELD is found.status

    def test_a_release_sends_it_again_once(self):
        """A person has looked; the next lost answer needs another look."""
        told = (*self.lost, (500, ordered(Deed.RELEASE)))
        assert Perform(0, OPEN) == step(ledger(*told), 500, terms=self.terms)

        told = (*told, (501, started()))
        assert Status.HELD is step(ledger(*told), 501 + VISIBLE, terms=self.terms).status

    def test_where_it_may_come_twice_it_is_sent_again(self):
        """`on_unknown = "resend"`: after `settle`, ever slower, up to the queue lifetime."""
        terms = replace(self.terms, resend=True)
        assert Perform(0, OPEN) == step(ledger(*self.lost), VISIBLE, terms=terms)

        told = (*self.lost, (VISIBLE, started()), (VISIBLE + 10, settled(LATE)))
        assert isinstance(step(ledger(*told), 2 * VISIBLE - 1, terms=terms), Wait)
        assert Perform(0, OPEN) == step(ledger(*told), 2 * VISIBLE + 30, terms=terms)

    def test_a_lost_reply_is_looked_up(self):
        """The ticket is known and can be read."""
        told = ((0, plan(OPEN, MORE)), *tried(0, OPENED), (10, started(1)))

        assert Verify(1, MORE) == step(ledger(*told), 10 + VISIBLE, terms=self.terms)


class TestRestarts:
    """Other processes' deadlines count from our start, on our clock."""

    def test_settle_begins_anew_after_a_restart(self):
        """The process before may have been sending until we began."""
        records = ledger((0, plan(OPEN)), (0, started(boot="b0")))

        assert Wait(at(1000 + 120), LOOKING) == step(records, 1001, "b1", since=1000)
        assert Verify(0, OPEN) == step(records, 1120, "b1", since=1000)

    def test_another_node_gets_its_whole_deadline(self):
        """A node that began long ago and took over a lease waits for the other's call as if it were its own."""
        records = ledger((0, plan(OPEN)), (0, started(boot="other")))

        assert Wait(at(VISIBLE), LOOKING) == step(records, 61, "b1", since=-DAY)

    def test_a_look_of_another_process_counts_from_our_start(self):
        """The second look is `settle` after it."""
        records = ledger((0, plan(OPEN)), (0, started(boot="b0")), (200, absent(boot="b0")))

        assert Wait(at(1120), LOOKING) == step(records, 1000, "b1", since=1000)
        assert Verify(0, OPEN) == step(records, 1120, "b1", since=1000)

    def test_looks_before_and_after_a_restart_add_up(self):
        """Two absences are two, whoever saw them."""
        records = ledger((0, plan(OPEN)), (0, started(boot="b0")), (200, absent(boot="b0")), (1120, absent()))

        assert Perform(0, OPEN) == step(records, 1120, "b1", since=1000)


class TestAClockThatWasSetBack:
    """Before our start the clock stood five hours ahead: no wait is for hours, none is skipped."""

    ahead = 5 * HOUR

    @pytest.mark.parametrize(
        ("told", "due"),
        [
            ((started(boot="b0"),), 10 + 120),
            ((started(boot="b0"), settled(LATE)), 10 + 120),
            ((started(boot="b0"), settled(Unknown("503", retry_after=300.0))), 300),
            ((started(boot="b0"), absent(boot="b0")), 120),
            ((started(boot="b0"), settled(deferred())), 30),
            ((started(boot="b0"), settled(deferred(scope=Scope.HELPDESK))), 30),
            ((started(boot="b0"), settled(deferred(scope=Scope.ROUTE))), 30),
            (
                (started(boot="b0"), absent(boot="b0"), absent(boot="b0"), started(boot="b0"), settled(SURE), absent()),
                30,
            ),
        ],
    )
    def test_a_record_from_the_future_counts_as_our_start(self, told, due):
        """The wait ends as if it had begun when we did, and the end does not move with the clock."""
        records = ledger((0, plan(OPEN)), *((self.ahead, event) for event in told))

        for now in (0, 1, due - 1):
            found = step(records, now, "b1", since=0)
            assert isinstance(found, Wait)
            assert at(due) == found.until
        assert not isinstance(step(records, due, "b1", since=0), Wait)

    def test_a_postponement_from_the_future_too(self):
        """Also before there is a plan."""
        assert Wait(at(30), "no") == step(ledger((self.ahead, Postponed("no"))), 1, "b1", since=0)

    def test_the_clock_of_another_node_may_be_a_little_ahead(self):
        """Seconds of skew are no set-back: the other's call gets its whole time."""
        records = ledger((0, plan(OPEN)), (30, started(boot="other")))

        assert Wait(at(30 + VISIBLE), LOOKING) == step(records, 0, "b1", since=-DAY)

    def test_time_that_ran_backwards_is_not_lifetime(self):
        """A span below zero counts as nothing."""
        told = [one for n in range(121) for one in tried(n * HOUR, deferred())]
        records = ledger((0, plan(OPEN)), *tried(9 * DAY, deferred()), *told)

        assert isinstance(step(records[:-2], 119 * HOUR), Wait)
        assert Finish(Status.DEAD, "past the queue lifetime: no") == step(records, 120 * HOUR)


def test_an_effect_may_come_late_and_be_refused_as_gone():
    """Absent, sent again, and then its ticket is gone: held, for it may have been there."""
    told = (
        (0, plan(REPLY)),
        (0, started()),
        (130, absent()),
        (250, absent()),
        *tried(251, Refused("gone", Fault.GONE)),
    )

    assert Finish(Status.HELD, "gone") == step(ledger(*told), 251)


def test_a_found_reply_goes_on_with_the_next_call():
    """A later call of the plan is verified on the ticket that the first one opened."""
    told = ((0, plan(OPEN, MORE, CC)), *tried(0, OPENED), (10, started(1)), (200, settled(Done(50), 1)))

    assert Perform(2, CC) == step(ledger(*told), 200)
