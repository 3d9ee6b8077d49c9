"""The one door of the store: what was accepted is on disk, and nothing is done by who lost the lease.

Every method may raise StoreError, "the spool cannot be used now"; those with an `entry` of a lease raise LeaseLost.
"""

import os
from asyncio import Future
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from time import time
from typing import TYPE_CHECKING, TypeVar, cast

from ingestd.core.errors import StoreError
from ingestd.core.journal import Entry, Gist, Index, Record, Status
from ingestd.core.model import QueueId
from ingestd.core.untold import Writers
from ingestd.store.asked import CHUNK, Arrival, Coming, Filter, Fold, Following, Look, Opening, Recipient, faults
from ingestd.store.far import Room
from ingestd.store.ids import next_ids
from ingestd.store.place import Place, placed
from ingestd.store.raws import Ahead, Claims
from ingestd.store.recents import Recents, whose_are
from ingestd.store.rows import claimed_of, epoch, put, written
from ingestd.store.started import Started

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ingestd.store import ahead, audit, claim, intake, ledger, look, upkeep
else:
    # They run where the database is, which need not be here.
    ahead, audit, claim, intake, ledger, look, upkeep = map(
        Room, ("ahead", "audit", "claim", "intake", "ledger", "look", "upkeep")
    )

__all__ = ["CHUNK", "Arrival", "Filter", "Recipient", "Spool"]

T = TypeVar("T")


class Spool:
    """Spool, queue and ledger. `boot` names this process; `patience`: how long to wait for another's lock.

    With a `program` the database is in a process of its own that runs this, and may be `Started` already (see `keeper`);
    else `look` is for mails that nobody has looked through.
    """

    def __init__(
        self,
        url: str,
        *,
        create: bool,
        boot: str,
        patience: timedelta = timedelta(seconds=5),
        program: str | Started = "",
        look: Look | None = None,
    ) -> None:
        self._url, self._create, self._boot, self._patience = url, create, boot, patience
        self._program, self._look = program, look
        self._raw_ids, self._ahead, self._recents = next_ids("", time), Ahead(), Recents()
        self._exclusive = False
        self._place: Place | None = None

    async def open(self, *, exclusive: bool) -> None:
        """Open or create it. `exclusive` is the daemon's: no second one, and all leases of the one before are void."""
        self._exclusive = exclusive
        opening = Opening(self._url, self._create, self._boot, self._patience, exclusive, os.getpid())
        self._place = await placed(self._program, opening, self._look)

    async def close(self) -> None:
        """Finish what was handed over, then let go. May be repeated."""
        place, self._place = self._place, None
        if place:
            await place.close()

    async def lost(self) -> None:
        """Return only where the spool has gone away by itself, which it must not."""
        await self._opened().lost()

    # Intake

    def new_raw_id(self) -> str:
        """A fresh id for a raw mail."""
        return next(self._raw_ids)

    async def stage(self, raw_id: str, seq: int, data: bytes) -> None:
        """Keep chunk `seq` of a mail that is still coming in; without its arrival it will be forgotten."""
        owner = self._boot if self._exclusive else ""
        await self._write(partial(intake.stage, raw_id=raw_id, seq=seq, data=data, owner=owner))

    async def discard_staged(self, raw_id: str) -> None:
        """Forget a mail that did not come to its end; nothing where it was accepted."""
        await self._write(partial(intake.discard_staged, raw_id=raw_id))

    def accept(self, mail: Coming) -> Future[tuple[QueueId, ...]]:
        """Committed and synced when it is told: a queue id for each recipient, the old one where we have the mail.

        Once asked it is done even where nobody waits for it.
        """
        if fault := faults(mail):
            raise StoreError(fault)
        return self._opened().write(mail)

    # Reading

    async def entry(self, queue_id: str) -> Entry | None:
        return await self._read(partial(look.entry_by_id, queue_id=queue_id))

    async def records(self, queue_id: QueueId) -> tuple[Record, ...]:
        """The whole ledger of an entry, Accepted first; () where there is no such entry."""
        return await self._read(partial(ledger.records, queue_id=queue_id))

    async def read(self, raw_id: str, offset: int, length: int) -> bytes:
        """These bytes of a raw mail, fewer at its end; StoreError where it is pruned."""
        return await self._read(partial(look.read, raw_id=raw_id, offset=offset, length=length))

    async def stream(self, raw_id: str) -> AsyncIterator[bytes]:
        """A raw mail from its beginning, chunk by chunk."""
        if (raw := self._ahead.take(raw_id)) is not None:
            yield raw
            return
        size, first = await self._read(partial(look.beginning, raw_id=raw_id))
        if first:
            yield first
        for offset in range(CHUNK, size, CHUNK):
            yield await self.read(raw_id, offset, CHUNK)

    async def list(self, wanted: Filter, limit: int) -> tuple[Entry, ...]:
        """The latest `limit` entries that pass the filter, newest first."""
        return await self._survey(partial(look.entries, wanted=wanted, limit=limit))

    async def counts(self) -> dict[Status, int]:
        """How many entries stand in each status; every status is there."""
        return await self._survey(look.counts)

    async def waiting(self) -> int:
        """How many entries wait, at a price that does not grow with all that is done."""
        return await self._survey(look.waiting)

    async def oldest(self, now: datetime) -> float:
        """Seconds since the oldest waiting entry was received; 0.0 where none waits."""
        return await self._survey(partial(look.oldest, now=now))

    async def tickets_of(self, message_ids: Sequence[str]) -> tuple[tuple[int, str], ...]:
        """Id and number of each ticket into which a mail with one of these Message-IDs went, in their order."""
        return await self._read(partial(look.tickets_of, message_ids=message_ids))

    async def authors_of(self, ticket_id: int) -> tuple[str, ...]:
        """Who wrote into this ticket by trusted or verified mail."""
        return await self._read(partial(look.authors_of, ticket_id=ticket_id))

    async def waiting_with(self, message_ids: Sequence[str], entry: Entry) -> str | None:
        """The conversation in which a mail with one of these Message-IDs waits since before this entry."""
        return await self._read(partial(look.waiting_with, message_ids=message_ids, of=entry))

    async def keys_of(self, ticket_id: int, writers: Writers) -> tuple[str, ...]:
        """The keys of conversations in which mails of this ticket may wait, those of its `writers` among them."""
        return await self._read(partial(look.keys_of, ticket_id=ticket_id, writers=writers))

    async def siblings(self, entry: Entry) -> tuple[Entry, ...]:
        """The other entries over the same raw mail."""
        return await self._read(partial(look.siblings, of=entry))

    async def recent(self, author: str, peer: str, grade: str, since: datetime) -> int:
        """How many mails of this author were accepted from this peer since then, and graded so."""
        whose, begin = whose_are(author, peer, grade), epoch(since)
        if (known := self._recents.count(whose, begin)) is not None:
            return known
        with self._recents.loading(whose) as noted:
            marks = await self._read(partial(look.recent, whose=whose, since=begin))
        if self._exclusive:  # else another process may write what is not noted here
            self._recents.keep(whose, begin, (*marks, *noted))
        return len(marks)

    # Queue

    async def claim(self, now: datetime, lease: timedelta, limit: int, *, alone: bool = True) -> tuple[Entry, ...]:
        """Lease entries that are due, the longest due first; never two of one conversation, never out of its order.

        One that has come to nothing several times is leased by itself, to who is at work on nothing else (`alone`).
        """
        until = epoch(now + lease)
        return await self._claim(partial(ahead.claimed, now=epoch(now), until=until, most=limit, alone=alone))

    async def renew(self, entries: Sequence[Entry], now: datetime, lease: timedelta) -> frozenset[QueueId]:
        """Keep these leases; the ids of those that are lost."""
        return await self._write(partial(claim.renew, entries=entries, now=now, lease=lease))

    async def record(
        self,
        entry: Entry,
        records: tuple[Record, ...],
        index: Index,
        gist: Gist | None = None,
        *,
        release: bool,
        broken: bool = False,
    ) -> Entry:
        """Append to the ledger and set the index in one synced transaction; `release` gives the lease back.

        `gist` is what the mail says of itself, where that is new. `broken` where the lease is given back because
        something went wrong: without a record such a claim goes on counting.
        """
        self._note(entry, gist)
        asked = put(entry, records, index, gist, release=release, broken=broken)
        told = await self._opened().write_along(partial(ledger.record, put=asked))
        return written(entry, told, asked, index, gist)

    async def finish(
        self, entry: Entry, records: tuple[Record, ...], index: Index, gist: Gist | None, following: Following
    ) -> tuple[Entry, ...]:
        """As `record` with `release`; and in the same transaction, with what it made free, lease the `following`."""
        self._note(entry, gist)
        asked = put(entry, records, index, gist, release=True)
        now, until = epoch(following.now), epoch(following.now + following.lease)
        return await self._claim(partial(ahead.finished, put=asked, now=now, until=until, most=following.most))

    async def join(self, entry: Entry, conversation: str, also: Sequence[str] = ()) -> bool:
        """Move the entry, and all that waits in its conversation or in those `also` named, wherever they went, to this one.

        True where it is its turn there.
        """
        return await self._write(partial(claim.join, ours=entry, conversation=conversation, also=also))

    async def part(self, entry: Entry, conversation: str) -> None:
        """Move the entry alone to this conversation: it does not belong where the door put it."""
        await self._write(partial(claim.part, ours=entry, conversation=conversation))

    async def order(self, queue_id: str, record: Record, fold: Fold) -> Index | None:
        """Append what comes from outside of a claim: an operator's deed, the end of a hold.

        None where `fold` or a missing entry says that it cannot be done.
        """
        return await self._write(partial(ledger.order, queue_id=QueueId(queue_id), deed=record, fold=fold))

    async def rouse(self, now: datetime) -> None:
        """The clock was set, and nothing is under way: no lease holds, and nothing is due far from now."""
        await self._write(partial(claim.void, now=now))

    async def next_due(self) -> datetime | None:
        """When the next entry may be claimed; None where nothing waits."""
        return await self._survey(claim.next_due)

    # Bookkeeping and upkeep

    async def sums(self) -> "audit.Sums":
        """What a walk through all pages must meet."""
        return await self._survey(audit.sums)

    async def page(self, after: str, upto: str, most: int | None = None) -> "audit.Page":
        """The next entries with their ledgers, up to and with that one; a snapshot of its own."""
        work = partial(audit.page, after=after, upto=upto)
        return await self._survey(partial(work, most=most) if most else work)

    async def raw_page(self, after: str) -> "audit.RawPage":
        """The next raw mails, and who of them belongs to nobody."""
        return await self._survey(partial(audit.raw_page, after=after))

    async def expirable(self, held_before: datetime) -> tuple[QueueId, ...]:
        """Some of the entries that are held since before then by a hold that expires; () where there are none."""
        return await self._survey(partial(upkeep.expirable, before=held_before))

    async def spare(self) -> int:
        """Bytes of the spool's file that are free for new mail before it grows."""
        return await self._survey(upkeep.spare)

    async def prune(self, done_before: datetime) -> int:
        """Drop the raw mails of entries done or discarded before then; how many. Mail goes on coming in meanwhile."""
        dropped = 0
        while batch := await self._write(partial(upkeep.prune, before=done_before)):
            dropped += batch
        return dropped

    async def sweep(self) -> None:
        """Forget what was half received: by a daemon before us, or more than a day ago."""
        await self._write(partial(intake.sweep, owner=self._boot))

    def _note(self, entry: Entry, gist: Gist | None) -> None:
        if gist is not None:
            self._recents.note(entry, gist)

    async def _claim(self, work: "Callable[[Connection], Claims]") -> tuple[Entry, ...]:
        rows, raws = await self._opened().write_along(work)
        self._ahead.keep(raws)
        return tuple([claimed_of(row) for row in rows])

    async def _write(self, work: "Callable[[Connection], T]") -> T:
        return cast("T", await self._opened().write(work))

    async def _read(self, work: "Callable[[Connection], T]") -> T:
        return await self._opened().read(work)

    async def _survey(self, work: "Callable[[Connection], T]") -> T:
        return await self._opened().survey(work)

    def _opened(self) -> Place:
        if self._place is None:
            raise StoreError("the spool is closed")
        return self._place
