"""What was tried of one call, and what that tells."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestd.core.journal import Absent, Settled, Started
from ingestd.core.ticket import Deferred, Fault, Unknown
from ingestd.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Begun:
    """The last time a call left: when, in which process, and how long it was given."""

    at: datetime
    boot: str
    timeout: float


@quick
@dataclass(frozen=True, slots=True)
class Try:
    """One record of a call."""

    at: datetime
    event: Started | Settled | Absent


@quick
@dataclass(frozen=True, slots=True)
class Tries:
    """What was tried of one call since it was planned or a person ordered a retry, oldest first."""

    all: tuple[Try, ...] = ()

    @property
    def last(self) -> Try | None:
        return self.all[-1] if self.all else None

    @property
    def started(self) -> Begun | None:
        starts = [(one.at, one.event) for one in self.all if isinstance(one.event, Started)]
        return Begun(starts[-1][0], starts[-1][1].boot, starts[-1][1].timeout) if starts else None

    @property
    def starts(self) -> int:
        return sum(isinstance(one.event, Started) for one in self.all)

    @property
    def deferrals(self) -> int:
        return sum(1 for _ in self._deferred())

    @property
    def absences(self) -> int:
        """How often it was not there since the call last left."""
        return sum(isinstance(one.event, Absent) for one in self._since_start())

    @property
    def looks_needed(self) -> int:
        """Twice, unless the answer told that nothing was still at work."""
        ends = [one.event.outcome for one in self._since_start() if isinstance(one.event, Settled)]
        sure = bool(ends) and isinstance(ends[-1], Unknown) and not ends[-1].late
        return 1 if sure else 2

    @property
    def was_unknown(self) -> bool:
        """Whether any try may have had an effect."""
        return any(
            isinstance(one.event, Absent)
            or (isinstance(one.event, Settled) and isinstance(one.event.outcome, Unknown))
            or (isinstance(one.event, Started) and not self._answered(place))
            for place, one in enumerate(self.all)
        )

    def count(self, fault: Fault) -> int:
        """How many deferrals had this fault."""
        return sum(outcome.fault is fault for _, outcome in self._deferred())

    def stubborn(self, reason: str, times: int, over: timedelta) -> bool:
        """Whether the same words came back so many times, over so long."""
        same = [at for at, outcome in self._deferred() if outcome.reason == reason]
        return len(same) >= times and same[-1] - same[0] >= over

    def _deferred(self) -> Iterator[tuple[datetime, Deferred]]:
        for one in self.all:
            if isinstance(one.event, Settled) and isinstance(one.event.outcome, Deferred):
                yield one.at, one.event.outcome

    def _answered(self, place: int) -> bool:
        return place + 1 < len(self.all) and isinstance(self.all[place + 1].event, Settled)

    def _since_start(self) -> tuple[Try, ...]:
        starts = [place for place, one in enumerate(self.all) if isinstance(one.event, Started)]
        return self.all[starts[-1] :] if starts else ()
