"""One request to the helpdesk, over a connection that is kept.

httpx reads addresses and answers that are not plain. Its client would keep cookies and look for credentials: we want
neither. Nor do we want its proxies: only the configuration counts, not the environment. And its request costs more to
make than all that is told by it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from ingestd.lean import without

# Its command line loads rich and more where click is found, which takes longer than all the rest of it.
with without("click"):
    import httpx

from ingestd.helpdesk.answer import Answer, seconds_of
from ingestd.helpdesk.body import Body
from ingestd.helpdesk.plain import HeaderFields, Whole
from ingestd.helpdesk.settings import KeliwebSettings, WhmcsSettings
from ingestd.helpdesk.transport import TargetUri, Transport, response_of, target_of

LONGEST_ANSWER = 32 * 1024 * 1024
# Apache closes idle connections after 5 s; one that it closes under a request costs a look for what came of it.
IDLE = 3.0
PLAIN: Final = (
    (b"Accept", b"application/json"),
    (b"Accept-Encoding", b"identity"),
    (b"Content-Type", b"application/x-www-form-urlencoded"),
)
# Fields of an answer that say more than its status and its body.
_TELLING: Final = frozenset({b"content-encoding", b"retry-after"})


class Post:
    """`concurrency` connections to one helpdesk, used last in first out so that few stay warm."""

    def __init__(self, settings: WhmcsSettings | KeliwebSettings, context: ssl.SSLContext) -> None:
        patience = min(10.0, settings.timeout)
        self._transports = [Transport(context, patience, IDLE) for _ in range(settings.concurrency)]
        self._agent = f"ingestd/{_version()}".encode("ascii")
        self._prepared = lru_cache(64)(self._addressed)
        self._free: asyncio.LifoQueue[Transport] = asyncio.LifoQueue()
        for transport in self._transports:
            self._free.put_nowait(transport)

    async def post(self, url: str, body: Body, headers: Mapping[str, str]) -> Answer:
        """Send it once a connection is free, and hear the answer; raises what httpx raises."""
        transport = await self._free.get()
        try:
            target, same = self._prepared(url)
            others = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
            said = await transport.ask(target, (*same, *others), body)
            if isinstance(said, Whole):
                return _plain(said) or await _answer(response_of(said))
            try:
                return await _answer(said)
            finally:
                await _stream(said).aclose()
        finally:
            self._free.put_nowait(transport)

    def _addressed(self, url: str) -> tuple[TargetUri, HeaderFields]:
        """Where this address is, and the headers of every request there."""
        address = httpx.URL(url)
        return target_of(address), ((b"Host", address.netloc), (b"User-Agent", self._agent), *PLAIN)

    async def aclose(self) -> None:
        """Close the connections."""
        for transport in self._transports:
            await transport.aclose()


def _plain(said: Whole) -> Answer | None:
    """The answer, where its fields say nothing that is to be read."""
    if any(name.lower() in _TELLING for name, _ in said.headers):
        return None
    return Answer(said.status, said.body, None)


async def _answer(response: httpx.Response) -> Answer:
    body = bytearray()
    try:
        async for piece in _pieces(response):
            body += piece
            if len(body) > LONGEST_ANSWER:
                break
    except httpx.HTTPError:
        # Who refuses a body unread (413) often cuts the connection over the rest of it: the status has said it all.
        if not 400 <= response.status_code < 500:
            raise
    after = response.headers.get("Retry-After")
    pause = None if after is None else seconds_of(after, response.headers.get("Date", ""))
    return Answer(response.status_code, bytes(body), pause)


def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it came, unless it is in a coding that nobody asked for."""
    if "Content-Encoding" in response.headers:
        return response.aiter_bytes()
    return _stream(response).__aiter__()


def _stream(response: httpx.Response) -> httpx.AsyncByteStream:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream


def _version() -> str:
    try:
        return version("ingestd")
    except PackageNotFoundError:
        return "0"
