"""Who may claim a place in a conversation: entries find out which ticket they mean in the order of acceptance."""

import asyncio

from ingestd.core.model import QueueId


class Turns:
    """Entries under way that do not know their conversation yet. Later ones wait for the earlier ones."""

    def __init__(self) -> None:
        self._undecided: set[QueueId] = set()
        self._changed = asyncio.Condition()

    def enter(self, queue_id: QueueId) -> None:
        """Note an entry when it is claimed, before any work is done on it."""
        self._undecided.add(queue_id)

    async def leave(self, queue_id: QueueId) -> None:
        """The entry has its place, or gave up."""
        if queue_id not in self._undecided:
            return
        async with self._changed:
            self._undecided.discard(queue_id)
            self._changed.notify_all()

    async def wait(self, queue_id: QueueId) -> None:
        """Return once no earlier entry is undecided; queue ids sort in the order of acceptance."""
        async with self._changed:
            await self._changed.wait_for(lambda: not any(other < queue_id for other in self._undecided))
