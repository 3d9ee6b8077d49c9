"""HTTP/1.1 for httpx over one connection: h11 says what the bytes mean, where that does not go without saying.

httpx's own transport brings a pool, its locks and a second event loop's abstraction to each request: more than half of
what a call cost us. What it promises is promised here.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Final

import h11
import httpx

from ingestd.helpdesk.link import Link, linked
from ingestd.helpdesk.plain import Headers, Whole, head_of, whole

_LONGEST_HEAD: Final = 100 * 1024


class Transport(httpx.AsyncBaseTransport):
    """One request at a time, to one helpdesk. Its connection is used again while the other side surely keeps it."""

    def __init__(self, context: ssl.SSLContext, patience: float, idle: float) -> None:
        """`context` says whom https trusts; `patience` to connect, `idle` to use a connection again, in seconds."""
        self._context, self._patience, self._idle = context, patience, idle
        self._talk: _Talk | None = None
        self._fresh_until = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The head of the answer, its body to be streamed; raises httpx.TransportError and whatever the body raises."""
        said = await self.ask(request)
        return response_of(said) if isinstance(said, Whole) else said

    async def ask(self, request: httpx.Request) -> Whole | httpx.Response:
        """The same, with an answer as it is that came whole and plain: to make a response of it is half of the work."""
        talk = self._kept() or await self._begun(request.url)
        try:
            said = await talk.ask(request)
        except BaseException:
            talk.close()
            raise
        if isinstance(said, Whole):
            self._keep(talk)
            return said
        return httpx.Response(said[0], headers=said[1], stream=_Rest(self, talk))

    async def aclose(self) -> None:
        """Close the connection."""
        if self._talk is not None:
            self._talk.close()
            self._talk = None

    def over(self, talk: "_Talk") -> None:
        """Keep the connection where both sides have said all, else close it."""
        if talk.again():
            self._keep(talk)
        else:
            talk.close()

    def _keep(self, talk: "_Talk") -> None:
        self._talk = talk
        self._fresh_until = asyncio.get_running_loop().time() + self._idle

    def _kept(self) -> "_Talk | None":
        """The connection of the request before, if it is as good as new; from here on it is the caller's."""
        talk, self._talk = self._talk, None
        if talk is None:
            return None
        if talk.link.is_quiet() and asyncio.get_running_loop().time() < self._fresh_until:
            return talk
        talk.close()
        return None

    async def _begun(self, url: httpx.URL) -> "_Talk":
        host, secret = url.raw_host.decode("ascii"), url.scheme != "http"
        port = url.port or (443 if secret else 80)
        return _Talk(await linked(host, port, self._context if secret else None, self._patience))


class _Talk:
    """One connection, and what was said on it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._said = 0
        self._state: h11.Connection

    async def ask(self, request: httpx.Request) -> Whole | tuple[int, Headers]:
        """Send the request and hear its answer, where it is not plain its status and fields alone."""
        try:
            all_of_it = await self._send(request)
            data = await self.link.read()
            if all_of_it and (plain := whole(data)):
                return plain
            self._state = _after(request, self._said, all_of_it=all_of_it)
        except h11.LocalProtocolError as error:
            # Its own words may hold a header, and a header a token.
            raise httpx.LocalProtocolError("the request cannot be told in HTTP") from error
        return await self._head(data)

    async def rest(self) -> AsyncIterator[bytes]:
        """The body of the answer, in pieces."""
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    def again(self) -> bool:
        """Whether the next request may follow on this connection."""
        if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
            return False
        return not self._state.trailing_data[0]

    def close(self) -> None:
        """End the connection."""
        self.link.close()

    async def _send(self, request: httpx.Request) -> bool:
        """Whether all of it left. Who closes before it has heard all may have answered: what is too large is refused so."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        self._said = 0
        # The head goes with the first piece of the body: one packet for most requests.
        unsent, length = head_of(request.method.encode("ascii"), request.url.raw_path, request.headers.raw)
        try:
            async for piece in request.stream:
                self._said += len(piece)
                if self._said > length:
                    raise h11.LocalProtocolError("more than was announced")
                await self.link.write(unsent + piece)
                unsent = b""
            if self._said != length:
                raise h11.LocalProtocolError("less than was announced")
            if unsent:
                await self.link.write(unsent)
        except httpx.WriteError:
            return False
        return True

    async def _head(self, data: bytes) -> tuple[int, Headers]:
        self._hear(data)
        while not isinstance(event := await self._next(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise httpx.RemoteProtocolError("no answer where one should be")
        return event.status_code, event.headers.raw_items()

    def _hear(self, data: bytes) -> None:
        if not data and self._state.their_state is h11.SEND_RESPONSE:
            raise httpx.RemoteProtocolError("the connection was closed without an answer")
        self._state.receive_data(data)

    async def _next(self) -> h11.Event | type[h11.PAUSED] | type[h11.NEED_DATA]:
        """What comes next; never NEED_DATA."""
        try:
            while (event := self._state.next_event()) is h11.NEED_DATA:
                self._hear(await self.link.read())
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        return event


def _after(request: httpx.Request, said: int, *, all_of_it: bool) -> h11.Connection:
    """What h11 knows once so many bytes of its body were said."""
    state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    state.send(h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw))
    state.send_with_data_passthrough(h11.Data(data=range(said)))  # type: ignore[arg-type] # it asks for the length alone
    if all_of_it:
        state.send(h11.EndOfMessage())
    return state


def response_of(said: Whole) -> httpx.Response:
    """The same answer, with all that httpx can tell of one."""
    return httpx.Response(said.status, headers=said.headers, content=said.body)


class _Rest(httpx.AsyncByteStream):
    """The body of an answer. When it is closed the connection is free, or gone."""

    def __init__(self, transport: Transport, talk: _Talk) -> None:
        self._transport, self._talk = transport, talk
        self._over = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._talk.rest()

    async def aclose(self) -> None:
        if not self._over:
            self._over = True
            self._transport.over(self._talk)
