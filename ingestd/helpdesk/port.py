"""What ingestd asks of a helpdesk; the adapters speak to one each. Nothing here raises: trouble is a value.

A read gives its value or `Deferred`. `Denied` means the API role lacks the action: the feature is off.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from ingestd.core.abilities import Abilities
from ingestd.core.model import Source
from ingestd.core.ticket import Call, Contact, Deferred, Heading, Outcome, Ticket, User

Reader = Callable[[Source], AsyncIterator[bytes]]
"""Opens the decoded bytes of a source, in pieces."""

Guard = Callable[[], bool]
"""False when it is too late to send: lease or deadline passed on the boot clock."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The API role does not allow this action."""

    reason: str


@dataclass(frozen=True, slots=True)
class Department:
    """A support department (GetSupportDepartments)."""

    department_id: int
    name: str


class Helpdesk(Protocol):
    """A helpdesk as delivery sees it."""

    abilities: Abilities
    """What can be asked of it: plans are made within this."""

    async def probe(self) -> Deferred | None:
        """None when reachable and our credentials are good; the cheapest read there is."""
        ...

    async def departments(self) -> tuple[Department, ...] | Deferred | Denied:
        """Every department there is."""
        ...

    async def client(self, address: str) -> int | Deferred | None:
        """The id of the client with this address."""
        ...

    async def contacts(self, address: str) -> tuple[Contact, ...] | Deferred | Denied:
        """The contacts with exactly this address, of whichever client."""
        ...

    async def users(self, address: str) -> tuple[User, ...] | Deferred | Denied:
        """The users with exactly this address."""
        ...

    async def addresses(self, client_id: int) -> tuple[str, ...] | Deferred:
        """Every address that may speak for this client: its own, its users', its contacts'."""
        ...

    async def ticket_by_number(self, number: str) -> Ticket | Deferred | None:
        """The ticket with this number, as people see it."""
        ...

    async def ticket(self, ticket_id: int) -> Ticket | Deferred | None:
        """The ticket with this database id."""
        ...

    async def tickets_of_client(self, client_id: int) -> tuple[Heading, ...] | Deferred:
        """All tickets of a client, in every department and status."""
        ...

    async def tickets_of_address(self, address: str) -> tuple[Heading, ...] | Deferred:
        """All tickets of a guest with this address, in every department and status."""
        ...

    def deadline(self, call: Call) -> float:
        """Seconds that one try of this call may take: the time-out, plus its body at a minimum rate."""
        ...

    async def perform(self, call: Call, ticket_id: int | None, marker: str, read: Reader, guard: Guard) -> Outcome:
        """Make this call once; never again by itself.

        `ticket_id` stands for the ticket of a call whose own is None. `marker` goes as the last line of a call that
        writes text; "" for none. UpdateTicket and AppendToTicket set exactly their values:
        merging was done before. `guard` is asked
        before the first and before the last piece of the body leaves; where it says no, the call is cut: Unknown.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
