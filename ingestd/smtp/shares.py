"""Memory for the mails on their way in: all sessions together hold no more of them than a bound."""

import asyncio
from typing import Final

from ingestd.store.spool import CHUNK

SMALL: Final = 64 * 1024


class Shares:
    """A mail that grows beyond SMALL takes a share, a whole chunk, and keeps it to its end.

    So who has begun a chunk can always finish it, and nobody waits for somebody who waits. What is no larger than SMALL
    costs nothing: as many sessions as may connect may each hold that much. `limit` in bytes; `patience`, in seconds, is
    how long a mail may wait for a share, while its peer is not read from.
    """

    def __init__(self, limit: int, patience: float = 60.0) -> None:
        self._free = asyncio.Semaphore(max(1, limit // CHUNK))
        self._patience = patience

    async def take(self) -> bool:
        """Whether there is a share for this mail; false after having waited in vain."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._free.acquire()
        except TimeoutError:
            return False

    def give_back(self) -> None:
        """The mail is kept, or forgotten."""
        self._free.release()
