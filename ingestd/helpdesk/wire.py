"""The HTTP exchange: one try, one deadline, and whatever happens is a value."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import httpx
import structlog

from ingestd.core.errors import ConfigError
from ingestd.helpdesk.answer import Answer, Silence, seconds_of
from ingestd.helpdesk.body import Body
from ingestd.helpdesk.settings import KeliwebSettings, WhmcsSettings
from ingestd.helpdesk.transport import Transport
from ingestd.helpdesk.words import clean

LONGEST_ANSWER = 32 * 1024 * 1024
# Apache closes idle connections after 5 s; one that it closes under a request costs a look for what came of it.
IDLE = 3.0
PLAIN: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": "application/x-www-form-urlencoded",
}

log = structlog.get_logger()


class Wire:
    """Connections to one helpdesk, `concurrency` of them, used last in first out so that few stay warm."""

    def __init__(self, settings: WhmcsSettings | KeliwebSettings) -> None:
        # httpx's client above the transports would keep cookies and look for credentials, and cost a third of a
        # request: we want neither. Nor do we want its proxies: only the configuration counts, not the environment.
        context, patience = _context(settings), min(10.0, settings.timeout)
        self._transports = [Transport(context, patience, IDLE) for _ in range(settings.concurrency)]
        self._headers = {"User-Agent": f"ingestd/{_version()}", **PLAIN}
        self._parsed = lru_cache(64)(httpx.URL)
        self._free: asyncio.LifoQueue[Transport] = asyncio.LifoQueue()
        for transport in self._transports:
            self._free.put_nowait(transport)

    async def exchange(
        self, action: str, url: str, body: Body, until: float, headers: Mapping[str, str] | None = None
    ) -> Answer | Silence:
        """Send it and hear the answer before `until`, a time of the running loop; never raises but when cancelled."""
        began = time.monotonic()
        exchange = await self._try(url, body, until, headers or {})
        status = exchange.status if isinstance(exchange, Answer) else None
        log.debug("asked", action=action, status=status, seconds=round(time.monotonic() - began, 3))
        return exchange

    async def aclose(self) -> None:
        """Close the connections."""
        for transport in self._transports:
            await transport.aclose()

    async def _try(self, url: str, body: Body, until: float, headers: Mapping[str, str]) -> Answer | Silence:
        try:
            async with asyncio.timeout_at(until):
                return await self._post(url, body, headers)
        except TimeoutError:
            return _silence("no answer in time", url, body)
        except Exception as error:  # noqa: BLE001 - after the first byte everything has to end in an outcome
            return _silence(f"{type(error).__name__}: {error}", url, body)
        finally:
            await body.aclose()

    async def _post(self, url: str, body: Body, headers: Mapping[str, str]) -> Answer:
        transport = await self._free.get()
        try:
            told = {**self._headers, **headers, "Content-Length": str(body.size)}
            response = await transport.handle_async_request(
                httpx.Request("POST", self._parsed(url), content=body, headers=told)
            )
            try:
                return await _answer(response)
            finally:
                await response.aclose()
        finally:
            self._free.put_nowait(transport)


def _silence(words: str, url: str, body: Body) -> Silence:
    reason = body.why or clean(f"{_place(url)}: {words}")
    return Silence(reason, body.begun, body.whole, body.cause)


async def _answer(response: httpx.Response) -> Answer:
    pause = seconds_of(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > LONGEST_ANSWER:
                break
    except httpx.HTTPError:
        # Who refuses a body unread (413) often cuts the connection over the rest of it: the status has said it all.
        if not 400 <= response.status_code < 500:
            raise
    return Answer(response.status_code, bytes(body), pause)


def _context(settings: WhmcsSettings | KeliwebSettings) -> ssl.SSLContext:
    if httpx.URL(settings.url).scheme != "https":
        # Loopback in the clear: the system's certificates take 30 ms to load, and this context trusts none.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        fault = f"helpdesk.ca_file: {settings.ca_file} cannot be read as certificates ({error})"
        raise ConfigError((fault,)) from error
    context.set_alpn_protocols(["http/1.1"])
    return context


def _place(url: str) -> str:
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii', 'replace')}"


def _version() -> str:
    try:
        return version("ingestd")
    except PackageNotFoundError:
        return "0"
