"""A call as the operator wants it: what his rules say of department, priority, fields, service, flag, Cc and notes."""

from dataclasses import replace

from ingestd.core.facts import Facts, Policy
from ingestd.core.model import Client, Grade, Mail
from ingestd.core.routes import route_of
from ingestd.core.ticket import AddTicketNote, AddTicketReply, Call, OpenTicket, Priority, UpdateTicket
from ingestd.core.urgency import urgency_of
from ingestd.core.wishes import Actions

MOST_CC = 10
NOTHING = Actions()

Written = OpenTicket | AddTicketReply


def as_wanted(call: Written, mail: Mail, facts: Facts, policy: Policy) -> Written:
    """The call with what is said of its mail below its text, silent where that is wanted; a new ticket in its place."""
    said = _silent(call, policy)
    return _placed(said, mail, facts, policy) if isinstance(said, OpenTicket) else said


def further(call: Written, cc: tuple[Call, ...], mail: Mail, facts: Facts, policy: Policy) -> tuple[Call, ...]:
    """What neither call can say: `cc`, the difference that the mail's own Cc makes, with the rules'; and their notes."""
    wanted = policy.actions
    ticket_id = call.ticket_id if isinstance(call, AddTicketReply) else None
    priority = _raised(mail, facts, policy) if isinstance(call, AddTicketReply) else None
    if not (cc or priority or wanted.cc or wanted.flag or wanted.notes):
        return ()
    notes = (AddTicketNote(ticket_id, note) for note in wanted.notes)
    theirs = tuple(address for each in cc if isinstance(each, UpdateTicket) for address in each.cc)
    merged = tuple(dict.fromkeys((*_colleagues(policy), *theirs)))[:MOST_CC]
    update = UpdateTicket(ticket_id, merged, priority, wanted.flag)
    return (*((update,) if merged or priority or update.flag else ()), *notes)


def _silent(call: Written, policy: Policy) -> Written:
    # Where a filter spoke against a mail, its author may be anybody.
    quiet = call.noemail or policy.actions.noemail is True or bool(policy.said)
    if quiet == call.noemail and not policy.said:
        return call
    lines = "\n".join(f"[{line}]" for line in policy.said)
    return replace(call, message=f"{call.message}\n\n{lines}" if lines else call.message, noemail=quiet)


def _placed(call: OpenTicket, mail: Mail, facts: Facts, policy: Policy) -> OpenTicket:
    wanted, asked = policy.actions, _asked(mail, facts, policy)
    if wanted == NOTHING and asked is None and len(call.custom_fields) < 2:
        return call
    department = wanted.department or call.department
    # Custom fields are a department's: those of the route mean nothing in another.
    kept = dict(call.custom_fields) if department == call.department else {}
    # A service is a client's: a guest has none.
    owned = isinstance(call.sender, Client)
    return replace(
        call,
        department=department,
        priority=wanted.priority or asked or call.priority,
        custom_fields=tuple(sorted({**kept, **dict(wanted.custom_fields)}.items())),
        service=wanted.service if owned else None,
        domain=wanted.domain if owned else None,
    )


def _raised(mail: Mail, facts: Facts, policy: Policy) -> Priority | None:
    """The priority that a reply asks for; it is only raised, so a low one changes nothing."""
    asked = policy.actions.priority or _asked(mail, facts, policy)
    return None if asked is Priority.LOW else asked


def _asked(mail: Mail, facts: Facts, policy: Policy) -> Priority | None:
    """How urgent the sender says it is, where the operator lets him."""
    return urgency_of(mail) if policy.mail_priority and facts.grade is not Grade.FORGED else None


def _colleagues(policy: Policy) -> tuple[str, ...]:
    """The rules' Cc, but none that would bring the helpdesk's mail back to us."""
    return tuple(address for address in policy.actions.cc if not route_of(address, tuple(policy.own)))
