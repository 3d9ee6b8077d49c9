"""`ingestd status`: how many mails stand where, and whether that is an alarm."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from ingestd.cli import show
from ingestd.cli.options import Exit, stop
from ingestd.config import Config, duration
from ingestd.core.journal import Status
from ingestd.daemon import opened


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is too much."""

    max_age: timedelta | None
    max_dead: int | None

    @classmethod
    def of(cls, max_age: str | None, max_dead: int | None) -> Self:
        """From the words of the command line; exit 2 where they say nothing."""
        try:
            age = duration(max_age) if max_age is not None else None
        except ValueError as error:
            stop(f"--max-age: {error}", Exit.CONFIG)
        return cls(age, max_dead)

    def reasons(self, counts: Mapping[Status, int], oldest: float) -> tuple[str, ...]:
        """Why this is an alarm; () when it is none."""
        dead = counts[Status.DEAD]
        aged = self.max_age is not None and oldest > self.max_age.total_seconds()
        many = self.max_dead is not None and dead > self.max_dead
        return (
            *((f"the oldest waiting mail is {oldest:.0f} s old: see `ingestd queue list`",) if aged else ()),
            *((f"dead mails: {dead}, see `ingestd queue list --status dead`",) if many else ()),
        )


async def told(config: Config, alarm: Alarm, *, as_json: bool) -> Exit:
    """Print the counts; the exit code says whether they are an alarm."""
    async with opened(config, create=False) as spool:
        counts, oldest = await spool.counts(), await spool.oldest(datetime.now(UTC))
    reasons = alarm.reasons(counts, oldest)
    if as_json:
        show.as_json({**{status.value: counts[status] for status in Status}, "oldest_seconds": oldest})
    else:
        show.facts((*((status.value, counts[status]) for status in Status), ("oldest waiting", f"{oldest:.0f} s")))
    for reason in reasons:
        show.warn(f"ALARM: {reason}")
    return Exit.TROUBLE if reasons else Exit.OK
