"""What becomes of robots, loops and parked routes."""

from dataclasses import replace

import pytest
from core_given import ENVELOPE, FACTS, MAIL, POLICY

from ingestd.core.decide import decide
from ingestd.core.journal import Deliver, Discard, Hold
from ingestd.core.model import Kind

MARKED = "Your mail:\n[ref:0ABCDEFGHJKMNPQRSTVW-0]"


def decided(mail=MAIL, facts=FACTS, policy=POLICY):
    return decide(mail, ENVELOPE, facts, policy)


@pytest.mark.parametrize(
    ("kind", "becomes", "quiet"),
    [
        (Kind.ORDINARY, Deliver, False),
        (Kind.BOUNCE, Discard, None),
        (Kind.DELAYED, Discard, None),
        (Kind.AUTO_REPLY, Discard, None),
        (Kind.FEEDBACK, Deliver, True),
        (Kind.AUTO_GENERATED, Deliver, True),
        (Kind.LIST, Deliver, True),
        (Kind.BULK, Deliver, True),
    ],
)
def test_what_becomes_of_each_kind_of_mail(kind, becomes, quiet):
    """Robots' answers are discarded with their sign; people behind robots get a ticket that answers nobody."""
    verdict = decided(replace(MAIL, kind=kind, sign="by this sign"))

    assert becomes is type(verdict)
    assert verdict == Discard(f"{kind}: by this sign") if quiet is None else verdict.calls[0].noemail is quiet


@pytest.mark.parametrize(
    ("mail", "facts", "policy", "reason"),
    [
        ({}, {"author": "Support@Example.com"}, {}, "loop: the author Support@Example.com is one of our own addresses"),
        ({}, {"author": "support+123@example.com"}, {}, "loop: the author support+123@example.com is one of our own"),
        ({"kind": Kind.AUTO_GENERATED, "text": MARKED}, {}, {}, "loop: an automatic mail that repeats our own text"),
        ({"kind": Kind.AUTO_REPLY, "text": MARKED}, {}, {}, "loop: an automatic mail that repeats our own text"),
        ({"hops": 51}, {}, {}, "loop: 51 hops"),
        ({}, {"recent": 61}, {}, "loop: 61 mails of this author in an hour"),
        ({}, {}, {"hold": True}, "the route holds its mail"),
    ],
)
def test_loops_and_parked_routes_are_held(mail, facts, policy, reason):
    """With the reason that a person reads; a person's release overrules each of them."""
    mail, facts, policy = replace(MAIL, **mail), replace(FACTS, **facts), replace(POLICY, **policy)

    held = decided(mail, facts, policy)

    assert Hold is type(held)
    assert held.reason.startswith(reason)
    assert Deliver is type(decided(mail, replace(facts, released=True), policy))


@pytest.mark.parametrize(
    ("mail", "facts"),
    [
        ({"text": MARKED}, {}),
        ({"kind": Kind.AUTO_GENERATED, "text": "> " + MARKED.splitlines()[1]}, {}),
        ({"hops": 50}, {}),
        ({}, {"recent": 60}),
        ({}, {"author": "other@example.com"}),
    ],
)
def test_what_only_looks_like_a_loop_is_delivered(mail, facts):
    """People quote us, and stay within the limits."""
    assert Deliver is type(decided(replace(MAIL, **mail), replace(FACTS, **facts)))


def test_a_robots_answer_on_a_parked_route_is_discarded_and_can_be_released():
    """The kind counts before the route; a person may still make a ticket of it."""
    bounce = replace(MAIL, kind=Kind.BOUNCE, sign="a DSN")
    parked = replace(POLICY, hold=True)

    assert Discard("bounce: a DSN") == decided(bounce, policy=parked)
    assert Deliver is type(decided(bounce, replace(FACTS, released=True), parked))
