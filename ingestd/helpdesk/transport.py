"""HTTP/1.1 over one connection: h11 says what the bytes mean, where that does not go without saying.

httpx's own transport brings a pool, its locks and a second event loop's abstraction to each request: more than half of
what a call cost us. What it promises is promised here.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

import h11
import httpx

from ingestd.helpdesk.link import Link, linked
from ingestd.helpdesk.plain import HeaderFields, Headers, Whole, head_of, whole

_LONGEST_HEAD: Final = 100 * 1024


@dataclass(frozen=True, slots=True)
class TargetUri:
    """Where requests go: a host, in TLS where it is `secret`, and the path there."""

    host: str
    port: int
    secret: bool
    path: bytes

    def is_beside(self, other: "TargetUri") -> bool:
        """Whether a connection to the one leads to the other."""
        return (self.host, self.port, self.secret) == (other.host, other.port, other.secret)


class Pieces(Protocol):
    """A body of so many bytes."""

    size: int

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Transport:
    """One request at a time, to one helpdesk. Its connection is used again while the other side surely keeps it."""

    def __init__(self, context: ssl.SSLContext, patience: float, idle: float) -> None:
        """`context` says whom https trusts; `patience` to connect, `idle` to use a connection again, in seconds."""
        self._context, self._patience, self._idle = context, patience, idle
        self._talk: _Talk | None = None
        self._fresh_until = 0.0

    async def ask(self, target: TargetUri, headers: HeaderFields, body: Pieces) -> Whole | httpx.Response:
        """The answer to a POST, its body to be streamed; raises httpx.TransportError and whatever the body raises.

        An answer that came whole and plain is told as it is: to make a response of it is half of the work.
        """
        talk = self._kept(target) or await self._begun(target)
        try:
            said = await talk.ask(target.path, headers, body)
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

    def _kept(self, target: TargetUri) -> "_Talk | None":
        """The connection of the request before, if it leads there and is as good as new; it is the caller's then."""
        talk, self._talk = self._talk, None
        if talk is None:
            return None
        fresh = asyncio.get_running_loop().time() < self._fresh_until
        if fresh and talk.target.is_beside(target) and talk.link.is_quiet():
            return talk
        talk.close()
        return None

    async def _begun(self, target: TargetUri) -> "_Talk":
        context = self._context if target.secret else None
        return _Talk(target, await linked(target.host, target.port, context, self._patience))


class _Talk:
    """One connection, and what was said on it."""

    def __init__(self, target: TargetUri, link: Link) -> None:
        self.target, self.link = target, link
        self._said = 0
        self._state: h11.Connection

    async def ask(self, path: bytes, headers: HeaderFields, body: Pieces) -> Whole | tuple[int, Headers]:
        """Send the request and hear its answer, where it is not plain its status and fields alone."""
        try:
            all_of_it = await self._send(head_of(path, headers, body.size), body)
            data = await self.link.read()
            if all_of_it and (plain := whole(data)):
                return plain
            fields = [*headers, (b"Content-Length", b"%d" % body.size)]
            self._state = _after(path, fields, self._said, all_of_it=all_of_it)
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

    async def _send(self, unsent: bytes, body: Pieces) -> bool:
        """Whether all of it left before anything came.

        Who closes before it has heard all may have answered: what is too large is refused so. But what comes before the
        first byte has left answers something else.
        """
        self._said, early = 0, False
        try:
            # The head goes with the first piece of the body: one packet for most requests.
            async for piece in body:
                self._said += len(piece)
                if self._said > body.size:
                    raise h11.LocalProtocolError("more than was announced")
                early = self.link.is_unread()
                if early and unsent:
                    raise httpx.RemoteProtocolError("an answer before anything was asked")
                await self.link.write(unsent + piece)
                unsent = b""
            if self._said != body.size:
                raise h11.LocalProtocolError("less than was announced")
            if unsent:
                await self.link.write(unsent)
        except httpx.WriteError:
            return False
        return not early

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


def _after(path: bytes, headers: list[tuple[bytes, bytes]], said: int, *, all_of_it: bool) -> h11.Connection:
    """What h11 knows once so many bytes of the body were said."""
    state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    state.send(h11.Request(method="POST", target=path, headers=headers))
    state.send_with_data_passthrough(h11.Data(data=range(said)))  # type: ignore[arg-type] # it asks for the length alone
    if all_of_it:
        state.send(h11.EndOfMessage())
    return state


def target_of(url: httpx.URL) -> TargetUri:
    """Where a request to this address goes."""
    secret = url.scheme != "http"
    return TargetUri(url.raw_host.decode("ascii"), url.port or (443 if secret else 80), secret, url.raw_path)


def response_of(said: Whole) -> httpx.Response:
    """The same answer, with all that httpx can tell of one."""
    # Told as a stream, it is decoded by who reads it.
    return httpx.Response(said.status, headers=said.headers, stream=httpx.ByteStream(said.body))


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
