"""Runs the parser where a hostile mail can do no harm: in a process that can be killed, with limits on time and memory."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import structlog

from ingestd.core.model import Mail
from ingestd.delivery.message import Answer, Limits, Request
from ingestd.delivery.pool import Pool, Process
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
        self._slots = asyncio.Semaphore(workers)
        self._pool = pool

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
            mail = await self._tried(Request(source, headers_only, self._limits), patience)
            if mail is not None:
                return mail
        return unread(size)

    async def _tried(self, request: Request, patience: int) -> Mail | None:
        # Neither the wait for a turn nor the start of a process counts as the mail's time.
        async with self._slots:
            process = await self._awake()
            answer = await self._answered(process, request, self._limits.seconds * patience)
        if answer is None:
            return None
        if answer.mail is None:
            log.warning("parser failed", error=answer.error, headers_only=request.headers_only)
        return answer.mail

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

    async def _answered(self, process: Process, request: Request, seconds: float) -> Answer | None:
        """The answer of this process, which then waits for the next mail or is gone."""
        answer = None
        try:
            async with asyncio.timeout(seconds):
                answer = await process.ask(request)
        except TimeoutError:
            log.warning("parser killed", after=seconds, headers_only=request.headers_only)
        except Died:
            log.warning("parser died", headers_only=request.headers_only)
        finally:
            if answer is None or answer.spent:
                await process.end()
            else:
                self._pool.give(process)
        return answer


async def _spooled(raw: AsyncIterator[bytes], folder: Path) -> str:
    """The path of a private file that holds the mail."""
    path = folder / "mail"
    with await asyncio.to_thread(path.open, "wb") as file:
        async for chunk in raw:
            await asyncio.to_thread(file.write, chunk)
    return str(path)
