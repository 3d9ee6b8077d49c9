"""Time for deliveries: the wall clock as it stood at start, moved on by the boot clock. It never jumps."""

import time
from datetime import UTC, datetime, timedelta

from ingestd.core.ledger import Moment


class Clock:
    """Aware UTC time that neither steps nor stops while the machine sleeps; `boot` names this process."""

    def __init__(self, boot: str) -> None:
        self.boot = boot
        self.since = datetime.now(UTC)
        self._start = time.clock_gettime(time.CLOCK_BOOTTIME)

    def seconds(self) -> float:
        """Seconds since the start of this process, sleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self._start

    def now(self) -> datetime:
        """The time by which everything is dated and due."""
        return self.since + timedelta(seconds=self.seconds())

    def moment(self) -> Moment:
        """Now, as the ledger wants it."""
        return Moment(self.now(), self.boot, self.since)
