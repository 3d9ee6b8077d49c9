"""Whether what the ledger says to be at the helpdesk is there: ticket by ticket, no faster than deliveries go."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from ingestd.config import Config
from ingestd.core.bookkeeping import Account, Place, Proof, Said, found_in, place_of, proofs_of
from ingestd.core.journal import Entry
from ingestd.core.ticket import Deferred, Ticket
from ingestd.daemon import helpdesk_for_commands
from ingestd.helpdesk.port import Helpdesk

# Mails of one ticket often stand near each other; a ticket may hold megabytes of text.
_KNOWN = 32
_PATIENCE = 5

LOST = "its mail, until it is pruned: `ingestd queue dump`"
NOT_ASKED = "see `ingestd check`, and audit again"

Add = Callable[[str, Said], None]


class Proofs:
    """Asks for what each entry that is done must have left; `add` is told what is not there."""

    def __init__(
        self, helpdesk: Helpdesk, slots: int, start: datetime | None, add: Add, group: asyncio.TaskGroup
    ) -> None:
        self._helpdesk = helpdesk
        self._slots = asyncio.Semaphore(slots)
        self._start = start
        self._add = add
        self._group = group
        self._known: dict[int, asyncio.Task[Ticket | Deferred | None]] = {}
        self._silent = 0
        self._left = 0
        self.proven = 0

    async def ask(self, account: Account) -> None:
        """Look for what this entry wrote, when there is a free slot; returns as soon as it is begun."""
        entry = account.entry
        early = self._start is not None and entry.envelope.received_at < self._start
        if early or account.unreadable or place_of(account) is not Place.TICKETED:
            return
        await self._slots.acquire()
        if self._silent >= _PATIENCE:
            self._left += 1
            self._slots.release()
            return
        self._group.create_task(self._look(account))

    def finish(self) -> None:
        """Tell how many were not asked for since nobody answers."""
        if self._left:
            self._add("", (f"{self._left} more could not be asked for: the helpdesk does not answer", NOT_ASKED))

    async def _look(self, account: Account) -> None:
        entry = account.entry
        try:
            missing = [said for proof in proofs_of(account) if (said := await self._missing(entry, proof))]
        finally:
            self._slots.release()
        self.proven += not missing
        for said in missing:
            self._add(entry.queue_id, said)

    async def _missing(self, entry: Entry, proof: Proof) -> Said | None:
        ticket = await self._ticket(proof.ticket_id)
        name = f"ticket {proof.ticket_number or '?'} (id {proof.ticket_id})"
        if isinstance(ticket, Deferred):
            return f"{name} could not be asked for: {ticket.reason}", NOT_ASKED
        if ticket is None:
            return f"gone at the helpdesk: {name}, deleted or merged by staff", LOST
        if not found_in(ticket, entry, proof):
            return f"gone at the helpdesk: call {proof.number} is not in {name}, deleted or changed by staff", LOST
        return None

    async def _ticket(self, ticket_id: int) -> Ticket | Deferred | None:
        if ticket_id not in self._known:
            while len(self._known) >= _KNOWN:
                del self._known[next(iter(self._known))]
            self._known[ticket_id] = self._group.create_task(self._helpdesk.ticket(ticket_id))
        ticket = await self._known[ticket_id]
        if isinstance(ticket, Deferred):
            self._known.pop(ticket_id, None)
        self._silent = self._silent + 1 if isinstance(ticket, Deferred) else 0
        return ticket


@contextlib.asynccontextmanager
async def asking(config: Config, start: datetime | None, add: Add) -> AsyncIterator[Proofs]:
    """The helpdesk to ask; at the end all that was begun is answered."""
    async with helpdesk_for_commands(config) as helpdesk:
        async with asyncio.TaskGroup() as group:
            proofs = Proofs(helpdesk, config.helpdesk.concurrency, start, add, group)
            yield proofs
        proofs.finish()
