"""Who may claim a place in a conversation: entries find out which ticket they mean in the order of acceptance."""

import asyncio

from ingestd.core.model import QueueId


class Turns:
    """Entries under way that do not know their conversation yet. Later ones wait for the earlier ones."""

    def __init__(self) -> None:
        self._undecided: set[QueueId] = set()
        self._waiting: set[asyncio.Future[None]] = set()

    def enter(self, queue_id: QueueId) -> None:
        """Note an entry when it is claimed, before any work is done on it."""
        self._undecided.add(queue_id)

    def leave(self, queue_id: QueueId) -> None:
        """The entry has its place, or gave up."""
        if queue_id not in self._undecided:
            return
        self._undecided.discard(queue_id)
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def wait(self, queue_id: QueueId) -> None:
        """Return once no earlier entry is undecided; queue ids sort in the order of acceptance."""
        while any(other < queue_id for other in self._undecided):
            changed = asyncio.get_running_loop().create_future()
            self._waiting.add(changed)
            try:
                await changed
            finally:
                self._waiting.discard(changed)
