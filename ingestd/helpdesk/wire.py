"""The HTTP exchange: one try, one deadline, and whatever happens is a value."""

import asyncio
import time
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from ingestd.helpdesk.answer import Answer, Silence, Success, said
from ingestd.helpdesk.body import Body
from ingestd.helpdesk.settings import KeliwebSettings, WhmcsSettings
from ingestd.helpdesk.trust import context_of
from ingestd.helpdesk.words import clean

if TYPE_CHECKING:
    from ingestd.helpdesk.post import Post

# Loaded ahead by a daemon, beside its work.
POST = "ingestd.helpdesk.post"

log = structlog.get_logger()


class Wire:
    """Connections to one helpdesk, `concurrency` of them, used last in first out so that few stay warm."""

    def __init__(self, settings: WhmcsSettings | KeliwebSettings) -> None:
        self._settings = settings
        self._context = context_of(settings.url, settings.ca_file)
        self._post: Post | None = None
        self._loading = asyncio.Lock()
        # Made once: the line that few want to see is asked for with each request.
        self._log = log.bind()

    async def exchange(
        self, action: str, url: str, body: Body, until: float, headers: Mapping[str, str] | None = None
    ) -> Answer | Silence:
        """Send it and hear the answer before `until`, a time of the running loop; never raises but when cancelled."""
        began = time.monotonic()
        exchange = await self._try(url, body, until, headers or {})
        status = exchange.status if isinstance(exchange, Answer) else None
        self._log.debug("asked", action=action, status=status, seconds=round(time.monotonic() - began, 3))
        return exchange

    async def aclose(self) -> None:
        """Close the connections."""
        if self._post is not None:
            await self._post.aclose()

    async def _ready(self) -> "Post":
        """What speaks HTTP, loaded when it is first wanted: a daemon is ready without, and waits for nobody."""
        async with self._loading:
            if self._post is None:
                await asyncio.to_thread(import_module, POST)
                from ingestd.helpdesk.post import Post  # noqa: PLC0415 - see above

                self._post = Post(self._settings, self._context)
        return self._post

    async def _try(self, url: str, body: Body, until: float, headers: Mapping[str, str]) -> Answer | Silence:
        try:
            async with asyncio.timeout_at(until):
                answer = await (self._post or await self._ready()).post(url, body, headers)
        except TimeoutError:
            return _silence("no answer in time", url, body)
        except Exception as error:  # noqa: BLE001 - after the first byte everything has to end in an outcome
            return _silence(f"{type(error).__name__}: {error}", url, body)
        else:
            # Without its last bytes a request has no effect: whoever tells of one means another.
            half = not body.whole and isinstance(said(answer.body), Success)
            return _silence("a success before all was sent", url, body) if half else answer
        finally:
            await body.aclose()


def _silence(words: str, url: str, body: Body) -> Silence:
    reason = body.why or clean(f"{_place(url)}: {words}")
    return Silence(reason, body.begun, body.whole, body.cause)


def _place(url: str) -> str:
    parsed = urlsplit(url)
    return f"{parsed.scheme}://{parsed.netloc.rpartition('@')[2]}"
