"""The helpdesk WHMCS, behind the port: its calls, its reads, and what our credentials may do there."""

import asyncio
from typing import assert_never

from ingestd.core.payload import ALLOWANCE, fields_of, post_size
from ingestd.core.refs import fold_number
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    Call,
    Contact,
    Deferred,
    Done,
    Fault,
    File,
    Heading,
    OpenTicket,
    Outcome,
    Scope,
    Ticket,
    Unknown,
    UpdateTicket,
    User,
)
from ingestd.helpdesk.answer import Cause, Exchange, Silence, Success, Suspect, after_probe, outcome_of
from ingestd.helpdesk.ask import Asking, Listing, patience
from ingestd.helpdesk.nouns import client_of, contact_of, department_of, heading_of, ticket_of, user_of
from ingestd.helpdesk.port import Denied, Department, Guard, Reader
from ingestd.helpdesk.reading import Nothing
from ingestd.helpdesk.settings import WhmcsSettings
from ingestd.helpdesk.shapes import Row, number, rows, same_address, text
from ingestd.helpdesk.wire import Wire

SLOWEST = 256 * 1024
EVERYWHERE = ("ignore_dept_assignments", "1")
REQUIRED = ("OpenTicket", "AddTicketReply", "UpdateTicket", "GetTicket", "GetTickets", "GetClientsDetails")
OPTIONAL = ("GetContacts", "GetUsers", "GetSupportDepartments", "AddTicketNote")


class Whmcs:
    """WHMCS by its HTTP API, from 7.5 on; see `Helpdesk` for the promises."""

    can_look = True

    def __init__(self, settings: WhmcsSettings) -> None:
        self._settings = settings
        self._wire = Wire(settings)
        self._asking = Asking(self._wire, settings.timeout, settings.pause)

    async def probe(self) -> Deferred | None:
        """None when reachable and our credentials are good; the cheapest read there is."""
        return await self._asking.probe()

    async def permissions(self) -> tuple[str, ...] | Deferred:
        """Which of the `REQUIRED` and `OPTIONAL` actions the API role lacks.

        Each is called without what it needs: where it is allowed, the helpdesk complains of that, without effect.
        """
        lacking = []
        for action in (*REQUIRED, *OPTIONAL):
            match await self._asking.ask(action):
                case Denied():
                    lacking.append(action)
                case Deferred(fault=fault) as trouble if fault is not Fault.OTHER:
                    return trouble
                case _:
                    continue
        return tuple(lacking)

    async def departments(self) -> tuple[Department, ...] | Deferred | Denied:
        """Every department there is, also those that our admin is no member of."""
        match await self._asking.ask("GetSupportDepartments", EVERYWHERE):
            case Success(data=data):
                return tuple(map(department_of, rows(data, "departments", "department")))
            case Nothing():
                return ()
            case trouble:
                return trouble

    async def client(self, address: str) -> int | Deferred | None:
        """The id of the client with this address."""
        match await self._asking.ask("GetClientsDetails", ("email", address)):
            case Success(data=data):
                client = client_of(data)
                return _client_id(client) if same_address(text(client.get("email")), address) else None
            case Nothing():
                return None
            case trouble:
                return _required(trouble)

    async def contacts(self, address: str) -> tuple[Contact, ...] | Deferred | Denied:
        """The contacts with exactly this address, of whichever client."""
        found = await self._asking.every(Listing("GetContacts", (("email", address),), "contacts", "contact"))
        return tuple(map(contact_of, _exactly(address, found))) if isinstance(found, tuple) else found

    async def users(self, address: str) -> tuple[User, ...] | Deferred | Denied:
        """The users with exactly this address."""
        found = await self._asking.every(Listing("GetUsers", (("search", address),), "users", "user"))
        return tuple(map(user_of, _exactly(address, found))) if isinstance(found, tuple) else found

    async def addresses(self, client_id: int) -> tuple[str, ...] | Deferred:
        """Every address that may speak for this client: its own, its users', its contacts'."""
        match await self._asking.ask("GetClientsDetails", ("clientid", str(client_id))):
            case Success(data=data):
                client = client_of(data)
            case Nothing():
                return ()
            case trouble:
                return _required(trouble)
        contacts = await self._asking.every(
            Listing("GetContacts", (("userid", str(client_id)),), "contacts", "contact")
        )
        if isinstance(contacts, Deferred):
            return contacts
        people = (client, *rows(client, "users", "user"), *(contacts if isinstance(contacts, tuple) else ()))
        return tuple(dict.fromkeys(address for person in people if (address := text(person.get("email")).strip())))

    async def ticket_by_number(self, number: str) -> Ticket | Deferred | None:
        """The ticket with this number, as people see it."""
        ticket = await self._ticket("ticketnum", number) if fold_number(number) else None
        # MySQL reads "123abc" as 123 and has its own idea of equal letters: only the very number counts.
        return None if isinstance(ticket, Ticket) and fold_number(ticket.number) != fold_number(number) else ticket

    async def ticket(self, ticket_id: int) -> Ticket | Deferred | None:
        """The ticket with this database id."""
        return await self._ticket("ticketid", str(ticket_id))

    async def tickets_of_client(self, client_id: int) -> tuple[Heading, ...] | Deferred:
        """All tickets of a client, in every department and status."""
        return await self._headings(("clientid", str(client_id)))

    async def tickets_of_address(self, address: str) -> tuple[Heading, ...] | Deferred:
        """All tickets of a guest with this address, in every department and status."""
        return await self._headings(("email", address))

    def deadline(self, call: Call) -> float:
        """Seconds that one try of this call may take: the time-out, plus its body at a minimum rate."""
        size = post_size(fields_of(call, 0, "", self._settings.zone), _files(call)) + ALLOWANCE
        return self._settings.timeout + size / SLOWEST

    async def perform(self, call: Call, ticket_id: int | None, marker: str, read: Reader, guard: Guard) -> Outcome:
        """Make this call once; a connection that could not be made is tried again, a request that left never is."""
        target = ticket_id if isinstance(call, OpenTicket) or call.ticket_id is None else call.ticket_id
        if target is None and not isinstance(call, OpenTicket):
            return Deferred("this call names no ticket", fault=Fault.OTHER)
        if isinstance(call, UpdateTicket) and not call.cc and call.priority is None and call.flag is None:
            return Done(target or 0)
        fields = fields_of(call, target, marker, self._settings.zone)
        action = fields[0][1]
        until = asyncio.get_running_loop().time() + self.deadline(call)

        async def once() -> tuple[Exchange, int]:
            body = self._wire.body(fields, _files(call), read, guard)
            return await self._wire.exchange(action, body, until), body.size

        tried: tuple[Exchange, int] = await patience(self._settings.pause, _never_sent)(once)
        exchange, size = tried
        match outcome_of(exchange, action, size):
            case Success(data=data):
                return _done(call, target, data)
            case Suspect() as suspect:
                return after_probe(suspect, size, await self.probe())
            case outcome:
                return outcome

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _ticket(self, key: str, value: str) -> Ticket | Deferred | None:
        match await self._asking.ask("GetTicket", (key, value), ("repliessort", "ASC")):
            case Success(data=data):
                return ticket_of(data) or Deferred("GetTicket: an answer without a ticket id", fault=Fault.OTHER)
            case Nothing():
                return None
            case trouble:
                return _required(trouble)

    async def _headings(self, whose: tuple[str, str]) -> tuple[Heading, ...] | Deferred:
        found = await self._asking.every(Listing("GetTickets", (whose, EVERYWHERE), "tickets", "ticket"))
        return tuple(map(heading_of, found)) if isinstance(found, tuple) else _required(found)


def _required(trouble: Denied | Deferred) -> Deferred:
    """Without this read nothing can be delivered."""
    match trouble:
        case Denied(reason=reason):
            return Deferred(reason, scope=Scope.HELPDESK, fault=Fault.ROLE)
        case Deferred():
            return trouble
        case _:
            assert_never(trouble)


def _done(call: Call, target: int | None, data: Row) -> Done | Unknown:
    if not isinstance(call, OpenTicket):
        return Done(target or 0)
    opened = number(data.get("id")) or number(data.get("ticketid"))
    return (
        Done(opened, text(data.get("tid")))
        if opened
        else Unknown("a ticket was opened, but not told which", late=False)
    )


def _never_sent(tried: tuple[Exchange, int]) -> bool:
    match tried[0]:
        case Silence(begun=False, cause=Cause.LINE):
            return True
        case _:
            return False


def _files(call: Call) -> tuple[File, ...]:
    match call:
        case OpenTicket(files=files) | AddTicketReply(files=files):
            return files
        case UpdateTicket() | AddTicketNote():
            return ()
        case _:
            assert_never(call)


def _client_id(client: Row) -> int | None:
    return number(client.get("client_id")) or number(client.get("id")) or number(client.get("userid")) or None


def _exactly(address: str, people: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(person for person in people if same_address(text(person.get("email")), address))
