"""Whose address this is: client, contact or user of the helpdesk; asked once in a while, not once a mail."""

from dataclasses import dataclass
from typing import TypeVar

import structlog

from ingestd.core.addresses import folded, other_spelling
from ingestd.core.ticket import Contact, Deferred, User
from ingestd.delivery.clock import Clock
from ingestd.helpdesk.port import Denied, Helpdesk

log = structlog.get_logger()

KEPT_FOUND = 300.0
KEPT_ABSENT = 60.0
MOST_KEPT = 10_000

Row = TypeVar("Row", Contact, User)


@dataclass(frozen=True, slots=True)
class Known:
    """What the helpdesk knows of an address; a later field is only asked where the earlier ones found nothing."""

    client: int | None
    contacts: tuple[Contact, ...]
    users: tuple[User, ...]

    @property
    def found(self) -> bool:
        return self.client is not None or bool(self.contacts or self.users)


class Lookup:
    """Answers from the helpdesk, kept for minutes; that nobody is there is kept for less."""

    def __init__(self, helpdesk: Helpdesk, clock: Clock) -> None:
        self._helpdesk = helpdesk
        self._clock = clock
        self._kept: dict[str, tuple[float, Known]] = {}
        self._denied: set[str] = set()

    async def known(self, address: str) -> Known | Deferred:
        """Who has this address; a look-up that fails is `Deferred`, never "nobody"."""
        kept = self.remembered(address)
        if kept is not None:
            return kept
        answer = await self._ask(address)
        if isinstance(answer, Known) and not answer.found and (other := other_spelling(address)):
            answer = await self._ask(other)
        if isinstance(answer, Known):
            self._keep(folded(address), answer)
        return answer

    def remembered(self, address: str) -> Known | None:
        """Who has this address, if that was asked of late; None where it would have to be asked."""
        kept = self._kept.get(folded(address))
        return kept[1] if kept is not None and kept[0] > self._clock.seconds() else None

    async def speaks_for(self, address: str, client_id: int) -> Contact | User | Deferred | None:
        """The contact or user with this address that may speak for this client."""
        contacts = self._allowed(await self._helpdesk.contacts(address))
        if isinstance(contacts, Deferred):
            return contacts
        users = self._allowed(await self._helpdesk.users(address))
        if isinstance(users, Deferred):
            return users
        contact = next((contact for contact in contacts if contact.client_id == client_id), None)
        return contact or next((user for user in users if client_id in user.clients), None)

    async def _ask(self, address: str) -> Known | Deferred:
        client = await self._helpdesk.client(address)
        if isinstance(client, Deferred):
            return client
        if client is not None:
            return Known(client, (), ())
        contacts = self._allowed(await self._helpdesk.contacts(address))
        if isinstance(contacts, Deferred):
            return contacts
        if contacts:
            return Known(None, contacts, ())
        users = self._allowed(await self._helpdesk.users(address))
        return users if isinstance(users, Deferred) else Known(None, (), users)

    def _allowed(self, answer: tuple[Row, ...] | Deferred | Denied) -> tuple[Row, ...] | Deferred:
        if not isinstance(answer, Denied):
            return answer
        if answer.reason not in self._denied:
            self._denied.add(answer.reason)
            log.warning("look-up switched off", reason=answer.reason, remedy="allow the action in the API role")
        return ()

    def _keep(self, key: str, known: Known) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = (self._clock.seconds() + (KEPT_FOUND if known.found else KEPT_ABSENT), known)
