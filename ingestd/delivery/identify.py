"""Mail -> Facts: which ticket is meant, who wrote, and whether the author has a part in that ticket."""

from dataclasses import dataclass
from datetime import timedelta

from ingestd.core.addresses import folded
from ingestd.core.facts import Facts, participates
from ingestd.core.grade import Graded
from ingestd.core.journal import Entry
from ingestd.core.model import Client, Guest, Mail, QueueId, Sender, Staff
from ingestd.core.refs import Named, Sign
from ingestd.core.ticket import Contact, Deferred, Ticket, User
from ingestd.delivery.author import Author, People, author_of, is_staff
from ingestd.delivery.clock import Clock
from ingestd.delivery.grading import Grader
from ingestd.delivery.lookup import Known, Lookup
from ingestd.helpdesk.port import Helpdesk
from ingestd.quick import quick
from ingestd.store.spool import Spool


@quick
@dataclass(frozen=True, slots=True)
class Meant:
    """The ticket that a mail names and that exists, by what; and the number as named."""

    ticket: Ticket | None
    sign: Sign | None
    number: str


_NONE = Meant(None, None, "")


class Identifier:
    """Asks the helpdesk and the spool; `people` are those whom the operator names, `grader` says how sure we are."""

    def __init__(
        self, helpdesk: Helpdesk, lookup: Lookup, spool: Spool, clock: Clock, people: People, grader: Grader
    ) -> None:
        self._grader = grader
        self._helpdesk = helpdesk
        self._spool = spool
        self._clock = clock
        self._lookup = lookup
        self._people = people
        self._nobody = folded(people.nobody)

    async def meant(self, names: Named) -> Meant | Deferred:
        """The ticket that is named: by a number that exists first, else by a Message-ID that we know."""
        if not (names.numbers or names.message_ids):
            return _NONE
        by_number = await self._by_number(names)
        if isinstance(by_number, Deferred) or by_number.ticket is not None:
            return by_number
        by_id = await self._by_message_id(names)
        return by_id if isinstance(by_id, Deferred) or by_id.ticket is not None else by_number

    async def facts(self, entry: Entry, mail: Mail, meant: Meant, *, released: bool) -> Facts | Deferred:
        """Everything that `decide` may know besides the mail."""
        graded = self._grader.graded(mail, entry.envelope, entry.raw_id)
        by = self._author(entry, mail, meant, graded)
        author = by.address
        found = await self._sender(by.name, author, meant.ticket)
        if isinstance(found, Deferred):
            return found
        sender, remark = found
        return Facts(
            author=author,
            name=by.name,
            sender=sender,
            grade=by.grade,
            ticket=meant.ticket,
            sign=meant.sign,
            number=meant.number,
            participant=await self._participant(meant.ticket, author, sender),
            recent=await self._recent(entry, by),
            sibling=await self.sibling(entry, meant.ticket),
            remark=remark,
            relay=by.relay,
            relayed_by=by.by,
            size=entry.size,
            # Of several clients none was chosen: the only case in which a look-up has a remark.
            ambiguous=isinstance(sender, Guest) and bool(remark),
            now=self._clock.now(),
            released=released,
            grade_reason=graded.reason,
            grade_header=graded.header,
        )

    def _author(self, entry: Entry, mail: Mail, meant: Meant, graded: Graded) -> Author:
        return author_of(mail, entry.envelope, self._people, graded.grade, ticketed=meant.ticket is not None)

    async def _by_number(self, names: Named) -> Meant | Deferred:
        for number, sign in names.numbers:
            ticket = await self._helpdesk.ticket_by_number(number)
            if isinstance(ticket, Deferred):
                return ticket
            if ticket is not None:
                return Meant(ticket, sign, ticket.number)
        subject = [number for number, sign in names.numbers if sign is Sign.SUBJECT]
        return Meant(None, None, subject[0] if subject else "")

    async def _by_message_id(self, names: Named) -> Meant | Deferred:
        number = ""
        known = await self._spool.tickets_of(names.message_ids) if names.message_ids else ()
        for ticket_id, known_number in known[:3]:
            ticket = await self._helpdesk.ticket(ticket_id)
            if isinstance(ticket, Deferred):
                return ticket
            if ticket is not None:
                return Meant(ticket, Sign.MESSAGE_ID, ticket.number)
            number = known_number
        return Meant(None, None, number)

    async def _sender(self, name: str, author: str, ticket: Ticket | None) -> tuple[Sender, str] | Deferred:
        guest = Guest(name, author)
        if self._is_nobody(author):
            return guest, ""
        if is_staff(author, self._people):
            return Staff(author.rpartition("@")[0]), ""
        known = await self._lookup.known(author)
        if isinstance(known, Deferred):
            return known
        owner = ticket.client_id if ticket else 0
        if known.client is not None and owner and known.client != owner:
            return await self._also(author, known.client, owner)
        return chosen(known, guest, owner)

    async def _also(self, author: str, client_id: int, owner: int) -> tuple[Sender, str] | Deferred:
        """A client who is also a contact or user of the ticket's owner speaks for the owner there."""
        match await self._lookup.speaks_for(author, owner):
            case Deferred() as deferred:
                return deferred
            case Contact(contact_id=contact_id):
                return Client(owner, contact_id=contact_id), ""
            case User(user_id=user_id):
                return Client(owner, user_id=user_id), ""
            case None:
                return Client(client_id), ""

    async def _participant(self, ticket: Ticket | None, author: str, sender: Sender) -> bool:
        if ticket is None or self._is_nobody(author):
            return False
        if participates(ticket, author, sender, frozenset()):
            return True
        earlier = frozenset(await self._spool.authors_of(ticket.ticket_id))
        return participates(ticket, author, sender, earlier)

    def _is_nobody(self, author: str) -> bool:
        return folded(author) == self._nobody

    async def _recent(self, entry: Entry, by: Author) -> int:
        """How many mails of this author came within an hour, as sure as this one and by the same peer.

        A forger must not use up what his victim may send. Nobody is no author.
        """
        if self._is_nobody(by.address):
            return 0
        since = self._clock.now() - timedelta(hours=1)
        return await self._spool.recent(by.address, entry.envelope.peer, by.grade, since)

    async def sibling(self, entry: Entry, ticket: Ticket | None) -> QueueId | None:
        """The entry over the same raw mail that is planned for this ticket already."""
        if ticket is None:
            return None
        others = await self._spool.siblings(entry)
        return next((other.queue_id for other in others if other.ticket_id == ticket.ticket_id), None)


def chosen(known: Known, guest: Guest, owner: int) -> tuple[Sender, str]:
    """The client this address stands for; of several the owner of the ticket named, else none."""
    if known.client is not None:
        return Client(known.client), ""
    senders = [Client(contact.client_id, contact_id=contact.contact_id) for contact in known.contacts]
    senders += [Client(client_id, user_id=user.user_id) for user in known.users for client_id in user.clients]
    mine = [sender for sender in senders if sender.client_id == owner]
    if mine or len({sender.client_id for sender in senders}) == 1:
        return (mine or senders)[0], ""
    if not senders:
        return guest, ""
    ids = ", ".join(str(client_id) for client_id in sorted({sender.client_id for sender in senders})[:10])
    return guest, f"{guest.email} belongs to several clients ({ids}); none was chosen."
