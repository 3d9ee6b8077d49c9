"""What `try` tells of the operator's policy, and what `check` asks of it."""

import json

import pytest

from ingestd.cli.check import checked
from ingestd.config import load
from ingestd.desk import Desk, DeskSettings

RULES = """
[policy]
deny_subjects = ["cheap*pills"]
[[rule]]
name = "urgent"
when.subject = ["fire"]
priority = "High"
custom_fields = {8 = "fire", 9 = "x"}
cc = ["ops@example.net"]
note = "Call them."
[[rule]]
name = "elsewhere"
department = 2
stop = true
[[rule]]
name = "never reached"
department = 9
"""
MAIL = b"From: Ann <ann@example.net>\nTo: support@example.com\nSubject: Fire\nMessage-ID: <one@example.net>\n\nHelp.\n"


def tried(house, raw=MAIL):
    done = house.run("try", house.file(raw), "--json")
    assert 0 == done.code, done
    return json.loads(done.out)


@pytest.fixture
def ruled(house):
    house.config.write_text(house.config.read_text() + RULES)
    return house


def test_the_rules_that_matched_and_what_each_did(ruled):
    """In their order, up to the one that stops; the requests are as they want them."""
    told = tried(ruled)

    assert [
        "urgent: priority High; custom_fields 8 = fire, 9 = x; cc ops@example.net; notes Call them.",
        "elsewhere: department 2; stop",
    ] == told["rules"]
    assert ("new ticket, rules urgent, elsewhere", "") == (told["reason"], told["decided_by"])
    opened, updated, noted = (call["fields"] for call in told["calls"])
    assert ("2", "High") == (opened["deptid"], opened["priority"])
    assert ("ops@example.net", True) == (updated["cc"], noted["message"].startswith("Call them."))


@pytest.mark.parametrize(
    ("head", "verdict", "reason", "by", "found"),
    [
        (b"", "Deliver", "new ticket", "", ""),
        (b"X-Spam-Flag: YES\nReceived: by mx\n", "Hold", "spam: X-Spam-Flag: YES", "policy.spam", "X-Spam-Flag: YES"),
        (b"Received: by mx\nReceived: by x\nX-Spam-Flag: YES\n", "Deliver", "new ticket", "", ""),
        (b"Auto-Submitted: auto-replied\n", "Discard", "auto-reply: ", "route.auto_replies", ""),
        (b"Subject: Cheap red pills\n", "Discard", "Blocked subject: cheap*pills", "policy.deny_subjects", ""),
    ],
)
def test_what_decided(ruled, head, verdict, reason, by, found):
    """The key that kept the mail from becoming a ticket, and the field by which the relay spoke."""
    told = tried(ruled, head + (MAIL if b"Subject" not in head else MAIL.replace(b"Subject: Fire\n", b"")))

    assert (verdict, by, found) == (told["verdict"], told["decided_by"], told["relay_verdict"])
    assert told["reason"].startswith(reason)


def test_in_words(ruled):
    """Below the verdict; what there is nothing of is not shown."""
    lines = ruled.run("try", ruled.file(MAIL)).out.splitlines()

    assert (
        "rules         urgent: priority High; custom_fields 8 = fire, 9 = x; cc ops@example.net; notes Call them."
        in lines
    )
    assert not [line for line in lines if line.startswith(("decided by", "relay verdict"))]


async def test_the_departments_of_rules_are_checked(ruled):
    """Beside those of the routes: one that is not there is told with those that are."""
    desk = Desk(DeskSettings(identifier="i", secret="s"))
    await desk.start()
    try:
        whmcs = f'[helpdesk]\nkind = "whmcs"\nurl = "{desk.url}"\nidentifier = "i"\nsecret = "s"\n'
        ruled.config.write_text(whmcs + ruled.config.read_text())
        found = {each.name: (each.good, each.says) for each in await checked(load(ruled.config))}
    finally:
        await desk.stop()

    assert (True, "department 2, Billing") == found["rule elsewhere"]
    assert (False, "department 9 is not there; there are 1 Support, 2 Billing") == found["rule never reached"]
    assert "rule urgent" not in found


def test_the_embedded_helpdesk_has_the_departments_of_rules(ruled):
    """What is tried out at home has nothing missing."""
    done = ruled.run("check", "--json")

    assert (0, {True, None}) == (done.code, {each["good"] for each in json.loads(done.out)})
