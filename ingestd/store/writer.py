"""The one who writes: gathers whatever waits into one transaction, of many mails half, syncs once, then answers each.

Mails that arrive and lines of the ledger share a commit. Where a transaction breaks, it is done again in halves, down
to the one that broke it: nobody fails by another's fault. Where none can be begun at all, all fail at once: to try
each alone would be to wait for the same lock again and again.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ingestd.core.errors import LeaseLost, StoreError
from ingestd.core.model import QueueId
from ingestd.quick import quick
from ingestd.store.asked import Arrival, Coming, Unread
from ingestd.store.database import trouble

T = TypeVar("T")
Work = Callable[[Connection], T]
"""A piece of a transaction; may raise LeaseLost, but only before it wrote anything."""

_MOST = 64
# Of up to so many mails half would pay more for a commit of its own than it gains.
_FEW = 16
_MOST_BYTES = 32 << 20
_IDLE_SECONDS = 0.02
_LOG_COMMITS = 100

log = structlog.get_logger()


@quick
@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits for a commit, with a mail or with work of another kind: the one who asked knows as whom."""

    asked: Coming | Work[Any]
    whom: Any

    @property
    def weight(self) -> int:
        """Bytes that go with it."""
        match self.asked:
            case Arrival():
                return sum(map(len, self.asked.chunks))
            case Unread():
                return len(self.asked.content)
            case _:
                return 0


class Inbox(Protocol):
    """Where it is asked; `queue.Empty` is raised where nobody waits, None is the last of all."""

    def get(self, block: bool = True, timeout: float | None = None) -> Waiting | None:
        """Who comes next, waiting for him so many seconds, or for ever."""
        ...

    def get_nowait(self) -> Waiting | None:
        """Who waits already."""
        ...


Answer = Callable[[Sequence[tuple[Any, Any]]], None]
"""Told whom, and what: a result, or a StoreError or LeaseLost; all of one commit at once."""


class Writer:
    """Runs work in committed and synced transactions, one at a time, in the order in which it was asked.

    What was handed over is done, whether or not the caller still waits for it.
    """

    def __init__(
        self,
        engine: Engine,
        accept: Callable[[Connection, Sequence[Coming]], list[tuple[QueueId, ...]]],
        inbox: Inbox,
        answer: Answer,
    ) -> None:
        self._engine = engine
        self._accept = accept
        self._inbox = inbox
        self._answer = answer
        self._commits = 0
        self._connection: Connection | None = None
        self._left: list[Waiting] = []
        self._last = 0
        self._waited = self._over = False

    def serve(self) -> None:
        """Until nobody asks any more. Blocks."""
        while self._served():
            # Nothing of a batch is held while the next is waited for: a chunk of a large mail is in it.
            pass
        self._let_go()

    def _served(self) -> bool:
        batch = self._taken(self._gathered())
        if batch:
            results = self._settle(batch)
            self._answer([(waiting.whom, result) for waiting, result in zip(batch, results, strict=True)])
        return bool(batch)

    def _taken(self, waiting: list[Waiting]) -> list[Waiting]:
        """Of many mails half of those that are about: who sends them has as much to do with the others meanwhile.

        Else both would wait in turn, one for the answers to all, the other for all of the next mails. Where none was
        told a moment ago there are no others.
        """
        mails = [place for place, each in enumerate(waiting) if isinstance(each.asked, Coming)]
        about = len(mails) + (0 if self._waited else self._last)
        most = max(_FEW, (about + 1) // 2) if self._waited or self._last else _MOST
        self._last = min(len(mails), most)
        end = mails[most] if len(mails) > most else len(waiting)
        self._left = waiting[end:]
        return waiting[:end]

    def _gathered(self) -> list[Waiting]:
        """Whoever waits by now, up to the bounds; nobody when nobody comes any more."""
        waiting, self._left = self._left, []
        self._waited = False
        weight = sum(each.weight for each in waiting)
        while not self._over and len(waiting) < _MOST and weight < _MOST_BYTES:
            try:
                other = self._inbox.get_nowait()
            except Empty:
                if waiting:
                    break
                self._waited = True
                other = self._next()
            if other is None:
                self._over = True
            else:
                waiting.append(other)
                weight += other.weight
        return waiting

    def _next(self) -> Waiting | None:
        """Who comes next, however long that may be."""
        if self._commits >= _LOG_COMMITS:
            try:
                return self._inbox.get(timeout=_IDLE_SECONDS)
            except Empty:
                self._checkpoint()
        return self._inbox.get()

    def _settle(self, batch: Sequence[Waiting]) -> list[Any]:
        """What to answer to each: a result, or an exception. After trouble the next batch gets a fresh connection."""
        try:
            results = self._transact(self._connected(), batch)
        except Exception as error:  # noqa: BLE001 - this thread must not end: everybody would wait for ever
            results = [trouble(error) for _ in batch]
        if any(isinstance(result, StoreError) for result in results):
            self._let_go()
        return results

    def _connected(self) -> Connection:
        """The one connection, kept: to check it out and in costs as much as a small transaction."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):  # what is wrong with it was told to whoever met it
                connection.close()

    def _transact(self, connection: Connection, batch: Sequence[Waiting]) -> list[Any]:
        try:
            transaction = connection.begin()
        except (SQLAlchemyError, StoreError) as error:
            return [trouble(error) for _ in batch]
        try:
            with transaction:
                results = self._apply(connection, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for its caller; this thread goes on
            if len(batch) == 1:
                return [trouble(error)]
        else:
            self._commits += 1
            return results
        half = len(batch) // 2
        return self._transact(connection, batch[:half]) + self._transact(connection, batch[half:])

    def _apply(self, connection: Connection, batch: Sequence[Waiting]) -> list[Any]:
        mails = [waiting.asked for waiting in batch if isinstance(waiting.asked, Coming)]
        accepted = iter(self._accept(connection, mails) if mails else ())
        return [
            next(accepted) if isinstance(waiting.asked, Coming) else _done(waiting.asked, connection)
            for waiting in batch
        ]

    def _checkpoint(self) -> None:
        """Move the log into the database while nobody waits for us.

        In this thread and no other: up to SQLite 3.51.2 a checkpoint that runs beside a commit that resets the log
        can corrupt the database (sqlite.org/wal.html, "the WAL-reset bug").
        """
        self._commits = 0
        try:
            self._connected().connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        except (SQLAlchemyError, sqlite3.Error) as error:  # the next commit meets it too, and has somebody to tell
            self._let_go()
            log.warning("checkpoint failed", reason=str(trouble(error)))


def _done(work: Work[Any], connection: Connection) -> Any:
    try:
        return work(connection)
    except LeaseLost as lost:
        return lost
