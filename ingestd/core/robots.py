"""What becomes of mail that no person wrote, or that was written to many: as the operator has it for the route."""

from typing import assert_never

from ingestd.core import compose
from ingestd.core.facts import Facts
from ingestd.core.journal import Deliver, Discard, Hold, Verdict
from ingestd.core.model import Bounce, Grade, Kind, Mail
from ingestd.core.plan import LONGEST_NAME, LONGEST_NOTE
from ingestd.core.ticket import AddTicketNote, Ticket
from ingestd.core.wishes import Fate, Kinds


def fate_of(kind: Kind, kinds: Kinds) -> tuple[Fate, str]:
    """What becomes of this kind of mail, and the key of the route that says so; "" for a person's.

    A delay goes the way of a bounce, and its note says that nothing has failed yet. A complaint is a robot's mail.
    """
    match kind:
        case Kind.ORDINARY:
            return Fate.TICKET, ""
        case Kind.BOUNCE | Kind.DELAYED:
            return kinds.bounces, "route.bounces"
        case Kind.AUTO_REPLY:
            return kinds.auto_replies, "route.auto_replies"
        case Kind.AUTO_GENERATED | Kind.FEEDBACK:
            return kinds.auto_generated, "route.auto_generated"
        case Kind.LIST | Kind.BULK:
            return kinds.lists, "route.lists"
        case _ as never:
            assert_never(never)


def notes(mail: Mail, facts: Facts, kinds: Kinds) -> bool:
    """Whether this mail becomes a note on the ticket that it names."""
    return fate_of(mail.kind, kinds)[0] is Fate.NOTE and facts.ticket is not None and facts.grade is not Grade.FORGED


def verdict_of(mail: Mail, facts: Facts, kinds: Kinds) -> Verdict | None:
    """What becomes of this mail for its kind alone; None where it is treated as a person's."""
    why = f"{mail.kind}: {mail.sign}"
    match fate_of(mail.kind, kinds)[0]:
        case Fate.TICKET:
            return None
        case Fate.DISCARD:
            return Discard(why)
        case Fate.HOLD:
            return Hold(why)
        case Fate.NOTE if facts.ticket is not None and notes(mail, facts, kinds):
            return _noted(mail, facts, facts.ticket, why)
        case Fate.NOTE:
            return _noteless(mail.kind, why)
        case _ as never:
            assert_never(never)


def _noteless(kind: Kind, why: str) -> Verdict | None:
    """Without a ticket to note it on, a robot's answer is nobody's; people behind robots still get a ticket."""
    if kind in {Kind.BOUNCE, Kind.DELAYED, Kind.AUTO_REPLY}:
        return Discard(f"{why}, and names no ticket that it could be noted on")
    return None


def _noted(mail: Mail, facts: Facts, ticket: Ticket, why: str) -> Deliver:
    text = _report(mail.kind, mail.bounce) if mail.bounce else _words(mail, facts)
    return Deliver((AddTicketNote(ticket.ticket_id, text),), f"note on {ticket.number}: {why}", ticket.number)


def _report(kind: Kind, bounce: Bounce) -> str:
    what = "is delayed, and has not failed yet" if kind is Kind.DELAYED else "was not delivered"
    lines = (
        f"A mail of this ticket {what}.",
        f"Recipient: {bounce.recipient}" if bounce.recipient else "",
        f"Status: {bounce.status}" if bounce.status else "",
        f"Diagnostic: {bounce.diagnostic}" if bounce.diagnostic else "",
        f"Subject: {bounce.original_subject}" if bounce.original_subject else "",
    )
    return "\n".join(line for line in lines if line)


def _words(mail: Mail, facts: Facts) -> str:
    words = compose.cut(mail.reply if mail.reply.strip() else mail.text, LONGEST_NOTE) or "(no text)"
    doubt = f" Nothing shows that {facts.author[:300]} wrote it." if facts.grade is Grade.UNVERIFIED else ""
    what = {Kind.AUTO_REPLY: "Automatic reply", Kind.LIST: "Mail through a list"}.get(mail.kind, "Automatic mail")
    files = tuple(f"File, kept with the mail: {file.name}" for file in mail.attachments)
    name = facts.name[:LONGEST_NAME]
    return compose.joined(f"{what} of {name} <{facts.author[:300]}>.{doubt}\n\n{words}", (), files)
