"""`ingestd status`: how many mails stand where, and whether that is an alarm."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from ingestd.cli import show
from ingestd.cli.options import Exit, stop
from ingestd.config import Config, duration
from ingestd.core.journal import Status


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is too much."""

    max_age: timedelta | None
    max_dead: int | None

    @classmethod
    def of(cls, max_age: str | None, max_dead: int | None) -> Self:
        """From the words of the command line."""
        try:
            age = duration(max_age) if max_age is not None else None
        except ValueError as error:
            stop(f"--max-age: {error}", Exit.CONFIG)
        return cls(age, max_dead)

    def reasons(self, counts: dict[Status, int], oldest: float) -> tuple[str, ...]:
        """Why this is an alarm; () when it is none."""
        aged = self.max_age is not None and oldest > self.max_age.total_seconds()
        dead = self.max_dead is not None and counts[Status.DEAD] > self.max_dead
        return (
            *((f"the oldest waiting mail is {oldest:.0f} s old",) if aged else ()),
            *((f"{counts[Status.DEAD]} mails are dead: see `ingestd queue list --status dead`",) if dead else ()),
        )


async def told(config: Config, alarm: Alarm, *, as_json: bool) -> Exit:
    """Print the counts; the exit code says whether they are an alarm."""
    from ingestd.daemon import opened  # noqa: PLC0415 - the heavy imports only where they are used

    async with opened(config, create=False) as spool:
        counts, oldest = await spool.counts(), await spool.oldest(datetime.now(UTC))
    reasons = alarm.reasons(counts, oldest)
    if as_json:
        show.as_json({**{status.value: counts[status] for status in Status}, "oldest_seconds": oldest})
    else:
        show.table(("status", "mails"), ((status.value, counts[status]) for status in Status))
        show.table((f"oldest waiting: {oldest:.0f} s", ""), ())
        for reason in reasons:
            show.table((f"ALARM: {reason}",), ())
    return Exit.TROUBLE if reasons else Exit.OK
