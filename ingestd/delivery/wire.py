"""Our end of the socket to a parsing process, by the loop alone: no thread waits for an answer."""

import asyncio
import socket
from typing import Final

from ingestd.delivery.message import missing, packed, unpacked

_BLOCK: Final = 65_536


class Died(Exception):  # noqa: N818 - what happened, not whose error it is
    """The process ended before it answered: killed by a limit, or by a fault of a compiled library."""


class Wire:
    """One message goes and one comes. It outlives an event loop, as the process at its other end does.

    Who is cancelled while it waits must close it: what comes then would pass for the next answer.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard = bytearray()
        self._told: asyncio.Future[None] | None = None

    async def receive(self) -> object:
        """The next message; raises Died."""
        return await self._message(self._expected())

    async def ask(self, message: object) -> object:
        """What comes back for this one; raises Died."""
        # Before the last of it is gone the answer may be here.
        told = self._expected()
        try:
            await asyncio.get_running_loop().sock_sendall(self._end, packed(message))
        except OSError as error:
            raise Died from error
        return await self._message(told)

    def close(self) -> None:
        """Nothing goes and nothing comes any more; again without effect."""
        self._stop_listening()
        self._end.close()

    def _expected(self) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        if self._end.fileno() < 0:
            raise Died
        if loop is not self._loop:
            # Once, and not for each answer: to begin and to end it costs more than all the rest of asking.
            self._stop_listening()
            loop.add_reader(self._end, self._hear)
            self._loop = loop
        self._heard = bytearray()
        self._told = loop.create_future()
        return self._told

    async def _message(self, told: asyncio.Future[None]) -> object:
        await told
        if missing(self._heard):
            raise Died
        return unpacked(self._heard)

    def _hear(self) -> None:
        try:
            block = self._end.recv(_BLOCK)
        except BlockingIOError:
            return
        except OSError:  # it went without having read all that it was sent
            block = b""
        if self._told is None or self._told.done():
            # The end, or what nobody asked for: neither is followed by an answer.
            self.close()
            return
        self._heard += block
        if not block:
            # The loop would tell of the end again and again.
            self._stop_listening()
        if not block or missing(self._heard) <= 0:
            self._told.set_result(None)

    def _stop_listening(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._end)
        self._loop = None
