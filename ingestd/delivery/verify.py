"""Did an unanswered call take effect? Looks in the helpdesk for what the call would have written."""

from typing import assert_never

from ingestd.core.history import wrote
from ingestd.core.journal import Entry
from ingestd.core.marker import bears, cut_at_4_bytes, fold, marked
from ingestd.core.model import Client, Guest, Staff
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    Call,
    Deferred,
    Done,
    Heading,
    OpenTicket,
    Post,
    Ticket,
    UpdateTicket,
)
from ingestd.helpdesk.port import Helpdesk
from ingestd.store.spool import Filter, Spool

MOST_OPENED = 50


class Verifier:
    """Finds the effect of a call by its marker, or by its text where markers are off."""

    def __init__(self, helpdesk: Helpdesk, spool: Spool) -> None:
        self._helpdesk = helpdesk
        self._spool = spool

    async def look(self, entry: Entry, call: Call, ticket_id: int | None, marker: str) -> Done | Deferred | None:
        """What came of the call: `Done`, None where it is not there, `Deferred` where it cannot be looked up now."""
        match call:
            case OpenTicket():
                return await self._opened(entry, call, marker)
            case AddTicketReply(message=message) | AddTicketNote(message=message):
                return await self._written(entry, call, message, call.ticket_id or ticket_id, marker)
            case UpdateTicket():
                raise AssertionError("a difference is repeated, not looked up")
            case _ as never:
                assert_never(never)

    async def _opened(self, entry: Entry, call: OpenTicket, marker: str) -> Done | Deferred | None:
        headings = await self._headings(call, entry.gist.author)
        if isinstance(headings, Deferred):
            return headings
        for heading in _candidates(headings, call.subject)[:MOST_OPENED]:
            ticket = await self._helpdesk.ticket(heading.ticket_id)
            if isinstance(ticket, Deferred):
                return ticket
            if ticket is None or not _opens(ticket, call.message, marker):
                continue
            if not await self._anothers(entry, ticket):
                return Done(ticket.ticket_id, ticket.number)
        return None

    async def _headings(self, call: OpenTicket, author: str) -> tuple[Heading, ...] | Deferred:
        """Tickets by client and by address: a guest of then may be a client by now."""
        by_client: tuple[Heading, ...] | Deferred = ()
        address = author
        match call.sender:
            case Client(client_id=client_id):
                by_client = await self._helpdesk.tickets_of_client(client_id)
            case Guest(email=email):
                address = email
                client = await self._helpdesk.client(email)
                if isinstance(client, Deferred):
                    return client
                by_client = await self._helpdesk.tickets_of_client(client) if client is not None else ()
            case Staff():
                pass
            case _ as never:
                assert_never(never)
        if isinstance(by_client, Deferred):
            return by_client
        by_address = await self._helpdesk.tickets_of_address(address) if address else ()
        return by_address if isinstance(by_address, Deferred) else (*by_client, *by_address)

    async def _written(
        self, entry: Entry, call: AddTicketReply | AddTicketNote, message: str, ticket_id: int | None, marker: str
    ) -> Done | Deferred | None:
        assert ticket_id is not None
        ticket = await self._helpdesk.ticket(ticket_id)
        if ticket is None or isinstance(ticket, Deferred):
            return ticket
        posts = ticket.notes if isinstance(call, AddTicketNote) else _replies(ticket)
        done = Done(ticket.ticket_id, ticket.number)
        if any(marked(post.text, marker) for post in posts):
            return done
        same = sum(bears(post.text, message, marker) for post in posts)
        return done if same and same > await self._settled_elsewhere(entry, ticket, message, bool(marker)) else None

    async def _anothers(self, entry: Entry, ticket: Ticket) -> bool:
        """Whether this ticket is what another mail of ours opened."""
        entries = await self._spool.list(Filter(ticket_number=ticket.number), 20)
        return any(other.queue_id != entry.queue_id and other.queue_id < entry.queue_id for other in entries)

    async def _settled_elsewhere(self, entry: Entry, ticket: Ticket, message: str, markers: bool) -> int:
        """How many posts that look the same other mails of ours wrote to this ticket."""
        entries = await self._spool.list(Filter(ticket_number=ticket.number), 1000)
        count = 0
        for other in entries:
            if other.queue_id != entry.queue_id:
                count += wrote(await self._spool.records(other.queue_id), message, markers=markers)
        return count


def _candidates(headings: tuple[Heading, ...], subject: str) -> list[Heading]:
    """Those with our subject, whole or cut at its first 4-byte character, newest first."""
    ours = {fold(subject), fold(cut_at_4_bytes(subject))}
    unique = {heading.ticket_id: heading for heading in headings if fold(heading.subject) in ours}
    return sorted(unique.values(), key=lambda heading: heading.ticket_id, reverse=True)


def _opens(ticket: Ticket, message: str, marker: str) -> bool:
    return any(post.post_id == 0 and bears(post.text, message, marker) for post in ticket.posts)


def _replies(ticket: Ticket) -> tuple[Post, ...]:
    return tuple(post for post in ticket.posts if post.post_id != 0)
