"""Our end of the socket to a parsing process, by the loop alone: no thread waits for an answer."""

import asyncio
import socket
from collections import deque
from collections.abc import Iterable
from typing import Final

from ingestd.delivery.message import packed
from ingestd.frames import Frames

_BLOCK: Final = 65_536


class Died(Exception):  # noqa: N818 - what happened, not whose error it is
    """The process ended before it answered: killed by a limit, or by a fault of a compiled library."""


class Wire:
    """Some messages go, and as many come, in their order. It outlives an event loop, as the process at its end does.

    Who is cancelled while it waits must close it: what comes then would pass for the next answer.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._loop: asyncio.AbstractEventLoop | None = None
        self._frames = Frames()
        self._answers: deque[object] = deque()
        self._due = 0
        self._told: asyncio.Future[None] | None = None

    @property
    def answered(self) -> bool:
        """Whether the next answer is here, and `answer` waits for nothing."""
        return bool(self._answers)

    async def receive(self) -> object:
        """A message that comes by itself; raises Died."""
        self._expect(1)
        return await self.answer()

    async def ask(self, messages: Iterable[object]) -> None:
        """Send these, each of which has an `answer`; raises Died."""
        data = [packed(message) for message in messages]
        # Before the last of them is gone the first answer may be here.
        self._expect(len(data))
        try:
            await asyncio.get_running_loop().sock_sendall(self._end, b"".join(data))
        except OSError as error:
            raise Died from error

    async def answer(self) -> object:
        """The next of those that are due; raises Died."""
        if not self._answers and self._loop is not None:
            self._told = asyncio.get_running_loop().create_future()
            await self._told
        self._due -= 1
        if not self._answers or (not self._due and self._more_than_one()):
            raise Died
        return self._answers.popleft()

    def close(self) -> None:
        """Nothing goes and nothing comes any more; again without effect."""
        self._stop_listening()
        self._end.close()

    def _expect(self, answers: int) -> None:
        loop = asyncio.get_running_loop()
        if self._end.fileno() < 0:
            raise Died
        if loop is not self._loop:
            # Once, and not for each answer: to begin and to end it costs more than all the rest of asking.
            self._stop_listening()
            loop.add_reader(self._end, self._hear)
            self._loop = loop
        self._frames, self._answers, self._due = Frames(), deque(), answers

    def _hear(self) -> None:
        try:
            block = self._end.recv(_BLOCK)
        except BlockingIOError:
            return
        except OSError:  # it went without having read all that it was sent
            block = b""
        if not self._due:
            # The end, or what nobody asked for: neither is followed by an answer.
            self.close()
            return
        self._answers.extend(self._frames.feed(block))
        if not block:
            # The loop would tell of the end again and again.
            self._stop_listening()
        if self._told is not None and not self._told.done() and (self._answers or not block):
            self._told.set_result(None)

    def _more_than_one(self) -> bool:
        """Whether more has come than the answer that comes next; who says more than he was asked is not believed."""
        return len(self._answers) > 1 or self._frames.begun

    def _stop_listening(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._end)
        self._loop = None
