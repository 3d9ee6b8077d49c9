"""Time for deliveries: the wall clock as it stood at start, moved on by the boot clock. It never jumps under a call."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ingestd.core.ledger import Moment
from ingestd.core.patience import SKEW


def _wall() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Aware UTC time that neither steps nor stops while the machine sleeps; `boot` names this process and this count.

    Where the wall clock is set, a new count may begin, as if the process had: between calls, never under one.
    """

    def __init__(self, boot: str, wall: Callable[[], datetime] = _wall) -> None:
        self._wall = wall
        self._process = boot
        self._start = time.clock_gettime(time.CLOCK_BOOTTIME)
        self._counts = 0
        self._begin()

    def _begin(self) -> None:
        self.boot = f"{self._process}.{self._counts}" if self._counts else self._process
        self.since = self._set_at = self._wall()
        self._base = self.seconds()

    def seconds(self) -> float:
        """Seconds since the start of this process, sleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self._start

    def now(self) -> datetime:
        """The time by which everything is dated and due."""
        # Asked several times for each mail: `seconds`, without the call.
        return self.since + timedelta(0, time.clock_gettime(time.CLOCK_BOOTTIME) - self._start - self._base)

    def moment(self) -> Moment:
        """Now, as the ledger wants it."""
        return Moment(self.now(), self.boot, self.since)

    def step(self) -> timedelta:
        """By how much the wall clock was set since this count began; zero where that is nothing to speak of."""
        apart = self._wall() - self._set_at - timedelta(seconds=self.seconds() - self._base)
        return apart if abs(apart) > SKEW else timedelta()

    def follow(self) -> None:
        """Begin a new count from the wall clock as it stands; nothing may be under way."""
        self._counts += 1
        self._begin()
