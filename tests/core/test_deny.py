"""Deny and allow lists, and WHMCS's two flags of a department."""

from dataclasses import replace

import pytest
from core_given import CLIENT, ENVELOPE, FACTS, GUEST, MAIL, MESSAGE_ID, POLICY, TICKET

from ingestd.core.decide import decide, judged
from ingestd.core.facts import Relay
from ingestd.core.journal import Deliver, Discard, Hold
from ingestd.core.model import Client, Grade, Mailbox, Staff
from ingestd.core.wishes import Lists


def decided(mail=None, facts=None, envelope=None, **policy):
    return decide(
        replace(MAIL, **(mail or {})),
        replace(ENVELOPE, **(envelope or {})),
        replace(FACTS, **(facts or {})),
        replace(POLICY, **policy),
    )


@pytest.mark.parametrize(
    ("entry", "mail", "facts", "envelope"),
    [
        ("ann@example.net", {}, {}, {}),
        ("*@example.net", {}, {}, {}),
        ("*.example.net", {"author": Mailbox("", "x@mx.example.net")}, {}, {}),
        ("*@example.net", {"author": Mailbox("", "Ann@EXAMPLE.net")}, {"author": "b@x.org"}, {"reverse_path": ""}),
        ("bulk@example.org", {}, {}, {"reverse_path": "Bulk@example.org"}),
        ("who@example.org", {}, {"author": "who@example.org", "relay": Relay.FORM}, {}),
        ("*@bücher.example", {"author": Mailbox("", "x@xn--bcher-kva.example")}, {}, {}),
    ],
)
def test_a_blocked_sender(entry, mail, facts, envelope):
    """By From, by the reverse-path, or behind a form or a list; discarded with the entry, and released by a person."""
    lists = Lists(deny_senders=("nobody@example.org", entry))

    assert Discard(f"Blocked sender: {entry}") == decided(mail, facts, envelope, lists=lists)
    assert Deliver is type(decided(mail, {**facts, "released": True}, envelope, lists=lists))


@pytest.mark.parametrize("entry", ["nn@example.net", "ann@example.ne", "*.example.net", "*@example.com", "ann@*.net.x"])
def test_a_sender_is_blocked_by_a_whole_address(entry):
    """What only resembles an entry is taken; so is what staff forward of somebody blocked."""
    assert Deliver is type(decided(lists=Lists(deny_senders=(entry,))))
    forwarded = {"author": "who@example.org", "relay": Relay.STAFF, "relayed_by": "ann@example.net"}
    assert Deliver is type(decided(facts=forwarded, lists=Lists(deny_senders=("who@example.org",))))


@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        (Lists(deny_subjects=("scanner", "on fire")), "Blocked subject: on fire"),
        (Lists(deny_subjects=("printer*fire",)), "Blocked subject: printer*fire"),
        (Lists(deny_phrases=("it burns",)), "Blocked phrase: it burns"),
        (Lists(deny_phrases=("quoted",)), "Blocked phrase: quoted"),
        (Lists(deny_subjects=("it burns",), deny_phrases=("printer",)), None),
    ],
)
def test_blocked_words(lists, reason):
    """Each list looks at its own: the subject, or the text."""
    made = decided(lists=lists)

    assert Deliver is type(made) if reason is None else Discard(reason) == made


def test_a_blocked_phrase_in_what_a_reply_quotes_does_not_count():
    """The customer has not written it."""
    reply = {"ticket": TICKET, "participant": True, "sign": MESSAGE_ID}

    assert Deliver is type(decided(facts=reply, lists=Lists(deny_phrases=("quoted",))))
    assert Discard is type(decided(facts=reply, lists=Lists(deny_phrases=("it burns",))))


@pytest.mark.parametrize(
    ("facts", "passes"),
    [
        ({}, True),
        ({"grade": Grade.VERIFIED}, True),
        ({"grade": Grade.UNVERIFIED}, False),
        ({"grade": Grade.FORGED}, False),
    ],
)
def test_an_allowed_sender_passes_where_he_is_believed(facts, passes):
    """A From line alone opens no door. Loops are held whoever writes them."""
    lists = Lists(
        deny_senders=("*@example.net",), deny_subjects=("printer",), deny_phrases=("burns",), allow_senders=("ann@*",)
    )

    assert (Deliver if passes else Discard) is type(decided(facts=facts, lists=lists))
    assert Hold is type(decided({"hops": 51}, facts, lists=lists))


def test_another_domain_is_not_allowed_by_its_letters():
    """DNS knows ß and ss apart, whatever case folding says."""
    lists = Lists(deny_senders=("*@*",), allow_senders=("*@strasse.example",))
    other = {"author": "ann@straße.example"}

    assert Discard is type(decided(facts=other, lists=lists))


@pytest.mark.parametrize("lists", [{"allow_subjects": ("printer",)}, {"allow_phrases": ("it*burns",)}])
@pytest.mark.parametrize(("facts", "passes"), [({}, True), ({"grade": Grade.UNVERIFIED}, False)])
def test_allowed_words_pass_where_the_author_is_believed(lists, facts, passes):
    """What is in the subject or the text, whatever else a list has against the mail; anybody can learn the words."""
    lists = Lists(deny_senders=("*@example.net",), deny_subjects=("printer",), deny_phrases=("burns",), **lists)

    assert (Deliver if passes else Discard) is type(decided(facts=facts, lists=lists))


UNREGISTERED = Discard("Unregistered Email Address: ann@example.net")
REPLIES_ONLY = Discard("Only Replies Allowed by Email")
FOLLOWS = {"ticket": TICKET, "participant": True, "sign": MESSAGE_ID}


@pytest.mark.parametrize(
    ("facts", "clients_only", "replies_only"),
    [
        ({}, UNREGISTERED, REPLIES_ONLY),
        ({"sender": CLIENT}, None, REPLIES_ONLY),
        ({"sender": Client(7, contact_id=2)}, None, REPLIES_ONLY),
        ({"sender": Staff("carl")}, None, REPLIES_ONLY),
        ({"ambiguous": True, "remark": "belongs to several clients"}, None, REPLIES_ONLY),
        ({"sender": CLIENT, "grade": Grade.UNVERIFIED}, UNREGISTERED, REPLIES_ONLY),
        ({"sender": CLIENT, "grade": Grade.FORGED}, UNREGISTERED, REPLIES_ONLY),
        ({"relay": Relay.STAFF, "relayed_by": "carl@example.com"}, None, None),
        (FOLLOWS, None, None),
        ({**FOLLOWS, "participant": False}, UNREGISTERED, REPLIES_ONLY),
        ({**FOLLOWS, "grade": Grade.FORGED}, UNREGISTERED, REPLIES_ONLY),
        ({"number": "123456", "sender": CLIENT}, None, REPLIES_ONLY),
        ({"released": True}, None, None),
    ],
)
def test_the_flags_of_a_department(facts, clients_only, replies_only):
    """In the words of WHMCS's import log. A participant's reply passes both, and so does what staff forward."""
    for flag, refused in (("clients_only", clients_only), ("replies_only", replies_only)):
        made = decided(facts={"sender": GUEST, **facts}, **{flag: True})
        assert Deliver is type(made) if refused is None else refused == made


def test_what_decided_is_told_by_its_key():
    """For who wants to change it."""
    for policy, key in (
        ({"clients_only": True}, "route.clients_only"),
        ({"replies_only": True}, "route.replies_only"),
        ({"hold": True}, "route.hold"),
        ({"lists": Lists(deny_subjects=("printer",))}, "policy.deny_subjects"),
        ({"lists": Lists(deny_phrases=("burns",))}, "policy.deny_phrases"),
        ({"lists": Lists(deny_senders=("*@example.net",))}, "policy.deny_senders"),
    ):
        assert key == judged(MAIL, ENVELOPE, FACTS, replace(POLICY, **policy)).by
