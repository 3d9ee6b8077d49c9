"""GetTicket: a ticket by what people call it, or by its database id."""

from typing import assert_never

from ingestd.core.refs import fold_number
from ingestd.core.ticket import Deferred, Fault, Scope, Ticket
from ingestd.helpdesk.answer import Success
from ingestd.helpdesk.ask import Asking
from ingestd.helpdesk.nouns import ticket_of
from ingestd.helpdesk.port import Denied
from ingestd.helpdesk.reading import Nothing


async def ticket_by_number(asking: Asking, number: str) -> Ticket | Deferred | None:
    """The ticket with this number, as people see it."""
    ticket = await _ticket(asking, "ticketnum", number) if fold_number(number) else None
    # MySQL reads "123abc" as 123 and has its own idea of equal letters: only the very number counts.
    return None if isinstance(ticket, Ticket) and fold_number(ticket.number) != fold_number(number) else ticket


async def ticket_by_id(asking: Asking, ticket_id: int) -> Ticket | Deferred | None:
    """The ticket with this database id."""
    return await _ticket(asking, "ticketid", str(ticket_id))


def required(trouble: Denied | Deferred) -> Deferred:
    """Without this read nothing can be delivered."""
    match trouble:
        case Denied(reason=reason):
            return Deferred(reason, scope=Scope.HELPDESK, fault=Fault.ROLE)
        case Deferred():
            return trouble
        case _:
            assert_never(trouble)


async def _ticket(asking: Asking, key: str, value: str) -> Ticket | Deferred | None:
    match await asking.ask("GetTicket", (key, value), ("repliessort", "ASC")):
        case Success(data=data):
            return ticket_of(data) or Deferred("GetTicket: an answer without a ticket id", fault=Fault.OTHER)
        case Nothing():
            return None
        case trouble:
            return required(trouble)
