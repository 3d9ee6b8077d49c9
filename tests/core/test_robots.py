"""What becomes of bounces, auto-replies, other robots' mail and lists, as the route has it."""

from dataclasses import replace

import pytest
from core_given import ADDRESS, ENVELOPE, FACTS, MAIL, POLICY, TICKET, attachment

from ingestd.core.decide import decide
from ingestd.core.journal import Deliver, Discard, Hold
from ingestd.core.model import Bounce, Grade, Kind
from ingestd.core.refs import Sign, named
from ingestd.core.ticket import AddTicketNote, OpenTicket
from ingestd.core.wishes import Actions, Fate, Kinds, Rule, When

KINDS = [
    (Kind.BOUNCE, "bounces"),
    (Kind.DELAYED, "bounces"),
    (Kind.AUTO_REPLY, "auto_replies"),
    (Kind.AUTO_GENERATED, "auto_generated"),
    (Kind.FEEDBACK, "auto_generated"),
    (Kind.LIST, "lists"),
    (Kind.BULK, "lists"),
]
REPORT = Bounce("jo@x.example", "5.1.1", "550 no such user", "o@billing.example", "[Ticket ID: ABC-1234] Help")
NAMED = {"ticket": TICKET, "sign": ADDRESS, "number": TICKET.number}


def decided(kind, fate, key, mail=None, **facts):
    given = replace(MAIL, kind=kind, sign="by this sign", **(mail or {}))
    return decide(given, ENVELOPE, replace(FACTS, **facts), replace(POLICY, kinds=Kinds(**{key: fate})))


@pytest.mark.parametrize(("kind", "key"), KINDS)
def test_each_kind_goes_the_way_of_its_key(kind, key):
    """A delay the way of bounces, a complaint that of robots, bulk mail that of lists."""
    why = f"{kind}: by this sign"

    assert Discard(why) == decided(kind, Fate.DISCARD, key)
    assert Hold(why) == decided(kind, Fate.HOLD, key)
    made = decided(kind, Fate.TICKET, key)
    assert (OpenTicket, True) == (type(made.calls[0]), made.calls[0].noemail)


@pytest.mark.parametrize(("kind", "key"), KINDS)
def test_a_note_goes_to_the_ticket_that_is_named(kind, key):
    """It tells nobody but staff, whoever wrote it; a forged mail writes nothing there."""
    made = decided(kind, Fate.NOTE, key, **NAMED)

    assert (("AddTicketNote", 50),) == tuple((type(call).__name__, call.ticket_id) for call in made.calls)
    assert (f"note on ABC-1234: {kind}: by this sign", "ABC-1234") == (made.reason, made.ticket_number)
    assert made == decided(kind, Fate.NOTE, key, **NAMED, participant=True)
    forged = decided(kind, Fate.NOTE, key, **NAMED, grade=Grade.FORGED)
    assert not isinstance(forged, Deliver) or OpenTicket is type(forged.calls[0])


def test_a_note_names_the_rules_that_took_the_mail():
    """Every verdict does, whatever became of the mail."""
    policy = replace(POLICY, kinds=Kinds(bounces=Fate.NOTE), rules=(Rule("returns", When(), Actions(flag=3)),))

    made = decide(replace(MAIL, kind=Kind.BOUNCE, sign="by this sign"), ENVELOPE, replace(FACTS, **NAMED), policy)

    assert "note on ABC-1234: bounce: by this sign, rule returns" == made.reason


@pytest.mark.parametrize(("kind", "key"), KINDS)
def test_a_note_that_has_no_ticket(kind, key):
    """A bounce or an automatic reply is nobody's then; anything else may have a person behind it."""
    made = decided(kind, Fate.NOTE, key)

    if key in {"bounces", "auto_replies"}:
        assert Discard(f"{kind}: by this sign, and names no ticket that it could be noted on") == made
    else:
        assert OpenTicket is type(made.calls[0])


def test_the_note_of_a_bounce():
    """Recipient, status and diagnostic; a delay says that nothing has failed yet. What is not known is left out."""
    bounced = decided(Kind.BOUNCE, Fate.NOTE, "bounces", {"bounce": REPORT}, **NAMED).calls[0]
    delayed = decided(Kind.DELAYED, Fate.NOTE, "bounces", {"bounce": Bounce("jo@x.example", "", "", "")}, **NAMED)

    assert (
        "A mail of this ticket was not delivered.\nRecipient: jo@x.example\nStatus: 5.1.1\n"
        "Diagnostic: 550 no such user\nSubject: [Ticket ID: ABC-1234] Help"
    ) == bounced.message
    assert ("A mail of this ticket is delayed, and has not failed yet.\nRecipient: jo@x.example") == delayed.calls[
        0
    ].message


def test_the_note_of_an_automatic_reply():
    """Its own words, without what it quotes; its files by name; a doubt where nobody vouches for the author."""
    mail = {"attachments": (attachment("card.vcf"),)}
    note = decided(Kind.AUTO_REPLY, Fate.NOTE, "auto_replies", mail, **NAMED).calls[0]

    assert (
        "Automatic reply of Ann <ann@example.net>.\n\nIt burns.\n\n[File, kept with the mail: card.vcf]"
    ) == note.message
    doubted = decided(Kind.AUTO_REPLY, Fate.NOTE, "auto_replies", **NAMED, grade=Grade.UNVERIFIED).calls[0]
    assert "Nothing shows that ann@example.net wrote it." in doubted.message


def test_a_long_text_is_cut_for_its_note():
    """A note is a column of a database."""
    note = decided(Kind.AUTO_REPLY, Fate.NOTE, "auto_replies", {"reply": "x" * 100_000}, **NAMED).calls[0]

    assert 20_000 <= len(note.message) < 21_000


def test_a_note_that_quotes_us_is_no_loop():
    """It is answered by no robot; a ticket made of the same mail would be."""
    quoting = {"text": "Away.\n[ref:0ABCDEFGHJKMNPQRSTVW-0]"}

    made = decided(Kind.AUTO_REPLY, Fate.NOTE, "auto_replies", quoting, **NAMED)
    assert AddTicketNote is type(made.calls[0])
    for fate, facts in ((Fate.TICKET, NAMED), (Fate.NOTE, {}), (Fate.DISCARD, NAMED)):
        assert Hold is type(decided(Kind.AUTO_REPLY, fate, "auto_replies", quoting, **facts))


def test_a_released_bounce_becomes_a_ticket():
    """A person wants it."""
    assert OpenTicket is type(decided(Kind.BOUNCE, Fate.NOTE, "bounces", **NAMED, released=True).calls[0])


def test_a_bounce_names_the_ticket_of_the_mail_that_came_back():
    """Its own subject and recipient first; the Message-ID that came back before those it answers."""
    bounce = replace(MAIL, subject="Undelivered Mail", bounce=REPORT, in_reply_to=("a@x",), kind=Kind.BOUNCE)

    names = named(bounce, "support+777@example.com")

    assert (("777", Sign.ADDRESS), ("ABC-1234", Sign.RETURNED)) == names.numbers
    assert ("o@billing.example", "a@x") == names.message_ids
    own = named(replace(bounce, subject="Fwd: [Ticket ID: ABC-1234]"), "support@example.com")
    assert (("ABC-1234", Sign.SUBJECT),) == own.numbers
