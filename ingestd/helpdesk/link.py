"""One connection as bytes, on asyncio's own transports: what is written is with the system when `write` returns."""

import asyncio
import select
import ssl
from ipaddress import ip_address
from typing import Final

import httpx

_MOST_UNREAD: Final = 1 << 20
_AT_ONCE: Final = 32 * 1024
# RFC 8305 section 8 recommends 250 ms between the attempts on a host's addresses.
_NEXT_ADDRESS: Final = 0.25


class Link(asyncio.BufferedProtocol):
    """An open connection. It keeps what came until it is read, also where the other side has closed since.

    What comes is taken from a buffer of its own: asyncio's other way asks the system for 256 KiB for each answer of a
    few hundred bytes, and gives them back.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._buffer = memoryview(bytearray(_AT_ONCE))
        self._poll = select.poll()
        self._pieces: list[bytes] = []
        self._unread = 0
        self._ended = self._lost = False
        self._error: Exception | None = None
        self._flowing = True
        self._waiting: asyncio.Future[None] | None = None

    async def read(self) -> bytes:
        """What has come, waiting for the first of it; b"" at its end. Raises httpx.ReadError."""
        while not self._pieces and not self._ended:
            await self._changed()
        if not self._pieces:
            if self._error is not None:
                raise httpx.ReadError(str(self._error)) from self._error
            return b""
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._unread = 0
        if not self._ended:
            self._transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        """Hand it to the system, all of it; raises httpx.WriteError where the other side is gone."""
        if not self._ended:
            self._transport.write(data)
        while not (self._flowing or self._ended):
            await self._changed()
        if self._ended:
            raise httpx.WriteError(str(self._error or "the other side has closed"))

    def is_quiet(self) -> bool:
        """Whether nothing came since the last read, the end of the connection least of all, not even unseen by us."""
        return not (self._pieces or self._ended or self._transport.is_closing() or self._poll.poll(0))

    def is_unread(self) -> bool:
        """Whether something came, as far as we have seen, since the last read."""
        return bool(self._pieces)

    def close(self) -> None:
        """End it at once: what the system does not have yet never leaves."""
        # asyncio (3.11) trips over an abort of what it has closed itself.
        if not self._lost:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        # Whoever writes waits for all of it: what is asked before the last piece is asked when the others have left.
        # To asyncio's TLS (3.11) no byte is as many as a limit of none: every second write would wait for ever.
        transport.set_write_buffer_limits(1 if transport.get_extra_info("sslcontext") else 0)
        self._transport = transport
        self._poll.register(transport.get_extra_info("socket"), select.POLLIN)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - it is asyncio's guess
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._pieces.append(bytes(self._buffer[:nbytes]))
        self._unread += nbytes
        if self._unread > _MOST_UNREAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = self._lost = True
        self._error = exc
        self._wake()

    def pause_writing(self) -> None:
        self._flowing = False

    def resume_writing(self) -> None:
        self._flowing = True
        self._wake()

    async def _changed(self) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


async def linked(host: str, port: int, context: ssl.SSLContext | None, patience: float) -> Link:
    """A new connection, in TLS where there is a context; httpx.ConnectError or ConnectTimeout: nothing was sent."""
    named = host if context else None
    # A race of one has no use, and asyncio's (3.11) loses the socket of who wins just as it is cancelled.
    delay = None if _is_address(host) else _NEXT_ADDRESS
    try:
        async with asyncio.timeout(patience):
            _, link = await asyncio.get_running_loop().create_connection(
                Link, host, port, ssl=context, server_hostname=named, happy_eyeballs_delay=delay
            )
    except TimeoutError as error:
        raise httpx.ConnectTimeout(f"no connection within {patience:g} s") from error
    except OSError as error:
        raise httpx.ConnectError(str(error)) from error
    return link


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
