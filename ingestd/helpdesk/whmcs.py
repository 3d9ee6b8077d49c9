"""The helpdesk WHMCS, behind the port: its calls, its reads, and what our credentials may do there."""

from ingestd.core.abilities import WHMCS
from ingestd.core.payload import Fields, fields_of
from ingestd.core.ticket import (
    Call,
    Contact,
    Deferred,
    Done,
    Fault,
    Heading,
    Outcome,
    Ticket,
    UpdateTicket,
    User,
)
from ingestd.helpdesk.answer import Success, outcome_of
from ingestd.helpdesk.ask import Asking, Listing, Pace
from ingestd.helpdesk.calling import Calling
from ingestd.helpdesk.nouns import client_of, contact_of, department_of, heading_of, user_of
from ingestd.helpdesk.port import Denied, Department, Guard, Reader
from ingestd.helpdesk.reading import Nothing, reading_of
from ingestd.helpdesk.settings import WhmcsSettings
from ingestd.helpdesk.shapes import Row, number, rows, same_address, text
from ingestd.helpdesk.tickets import required, ticket_by_id, ticket_by_number
from ingestd.helpdesk.whmcs_line import WhmcsLine

PROBE = (("action", "GetSupportStatuses"),)
EVERYWHERE = ("ignore_dept_assignments", "1")
REQUIRED = ("OpenTicket", "AddTicketReply", "UpdateTicket", "GetTicket", "GetTickets", "GetClientsDetails")
OPTIONAL = ("GetContacts", "GetUsers", "GetSupportDepartments", "AddTicketNote")


class Whmcs:
    """WHMCS by its HTTP API, from 7.5 on; see `Helpdesk` for the promises."""

    abilities = WHMCS

    def __init__(self, settings: WhmcsSettings) -> None:
        self._zone = settings.zone
        self._line = WhmcsLine(settings)
        pace = Pace(settings.timeout, settings.pause)
        self._asking = Asking(self._line, reading_of, PROBE, pace)
        self._calling = Calling(self._line, self._spelled, outcome_of, self.probe, pace)

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
                return required(trouble)

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
                return required(trouble)
        contacts = await self._asking.every(
            Listing("GetContacts", (("userid", str(client_id)),), "contacts", "contact")
        )
        if isinstance(contacts, Deferred):
            return contacts
        people = (client, *rows(client, "users", "user"), *(contacts if isinstance(contacts, tuple) else ()))
        return tuple(dict.fromkeys(address for person in people if (address := text(person.get("email")).strip())))

    async def ticket_by_number(self, number: str) -> Ticket | Deferred | None:
        """The ticket with this number, as people see it."""
        return await ticket_by_number(self._asking, number)

    async def ticket(self, ticket_id: int) -> Ticket | Deferred | None:
        """The ticket with this database id."""
        return await ticket_by_id(self._asking, ticket_id)

    async def tickets_of_client(self, client_id: int) -> tuple[Heading, ...] | Deferred:
        """All tickets of a client, in every department and status."""
        return await self._headings(("clientid", str(client_id)))

    async def tickets_of_address(self, address: str) -> tuple[Heading, ...] | Deferred:
        """All tickets of a guest with this address, in every department and status."""
        return await self._headings(("email", address))

    def deadline(self, call: Call) -> float:
        """Seconds that one try of this call may take: the time-out, plus its body at a minimum rate."""
        return self._calling.deadline(call)

    async def perform(self, call: Call, ticket_id: int | None, marker: str, read: Reader, guard: Guard) -> Outcome:
        """Make this call once; a connection that could not be made is tried again, a request that left never is."""
        if isinstance(call, UpdateTicket) and not call.cc and call.priority is None and call.flag is None:
            return Done(call.ticket_id or ticket_id or 0)
        return await self._calling.perform(call, ticket_id, marker, read, guard)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._line.aclose()

    def _spelled(self, call: Call, ticket_id: int | None, marker: str) -> Fields:
        return fields_of(call, ticket_id, marker, self._zone)

    async def _headings(self, whose: tuple[str, str]) -> tuple[Heading, ...] | Deferred:
        found = await self._asking.every(Listing("GetTickets", (whose, EVERYWHERE), "tickets", "ticket"))
        return tuple(map(heading_of, found)) if isinstance(found, tuple) else required(found)


def _client_id(client: Row) -> int | None:
    return number(client.get("client_id")) or number(client.get("id")) or number(client.get("userid")) or None


def _exactly(address: str, people: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(person for person in people if same_address(text(person.get("email")), address))
