"""The body of a request, told piece by piece while it is sent; its size is known before.

The credentials are its last bytes. PHP runs a script on a body that was cut short (Apache hands over what came), so
what is cut on the way must lack something that WHMCS insists on: without credentials nothing has an effect.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import lru_cache

from ingestd.core.attach import Encoder, encoded_size
from ingestd.core.form import form
from ingestd.core.payload import ATTACHMENTS, Fields
from ingestd.core.ticket import File
from ingestd.helpdesk.answer import Cause
from ingestd.helpdesk.port import Guard, Reader

PIECE = 64 * 1024
# Nine raw bytes at a time leave the encoder nothing to carry over.
STEP = 9 * 4096


class Body:
    """One body for one try. `begun` and `whole` tell how much may have left; `cause` who stopped it, and `why`."""

    def __init__(
        self,
        fields: Fields,
        credentials: Fields,
        files: Sequence[File] = (),
        read: Reader | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._head = form(fields) + (ATTACHMENTS if files else b"")
        self._tail = _tail_of(credentials)
        self._files, self._read, self._guard = files, read, guard
        self.size = len(self._head) + encoded_size(files) + len(self._tail)
        self.begun = False
        self.whole = False
        self.cause = Cause.LINE
        self.why = ""
        self._stream: AsyncGenerator[bytes, None] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces; InterruptedError where the guard says no or a file cannot be read."""
        self._stream = self._told()
        return self._stream

    async def aclose(self) -> None:
        """Stop reading files, wherever it was."""
        if self._stream is not None:
            await self._stream.aclose()

    async def _told(self) -> AsyncGenerator[bytes, None]:
        if not self._files:
            self._ask()
            self.begun = self.whole = True
            yield self._head + self._tail
            return
        kept = bytearray(self._head)
        async with aclosing(self._encoded()) as pieces:
            async for piece in pieces:
                kept += piece
                if len(kept) >= PIECE:
                    if not self.begun:
                        self._ask()
                    self.begun = True
                    yield bytes(kept)
                    kept.clear()
        self._ask()
        self.begun = self.whole = True
        yield bytes(kept + self._tail)

    def _ask(self) -> None:
        if self._guard is not None and not self._guard():
            raise self._stopped(Cause.GUARD, "too late to send: the lease or the deadline has passed")

    def _stopped(self, cause: Cause, why: str) -> InterruptedError:
        self.cause, self.why = cause, why
        return InterruptedError(why)

    async def _encoded(self) -> AsyncGenerator[bytes, None]:
        encoder = Encoder()
        for file in self._files:
            yield encoder.begin(file.name)
            async with aclosing(self._pieces(file)) as pieces:
                async for piece in pieces:
                    yield encoder.data(piece)
            yield encoder.end()
        yield encoder.finish()

    async def _pieces(self, file: File) -> AsyncGenerator[bytes, None]:
        assert self._read is not None, "files come with a reader"
        count = 0
        try:
            source = self._read(file.source)
            async with _closing(source):
                async for piece in source:
                    count += len(piece)
                    if count > file.size:
                        break
                    for start in range(0, len(piece), STEP):
                        yield piece[start : start + STEP]
        except Exception as error:
            # Whatever stops the reading, a spool out of reach or a file that is gone, the call ends in an outcome.
            raise self._stopped(Cause.FILE, f"a file could not be read: {type(error).__name__}") from error
        if count != file.size:
            raise self._stopped(Cause.FILE, f"a file holds {count} bytes where {file.size} were announced")


# Of one helpdesk they are the same for days.
@lru_cache(4)
def _tail_of(credentials: Fields) -> bytes:
    return b"&" + form(credentials)


@asynccontextmanager
async def _closing(source: AsyncIterator[bytes]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        # An iterator need not be closable; a generator is, and may hold a file open.
        if isinstance(source, AsyncGenerator):
            await source.aclose()
