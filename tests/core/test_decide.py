"""Who may do what, and what becomes of a robot's mail: the tables of the design as tests."""

from dataclasses import replace
from datetime import timedelta

import pytest
from core_given import (
    ADDRESS,
    CLIENT,
    ENVELOPE,
    FACTS,
    GUEST,
    MAIL,
    MESSAGE_ID,
    NOW,
    POLICY,
    SUBJECT,
    TICKET,
    attachment,
)

from ingestd.core.decide import decide
from ingestd.core.facts import Relay
from ingestd.core.journal import Deliver, Discard
from ingestd.core.model import Client, Grade, Guest, Kind, Mailbox, QueueId, Staff
from ingestd.core.ticket import AddTicketNote, AddTicketReply, OpenTicket

STAFF = Staff("carl")
AS_WRITTEN = "\n\n[From: Ann <ann@example.net>]"
CUT = "; quoted history cut, the whole is in the raw mail (queue dump)"
TRUSTED, VERIFIED, UNVERIFIED, FORGED = Grade.TRUSTED, Grade.VERIFIED, Grade.UNVERIFIED, Grade.FORGED


def decided(mail=MAIL, facts=FACTS, policy=POLICY, envelope=ENVELOPE):
    return decide(mail, envelope, facts, policy)


def first(**facts):
    return decided(facts=replace(FACTS, **facts)).calls[0]


@pytest.mark.parametrize("sign", [SUBJECT, ADDRESS, MESSAGE_ID])
@pytest.mark.parametrize(
    ("grade", "sender", "participant", "call", "quiet"),
    [
        (TRUSTED, CLIENT, True, AddTicketReply, False),
        (VERIFIED, CLIENT, True, AddTicketReply, False),
        (UNVERIFIED, CLIENT, True, OpenTicket, True),
        (FORGED, CLIENT, True, OpenTicket, True),
        (TRUSTED, GUEST, False, OpenTicket, False),
        (VERIFIED, GUEST, False, OpenTicket, False),
        (UNVERIFIED, GUEST, False, OpenTicket, True),
        (FORGED, GUEST, False, OpenTicket, True),
        (TRUSTED, STAFF, True, AddTicketReply, False),
        (VERIFIED, STAFF, True, AddTicketReply, False),
        (UNVERIFIED, STAFF, True, OpenTicket, True),
        (FORGED, STAFF, True, OpenTicket, True),
    ],
)
def test_who_may_append_to_a_ticket(sign, grade, sender, participant, call, quiet):
    """Participants that are trusted or verified; all others open one of their own that names the other."""
    made = first(grade=grade, sender=sender, participant=participant, ticket=TICKET, sign=sign)

    assert call is type(made)
    assert quiet is made.noemail
    assert (call is OpenTicket) is ("names ticket ABC-1234" in made.message)


@pytest.mark.parametrize(
    ("grade", "sender", "opener"),
    [
        (TRUSTED, CLIENT, CLIENT),
        (VERIFIED, Client(7, contact_id=3), Client(7, contact_id=3)),
        (UNVERIFIED, CLIENT, GUEST),
        (FORGED, CLIENT, GUEST),
        (TRUSTED, GUEST, GUEST),
        (FORGED, GUEST, GUEST),
        (TRUSTED, STAFF, GUEST),
    ],
)
def test_a_from_line_alone_opens_no_account(grade, sender, opener):
    """A new ticket belongs to a client only where somebody vouches for the author; staff open as guests."""
    assert opener == first(grade=grade, sender=sender).sender


def test_where_the_operator_believes_unverified_authors_they_act_as_clients():
    """`identify.unverified = "client"`: account and ticket are open to them, a forged author's are not."""
    policy = replace(POLICY, unverified="client")
    facts = replace(FACTS, grade=UNVERIFIED, sender=CLIENT, participant=True)

    assert CLIENT == decided(facts=facts, policy=policy).calls[0].sender
    reply = decided(facts=replace(facts, ticket=TICKET, sign=SUBJECT), policy=policy).calls[0]
    assert AddTicketReply is type(reply)
    assert "Nothing shows that ann@example.net wrote this mail." in reply.message
    forged = decided(facts=replace(facts, grade=FORGED, ticket=TICKET, sign=SUBJECT), policy=policy).calls[0]
    assert GUEST == forged.sender


def test_staff_answer_only_when_verified_or_trusted():
    """Even where unverified clients are believed."""
    facts = replace(FACTS, grade=UNVERIFIED, sender=STAFF, participant=True, ticket=TICKET, sign=SUBJECT)

    assert GUEST == decided(facts=facts, policy=replace(POLICY, unverified="client")).calls[0].sender


def test_a_stranger_may_leave_a_note_where_the_operator_wants_it():
    """`policy.strangers = "note"`, and only by a Message-ID that we know: numbers can be guessed."""
    policy = replace(POLICY, strangers="note")
    facts = replace(FACTS, ticket=TICKET, sign=MESSAGE_ID)

    verdict = decided(facts=facts, policy=policy)

    assert [AddTicketNote] == [type(call) for call in verdict.calls]
    assert "Ann <ann@example.net>, who has no part in this ticket, wrote:\n\nIt burns." == verdict.calls[0].message
    assert "ABC-1234" == verdict.ticket_number
    assert OpenTicket is type(decided(facts=replace(facts, sign=SUBJECT), policy=policy).calls[0])
    assert OpenTicket is type(decided(facts=replace(facts, released=True), policy=policy).calls[0])


def test_a_ticket_that_is_gone_is_replaced_and_named():
    """The number as the mail named it."""
    verdict = decided(facts=replace(FACTS, number="999999"))

    assert "new ticket: 999999 is gone" == verdict.reason
    assert verdict.calls[0].message.endswith(f"[This mail names ticket 999999, which is not there.]{AS_WRITTEN[1:]}")


def test_a_plain_mail_opens_a_ticket_as_the_route_says():
    """Department, priority and custom fields of the route; nothing is said where nothing is to say."""
    assert decided() == Deliver(
        (
            OpenTicket(
                department=1,
                subject="Printer on fire",
                message=f"It burns.\n> and what was quoted{AS_WRITTEN}",
                sender=GUEST,
                priority=POLICY.priority,
                custom_fields=((8, "web"),),
            ),
        ),
        "new ticket",
    )


def test_a_reply_is_the_words_of_this_person():
    """The quoted history stays in the spool, and the reason says so; all else is the ticket's."""
    verdict = decided(facts=replace(FACTS, ticket=TICKET, sign=SUBJECT, participant=True))

    expected = AddTicketReply(ticket_id=50, message="It burns.", sender=GUEST)
    assert Deliver((expected,), f"reply to ABC-1234 by subject tag{CUT}", "ABC-1234") == verdict


def test_a_reply_without_history_says_nothing_of_it():
    """Where nothing was cut the whole mail is in the ticket."""
    facts = replace(FACTS, ticket=TICKET, sign=SUBJECT, participant=True)

    assert "reply to ABC-1234 by subject tag" == decided(replace(MAIL, text="It burns.\n"), facts).reason


@pytest.mark.parametrize(
    ("reply", "text", "message"),
    [("", "> quoted\nand my words", "> quoted\nand my words"), (" \n", "words", "words"), ("", "", "(no text)")],
)
def test_a_reply_of_which_nothing_was_left_is_the_whole_text(reply, text, message):
    """Better the history once more than somebody's words lost."""
    facts = replace(FACTS, ticket=TICKET, sign=SUBJECT, participant=True)

    assert message == decided(replace(MAIL, reply=reply, text=text), facts).calls[0].message


@pytest.mark.parametrize("released", [False, True])
def test_a_follow_up_is_appended_once_over_all_recipients(released):
    """Its sibling is planned for the same ticket already."""
    facts = replace(FACTS, sibling=QueueId("Q1"), ticket=TICKET, sign=SUBJECT, participant=True, released=released)

    assert Discard("merged with Q1") == decided(facts=facts)


@pytest.mark.parametrize(
    ("envelope", "mail", "facts", "quiet"),
    [
        ({}, {}, {}, False),
        ({"reverse_path": ""}, {}, {}, True),
        ({}, {"kind": Kind.LIST}, {}, True),
        ({}, {}, {"author": "Nobody@example.com"}, True),
        ({}, {}, {"grade": UNVERIFIED}, True),
        ({}, {}, {"grade": FORGED}, True),
        ({}, {}, {"grade": VERIFIED}, False),
    ],
)
@pytest.mark.parametrize("ticket", [None, TICKET])
def test_the_helpdesk_writes_to_nobody_who_did_not_write(envelope, mail, facts, quiet, ticket):
    """No mail of the helpdesk to a null reverse-path, a robot, nobody, or one who may be somebody else."""
    facts = replace(FACTS, ticket=ticket, sign=SUBJECT, participant=True, **facts)

    assert quiet is decided(replace(MAIL, **mail), facts, envelope=replace(ENVELOPE, **envelope)).calls[0].noemail


@pytest.mark.parametrize(("minutes", "created"), [(0, None), (10, None), (11, NOW), (60 * 24 * 30, NOW), (-60, None)])
@pytest.mark.parametrize("ticket", [None, TICKET])
def test_a_late_delivery_is_dated_by_its_acceptance(minutes, created, ticket):
    """More than ten minutes late, and never in the future."""
    facts = replace(FACTS, now=NOW + timedelta(minutes=minutes), ticket=ticket, sign=SUBJECT, participant=True)

    assert created == decided(facts=facts).calls[0].created


@pytest.mark.parametrize(
    ("mail", "facts", "said"),
    [
        ({}, {"grade": FORGED}, "[The sender of this mail is forged: it was not written by ann@example.net.]"),
        ({}, {"grade": UNVERIFIED}, "[Nothing shows that ann@example.net wrote this mail.]"),
        ({}, {"remark": "ann@example.net belongs to several clients (1, 2); none was chosen."}, "none was chosen.]"),
        ({"author": None}, {}, "[No sender could be read. From says: Ann <ann@example.net>]"),
        ({"author": None, "headers": ()}, {}, "[No sender could be read. From says: (nothing)]"),
    ],
)
def test_staff_are_told_what_is_doubtful(mail, facts, said):
    """In the text of the ticket, below the mail's own."""
    message = decided(replace(MAIL, **mail), replace(FACTS, **facts)).calls[0].message

    assert message.startswith("It burns.")
    assert said in message


def test_an_unverified_participant_is_not_told_to_have_no_part():
    """The ticket is named; that its author has no part in it would be wrong."""
    facts = replace(FACTS, grade=UNVERIFIED, participant=True, ticket=TICKET, sign=SUBJECT)

    assert decided(facts=facts).calls[0].message.endswith(f"\n[This mail names ticket ABC-1234.]{AS_WRITTEN[1:]}")


def test_a_name_without_end_fits_a_column():
    """Names are cut; the address is not, for it is whom the helpdesk answers."""
    made = first(sender=Guest("n" * 5000, "ann@example.net"))
    assert Guest("n" * 100, "ann@example.net") == made.sender

    assert Guest("n" * 100, "ann@example.net") == first(sender=CLIENT, grade=FORGED, name="n" * 5000).sender


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ceo@bank.example", "ann@example.net"),
        ("ceo@bank.example via Ann", "ann@example.net"),
        ("Ann@Example.NET", "Ann@Example.NET"),
        ("Ann", "Ann"),
    ],
)
def test_nobody_goes_by_anothers_address(name, shown):
    """A name is whatever its owner likes; as an address it would be believed. The text shows From as written."""
    assert Guest(shown, "ann@example.net") == first(sender=Guest(name, "ann@example.net")).sender


def test_a_note_of_a_stranger_names_the_files_it_leaves_behind():
    """A note carries no files: they stay with the mail, and the text is never empty."""
    mail = replace(MAIL, reply="", text="", attachments=(attachment("a.pdf"),), author=Mailbox("", "ann@example.net"))
    facts = replace(FACTS, ticket=TICKET, sign=MESSAGE_ID)

    message = decided(mail, facts, replace(POLICY, strangers="note")).calls[0].message

    assert message.endswith("wrote:\n\n(no text)\n\n[File, kept with the mail: a.pdf]")


@pytest.mark.parametrize(
    ("relay", "quiet", "said"),
    [
        (None, False, ""),
        (Relay.STAFF, True, "[Forwarded by us@example.com.]\n"),
        (Relay.LIST, True, "[Sent through the list us@example.com.]\n"),
        (Relay.FORM, False, "[Sent through the form us@example.com.]\n"),
    ],
)
def test_who_did_not_write_to_the_helpdesk_is_not_written_to(relay, quiet, said):
    """The ticket tells who passed the mail on; only the visitor of a form expects a confirmation."""
    made = first(relay=relay, relayed_by="us@example.com" if relay else "")

    assert (quiet, f"{MAIL.text}\n\n{said}{AS_WRITTEN.strip()}") == (made.noemail, made.message)


def test_a_forwards_cc_stays_with_us():
    """Those on the Cc of a forward are the forwarder's people: the customer's ticket does not get them."""
    mail = replace(MAIL, cc=(Mailbox("", "chief@example.net"),))

    assert 2 == len(decided(mail).calls)
    assert 1 == len(decided(mail, replace(FACTS, relay=Relay.STAFF, relayed_by="us@example.com")).calls)


WRITTEN = (("From", "Ann <ann@example.net>"), ("to", "a@x, b@x"), ("Cc", "c@x"), ("CC", "d@x"), ("Bcc", "e@x"))


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"sender": GUEST}, True),
        ({"sender": CLIENT}, False),
        ({"sender": Client(7, contact_id=3), "grade": VERIFIED}, False),
        ({"sender": CLIENT, "grade": FORGED}, True),
        ({"sender": CLIENT, "grade": UNVERIFIED}, True),
        ({"sender": STAFF}, True),
        ({"sender": CLIENT, "relay": Relay.STAFF}, True),
        ({"sender": CLIENT, "relay": Relay.FORM}, True),
        ({"sender": GUEST, "participant": True, "ticket": TICKET, "sign": SUBJECT}, False),
    ],
)
def test_staff_see_the_addresses_as_written(facts, shown):
    """On new tickets that are no client's own; a client's plain mail and replies say nothing that is not theirs."""
    message = decided(replace(MAIL, headers=WRITTEN), replace(FACTS, **facts)).calls[0].message

    block = "[From: Ann <ann@example.net>]\n[To: a@x, b@x]\n[Cc: c@x | d@x]"
    assert shown is message.endswith(block)
    assert shown is ("[From" in message)


def test_addresses_as_written_are_short():
    """A thousand recipients do not fill the ticket; where From names nobody it is not shown twice."""
    mail = replace(MAIL, headers=(("From", "x"), ("To", "a@example.net, " * 1000)), author=None)

    message = decided(mail).calls[0].message

    assert message.endswith("a@example.net ...]") or " ...]" in message[-20:]
    assert len(message) < 600
    assert 1 == message.count("From")


@pytest.mark.parametrize(
    ("address", "nobody_reads"),
    [
        ("no-reply@x", True), ("noreply@x", True), ("No.Reply+tag@x", True), ("do-not-reply@x", True),
        ("donotreply@x", True), ("ne-pas-repondre@x", True), ("nicht-antworten@x", True), ("noresponder@x", True),
        ("mailer-daemon@x", True), ("bounces+123=ann@x", True), ("bounce@x", True),
        ("reply@x", False), ("norbert@x", False), ("postmaster@x", False), ("noreply.ann@x", False), ("", False),
    ],
)  # fmt: skip
def test_who_is_never_answered(address, nobody_reads):
    """An address that says that nobody reads it: an answer would come back."""
    assert nobody_reads is first(author=address or "ann@example.net").noemail


@pytest.mark.parametrize(
    ("facts", "quiet"), [({"recent": 9}, False), ({"recent": 10}, True), ({"recent": 1, "crowded": True}, True)]
)
def test_no_loop_runs_without_answers(facts, quiet):
    """Ten mails of one author in an hour, or too many of all: the next ticket is made, and nobody is told."""
    made = first(**facts)

    assert (OpenTicket, quiet) == (type(made), made.noemail)


@pytest.mark.parametrize("sender", [STAFF, CLIENT])
def test_answers_of_people_are_sent_however_many(sender):
    """Who answers ten tickets in an hour is no loop: the helpdesk sends what staff wrote."""
    facts = {"participant": True, "ticket": TICKET, "sign": SUBJECT, "recent": 50, "crowded": True}

    assert not first(sender=sender, **facts).noemail
