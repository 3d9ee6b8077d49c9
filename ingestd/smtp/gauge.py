"""Whether there is room for another mail: asked of disk and queue once a second, told at every MAIL."""

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from ingestd.core.errors import StoreError
from ingestd.smtp import replies

log = structlog.get_logger()

EVERY: Final = 1.0
# Of the time that goes by, asking takes a twentieth at most, however long the queue is.
SPARING: Final = 20
# What shut the door must be better than its bound by a tenth before it opens: no flapping.
BETTER: Final = 0.1
# A mail is written to the log of the database first, then into it.
COPIES: Final = 2


class Queue(Protocol):
    """The part of the spool that is asked."""

    async def waiting(self) -> int: ...

    async def spare(self) -> int: ...

    async def oldest(self, now: datetime) -> float: ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """Beyond them no mail is taken in: bytes free, mails that wait, seconds that the oldest of them has waited. 0: none."""

    min_free: int = 0
    max_waiting: int = 0
    max_age: float = 0.0


@dataclass(frozen=True, slots=True)
class Level:
    """What was found, in the units of `Bounds`."""

    free: int
    waiting: int = 0
    oldest: float = 0.0


@dataclass(frozen=True, slots=True)
class Shut:
    """Why nothing is taken in: what the peer hears, what the operator reads, and what helps."""

    reply: str
    reason: str
    remedy: str


def shut_by(level: Level, bounds: Bounds, *, already: bool) -> Shut | None:
    """The bound that is passed, if one is; where the door is shut `already`, also one that is nearly."""
    more, less = (1 + BETTER, 1 - BETTER) if already else (1.0, 1.0)
    if bounds.min_free and level.free < bounds.min_free * more:
        reason = f"{level.free >> 20} MiB are free under the spool, spool.min_free is {bounds.min_free >> 20} MiB"
        return Shut(replies.NO_DISK, reason, "make room on that disk; the MX keeps the mail meanwhile")
    if bounds.max_waiting and level.waiting > bounds.max_waiting * less:
        reason = f"{level.waiting} mails wait, spool.max_waiting is {bounds.max_waiting}"
        return Shut(replies.FULL_QUEUE, reason, "run `ingestd check` and `ingestd queue list --status deferred`")
    if bounds.max_age and level.oldest > bounds.max_age * less:
        reason = f"the oldest mail waits for {level.oldest:.0f} s, spool.max_age is {bounds.max_age:.0f} s"
        return Shut(replies.OLD_QUEUE, reason, "run `ingestd check` and `ingestd queue list --status deferred`")
    return None


class Gauge:
    """Keeps the last level at hand; `folder` is where the spool lies."""

    def __init__(self, queue: Queue, folder: str, bounds: Bounds) -> None:
        self._queue = queue
        self._folder = folder
        self._bounds = bounds
        self._level: Level | None = None
        self._shut: Shut | None = None

    @property
    def trouble(self) -> str:
        """Why nothing is taken in; "" where mail is."""
        return self._shut.reason if self._shut else ""

    def refusal(self, size: int) -> str:
        """The reply to a MAIL that declares this size, "" where there is room."""
        if self._shut:
            return self._shut.reply
        if self._level and self._bounds.min_free and self._level.free - COPIES * size < self._bounds.min_free:
            return replies.NO_DISK
        return ""

    async def run(self) -> None:
        """Look again and again; never returns."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self.refresh()
            await asyncio.sleep(max(EVERY, SPARING * (loop.time() - began)))

    async def refresh(self) -> None:
        """Look now. What cannot be looked at stays as it was: whether mail can be kept is found out when one comes."""
        try:
            self._level = await self._looked()
        except (OSError, StoreError) as error:
            log.debug("not measured", reason=str(error))
            return
        before, self._shut = self._shut, shut_by(self._level, self._bounds, already=self._shut is not None)
        if self._shut and not before:
            log.error("door closed", reason=self._shut.reason, remedy=self._shut.remedy)
        if before and not self._shut:
            log.warning("door opened", after=before.reason)

    async def _looked(self) -> Level:
        return Level(
            free=await self._room() if self._bounds.min_free else 0,
            waiting=await self._queue.waiting() if self._bounds.max_waiting else 0,
            oldest=await self._queue.oldest(datetime.now(UTC)) if self._bounds.max_age else 0.0,
        )

    async def _room(self) -> int:
        """What is free on the disk, and within the file, which never shrinks: else a door once shut stays shut.

        Half of the bound must be the disk's own: the log needs it.
        """
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize
        return free + await self._queue.spare() if 2 * free >= self._bounds.min_free else free
