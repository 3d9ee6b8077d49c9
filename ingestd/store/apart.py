"""The spool's database in a process of its own, as it is asked from here.

There it takes no time of ours: while a transaction is under way we go on with other mails, on another processor. Where
that process ends, whoever asks is told that the spool cannot be used; what it had committed is committed.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ingestd.core.errors import StoreError
from ingestd.frames import Frames, Piece
from ingestd.store.asked import Coming, Opening
from ingestd.store.frames import frame
from ingestd.store.started import Started
from ingestd.store.told import tell

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")
_BLOCK: Final = 1 << 16
# Of one call: IOV_MAX of sendmsg(2) is 1024.
_MOST_PIECES: Final = 512
_ENDED: Final = "the spool's process has ended"
_UNTOLD: Final = "the spool cannot be asked now"


class Apart:
    """A process that has the database, from its start to its end; `program` is what it runs, given three sockets.

    What is asked on the first is written; the others are for what is read quickly, and for what may take its time.
    Each is answered in the order in which it was asked.
    """

    def __init__(self, program: str | Started) -> None:
        """Start it, where that was not done before; by the main thread, whose end is its end."""
        if isinstance(program, str):
            program = Started(program)
            program.tell("")
        self._process = program.process
        self._lines = self._writes, self._reads, self._surveys = [_Line(ours) for ours in program.sockets]

    async def open(self, opening: Opening) -> None:
        """Have it open the spool; StoreError where it cannot."""
        loop = asyncio.get_running_loop()
        for line in self._lines:
            await loop.create_unix_connection(lambda line=line: line, sock=line.socket)  # type: ignore[misc] # mypy sees no default
        try:
            await self._writes.ask(opening)
        except BaseException:
            await self.close()
            raise

    def write(self, asked: "Coming | Callable[[Connection], T]") -> asyncio.Future[Any]:
        """What came of it, committed."""
        return self._writes.ask(asked)

    async def write_along(self, work: "Callable[[Connection], T]") -> T:
        """As `write`, for who has others beside him."""
        done: T = await self._writes.ask_along(work)
        return done

    async def read(self, work: "Callable[[Connection], T]") -> T:
        """What it found in one snapshot."""
        found: T = await self._reads.ask(work)
        return found

    async def survey(self, work: "Callable[[Connection], T]") -> T:
        """As `read`, for what walks through much."""
        found: T = await self._surveys.ask(work)
        return found

    async def lost(self) -> None:
        """Return only where it has ended, which it must not by itself."""
        await self._writes.ended.wait()

    async def close(self) -> None:
        """Let it finish what was handed over, and end."""
        for line in self._lines:
            line.hang_up()
        await asyncio.to_thread(self._process.wait)
        for line in self._lines:
            await line.ended.wait()


class _Line(asyncio.Protocol):
    """Questions by number, and their answers in whatever order they come."""

    def __init__(self, ours: socket.socket) -> None:
        self.socket = ours
        self._transport: asyncio.WriteTransport
        self._frames = Frames()
        self._number = 0
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._unsent: list[tuple[int, object]] = []
        self._along: set[int] = set()
        self._waiting: list[tuple[int, object]] = []
        self.ended = asyncio.Event()

    def ask(self, what: object) -> asyncio.Future[Any]:
        return self._noted(self._unsent, what)

    def ask_along(self, what: object) -> asyncio.Future[Any]:
        """The same, for who is not alone: while something asked so is under way, whatever else is asked waits.

        It would wait there as long; so it goes together with more, and shares their commit.
        """
        return self._noted(self._waiting, what)

    def hang_up(self) -> None:
        """Ask nothing more."""
        self._along.clear()
        self._send()
        if not self._transport.is_closing():
            self._transport.write_eof()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        # asyncio asks the system for 256 KiB for whatever comes, and gives them back.
        transport.max_size = _BLOCK  # type: ignore[attr-defined] # of its selector transports

    def data_received(self, data: bytes) -> None:
        came = [answer for answers in self._frames.feed(data) for answer in answers]
        self._along.difference_update([number for number, _ in came])
        if not self._along:
            # Before those who are told now go on and ask again: while half of them work, the others are written.
            self._send()
        for number, result in came:
            self._tell(number, result)

    def connection_lost(self, _error: Exception | None) -> None:
        self.ended.set()
        for number in tuple(self._asked):
            self._tell(number, StoreError(_ENDED))

    def _noted(self, questions: list[tuple[int, object]], what: object) -> asyncio.Future[Any]:
        if self.ended.is_set() or self._transport.is_closing():
            raise StoreError(_ENDED)
        loop = asyncio.get_running_loop()
        self._number += 1
        self._asked[self._number] = future = loop.create_future()
        questions.append((self._number, what))
        if len(questions) == 1 and not self._along:
            # What is asked in the same turn of the loop goes in one piece.
            loop.call_soon(self._send)
        return future

    def _tell(self, number: int, result: Any) -> None:
        self._along.discard(number)
        tell(self._asked.pop(number), result)

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._waiting and not self._along:
            self._along = {number for number, _ in self._waiting}
            unsent += self._waiting
            self._waiting = []
        if unsent and not self._transport.is_closing():
            self._sent(unsent)

    def _sent(self, questions: list[tuple[int, object]]) -> None:
        """Together, or each by itself where there is no room for that; who cannot be sent at all is told."""
        try:
            pieces = frame(questions)
        except Exception as error:  # noqa: BLE001 - nobody may wait for ever: there is no memory, or it cannot be told
            if len(questions) > 1:
                for question in questions:
                    self._sent([question])
                return
            self._tell(questions[0][0], StoreError(f"{_UNTOLD}: {type(error).__name__}"))
        else:
            self._write(pieces)

    def _write(self, pieces: list[Piece]) -> None:
        """The transport would put the pieces together first, and gets what the system does not take at once."""
        try:
            gone = 0 if self._transport.get_write_buffer_size() else self._gone(pieces[:_MOST_PIECES])
            for piece in pieces:
                if gone < len(piece):
                    self._transport.write(memoryview(piece)[gone:])
                gone = max(0, gone - len(piece))
        except Exception:  # noqa: BLE001 - half of a question may have left: nothing can follow it
            self._transport.abort()

    def _gone(self, pieces: list[Piece]) -> int:
        try:
            return self.socket.sendmsg(pieces)
        except OSError:  # there is no room now; or whatever it is, the transport meets it too, and knows what to do
            return 0
