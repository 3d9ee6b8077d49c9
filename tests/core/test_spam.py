"""The relay's verdicts on spam and viruses, and what is made of them."""

from dataclasses import replace

import pytest
from core_given import ENVELOPE, FACTS, MAIL, POLICY
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.decide import decide, judged
from ingestd.core.journal import Deliver, Discard, Hold
from ingestd.core.model import Grade, Kind
from ingestd.core.spam import Spotted, spotted
from ingestd.core.wishes import Lists, Screen, Treatment

RECEIVED = ("Received", "from x by mx.example.com (Postfix) with ESMTPS id 1")
FOREIGN = ("Received", "from laptop by out.example.net with ESMTPSA id 2")
SPAM, VIRUS = ("X-Spam-Flag", "YES"), ("X-Virus-Status", "Infected (Eicar)")


@pytest.mark.parametrize(
    ("name", "value", "virus"),
    [
        ("X-Spam-Flag", "YES", False),
        ("x-spam-flag", " Yes", False),
        ("X-Spam-Status", "Yes, score=15.2 required=5.0 tests=BAYES_99", False),
        ("X-Spam-Status", "Yes, hits=9", False),
        ("X-Spam", "Yes", False),
        ("X-Spamd-Result", "default: True [15.00 / 15.00];\tBAYES_SPAM(5.1)", False),
        ("X-Rspamd-Action", "add header", False),
        ("X-Rspamd-Action", "reject", False),
        ("X-SpamExperts-Class", "spam", False),
        ("X-Barracuda-Spam-Status", "Yes, SCORE=4.1", False),
        ("X-MailScanner-SpamCheck", "spam, SpamAssassin (score=9.1)", False),
        ("X-MS-Exchange-Organization-SCL", "6", False),
        ("X-Forefront-Antispam-Report", "CIP:192.0.2.1;CTRY:US;LANG:en;SCL:5;SRV:;SFV:SPM;H:x;CAT:SPM;", False),
        ("X-Forefront-Antispam-Report", "CIP:192.0.2.1;SCL:1;CAT:HPHISH", False),
        ("X-Virus-Status", "Infected (Win.Test.EICAR_HDB-1)", True),
        ("X-Virus-Status", "Yes", True),
        ("X-Virus", "Eicar-Signature", True),
        ("X-Amavis-Alert", "INFECTED, message contains virus:\n Eicar", True),
        ("X-MailScanner", "Found to be infected", True),
        ("X-Forefront-Antispam-Report", "CIP:192.0.2.1;SCL:9;CAT:MALW;", True),
    ],
)
def test_what_filters_write(name, value, virus):
    """As they write it by default; the field is told on one line."""
    found = spotted((RECEIVED, (name, value), FOREIGN), ("mx.example.com",))

    assert found is not None
    assert (virus, True) == (found.virus, found.field.startswith(f"{name}: "))
    assert found.field.isprintable()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Spam-Flag", "NO"),
        ("X-Spam-Flag", ""),
        ("X-Spam-Status", "No, score=-1.9 required=5.0 tests=YES_MAN"),
        ("X-Spam-Level", "*****"),
        ("X-Spamd-Result", "default: False [-1.00 / 15.00]"),
        ("X-Rspamd-Action", "no action"),
        ("X-Rspamd-Action", "greylist"),
        ("X-SpamExperts-Class", "ham"),
        ("X-MailScanner-SpamCheck", "not spam, SpamAssassin (score=0)"),
        ("X-MailScanner", "Found to be clean"),
        ("X-MS-Exchange-Organization-SCL", "-1"),
        ("X-MS-Exchange-Organization-SCL", "1"),
        ("X-Forefront-Antispam-Report", "CIP:192.0.2.1;SCL:1;SFV:NSPM;CAT:NONE"),
        ("X-Virus-Status", "Clean"),
        ("X-Virus-Scanned", "clamav-milter 1.0 at mx.example.com"),
        ("X-Virus", "clean"),
        ("X-Amavis-Alert", "BAD HEADER SECTION, Non-encoded 8-bit data"),
        ("Subject", "X-Spam-Flag: YES"),
    ],
)
def test_what_speaks_for_a_mail_is_not_looked_at(name, value):
    """Anybody may have written it."""
    assert spotted(((name, value),), ()) is None


@pytest.mark.parametrize(
    ("headers", "hosts", "found"),
    [
        ((SPAM, RECEIVED), (), True),
        ((RECEIVED, SPAM), (), True),
        ((RECEIVED, SPAM, FOREIGN), (), True),
        ((RECEIVED, FOREIGN, SPAM), (), False),
        ((RECEIVED, SPAM, FOREIGN), ("mx.example.com",), True),
        ((RECEIVED, FOREIGN, SPAM), ("mx.example.com",), False),
        ((RECEIVED, ("X-Spam-Flag", "NO"), SPAM, FOREIGN), ("mx.example.com",), True),
    ],
)
def test_only_our_own_hops_are_believed(headers, hosts, found):
    """And no NO of the sender's takes back a YES."""
    assert found is (spotted(headers, hosts) is not None)


def test_a_virus_goes_before_spam():
    """Whichever stands first."""
    assert Spotted(virus=True, field="X-Virus-Status: Infected (Eicar)") == spotted((SPAM, VIRUS), ())


@pytest.mark.parametrize(
    ("field", "treatment", "verdict"),
    [
        (SPAM, Treatment.HOLD, Hold("spam: X-Spam-Flag: YES", expires=True)),
        (SPAM, Treatment.DISCARD, Discard("spam: X-Spam-Flag: YES")),
        (VIRUS, Treatment.HOLD, Hold("virus: X-Virus-Status: Infected (Eicar)", expires=True)),
        (VIRUS, Treatment.DISCARD, Discard("virus: X-Virus-Status: Infected (Eicar)")),
        (SPAM, Treatment.MARK, "The mail server found this to be spam: X-Spam-Flag: YES"),
        (VIRUS, Treatment.MARK, "The mail server found a virus: X-Virus-Status: Infected (Eicar)"),
        (SPAM, Treatment.TICKET, ""),
        (VIRUS, Treatment.TICKET, ""),
    ],
)
def test_what_becomes_of_it(field, treatment, verdict):
    """Held, discarded, or a ticket; a marked one says so in its text, not in its subject, and answers nobody."""
    mail = replace(MAIL, headers=(field,))
    other = Treatment.TICKET
    screen = Screen(treatment, other) if field is SPAM else Screen(other, treatment)
    policy = replace(POLICY, screen=screen)

    made = decide(mail, ENVELOPE, FACTS, policy)

    if not isinstance(verdict, str):
        assert verdict == made
        released = decide(mail, ENVELOPE, replace(FACTS, released=True), policy)
        assert decide(replace(mail, headers=()), ENVELOPE, FACTS, POLICY).calls[0] == released.calls[0]
    else:
        assert (bool(verdict), bool(verdict)) == (f"[{verdict}]" in made.calls[0].message, made.calls[0].noemail)
        assert MAIL.subject == made.calls[0].subject


def test_an_allowed_sender_may_look_like_spam_and_brings_no_virus():
    """Where the author is believed; and no list lets a loop pass."""
    policy = replace(POLICY, lists=Lists(allow_senders=("*@example.net",)))
    spam, virus = replace(MAIL, headers=(SPAM,)), replace(MAIL, headers=(VIRUS,))

    assert Deliver is type(decide(spam, ENVELOPE, FACTS, policy))
    assert not decide(spam, ENVELOPE, FACTS, policy).calls[0].noemail
    assert Hold is type(decide(virus, ENVELOPE, FACTS, policy))
    assert Hold is type(decide(spam, ENVELOPE, replace(FACTS, grade=Grade.FORGED), policy))
    assert Hold is type(decide(replace(spam, hops=51), ENVELOPE, FACTS, policy))


def test_a_robots_answer_is_discarded_before_it_is_held_as_spam():
    """Backscatter is no work for a person. What was weighed is told all the same."""
    found = judged(replace(MAIL, headers=(SPAM,), kind=Kind.BOUNCE, sign="a DSN"), ENVELOPE, FACTS, POLICY)

    assert (Discard("bounce: a DSN"), "route.bounces") == (found.verdict, found.by)
    assert Spotted(virus=False, field="X-Spam-Flag: YES") == found.spotted


NAMES = st.sampled_from(["Received", "X-Spam-Flag", "X-Forefront-Antispam-Report", "X-Virus", "X-Amavis-Alert", "Q"])
VALUES = st.text(max_size=60) | st.sampled_from(["YES", ";" * 2000, "by " * 600, "CAT:" * 500, "by [" * 400])


@given(st.lists(st.tuples(NAMES, VALUES), max_size=30).map(tuple), st.lists(st.text(max_size=20), max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_headers_give_an_answer(headers, hosts):
    """Whatever stands in them."""
    found = spotted(headers, tuple(hosts))

    assert found is None or len(found.field) < 200
