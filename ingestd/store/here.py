"""The spool's database in this process: one thread writes, a few read."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection

from ingestd.store.asked import Coming, Look, Opening
from ingestd.store.database import READERS
from ingestd.store.opened import opened
from ingestd.store.told import tell
from ingestd.store.writer import Waiting

T = TypeVar("T")


class Here:
    """The database in this process, for whatever loops ask it."""

    def __init__(self, opening: Opening, look: Look | None = None) -> None:
        """Open it; blocks, and raises StoreError. `look` is for mails that nobody has looked through."""
        self._base = opened(opening)
        self._inbox: SimpleQueue[Waiting | None] = SimpleQueue()
        writer = self._base.writer(self._inbox, _wake_all, look)
        self._thread = threading.Thread(target=writer.serve, name="spool-writer", daemon=True)
        self._thread.start()
        self._readers = self._base.readers()
        self._threads = ThreadPoolExecutor(READERS, "spool-reader")

    def write(self, asked: Coming | Callable[[Connection], T]) -> asyncio.Future[Any]:
        """What came of it, committed."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._inbox.put(Waiting(asked, (future, loop)))
        return future

    async def write_along(self, work: Callable[[Connection], T]) -> T:
        """As `write`."""
        done: T = await self.write(work)
        return done

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What it found in one snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._readers.read, work)

    async def survey(self, work: Callable[[Connection], T]) -> T:
        """As `read`."""
        return await self.read(work)

    async def lost(self) -> None:
        """Never: it goes with us."""
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Finish what was handed over, then let go."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._inbox.put(None)
        self._thread.join()
        self._threads.shutdown()
        self._readers.close()
        self._base.close()


def _wake_all(answers: Sequence[tuple[Any, Any]]) -> None:
    """Wake each loop once, however many of the answers are its."""
    for loop in {loop for (_, loop), _ in answers}:
        mine = [(future, result) for (future, whose), result in answers if whose is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits there
            loop.call_soon_threadsafe(_wake, mine)


def _wake(answers: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in answers:
        tell(future, result)
