"""The helpdesk Keliweb, behind the port: three calls of WHMCS's shape, and nobody to look up.

Documented are open-ticket, add-ticket-reply and get-ticket, with fewer fields than WHMCS has. There is no list of
tickets, so that a ticket whose answer was lost cannot be looked for; its replies can be read.
"""

from typing import Final

from ingestd.core.abilities import KELIWEB
from ingestd.core.payload import Fields, fields_of
from ingestd.core.ticket import (
    AddTicketReply,
    Call,
    Contact,
    Deferred,
    Fault,
    Heading,
    OpenTicket,
    Outcome,
    Refused,
    Ticket,
    User,
)
from ingestd.helpdesk.ask import Asking, Pace
from ingestd.helpdesk.calling import Calling
from ingestd.helpdesk.keliweb_line import KeliwebLine
from ingestd.helpdesk.keliweb_words import heard, judged
from ingestd.helpdesk.port import Denied, Department, Guard, Reader
from ingestd.helpdesk.settings import KeliwebSettings
from ingestd.helpdesk.tickets import ticket_by_id, ticket_by_number

# No ticket has this id: that it is not found proves that our token is good.
PROBE: Final = (("action", "GetTicket"), ("ticketid", "0"))
# What its pages document or show in an example; `noemail`, `created` and `adminusername` they do not.
DOCUMENTED: Final = frozenset(
    {
        "action",
        "deptid",
        "subject",
        "message",
        "ticketid",
        "name",
        "email",
        "contactid",
        "priority",
        "serviceid",
        "domainid",
    }
    | {"markdown", "customfields"}
)


def keliweb_fields(call: Call, ticket_id: int | None, marker: str) -> Fields:
    """The fields of this call as Keliweb documents them, without files; the action first, as WHMCS names it."""
    return tuple(pair for pair in fields_of(call, ticket_id, marker) if pair[0] in DOCUMENTED)


class Keliweb:
    """Keliweb by its API v2; see `Helpdesk` for the promises."""

    abilities = KELIWEB

    def __init__(self, settings: KeliwebSettings) -> None:
        self._line = KeliwebLine(settings)
        pace = Pace(settings.timeout, settings.pause)
        self._asking = Asking(self._line, heard, PROBE, pace)
        self._calling = Calling(self._line, keliweb_fields, judged, self.probe, pace)

    async def probe(self) -> Deferred | None:
        """None when reachable and our token is good; the cheapest read there is."""
        trouble = await self._asking.probe()
        # A refusal by the helpdesk's own words came through Laravel: the token is good.
        return None if trouble is not None and trouble.fault is Fault.OTHER else trouble

    async def departments(self) -> tuple[Department, ...] | Deferred | Denied:
        """Keliweb does not tell them."""
        return Denied("Keliweb has no call that lists departments")

    async def client(self, address: str) -> int | Deferred | None:  # noqa: ARG002 - nobody can be looked up
        """Nobody: Keliweb has no look-up of clients."""
        return None

    async def contacts(self, address: str) -> tuple[Contact, ...] | Deferred | Denied:  # noqa: ARG002 - as above
        """Nobody."""
        return ()

    async def users(self, address: str) -> tuple[User, ...] | Deferred | Denied:  # noqa: ARG002 - as above
        """Nobody."""
        return ()

    async def addresses(self, client_id: int) -> tuple[str, ...] | Deferred:  # noqa: ARG002 - as above
        """Nobody's."""
        return ()

    async def ticket_by_number(self, number: str) -> Ticket | Deferred | None:
        """The ticket with this number, as people see it."""
        return await ticket_by_number(self._asking, number)

    async def ticket(self, ticket_id: int) -> Ticket | Deferred | None:
        """The ticket with this database id."""
        return await ticket_by_id(self._asking, ticket_id)

    async def tickets_of_client(self, client_id: int) -> tuple[Heading, ...] | Deferred:  # noqa: ARG002 - no list
        """Not known, which is not none."""
        return _no_list()

    async def tickets_of_address(self, address: str) -> tuple[Heading, ...] | Deferred:  # noqa: ARG002 - no list
        """Not known, which is not none."""
        return _no_list()

    def deadline(self, call: Call) -> float:
        """Seconds that one try of this call may take: the time-out, plus its body at a minimum rate."""
        return self._calling.deadline(call)

    async def perform(self, call: Call, ticket_id: int | None, marker: str, read: Reader, guard: Guard) -> Outcome:
        """Make this call once; again only with another token, where the first was refused."""
        if not isinstance(call, OpenTicket | AddTicketReply):
            return Refused(f"Keliweb has no {type(call).__name__}")
        return await self._calling.perform(call, ticket_id, marker, read, guard)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._line.aclose()


def _no_list() -> Deferred:
    return Deferred("Keliweb has no call that lists tickets", fault=Fault.OTHER)
