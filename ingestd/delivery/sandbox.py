"""Runs the parser where a hostile mail can do no harm: in a process that can be killed, with limits on time and memory."""

import asyncio
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import structlog

from ingestd.core.model import Mail
from ingestd.delivery.message import Answer, Limits, Request
from ingestd.delivery.pool import Pool, Process
from ingestd.delivery.sitting import Turn, put_back, sitting
from ingestd.delivery.wire import Died
from ingestd.mail.unread import unread

__all__ = ["INLINE", "Limits", "Sandbox"]

log = structlog.get_logger()

INLINE = 1 << 20
_START: Final = 60.0
# Whether the headers alone are read, and how many times the limit on the wall clock: where the first try was killed
# because the machine had no time for it, the second gets it. The limit on CPU is the same for all.
_TRIES: Final = ((False, 1), (False, 3), (True, 3))


class Sandbox:
    """Parses mails in processes of their own, `workers` at a time."""

    def __init__(self, limits: Limits, workers: int, pool: Pool) -> None:
        self._limits = limits
        self._free = workers
        self._pool = pool
        self._waiting: deque[Turn] = deque()
        self._sittings: dict[Turn, asyncio.Task[None]] = {}

    async def warm(self, started: Process | None = None) -> None:
        """Have a process ready ahead of the first mail: this one, where somebody has started it."""
        self._pool.give(await self._loaded(started or Process()))

    async def parse(self, raw: AsyncIterator[bytes], size: int) -> Mail:
        """The mail, as much of it as can be read; never raises for what a mail does.

        A mail that breaks the parser gets one fresh try, then its headers alone, and last nothing of its content.
        Raises OSError or TimeoutError where no process can be started: the mail can do nothing about that.
        """
        if size <= INLINE:
            return await self._read(b"".join([chunk async for chunk in raw]), size)
        with tempfile.TemporaryDirectory(prefix="ingestd-") as folder:
            return await self._read(await _spooled(raw, Path(folder)), size)

    async def _read(self, source: bytes | str, size: int) -> Mail:
        for headers_only, patience in _TRIES:
            request = Request(source, headers_only, self._limits)
            # Who has broken a process shares none.
            alone = patience > 1 or isinstance(source, str)
            answer = await self._answered(Turn(request, self._limits.seconds * patience, alone=alone))
            if answer is not None and answer.mail is not None:
                return answer.mail
        return unread(size)

    async def _answered(self, turn: Turn) -> Answer | None:
        self._waiting.append(turn)
        if self._free and len(self._waiting) == 1:
            # Who asks in the same turn of the loop shares the sitting.
            asyncio.get_running_loop().call_soon(self._call_in)
        try:
            return await turn.answer
        except asyncio.CancelledError:
            await self._leave(turn)
            raise

    def _call_in(self) -> None:
        while self._free and (turns := sitting(self._waiting, self._free)):
            self._free -= 1
            task = asyncio.create_task(self._sit(turns))
            self._sittings |= dict.fromkeys(turns, task)

    async def _leave(self, turn: Turn) -> None:
        """Read no further where nobody of a sitting waits any more."""
        task = self._sittings.get(turn)
        if task is not None and not any(other.open for other, its in self._sittings.items() if its is task):
            task.cancel()
            await asyncio.wait([task])

    async def _sit(self, turns: list[Turn]) -> None:
        try:
            # Neither the wait for a turn nor the start of a process counts as the mail's time.
            process = await self._awake()
            read = await self._read_all(process, turns)
            put_back(self._waiting, turns[read:])
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            for turn in turns:
                turn.fail(error)
        finally:
            for turn in turns:
                del self._sittings[turn]
            self._free += 1
            self._call_in()

    async def _awake(self) -> Process:
        return self._pool.take() or await self._loaded(Process())

    async def _loaded(self, process: Process) -> Process:
        """The process, once it has loaded everything; ended where it does not."""
        try:
            async with asyncio.timeout(_START):
                await process.ready()
        except BaseException as error:
            await process.end()
            if isinstance(error, Died):
                raise OSError("the parser's process did not start") from error
            raise
        return process

    async def _read_all(self, process: Process, turns: list[Turn]) -> int:
        """Have this process read them; how many it came to, the last of whom may have been its end."""
        answer, read = None, 0
        try:
            for read, turn in enumerate(turns, 1):
                answer = None
                answer = await _heard(process, turn, turns if read == 1 else ())
                if answer is None or answer.spent:
                    break
                turn.tell(answer)
        finally:
            if answer is None or answer.spent:
                await process.end()
            else:
                self._pool.give(process)
        turns[read - 1].tell(answer)
        return read


async def _heard(process: Process, turn: Turn, asked: Sequence[Turn]) -> Answer | None:
    """What the process says to this mail, once it was asked for these; None where it did not."""
    headers_only = turn.request.headers_only
    try:
        if process.answered and not asked:
            answer = await process.answer()  # it is here: a limit would cost more than to take it
        else:
            async with asyncio.timeout(turn.seconds):
                if asked:
                    await process.ask([turn.request for turn in asked])
                answer = await process.answer()
    except TimeoutError:
        log.warning("parser killed", after=turn.seconds, headers_only=headers_only)
    except Died:
        log.warning("parser died", headers_only=headers_only)
    else:
        if answer.mail is None:
            log.warning("parser failed", error=answer.error, headers_only=headers_only)
        return answer
    return None


async def _spooled(raw: AsyncIterator[bytes], folder: Path) -> str:
    """The path of a private file that holds the mail."""
    path = folder / "mail"
    with await asyncio.to_thread(path.open, "wb") as file:
        async for chunk in raw:
            await asyncio.to_thread(file.write, chunk)
    return str(path)
