"""How urgent a sender says his mail is, and what comes of it."""

from dataclasses import replace

import pytest
from core_given import CLIENT, ENVELOPE, FACTS, MAIL, POLICY, SUBJECT, TICKET

from ingestd.core.decide import decide
from ingestd.core.model import Grade
from ingestd.core.ticket import Priority, UpdateTicket
from ingestd.core.urgency import urgency_of
from ingestd.core.wishes import Actions, Rule

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH
FOLLOWED = replace(FACTS, sender=CLIENT, participant=True, ticket=TICKET, sign=SUBJECT, number=TICKET.number)


@pytest.mark.parametrize(
    ("name", "value", "priority"),
    [
        ("X-Priority", "1 (Highest)", HIGH),
        ("X-Priority", "2", HIGH),
        ("X-Priority", "3 (Normal)", None),
        ("X-Priority", "5 (Lowest)", LOW),
        ("X-Priority", "10", None),
        ("Importance", "High", HIGH),
        ("importance", " low", LOW),
        ("Importance", "normal", None),
        ("X-MSMail-Priority", "High", HIGH),
        ("X-MSMail-Priority", "Normal", None),
        ("Priority", "urgent", HIGH),
        ("Priority", "non-urgent", LOW),
        ("Subject", "urgent", None),
        ("X-Priority", "", None),
    ],
)
def test_the_fields_of_mail_programs(name, value, priority):
    """What is normal says nothing: the route's priority stands."""
    assert priority is urgency_of(replace(MAIL, headers=((name, value),)))


@pytest.mark.parametrize(
    ("value", "policy", "grade", "priority"),
    [
        ("1", {}, Grade.TRUSTED, HIGH),
        ("5", {}, Grade.TRUSTED, LOW),
        ("3", {}, Grade.TRUSTED, MEDIUM),
        ("1", {"mail_priority": False}, Grade.TRUSTED, MEDIUM),
        ("1", {}, Grade.UNVERIFIED, HIGH),
        ("1", {}, Grade.FORGED, MEDIUM),
        ("1", {"rules": (Rule("calm", actions=Actions(priority=LOW)),)}, Grade.TRUSTED, LOW),
    ],
)
def test_a_new_ticket(value, policy, grade, priority):
    """As its sender says, where the operator lets him, and no rule says otherwise."""
    mail = replace(MAIL, headers=(("X-Priority", value),))

    made = decide(mail, ENVELOPE, replace(FACTS, grade=grade), replace(POLICY, **policy))

    assert priority is made.calls[0].priority


def test_a_reply_can_only_raise():
    """What is low already changes nothing, so nothing is asked."""
    high, low = (replace(MAIL, headers=(("Importance", value),)) for value in ("high", "low"))

    assert UpdateTicket(50, priority=HIGH) == decide(high, ENVELOPE, FOLLOWED, POLICY).calls[1]
    assert 1 == len(decide(low, ENVELOPE, FOLLOWED, POLICY).calls)
