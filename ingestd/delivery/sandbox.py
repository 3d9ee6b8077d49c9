"""Runs the parser where a hostile mail can do no harm: in a process that can be killed, with limits on time and memory."""

import mmap
import os
import resource
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
import structlog
from anyio import to_process

from ingestd.core.model import Mail
from ingestd.mail.parse import parse, parse_headers
from ingestd.mail.unread import unread

log = structlog.get_logger()

INLINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one parse may use: seconds of wall clock and of CPU, bytes of address space."""

    seconds: float = 20.0
    memory: int = 2 << 30


class Sandbox:
    """Parses mails in processes of its own, `workers` at a time."""

    def __init__(self, limits: Limits, workers: int) -> None:
        self._limits = limits
        self._slots = anyio.CapacityLimiter(workers)

    async def warm(self) -> None:
        """Start the first process ahead of the first mail."""
        await self._once(False, b"From: a@example.com\n\n")

    async def parse(self, raw: AsyncIterator[bytes], size: int) -> Mail:
        """The mail, as much of it as can be read; never raises for what a mail does.

        A mail that breaks the parser gets one fresh try, then its headers alone, and last nothing of its content.
        """
        with tempfile.TemporaryDirectory(prefix="ingestd-") as folder:
            source = await _spooled(raw, size, Path(folder))
            for headers_only in (False, False, True):
                mail = await self._tried(headers_only, source)
                if mail is not None:
                    return mail
        return unread(size)

    async def _tried(self, headers_only: bool, source: bytes | str) -> Mail | None:
        try:
            mail = await self._once(headers_only, source)
        except TimeoutError:
            log.warning("parser killed", after=self._limits.seconds, headers_only=headers_only)
            return None
        except (anyio.BrokenWorkerProcess, MemoryError):  # the latter where what was read has no room to be sent
            log.warning("parser died", headers_only=headers_only)
            return None
        if isinstance(mail, str):
            log.warning("parser failed", error=mail, headers_only=headers_only)
            return None
        return mail

    async def _once(self, headers_only: bool, source: bytes | str) -> Mail | str:
        with anyio.fail_after(self._limits.seconds):
            return await to_process.run_sync(
                _in_the_box, source, headers_only, self._limits, cancellable=True, limiter=self._slots
            )


async def _spooled(raw: AsyncIterator[bytes], size: int, folder: Path) -> bytes | str:
    """The mail as bytes where it is small, else the path of a private file that holds it."""
    if size <= INLINE:
        return b"".join([chunk async for chunk in raw])
    path = folder / "mail"
    async with await anyio.open_file(path, "wb") as file:
        async for chunk in raw:
            await file.write(chunk)
    return str(path)


def _in_the_box(source: bytes | str, headers_only: bool, limits: Limits) -> Mail | str:
    """Runs in the child: the mail, or the name of what it broke the parser with."""
    _limit(limits)
    try:
        return _read(parse_headers if headers_only else parse, source)
    except MemoryError:
        # A process that has no room left has none for the next mail either: the fresh try gets a fresh one.
        os._exit(1)
    except BaseException as error:  # noqa: BLE001 - a panic of a compiled library is no Exception, and ends here too
        return type(error).__name__


def _read(read: Callable[[bytes], Mail], source: bytes | str) -> Mail:
    if isinstance(source, bytes):
        return read(source)
    with Path(source).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return read(bytes(mapped))


def _limit(limits: Limits) -> None:
    used = sum(os.times()[:2])
    _lower(resource.RLIMIT_CPU, int(used + limits.seconds) + 1)
    _lower(resource.RLIMIT_AS, limits.memory)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
