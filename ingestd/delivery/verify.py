"""Did an unanswered call take effect? Looks in the helpdesk for what the call would have written."""

from typing import assert_never

from ingestd.core.history import opened, opening, wrote
from ingestd.core.journal import Entry, Status
from ingestd.core.marker import bears, cut_at_4_bytes, fold, marked
from ingestd.core.model import Client, Guest, Staff
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    AppendToTicket,
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

MOST_OPENED = 200
MOST_MAILS = 1000


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
                return await self._written(call, message, call.ticket_id or ticket_id, marker)
            case UpdateTicket() | AppendToTicket():
                raise AssertionError("a difference is repeated, not looked up")
            case _ as never:
                assert_never(never)

    async def _opened(self, entry: Entry, call: OpenTicket, marker: str) -> Done | Deferred | None:
        headings = await self._headings(call, entry.gist.author)
        if isinstance(headings, Deferred):
            return headings
        looked_at = 0
        for heading in _candidates(headings, call.subject):
            if await self._anothers(entry, heading.ticket_id):
                continue
            if looked_at == MOST_OPENED:
                # What was not looked at may be ours: this is no absence.
                return Deferred(f"more than {MOST_OPENED} tickets of this author and subject, none of them by mail")
            looked_at += 1
            found = await self._taken(entry, call, heading.ticket_id, marker)
            if found is not None:
                return found
        return None

    async def _taken(self, entry: Entry, call: OpenTicket, ticket_id: int, marker: str) -> Done | Deferred | None:
        """Done where this ticket is what the call opened, Deferred where that cannot be told now."""
        ticket = await self._helpdesk.ticket(ticket_id)
        if ticket is None or isinstance(ticket, Deferred):
            return ticket
        text = next((post.text for post in ticket.posts if post.post_id == 0), None)
        if text is None or not bears(text, call.message, marker):
            return None
        done = Done(ticket.ticket_id, ticket.number)
        if marked(text, marker):
            return done
        # By its words it may be another's: one whose answer is still to come is asked first, what is settled after.
        if await self._under_way(entry, call, markers=bool(marker)):
            return Deferred("another mail with the same words is being sent")
        return None if await self._anothers(entry, ticket_id) else done

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
        self, call: AddTicketReply | AddTicketNote, message: str, ticket_id: int | None, marker: str
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
        return done if same and same > await self._settled(ticket, message, markers=bool(marker)) else None

    async def _anothers(self, entry: Entry, ticket_id: int) -> bool:
        """Whether this ticket is what another mail of ours opened."""
        for other in await self._spool.list(Filter(ticket_id=ticket_id), MOST_MAILS):
            if other.queue_id != entry.queue_id and opened(await self._spool.records(other.queue_id), ticket_id):
                return True
        return False

    async def _under_way(self, entry: Entry, call: OpenTicket, *, markers: bool) -> bool:
        """Whether another mail is opening a ticket that looks the same, right now."""
        for other in await self._spool.list(Filter(status=Status.ACTIVE), MOST_MAILS):
            ours = other.queue_id == entry.queue_id
            if not ours and opening(await self._spool.records(other.queue_id), call, markers=markers):
                return True
        return False

    async def _settled(self, ticket: Ticket, message: str, *, markers: bool) -> int:
        """How many posts that look the same are known to be written to this ticket by mails, this one included."""
        count = 0
        for each in await self._spool.list(Filter(ticket_id=ticket.ticket_id), MOST_MAILS):
            count += wrote(await self._spool.records(each.queue_id), message, markers=markers)
        return count


def _candidates(headings: tuple[Heading, ...], subject: str) -> list[Heading]:
    """Those with our subject, whole or cut at its first 4-byte character, newest first."""
    ours = {fold(subject), fold(cut_at_4_bytes(subject))}
    unique = {heading.ticket_id: heading for heading in headings if fold(heading.subject) in ours}
    return sorted(unique.values(), key=lambda heading: heading.ticket_id, reverse=True)


def _replies(ticket: Ticket) -> tuple[Post, ...]:
    return tuple(post for post in ticket.posts if post.post_id != 0)
