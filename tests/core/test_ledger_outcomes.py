"""What came back, and what the ledger does next: the table of the spine, row by row."""

from dataclasses import replace

import pytest
from core_given import GUEST, file
from core_ledgers import (
    CC,
    CHECK,
    HOUR,
    MORE,
    NOTE,
    OPEN,
    OPENED,
    PLANNED,
    REPLY,
    TERMS,
    absent,
    at,
    deferred,
    ledger,
    plan,
    settled,
    started,
    step,
    tried,
)

from ingestd.core.abilities import WITHOUT_REPLIES
from ingestd.core.journal import (
    Amend,
    Decide,
    Deliver,
    Discard,
    Finish,
    Hold,
    Perform,
    Planned,
    Postponed,
    Status,
    Wait,
)
from ingestd.core.model import Client
from ingestd.core.ticket import Done, Fault, Refused, Scope


def test_an_accepted_mail_is_decided():
    """Nothing is known yet."""
    assert Decide() == step(ledger(), 0)


@pytest.mark.parametrize(
    ("verdict", "end"),
    [
        (Discard("bounce: x"), Finish(Status.DISCARDED, "bounce: x")),
        (Hold("loop: x"), Finish(Status.HELD, "loop: x")),
        (Deliver((OPEN,), "new ticket"), Perform(0, OPEN)),
    ],
)
def test_a_verdict_is_carried_out(verdict, end):
    """Discard and Hold end it; a plan begins with its first call."""
    assert end == step(ledger((0, Planned(verdict))), 0)


def test_the_calls_of_a_plan_follow_one_another():
    """The next call is the first that is not done; after the last it is done."""
    records = ledger((0, PLANNED), *tried(1, OPENED))
    assert Perform(1, CC) == step(records, 1)

    records = ledger((0, PLANNED), *tried(1, OPENED), *tried(2, Done(50), 1))
    assert Perform(2, CHECK) == step(records, 2)

    records = ledger((0, PLANNED), *tried(1, OPENED), *tried(2, Done(50), 1), *tried(3, Done(50), 2))
    assert Finish(Status.DONE, "new ticket") == step(records, 3)


def test_a_mail_that_became_notes_only_is_discarded():
    """It is no ticket and no reply, and counts as neither."""
    assert Finish(Status.DISCARDED, "new ticket") == step(ledger((0, plan(NOTE)), *tried(0, Done(50))), 0)


@pytest.mark.parametrize(
    ("outcome", "pause"),
    [
        (deferred(), 30),
        (deferred(retry_after=90.0), 90),
        (deferred(retry_after=5.0), 30),
        (deferred(retry_after=86400.0), HOUR),
        (deferred(scope=Scope.HELPDESK), 30),
        (deferred(scope=Scope.HELPDESK, retry_after=90.0), 90),
        (deferred(scope=Scope.ROUTE), 30),
        (deferred(fault=Fault.BLOCKED), 30),
        (deferred(fault=Fault.OTHER), 30),
    ],
)
def test_a_deferral_waits_at_least_as_long_as_asked(outcome, pause):
    """The first pause is `first`; Retry-After counts up to `longest`."""
    records = ledger((0, plan(OPEN)), *tried(100, outcome))

    assert Wait(at(100 + pause), "no") == step(records, 100)
    assert Wait(at(100 + pause), "no") == step(records, 99 + pause)
    assert not isinstance(step(records, 100 + pause), Wait)


@pytest.mark.parametrize(("scope", "tries", "pause"), [
    (Scope.MAIL, 2, 60), (Scope.MAIL, 3, 120), (Scope.MAIL, 7, 1920), (Scope.MAIL, 8, HOUR), (Scope.MAIL, 30, HOUR),
    (Scope.HELPDESK, 2, 60), (Scope.HELPDESK, 8, 300), (Scope.HELPDESK, 30, 300),
])  # fmt: skip
def test_pauses_grow_and_are_bounded(scope, tries, pause):
    """Doubling up to `longest`; where the helpdesk is at fault its circuit decides, and the mail stays near."""
    told = [one for n in range(tries) for one in tried(n, deferred(f"no {n}", scope))]

    assert Wait(at(tries - 1 + pause), f"no {tries - 1}") == step(ledger((0, plan(OPEN)), *told), tries)


@pytest.mark.parametrize("scope", [Scope.MAIL, Scope.HELPDESK])
def test_after_its_pause_the_same_call_is_made(scope):
    """It surely had no effect."""
    assert Perform(0, OPEN) == step(ledger((0, plan(OPEN)), *tried(0, deferred(scope=scope))), 30)


def test_a_misconfigured_route_is_decided_anew():
    """The plan names the department as configured then: only a new one can name the corrected one."""
    records = ledger((0, plan(OPEN)), *tried(0, deferred("no such department", Scope.ROUTE)))

    assert Decide() == step(records, 30)


def test_the_pauses_of_a_misconfigured_route_grow_over_its_plans():
    """Each new plan is refused again: that makes no hot loop."""
    told = [one for n in range(3) for one in ((n, plan(OPEN)), *tried(n, deferred("no", Scope.ROUTE)))]

    assert Wait(at(2 + 120), "no") == step(ledger(*told), 2)


def test_a_misconfigured_route_is_not_decided_anew_after_a_doubt():
    """What was once unknown is repeated as it was planned: an effect that comes later is still found by its text."""
    lost = ((0, started()), (130, absent()), (250, absent()))
    records = ledger((0, plan(OPEN)), *lost, *tried(251, deferred("no", Scope.ROUTE)))

    assert Perform(0, OPEN) == step(records, 281)


def test_a_new_plan_may_be_amended_like_the_first():
    """Decided anew after its ticket was gone: what was mended before was another plan."""
    mended = Planned(Deliver((REPLY,), "reply"), why="mended address: bad")
    gone = ((0, plan(REPLY)), (0, mended), *tried(1, Refused("gone", Fault.GONE)))

    found = step(ledger(*gone, (2, plan(OPEN)), *tried(2, Refused("bad", Fault.ADDRESS))), 2)

    assert isinstance(found, Amend)


def test_a_misconfigured_route_is_not_decided_anew_once_a_call_took_effect():
    """What is settled stays: the plan goes on."""
    records = ledger((0, plan(OPEN, MORE)), *tried(0, OPENED), *tried(1, deferred("no", Scope.ROUTE), 1))

    assert Perform(1, MORE) == step(records, 31)


@pytest.mark.parametrize("fault", [Fault.ADDRESS, Fault.SUBJECT, Fault.DATE, Fault.SERVICE])
def test_a_value_of_the_mail_is_mended_once_and_then_it_is_dead(fault):
    """Refused for its own value: mended, sent again, refused again: a person decides."""
    dated = replace(OPEN, created=at(0), service=77)
    records = ledger((0, plan(dated)), *tried(0, Refused("bad value", fault)))

    amend = step(records, 0)

    assert isinstance(amend, Amend)
    assert f"mended {fault}: bad value" == amend.planned.why
    again = (*records, *ledger((1, amend.planned))[1:])
    assert isinstance(step(again, 1), Perform)
    dead = (*again, *ledger(*tried(2, Refused("bad value", fault)))[1:])
    assert Finish(Status.DEAD, "bad value") == step(dead, 2)


def test_two_values_are_mended_one_after_the_other():
    """Each once."""
    first = Planned(Deliver((replace(OPEN, created=at(0)),), "new ticket"), why="mended address: bad")

    amend = step(ledger((0, PLANNED), (1, first), *tried(2, Refused("bad date", Fault.DATE))), 2)

    assert isinstance(amend, Amend)
    assert amend.planned.verdict == Deliver((OPEN,), "new ticket")


@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (OPEN, Refused("never")),
        (replace(OPEN, sender=Client(7)), Refused("bad address", Fault.ADDRESS)),
        (REPLY, Refused("bad subject", Fault.SUBJECT)),
        (NOTE, Refused("empty", Fault.MESSAGE)),
    ],
)
def test_what_cannot_be_mended_is_dead(call, refusal):
    """Nothing else to try: a person decides."""
    assert Finish(Status.DEAD, refusal.reason) == step(ledger((0, plan(call)), *tried(0, refusal)), 0)


def test_a_ticket_that_is_gone_is_decided_anew():
    """Identify and plan anew, at once; a released mail stays released."""
    assert Decide() == step(ledger((0, plan(REPLY)), *tried(0, Refused("gone", Fault.GONE))), 0)


def test_what_keeps_being_gone_is_decided_ever_later_and_then_held():
    """What we know of the helpdesk may be minutes old; a plan that comes to nothing again and again is a person's."""
    gone = [one for n in range(9) for one in ((n, plan(REPLY)), *tried(n, Refused("gone", Fault.GONE)))]

    assert Wait(at(1 + 30), "gone") == step(ledger(*gone[:6]), 1)
    assert Wait(at(7 + 1920), "gone") == step(ledger(*gone[:24]), 7)
    assert Finish(Status.HELD, "gone") == step(ledger(*gone), 8)


def test_a_look_up_that_fails_while_deciding_anew_waits():
    """A ticket is gone and the helpdesk cannot be asked: no hot loop."""
    records = ledger((0, plan(REPLY)), *tried(0, Refused("gone", Fault.GONE)), (1, Postponed("cannot ask")))

    assert Wait(at(31), "cannot ask") == step(records, 1)
    assert Decide() == step(records, 31)


@pytest.mark.parametrize(
    "told",
    [
        ((0, plan(REPLY)), (0, started()), (150, started()), (200, settled(Refused("gone", Fault.GONE)))),
        ((0, plan(OPEN, MORE)), *tried(0, OPENED), *tried(1, Refused("gone", Fault.GONE), 1)),
    ],
)
def test_gone_after_an_effect_or_a_doubt_is_held(told):
    """It may have been written before it went."""
    assert Finish(Status.HELD, "gone") == step(ledger(*told), 300)


def test_a_blocked_mail_gets_its_text_as_a_file_and_is_held_then():
    """A firewall's refusals: three times, then the text as a file, three times, then a person."""
    blocked = deferred("blocked", fault=Fault.BLOCKED)
    records = ledger((0, plan(OPEN)), *tried(0, blocked), *tried(1, blocked))
    assert isinstance(step(records, 1), Wait)

    amend = step(ledger((0, plan(OPEN)), *(one for n in range(3) for one in tried(n, blocked))), 2)

    assert isinstance(amend, Amend)
    assert "text as a file: blocked" == amend.planned.why
    again = ledger((0, plan(OPEN)), (3, amend.planned), *(one for n in range(4, 7) for one in tried(n, blocked)))
    assert Finish(Status.HELD, "blocked") == step(again, 7)


def test_a_text_goes_into_a_file_once_even_if_it_was_split_since():
    """Amendments are remembered over those that follow."""
    blocked = deferred("blocked", fault=Fault.BLOCKED)
    filed = Planned(Deliver((OPEN,), "new ticket"), why="text as a file: blocked")
    split = Planned(Deliver((OPEN, MORE), "new ticket"), why="split: dropped")
    told = [one for n in range(3) for one in tried(n, blocked)]

    assert Finish(Status.HELD, "blocked") == step(ledger((0, PLANNED), (0, filed), (0, split), *told), 3)


def test_a_dropped_body_is_split():
    """The files go in further replies, each body within half of what was dropped."""
    big = replace(OPEN, files=(file("a.bin", 600_000), file("b.bin", 600_000)))
    records = ledger((0, plan(big, CC)), *tried(0, deferred("dropped", fault=Fault.DROPPED, size=2_200_000)))

    amend = step(records, 0)

    assert isinstance(amend, Amend)
    assert 0 == amend.planned.keeps
    assert ["a.bin"] == [each.name for each in amend.planned.verdict.calls[0].files]
    assert ["b.bin"] == [each.name for each in amend.planned.verdict.calls[1].files]


@pytest.mark.parametrize("size", [0, 2_200_000])
def test_a_dropped_body_without_files_is_held(size):
    """Nothing can be taken off."""
    records = ledger((0, plan(OPEN)), *tried(0, deferred("dropped", fault=Fault.DROPPED, size=size)))

    assert Finish(Status.HELD, "dropped") == step(records, 0)


def test_a_plan_is_amended_eight_times_at_most():
    """Amendments follow one another at once: they are counted."""
    big = Planned(
        Deliver((replace(OPEN, files=(file("a.bin", 9000), file("b.bin", 9000))),), "new ticket"), why="split: x"
    )
    records = ledger((0, PLANNED), *[(0, big)] * 8, *tried(1, deferred("dropped", fault=Fault.DROPPED, size=30_000)))

    assert Finish(Status.HELD, "dropped") == step(records, 1)


def test_a_guest_whose_address_is_refused_writes_as_nobody():
    """The mended plan is the old one, but for what was refused."""
    amend = step(ledger((0, PLANNED), *tried(0, Refused("bad", Fault.ADDRESS))), 0)

    assert isinstance(amend, Amend)
    first, *rest = amend.planned.verdict.calls
    assert replace(GUEST, email="nobody@example.com") == first.sender
    assert [CC, CHECK] == rest


def test_a_reply_that_the_role_denies_is_planned_anew_once_we_are_told():
    """`follow_up = "update"`, set while replies wait: each is decided anew after its pause; without it, it waits."""
    denied = deferred("lacks AddTicketReply", Scope.HELPDESK, Fault.ROLE)
    records = ledger((0, plan(REPLY)), *tried(0, denied))
    told = replace(TERMS, abilities=WITHOUT_REPLIES)

    assert isinstance(step(records, 29, terms=told), Wait)
    assert Decide() == step(records, 30, terms=told)
    assert Perform(0, REPLY) == step(records, 30)
