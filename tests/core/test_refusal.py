"""What is refused by SMTP is what the lists and flags of the route would discard, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from core_given import MAIL, POLICY

from ingestd.core.model import Client, Envelope, Guest
from ingestd.core.refusal import Asked, refused, refuses
from ingestd.core.wishes import Actions, Lists, Rule, When

ADA = "ada@example.net"
ENVELOPE = Envelope(ADA, "support@example.com", "support@example.com", "127.0.0.1", "mx", False, datetime.now(UTC))
CLIENTS = replace(POLICY, clients_only=True)


@pytest.mark.parametrize(
    ("policy", "sender", "reason"),
    [
        (POLICY, None, ""),
        (replace(POLICY, lists=Lists(deny_senders=("*@example.net",))), None, "Blocked sender: *@example.net"),
        (replace(POLICY, lists=Lists(deny_senders=("*@example.net",), allow_senders=(ADA,))), None, ""),
        (replace(POLICY, lists=Lists(deny_phrases=("help",))), None, ""),
        # What may be in the text is not known yet.
        (replace(POLICY, lists=Lists(deny_senders=("*@example.net",), allow_phrases=("help",))), None, ""),
        (replace(POLICY, replies_only=True), Client(7), "Only Replies Allowed by Email"),
        (CLIENTS, Guest("Ada", ADA), "Unregistered Email Address"),
        (CLIENTS, Client(7), ""),
        # Whom nobody looked up of late may be a client.
        (CLIENTS, None, ""),
        # What a rule parks is no discard.
        (replace(CLIENTS, rules=(Rule("all", When(), Actions(hold="wait")),)), Guest("Ada", ADA), ""),
        (
            replace(CLIENTS, rules=(Rule("all", When(), Actions(flag=3)),)),
            Guest("Ada", ADA),
            "Unregistered Email Address",
        ),
        # The flags are asked before the route parks what is left.
        (replace(CLIENTS, hold=True), Guest("Ada", ADA), "Unregistered Email Address"),
    ],
)
def test_what_is_refused(policy, sender, reason):
    """The reason is that of the import log; where it is not certain, the mail is taken."""
    assert reason == refused(Asked(MAIL, ENVELOPE, policy, ADA, sender))


@pytest.mark.parametrize(
    ("policy", "may"),
    [
        (POLICY, False),
        (CLIENTS, True),
        (replace(POLICY, replies_only=True), True),
        (replace(POLICY, lists=Lists(deny_subjects=("pills",))), True),
        (replace(POLICY, lists=Lists(deny_phrases=("pills",))), False),
    ],
)
def test_only_lists_and_flags_refuse(policy, may):
    """Without any, no header block is read at the door."""
    assert may is refuses(policy)
