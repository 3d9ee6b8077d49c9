"""The one door of the store: what was accepted is on disk, and nothing is done by who lost the lease.

Every method may raise StoreError, "the spool cannot be used now"; those with an `entry` of a lease raise LeaseLost.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from time import time
from typing import TYPE_CHECKING, TypeVar

from ingestd.core.errors import StoreError
from ingestd.core.journal import Entry, Gist, Index, Record, Status
from ingestd.core.model import QueueId
from ingestd.store import claim, intake, ledger, look, upkeep
from ingestd.store.claim import Following
from ingestd.store.database import READERS, Database, as_trouble, connect, file_of, lock
from ingestd.store.ids import next_ids
from ingestd.store.intake import CHUNK, Arrival, Recipient
from ingestd.store.look import Filter
from ingestd.store.readers import Readers
from ingestd.store.writer import Work, Writer

if TYPE_CHECKING:
    from ingestd.store import audit

__all__ = ["CHUNK", "Arrival", "Filter", "Recipient", "Spool"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Open:
    """What is there between open and close."""

    database: Database
    writer: Writer
    readers: Readers
    threads: ThreadPoolExecutor
    lock: int | None


class Spool:
    """Spool, queue and ledger. `boot` names this process; `patience`: how long to wait for another's lock."""

    def __init__(self, url: str, *, create: bool, boot: str, patience: timedelta = timedelta(seconds=5)) -> None:
        self._url = url
        self._create = create
        self._boot = boot
        self._patience = patience
        self._raw_ids = next_ids("", time)
        self._exclusive = False
        self._open: _Open | None = None

    async def open(self, *, exclusive: bool) -> None:
        """Open or create it. `exclusive` is the daemon's: no second one, and all leases of the one before are void."""
        self._exclusive = exclusive
        self._open = await asyncio.to_thread(self._opened, exclusive)

    async def close(self) -> None:
        """Finish what was handed over, then let go. May be repeated."""
        opened, self._open = self._open, None
        if opened:
            await asyncio.to_thread(_close, opened)

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

    async def accept(self, arrival: Arrival) -> tuple[QueueId, ...]:
        """Committed and synced when it returns: a queue id for each recipient, the old one where we have the mail.

        Once begun it is done even where the caller is cancelled.
        """
        if fault := intake.faults(arrival):
            raise StoreError(fault)
        return await self._opened_now().writer.accept(arrival)

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
        size, first = await self._read(partial(look.beginning, raw_id=raw_id))
        if first:
            yield first
        for offset in range(CHUNK, size, CHUNK):
            yield await self.read(raw_id, offset, CHUNK)

    async def list(self, wanted: Filter, limit: int) -> tuple[Entry, ...]:
        """The latest `limit` entries that pass the filter, newest first."""
        return await self._read(partial(look.entries, wanted=wanted, limit=limit))

    async def counts(self) -> dict[Status, int]:
        """How many entries stand in each status; every status is there."""
        return await self._read(look.counts)

    async def waiting(self) -> int:
        """How many entries wait, at a price that does not grow with all that is done."""
        return await self._read(look.waiting)

    async def oldest(self, now: datetime) -> float:
        """Seconds since the oldest waiting entry was received; 0.0 where none waits."""
        return await self._read(partial(look.oldest, now=now))

    async def tickets_of(self, message_ids: Sequence[str]) -> tuple[tuple[int, str], ...]:
        """Id and number of each ticket into which a mail with one of these Message-IDs went, in their order."""
        return await self._read(partial(look.tickets_of, message_ids=message_ids))

    async def authors_of(self, ticket_id: int) -> tuple[str, ...]:
        """Who wrote into this ticket by trusted or verified mail."""
        return await self._read(partial(look.authors_of, ticket_id=ticket_id))

    async def waiting_with(self, message_ids: Sequence[str], entry: Entry) -> str | None:
        """The conversation in which a mail with one of these Message-IDs waits since before this entry."""
        return await self._read(partial(look.waiting_with, message_ids=message_ids, of=entry))

    async def keys_of(self, ticket_id: int, writers: Sequence[QueueId]) -> tuple[str, ...]:
        """The keys of conversations in which mails of this ticket may wait, those of `writers` among them."""
        return await self._read(partial(look.keys_of, ticket_id=ticket_id, writers=writers))

    async def siblings(self, entry: Entry) -> tuple[Entry, ...]:
        """The other entries over the same raw mail."""
        return await self._read(partial(look.siblings, of=entry))

    async def recent(self, author: str, peer: str, grade: str, since: datetime) -> int:
        """How many mails of this author were accepted from this peer since then, and graded so."""
        return await self._read(partial(look.recent, author=author, peer=peer, grade=grade, since=since))

    # Queue

    async def claim(self, now: datetime, lease: timedelta, limit: int, *, alone: bool = True) -> tuple[Entry, ...]:
        """Lease entries that are due, the longest due first; never two of one conversation, never out of its order.

        One that has come to nothing several times is leased by itself, to who is at work on nothing else (`alone`).
        """
        return await self._write(partial(claim.claim, now=now, lease=lease, limit=limit, alone=alone))

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
        return await self._write(
            partial(ledger.record, ours=entry, news=records, index=index, gist=gist, release=release, broken=broken)
        )

    async def finish(
        self, entry: Entry, records: tuple[Record, ...], index: Index, gist: Gist | None, following: Following
    ) -> tuple[Entry, ...]:
        """As `record` with `release`; and in the same transaction, with what it made free, lease the `following`."""
        return await self._write(
            partial(ledger.finish, ours=entry, news=records, index=index, gist=gist, following=following)
        )

    async def join(self, entry: Entry, conversation: str, also: Sequence[str] = ()) -> bool:
        """Move the entry, and all that waits in its conversation or in those `also` named, to this one.

        True where it is its turn there.
        """
        return await self._write(partial(claim.join, ours=entry, conversation=conversation, also=also))

    async def part(self, entry: Entry, conversation: str) -> None:
        """Move the entry alone to this conversation: it does not belong where the door put it."""
        await self._write(partial(claim.part, ours=entry, conversation=conversation))

    async def order(self, queue_id: str, record: Record, fold: ledger.Fold) -> Index | None:
        """Append what comes from outside of a claim: an operator's deed, the end of a hold.

        None where `fold` or a missing entry says that it cannot be done.
        """
        return await self._write(partial(ledger.order, queue_id=QueueId(queue_id), deed=record, fold=fold))

    async def rouse(self, now: datetime) -> None:
        """The clock was set, and nothing is under way: no lease holds, and nothing is due far from now."""
        await self._write(partial(claim.void, now=now))

    async def next_due(self) -> datetime | None:
        """When the next entry may be claimed; None where nothing waits."""
        return await self._read(claim.next_due)

    # Bookkeeping

    async def sums(self) -> "audit.Sums":
        """What a walk through all pages must meet."""
        from ingestd.store import audit  # noqa: PLC0415 - no daemon asks for it

        return await self._read(audit.sums)

    async def page(self, after: str, upto: str, most: int | None = None) -> "audit.Page":
        """The next entries with their ledgers, up to and with that one; a snapshot of its own."""
        from ingestd.store import audit  # noqa: PLC0415 - as above

        return await self._read(partial(audit.page, after=after, upto=upto, most=most or audit.ENTRIES))

    async def raw_page(self, after: str) -> "audit.RawPage":
        """The next raw mails, and who of them belongs to nobody."""
        from ingestd.store import audit  # noqa: PLC0415 - as above

        return await self._read(partial(audit.raw_page, after=after))

    # Upkeep

    async def expirable(self, held_before: datetime) -> tuple[QueueId, ...]:
        """Some of the entries that are held since before then by a hold that expires; () where there are none."""
        return await self._read(partial(upkeep.expirable, before=held_before))

    async def spare(self) -> int:
        """Bytes of the spool's file that are free for new mail before it grows."""
        return await self._read(upkeep.spare)

    async def prune(self, done_before: datetime) -> int:
        """Drop the raw mails of entries done or discarded before then; how many. Mail goes on coming in meanwhile."""
        dropped = 0
        while batch := await self._write(partial(upkeep.prune, before=done_before)):
            dropped += batch
        return dropped

    async def sweep(self) -> None:
        """Forget what was half received: by a daemon before us, or more than a day ago."""
        await self._write(partial(intake.sweep, owner=self._boot))

    async def _write(self, work: Work[T]) -> T:
        return await self._opened_now().writer.run(work)

    async def _read(self, work: Work[T]) -> T:
        opened = self._opened_now()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(opened.threads, opened.readers.read, work)

    def _opened_now(self) -> _Open:
        if self._open is None:
            raise StoreError("the spool is closed")
        return self._open

    def _opened(self, exclusive: bool) -> _Open:
        with as_trouble(), ExitStack() as undo:
            path = file_of(self._url, create=self._create)
            held = None
            if exclusive:
                held = lock(path)
                undo.callback(os.close, held)
            database = connect(path, self._patience, create=self._create, upgrade=exclusive)
            undo.callback(database.dispose)
            if exclusive:
                with database.writer.begin() as connection:
                    claim.void(connection, datetime.now(UTC))
                    intake.sweep(connection, self._boot)
            undo.pop_all()
        writer, readers = Writer(database.writer, intake.accept), Readers(database.readers)
        return _Open(database, writer, readers, ThreadPoolExecutor(READERS, "spool-reader"), held)


def _close(opened: _Open) -> None:
    opened.writer.stop()
    opened.threads.shutdown()
    opened.readers.close()
    opened.database.dispose()
    if opened.lock is not None:
        os.close(opened.lock)
