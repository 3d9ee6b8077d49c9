"""How many new tickets the helpdesk may answer in an hour, all authors together."""

from collections import deque

import structlog

from ingestd.core.journal import Deliver, Verdict
from ingestd.core.ticket import OpenTicket
from ingestd.delivery.clock import Clock

log = structlog.get_logger()

HOUR = 3600.0


class Budget:
    """Counts the tickets that are opened with an answer. Over the budget they are opened without: no mail is lost."""

    def __init__(self, per_hour: int, clock: Clock) -> None:
        self._clock = clock
        self._answered: deque[float] = deque(maxlen=per_hour)
        self._told = False

    @property
    def spent(self) -> bool:
        """Whether as many were answered within the last hour as may be; told once until it is over."""
        full = len(self._answered) == self._answered.maxlen
        spent = full and self._answered[0] > self._clock.seconds() - HOUR
        if spent and not self._told:
            log.error("too many answers", per_hour=self._answered.maxlen, remedy="look for a loop; policy.per_hour")
        self._told = spent
        return spent

    def note(self, verdict: Verdict) -> None:
        """What was decided."""
        calls = verdict.calls if isinstance(verdict, Deliver) else ()
        if any(isinstance(call, OpenTicket) and not call.noemail for call in calls):
            self._answered.append(self._clock.seconds())
