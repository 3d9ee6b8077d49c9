"""The circuit between us and the helpdesk: open while the fault is the helpdesk's or our configuration's."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ingestd.core.model import QueueId
from ingestd.core.ramp import Ramp
from ingestd.core.ticket import Deferred

log = structlog.get_logger()

FIRST_PROBE = 1.0
LONGEST_PROBE = 60.0
LONGEST_ASKED = 300.0
MOST_FAILED = 5
"""So many different mails in a row that got no answer, or were refused on the way: that is nobody's own text."""


class Circuit:
    """Deliveries pass while it is closed, at most `limit` at a time. Once tripped, a probe decides when they pass again.

    The pause between probes doubles as long as the same trouble goes on: a probe that succeeds does not prove that a
    call will. Over it is once as many calls as go at a time were answered, or after a minute without trouble.
    """

    def __init__(self, probe: Callable[[], Awaitable[Deferred | None]], slots: int, first: float = FIRST_PROBE) -> None:
        self._probe = probe
        self._ramp = Ramp.full(slots)
        self._first = self._pause = first
        self._tripped = asyncio.Event()
        self._asked = 0.0
        self._resumed_at = 0.0
        self._failed: set[QueueId] = set()
        self.reason = ""

    @property
    def passing(self) -> bool:
        """Whether deliveries may be made."""
        return not self._tripped.is_set()

    @property
    def limit(self) -> int:
        """How many deliveries may be under way."""
        return self._ramp.limit if self.passing else 0

    def trip(self, reason: str, retry_after: float | None = None) -> None:
        """Pause all deliveries: one loud alarm, whoever comes first. The probe waits as long as the helpdesk asked."""
        if self.passing:
            if not self._ramp.shaken or _now() - self._resumed_at > LONGEST_PROBE:
                self._pause = self._first
            log.error("deliveries paused", reason=reason, remedy="run `ingestd check`; mail is accepted and waits")
        self.reason = reason
        self._asked = max(self._asked, min(retry_after or 0.0, LONGEST_ASKED))
        self._ramp = self._ramp.down()
        self._failed.clear()
        self._tripped.set()

    def answered(self) -> None:
        """The helpdesk did, or refused with reasons, what a call asked for. Who was still under way proves nothing."""
        if self.passing:
            self._ramp = self._ramp.up()
            self._failed.clear()

    def failed(self, queue_id: QueueId, reason: str) -> None:
        """A call got no answer, or did not get through: that mail's trouble, until it is everybody's."""
        if not self.passing:
            return
        self._failed.add(queue_id)
        if len(self._failed) >= MOST_FAILED:
            self.trip(f"{MOST_FAILED} different mails in a row came to nothing, the last: {reason}")

    async def run(self) -> None:
        """Probe while tripped; never returns."""
        while True:
            await self._tripped.wait()
            await asyncio.sleep(max(self._pause, self._asked))
            self._asked = 0.0
            self._pause = min(self._pause * 2, LONGEST_PROBE)
            trouble = await self._probe()
            if trouble is None:
                self._resume()
            else:
                self.reason = trouble.reason
                self._asked = min(trouble.retry_after or 0.0, LONGEST_ASKED)

    def _resume(self) -> None:
        log.warning("deliveries resumed", after=self.reason)
        self.reason = ""
        self._resumed_at = _now()
        self._tripped.clear()


def _now() -> float:
    return asyncio.get_running_loop().time()
