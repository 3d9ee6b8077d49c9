"""Which holds expire, when, and into what."""

from datetime import timedelta

import pytest
from core_given import NOW
from core_ledgers import DAY, LATE, OPEN, at, ledger, ordered, plan, row, settled, started, step

from ingestd.core.deeds import possible
from ingestd.core.journal import Decide, Deed, Discard, Finish, Hold, Planned, Status, Stopped
from ingestd.core.ledger import expired

RETENTION = timedelta(days=30)
SPAM = (10, Planned(Hold("spam: score 15.2", expires=True)))
ROUTE = (10, Planned(Hold("the route holds its mail")))


def ended(*told, after=31 * DAY, retention=RETENTION):
    return expired(ledger(*told), at(after), retention)


@pytest.mark.parametrize(
    ("retention", "words"),
    [
        (RETENTION, "held for 30 days: expired; was: spam: score 15.2"),
        (timedelta(hours=12), "held for 0.5 days: expired; was: spam: score 15.2"),
    ],
)
def test_a_hold_that_expires_ends_after_the_retention(retention, words):
    """To the second, counted from the verdict, and its reason still tells why it was held."""
    length = retention.total_seconds()

    assert ended(SPAM, after=10 + length - 1, retention=retention) is None
    assert Stopped(Status.DISCARDED, words) == ended(SPAM, after=10 + length, retention=retention)


def test_what_expired_is_discarded_and_can_still_be_released():
    """The record says so by itself, and a person may want it all the same."""
    records = ledger(SPAM, (31 * DAY, ended(SPAM)))

    assert Finish(Status.DISCARDED, "held for 30 days: expired; was: spam: score 15.2") == step(records, 31 * DAY)
    assert expired(records, at(90 * DAY), RETENTION) is None
    assert Decide(released=True) == step((*records, *ledger((32 * DAY, ordered(Deed.RELEASE)))[1:]), 32 * DAY)


@pytest.mark.parametrize(
    "told",
    [
        (),
        (ROUTE,),
        ((10, Planned(Discard("bounce: x"))),),
        ((10, plan(OPEN)), (11, started()), (12, settled(LATE))),
        ((10, plan(OPEN)), (11, Stopped(Status.DEAD, "past the queue lifetime"))),
        ((10, Stopped(Status.HELD, "claimed 10 times without getting on")),),
        (SPAM, (11, ordered(Deed.HOLD))),
        (SPAM, (11, ordered(Deed.DROP))),
        (SPAM, (11, ordered(Deed.RELEASE))),
        (SPAM, (11, ordered(Deed.RETRY)), (12, Planned(Hold("loop: 120 hops")))),
    ],
)
def test_nothing_else_ever_expires(told):
    """Holds of a route, of a loop, of a person, unknown outcomes, dead letters, and whatever is not held."""
    assert ended(*told, after=10_000 * DAY) is None
    assert not row(ledger(*told), 20).expires


def test_a_mail_that_was_decided_again_expires_later():
    """The time counts from the verdict that holds it now."""
    again = (SPAM, (20 * DAY, ordered(Deed.RETRY)), (21 * DAY, SPAM[1]))

    assert ended(*again, after=50 * DAY) is None
    assert ended(*again, after=52 * DAY) is not None


def test_the_row_tells_who_holds_what_is_held():
    """A person may hold what would expire, and so keep it."""
    index = row(ledger(SPAM), 20)

    assert (Status.HELD, True) == (index.status, index.expires)
    assert possible(Deed.HOLD, index)
    assert not possible(Deed.HOLD, row(ledger(ROUTE), 20))
    assert index.due_at == NOW + timedelta(seconds=20)
