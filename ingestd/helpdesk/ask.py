"""Reads: asked up to three times within seconds, then deferred; long lists page by page."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, assert_never

import tenacity

from ingestd.core.payload import Fields
from ingestd.core.ticket import Deferred, Fault, Scope
from ingestd.helpdesk.answer import Exchange, Success, Suspect, after_probe
from ingestd.helpdesk.line import Line
from ingestd.helpdesk.port import Denied
from ingestd.helpdesk.reading import Again, Nothing, Reading
from ingestd.helpdesk.shapes import Row, number, rows

T = TypeVar("T")

TRIES = 3
PATIENCE = 8.0
LONGEST_PAUSE = 2.0
PAGE = 250
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that comes in pages: its action and filters, and where its rows stand in the answer."""

    action: str
    filters: Fields
    wrapper: str
    item: str


Hear = Callable[[Exchange, str], Reading]
"""What one try of a read gave; the action is named."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that one try may take, and the first pause before what surely had no effect is tried again."""

    timeout: float
    pause: float


class Asking:
    """The reads of one helpdesk; `probe` are the fields of the cheapest, the action first."""

    def __init__(self, line: Line, hear: Hear, probe: Fields, pace: Pace) -> None:
        self._line, self._hear, self._probe, self._pace = line, hear, probe, pace

    async def ask(self, action: str, *fields: tuple[str, str]) -> Success | Nothing | Denied | Deferred:
        """One read, tried again where that can help."""
        match await self._patiently((("action", action), *fields)):
            case Again(deferred=deferred):
                return deferred
            case Suspect() as suspect:
                return after_probe(suspect, 0, await self.probe())
            case Success() | Nothing() | Denied() | Deferred() as reading:
                return reading
            case unforeseen:
                assert_never(unforeseen)

    async def probe(self) -> Deferred | None:
        """None when reachable and our credentials are good."""
        match await self._patiently(self._probe):
            case Again(deferred=deferred) | (Deferred() as deferred):
                return deferred
            case Suspect(reason=reason):
                return Deferred(reason, scope=Scope.HELPDESK)
            case Success() | Nothing() | Denied():
                # A role that lacks even this action is refused after the credentials were found good.
                return None
            case unforeseen:
                assert_never(unforeseen)

    async def every(self, listing: Listing) -> tuple[Row, ...] | Denied | Deferred:
        """All rows, each once. The order of pages is nobody's promise, so only a page without news ends the list."""
        found: dict[int, Row] = {}
        start = 0
        while start < MOST_ROWS:
            page = (("limitstart", str(start)), ("limitnum", str(PAGE)))
            match await self.ask(listing.action, *listing.filters, *page):
                case Success(data=data):
                    told = rows(data, listing.wrapper, listing.item)
                    news = {key: row for row in told if (key := number(row.get("id"))) and key not in found}
                    found |= news
                    start += len(told)
                    if not news:
                        return tuple(found.values())
                case Nothing():
                    return tuple(found.values())
                case Denied() | Deferred() as trouble:
                    return trouble
        # Half a list proves no absence: what is not in it may well exist.
        return Deferred(f"{listing.action} tells more than {MOST_ROWS} rows", fault=Fault.OTHER)

    async def _patiently(self, fields: Fields) -> Reading:
        return await patiently(self._pace.pause, _is_again, partial(self._once, fields))

    async def _once(self, fields: Fields) -> Reading:
        until = asyncio.get_running_loop().time() + self._pace.timeout
        exchange, _ = await self._line.send(fields, until)
        return self._hear(exchange, fields[0][1])


async def patiently(pause: float, worth_while: Callable[[T], bool], once: Callable[[], Awaitable[T]]) -> T:
    """Tries again, a few times in a few seconds, while the result makes it worth while; then gives the last one."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    first = await once()
    if not worth_while(first):
        return first
    # Only now is there anything to be patient with: the first try counts, and so does the time it took.
    results, left = [first], PATIENCE - (loop.time() - began)

    async def again() -> T:
        return results.pop() if results else await once()

    tried: T = await _patience(pause, worth_while, left)(again)
    return tried


def _patience(pause: float, worth_while: Callable[[Any], bool], left: float) -> tenacity.AsyncRetrying:
    return tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(TRIES) | tenacity.stop_after_delay(left),
        wait=tenacity.wait_random_exponential(multiplier=pause, max=LONGEST_PAUSE),
        retry=tenacity.retry_if_result(worth_while),
        retry_error_callback=_last,
    )


def _is_again(reading: Reading) -> bool:
    return isinstance(reading, Again)


def _last(state: tenacity.RetryCallState) -> Any:
    assert state.outcome is not None, "a try has an outcome"
    return state.outcome.result()
