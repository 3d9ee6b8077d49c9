"""The operator's rules: when they take a mail, and what they want done."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from core_given import ADDRESS, CLIENT, ENVELOPE, FACTS, MAIL, POLICY, TICKET, attachment
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.decide import decide, judged
from ingestd.core.facts import Relay
from ingestd.core.journal import Deliver, Discard, Hold
from ingestd.core.model import Client, Grade, Kind, Staff
from ingestd.core.rules import Words, joined, matching, takes
from ingestd.core.ticket import AddTicketNote, AddTicketReply, OpenTicket, Priority, UpdateTicket
from ingestd.core.wishes import Actions, Lists, Rule, Standing, When

FOLLOWED = replace(FACTS, sender=CLIENT, participant=True, ticket=TICKET, sign=ADDRESS, number=TICKET.number)
FILES = (attachment("offer.pdf"), replace(attachment("a.jpg", written="Photo 1.JPG"), content_type="image/jpeg"))
ANY = When()
NETWORKS = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))


def words(mail=MAIL, envelope=ENVELOPE, facts=FACTS, policy=POLICY):
    return Words(mail, envelope, facts, policy)


def decided(*rules, mail=MAIL, facts=FACTS, **policy):
    return decide(mail, ENVELOPE, facts, replace(POLICY, rules=rules, **policy))


def rule(name="r", when=ANY, stop=False, **actions):
    return Rule(name, when, Actions(**actions), stop)


@pytest.mark.parametrize(
    ("when", "given", "holds"),
    [
        ({}, {}, True),
        ({"recipient": ("support@example.com",)}, {"recipient": "Support+123456@example.com"}, True),
        ({"recipient": ("support+1*@example.com",)}, {"recipient": "Support+123456@example.com"}, True),
        ({"recipient": ("billing@*", "*@example.org")}, {}, False),
        ({"reverse_path": ("*@example.net",)}, {}, True),
        ({"reverse_path": ("",)}, {}, False),
        ({"reverse_path": ("",)}, {"reverse_path": ""}, True),
        ({"helo": ("*.example.com",)}, {"helo": "MX.Example.com"}, True),
        ({"helo": ("*.example.com",)}, {"helo": ""}, False),
        ({"tls": True}, {"tls": True}, True),
        ({"tls": True}, {"tls": False}, False),
        ({"tls": False}, {"tls": False}, True),
        ({"peer": NETWORKS}, {"peer": "192.0.2.9"}, True),
        ({"peer": NETWORKS}, {"peer": "::ffff:192.0.2.9"}, True),
        ({"peer": NETWORKS}, {"peer": "2001:db8::1"}, True),
        ({"peer": NETWORKS}, {"peer": "198.51.100.1"}, False),
        ({"peer": NETWORKS}, {"peer": "submit"}, False),
    ],
)
def test_conditions_on_the_envelope(when, given, holds):
    """Patterns say a whole address or name; a +tag may be named or left away."""
    assert holds is takes(When(**when), words(envelope=replace(ENVELOPE, **given)))


@pytest.mark.parametrize(
    ("when", "given", "holds"),
    [
        ({"author": ("*@example.net",)}, {}, True),
        ({"author": ("form@example.com",)}, {"relay": Relay.FORM, "relayed_by": "form@example.com"}, True),
        ({"author": ("",)}, {}, False),
        ({"grade": (Grade.VERIFIED, Grade.TRUSTED)}, {}, True),
        ({"grade": (Grade.VERIFIED,)}, {}, False),
        ({"sender": (Standing.GUEST,)}, {}, True),
        ({"sender": (Standing.CLIENT,)}, {"sender": CLIENT}, True),
        ({"sender": (Standing.CLIENT,)}, {"sender": CLIENT, "grade": Grade.FORGED}, False),
        ({"sender": (Standing.GUEST,)}, {"sender": CLIENT, "grade": Grade.UNVERIFIED}, True),
        ({"sender": (Standing.STAFF,)}, {"sender": Staff("carl")}, True),
        ({"client": (6, 7)}, {"sender": Client(7, contact_id=2)}, True),
        ({"client": (7,)}, {"sender": Client(8)}, False),
        ({"client": (7,)}, {"sender": Client(7), "grade": Grade.FORGED}, False),
        ({"follow_up": True}, {}, False),
        ({"follow_up": False}, {}, True),
        ({"follow_up": True}, {"ticket": TICKET, "participant": True}, True),
        ({"follow_up": True}, {"ticket": TICKET}, False),
        ({"follow_up": True}, {"ticket": TICKET, "participant": True, "grade": Grade.FORGED}, False),
        ({"min_size": 10}, {"size": 10}, True),
        ({"min_size": 10}, {"size": 9}, False),
        ({"max_size": 10}, {"size": 11}, False),
    ],
)
def test_conditions_on_what_is_known(when, given, holds):
    """Nobody is a client, or staff, by his From line alone."""
    assert holds is takes(When(**when), words(facts=replace(FACTS, **given)))


@pytest.mark.parametrize(
    ("when", "given", "holds"),
    [
        ({"subject": ("printer", "scanner")}, {}, True),
        ({"subject": ("print*fire",)}, {}, True),
        ({"subject": ("fire*print",)}, {}, False),
        ({"text": ("what was quoted",)}, {}, True),
        ({"kind": (Kind.ORDINARY,)}, {}, True),
        ({"kind": (Kind.LIST, Kind.BULK)}, {}, False),
        ({"header": (("from", ("ann <*",)),)}, {}, True),
        ({"header": (("x-origin", ("*",)),)}, {}, False),
        ({"header": (("x-origin", ("web", "app*")),)}, {"headers": (("X-Origin", "no"), ("x-ORIGIN", "App 2"))}, True),
        ({"header": (("x-a", ("*",)), ("x-b", ("*",)))}, {"headers": (("X-A", "1"),)}, False),
        ({"min_attachments": 1}, {}, False),
        ({"min_attachments": 2, "max_attachments": 2}, {"attachments": FILES}, True),
        ({"max_attachments": 1}, {"attachments": FILES}, False),
        ({"max_attachments": 0}, {}, True),
        ({"attachment": ("*.exe", "*.pdf")}, {"attachments": FILES}, True),
        ({"attachment": ("photo*.jpg",)}, {"attachments": FILES}, True),
        ({"attachment": ("*.exe",)}, {"attachments": FILES}, False),
        ({"attachment_type": ("image/*",)}, {"attachments": FILES}, True),
        ({"attachment_type": ("text/*",)}, {"attachments": FILES}, False),
        ({"subject": ("printer",), "min_attachments": 1}, {}, False),
    ],
)
def test_conditions_on_the_content(when, given, holds):
    """Words anywhere in subject and text, header fields as a whole; all conditions of a rule must hold."""
    assert holds is takes(When(**when), words(mail=replace(MAIL, **given)))


def test_a_reply_is_read_without_what_it_quotes():
    """Else the words of the ticket would count again and again."""
    assert not takes(When(text=("what was quoted",)), words(facts=FOLLOWED))
    assert takes(When(text=("it burns",)), words(facts=FOLLOWED))


def test_the_last_word_counts_and_lists_add_up():
    """Custom fields by their number; of hold and discard, as of service and domain, the later one alone."""
    below = Actions(
        department=2, priority=Priority.LOW, custom_fields=((8, "a"), (9, "b")), service=3, cc=("a@x.org",), notes=("1",),
        noemail=True, hold="wait", flag=1,
    )  # fmt: skip
    above = Actions(
        department=4,
        custom_fields=((9, "c"), (10, "d")),
        domain=5,
        cc=("a@x.org", "b@x.org"),
        notes=("2",),
        discard="x",
    )

    assert below == joined(below, Actions())
    assert Actions(
        department=4, priority=Priority.LOW, custom_fields=((8, "a"), (9, "c"), (10, "d")), domain=5,
        cc=("a@x.org", "b@x.org"), notes=("1", "2"), noemail=True, discard="x", flag=1,
    ) == joined(below, above)  # fmt: skip


def test_rules_in_their_order_until_one_stops():
    """What does not take the mail is passed over; what stands after a stop is not asked."""
    rules = (
        rule("first", department=2),
        rule("other", When(subject=("scanner",)), department=9),
        rule("second", department=3, stop=True),
        rule("third", department=4),
    )

    found = matching(rules, words())

    assert ["first", "second"] == [one.name for one in found.rules]
    assert (3, "rules first, second") == (found.actions.department, found.named)


def test_a_new_ticket_as_the_rules_want_it():
    """Every action reaches the helpdesk, and the verdict names the rules."""
    wish = rule(
        "all", department=4, priority=Priority.HIGH, custom_fields=((8, "x"), (9, "y")), service=77, flag=3,
        cc=("ops@example.net", "support+1@example.com"), notes=("See the wiki",), noemail=True,
    )  # fmt: skip

    made = decided(wish, facts=replace(FACTS, sender=CLIENT))

    opened, update, note = made.calls
    assert "new ticket, rule all" == made.reason
    assert OpenTicket is type(opened)
    assert (4, Priority.HIGH, 77, None) == (opened.department, opened.priority, opened.service, opened.domain)
    assert (((8, "x"), (9, "y")), True) == (opened.custom_fields, opened.noemail)
    assert UpdateTicket(None, cc=("ops@example.net",), flag=3) == update
    assert AddTicketNote(None, "See the wiki") == note


def test_a_reply_as_the_rules_want_it():
    """It moves to no department and keeps the custom fields; its priority is raised, its admin set where there is none."""
    wish = rule(
        "all", department=4, priority=Priority.HIGH, custom_fields=((8, "x"),), service=77, flag=3, notes=("n",)
    )

    made = decided(wish, facts=FOLLOWED)

    reply, update, note = made.calls
    assert made.reason.startswith("reply to ABC-1234 by address tag")
    assert made.reason.endswith(", rule all")
    assert (AddTicketReply, 50, ()) == (type(reply), reply.ticket_id, reply.custom_fields)
    assert UpdateTicket(50, priority=Priority.HIGH, flag=3) == update
    assert AddTicketNote(50, "n") == note


@pytest.mark.parametrize(
    ("actions", "fields"),
    [
        ({}, ((8, "web"),)),
        ({"custom_fields": ((9, "y"),)}, ((8, "web"), (9, "y"))),
        ({"custom_fields": ((8, "x"),)}, ((8, "x"),)),
        ({"department": 1}, ((8, "web"),)),
        ({"department": 4}, ()),
        ({"department": 4, "custom_fields": ((9, "y"),)}, ((9, "y"),)),
    ],
)
def test_custom_fields_are_a_departments(actions, fields):
    """Those of the route stay where the ticket does; another department would not know them."""
    assert fields == decided(rule(**actions)).calls[0].custom_fields


def test_a_guest_has_no_service():
    """WHMCS would refuse the ticket."""
    wish = rule(service=77)

    assert decided(wish).calls[0].service is None
    assert decided(wish, facts=replace(FACTS, sender=CLIENT, grade=Grade.FORGED)).calls[0].service is None


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ((rule("a", hold="a look first"),), Hold("a look first, rule a")),
        ((rule("a", discard="nobody reads these"),), Discard("nobody reads these, rule a")),
        ((rule("a", hold="x"), rule("b", discard="y")), Discard("y, rules a, b")),
        ((rule("a", discard="y"), rule("b", hold="x")), Hold("x, rules a, b")),
    ],
)
def test_a_mail_that_a_rule_keeps_back(rules, verdict):
    """With its reason and its name; a person's release overrules it, and the rest of the rule still counts."""
    assert verdict == decided(*rules)
    released = decided(*rules, rule("c", department=7), facts=replace(FACTS, released=True))
    assert (Deliver, 7) == (type(released), released.calls[0].department)


def test_what_keeps_a_mail_back_is_asked_in_its_order():
    """Of a mail that meets everything, what comes first decides; then that is taken away, and the next does."""
    mail = replace(MAIL, hops=51, kind=Kind.BOUNCE, sign="s", headers=(("X-Spam-Flag", "YES"),))
    policy = replace(
        POLICY, lists=Lists(deny_subjects=("printer",)), rules=(rule("a", discard="d"),), clients_only=True, hold=True
    )
    steps = (
        ("loop", {"hops": 0}, {}),
        ("policy.deny_subjects", {}, {"lists": Lists()}),
        ("rule a", {}, {"rules": ()}),
        ("route.bounces", {"kind": Kind.ORDINARY}, {}),
        ("policy.spam", {"headers": ()}, {}),
        ("route.clients_only", {}, {"clients_only": False}),
        ("route.hold", {}, {"hold": False}),
        ("", {}, {}),
    )

    for by, of_mail, of_policy in steps:
        assert by == judged(mail, ENVELOPE, FACTS, policy).by
        mail, policy = replace(mail, **of_mail), replace(policy, **of_policy)


TEXTS = st.text(max_size=60) | st.sampled_from(["a*" * 60, "*" * 60, "\u0300" * 60, "\ufdfa" * 60])
MAILS = st.builds(
    lambda subject, text, name, headers: replace(
        MAIL, subject=subject, text=text, reply=text, headers=headers, attachments=(attachment(name),)
    ),
    TEXTS,
    TEXTS,
    TEXTS,
    st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
)
PATTERNS = st.lists(TEXTS, max_size=3).map(tuple)
WHENS = st.builds(
    When, recipient=PATTERNS, helo=PATTERNS, author=PATTERNS, subject=PATTERNS, text=PATTERNS, attachment=PATTERNS,
    header=st.lists(st.tuples(TEXTS, PATTERNS), max_size=2).map(tuple),
)  # fmt: skip


@given(MAILS, WHENS, TEXTS, TEXTS)
@settings(max_examples=50, deadline=None)
def test_any_mail_and_any_rule_give_an_answer(mail, when, peer, helo):
    """Whatever the mail holds: no rule raises, and one that wants nothing changes nothing."""
    envelope = replace(ENVELOPE, peer=peer, helo=helo)
    wish = Rule("r", replace(when, peer=NETWORKS))

    assert takes(when, words(mail, envelope)) in (True, False)
    plain, ruled = (decide(mail, envelope, FACTS, replace(POLICY, rules=rules)) for rules in ((), (wish,)))
    assert plain.calls == ruled.calls
