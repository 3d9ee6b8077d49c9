"""One request to the helpdesk by httpx, over a connection that is kept.

httpx's client above the transports would keep cookies and look for credentials, and cost a third of a request: we want
neither. Nor do we want its proxies: only the configuration counts, not the environment.
"""

import asyncio
import ssl
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from ingestd.lean import without

# Its command line loads rich and more where click is found, which takes longer than all the rest of it.
with without("click"):
    import httpx

from ingestd.helpdesk.answer import Answer, seconds_of
from ingestd.helpdesk.body import Body
from ingestd.helpdesk.settings import KeliwebSettings, WhmcsSettings
from ingestd.helpdesk.transport import Transport

LONGEST_ANSWER = 32 * 1024 * 1024
# Apache closes idle connections after 5 s; one that it closes under a request costs a look for what came of it.
IDLE = 3.0
PLAIN: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": "application/x-www-form-urlencoded",
}


class Post:
    """`concurrency` connections to one helpdesk, used last in first out so that few stay warm."""

    def __init__(self, settings: WhmcsSettings | KeliwebSettings, context: ssl.SSLContext) -> None:
        patience = min(10.0, settings.timeout)
        self._transports = [Transport(context, patience, IDLE) for _ in range(settings.concurrency)]
        self._headers = {"User-Agent": f"ingestd/{_version()}", **PLAIN}
        self._parsed = lru_cache(64)(httpx.URL)
        self._free: asyncio.LifoQueue[Transport] = asyncio.LifoQueue()
        for transport in self._transports:
            self._free.put_nowait(transport)

    async def post(self, url: str, body: Body, headers: Mapping[str, str]) -> Answer:
        """Send it once a connection is free, and hear the answer; raises what httpx raises."""
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

    async def aclose(self) -> None:
        """Close the connections."""
        for transport in self._transports:
            await transport.aclose()


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


def _version() -> str:
    try:
        return version("ingestd")
    except PackageNotFoundError:
        return "0"
