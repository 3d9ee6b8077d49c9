"""Gathers the content of one mail: a small one in memory, a large one chunk by chunk into the spool."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from ingestd.core.model import QueueId
from ingestd.mail.outline import Outline, Outliner
from ingestd.smtp.shares import SMALL, Shares
from ingestd.store.asked import CHUNK, Addressed, Arrival, Coming, Recipient, Unread

# The spool's process has time for small ones; of large ones it has much to write, and we have the time.
UNREAD: Final = 8 * 1024


class Intake(Protocol):
    """The part of the spool that the door needs."""

    def new_raw_id(self) -> str: ...

    async def stage(self, raw_id: str, seq: int, data: bytes) -> None: ...

    async def discard_staged(self, raw_id: str) -> None: ...

    def accept(self, mail: Coming) -> Awaitable[tuple[QueueId, ...]]: ...


class Collector:
    """Holds at most one chunk of the mail in memory; the rest is staged, and forgotten unless the mail is accepted.

    A mail no larger than UNREAD is for the spool to look through; a larger one is looked through as it comes.
    """

    def __init__(self, intake: Intake, shares: Shares) -> None:
        self._intake = intake
        self._shares = shares
        self._has_share = False
        self._outliner: Outliner | None = None
        self._pieces: list[bytes] = []
        self._pending = 0
        self._full: deque[bytes] = deque()
        self._raw_id = ""
        self._staged = 0
        self.size = 0

    async def feed(self, content: bytes) -> bool:
        """The next bytes of the mail. False where there is no memory for it; StoreError where they cannot be kept."""
        self.take(content)
        if self.size > SMALL and not self._has_share:
            self._has_share = await self._shares.take()
            if not self._has_share:
                return False
        while self._full:
            await self._stage(self._full.popleft())
        return True

    def take(self, content: bytes) -> None:
        """As `feed`, without asking for memory or staging anything: that is all for a mail no larger than SMALL."""
        self.size += len(content)
        if self._outliner is not None:
            self._outliner.feed(content)
        elif self.size > UNREAD:
            self._outliner = self._outlined()
            self._outliner.feed(content)
        self._add(content)

    def head(self) -> bytes:
        """The header block, once the content has ended."""
        return (self._outliner or self._outlined()).head()

    def mail(
        self,
        addressed: tuple[Addressed, ...],
        recipients: Callable[[Outline, Sequence[Addressed]], tuple[Recipient, ...]],
    ) -> Coming:
        """The whole mail for whom it is addressed to, for the spool to accept. Nothing of it is held here any more."""
        if self._outliner is None:
            content = b"".join(self._pieces)
            self._drop()
            return Unread(content, addressed)
        outline = self._outliner.finish()
        raw_id = self._raw_id or self._intake.new_raw_id()
        chunks = (b"".join(self._pieces),) if self._pending or not self._staged else ()
        self._drop()
        made = recipients(outline, addressed)
        return Arrival(raw_id, self._staged, chunks, self.size, outline.digest, made, outline.message_id)

    def let_go(self) -> None:
        """Hold nothing of the mail in memory any more. May be repeated."""
        self._drop()
        self._full.clear()
        if self._has_share:
            self._has_share = False
            self._shares.give_back()

    async def forget(self) -> None:
        """The mail did not come to its end. May be repeated."""
        self.let_go()
        if self._staged:
            staged, self._staged = self._raw_id, 0
            await self._intake.discard_staged(staged)

    def _outlined(self) -> Outliner:
        """What reads the mail, as far as it has come: all of that is here."""
        outliner = Outliner()
        outliner.feed(b"".join(self._pieces))
        return outliner

    def _add(self, content: bytes) -> None:
        """Cut where a chunk is full and something follows it: the last one is not staged."""
        while content:
            if self._pending == CHUNK:
                self._full.append(b"".join(self._pieces))
                self._drop()
            piece, content = content[: CHUNK - self._pending], content[CHUNK - self._pending :]
            self._pieces.append(piece)
            self._pending += len(piece)

    async def _stage(self, chunk: bytes) -> None:
        self._raw_id = self._raw_id or self._intake.new_raw_id()
        seq, self._staged = self._staged, self._staged + 1
        await self._intake.stage(self._raw_id, seq, chunk)

    def _drop(self) -> None:
        self._pieces.clear()
        self._pending = 0
