"""The circuit between us and the helpdesk: open while the fault is the helpdesk's or our configuration's."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ingestd.core.ticket import Deferred

log = structlog.get_logger()

FIRST_PROBE = 1.0
LONGEST_PROBE = 60.0


class Circuit:
    """Deliveries pass while it is closed. Once tripped, a probe decides when they pass again."""

    def __init__(self, probe: Callable[[], Awaitable[Deferred | None]], first: float = FIRST_PROBE) -> None:
        self._probe = probe
        self._first = first
        self._tripped = asyncio.Event()
        self._asked = 0.0
        self.reason = ""

    @property
    def passing(self) -> bool:
        """Whether deliveries may be made."""
        return not self._tripped.is_set()

    def trip(self, reason: str, retry_after: float | None = None) -> None:
        """Pause all deliveries: one loud alarm, whoever comes first. The probe waits as long as the helpdesk asked."""
        if self.passing:
            log.error("deliveries paused", reason=reason, remedy="run `ingestd check`; mail is accepted and waits")
        self.reason = reason
        self._asked = max(self._asked, min(retry_after or 0.0, LONGEST_PROBE))
        self._tripped.set()

    async def run(self) -> None:
        """Probe while tripped; never returns.

        The pause grows as long as trouble comes back: a probe that succeeds does not prove that a call will.
        """
        pause = self._first
        while True:
            if await self._quiet_for(LONGEST_PROBE):
                pause = self._first
                await self._tripped.wait()
            await asyncio.sleep(max(pause, self._asked))
            self._asked = 0.0
            pause = min(pause * 2, LONGEST_PROBE)
            trouble = await self._probe()
            if trouble is None:
                self._resume()
            else:
                self.reason = trouble.reason

    async def _quiet_for(self, seconds: float) -> bool:
        """Whether deliveries pass for so long; False at once when they pause."""
        try:
            async with asyncio.timeout(seconds):
                await self._tripped.wait()
        except TimeoutError:
            return True
        return False

    def _resume(self) -> None:
        log.warning("deliveries resumed", after=self.reason)
        self.reason = ""
        self._tripped.clear()
