"""One connection from greeting to end: nobody is cut off without a word, and nothing begun is lost."""

import asyncio
import ssl
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from ingestd.smtp import replies
from ingestd.smtp.door import Door, peer_of
from ingestd.smtp.registry import Registry
from ingestd.smtp.timed import Timed

log = structlog.get_logger()

BLOCK: Final = 64 * 1024
# A mail may have many recipients whom nobody knows, and still one who is: 550 is no misbehaviour.
ERRORS: Final = ("500", "501", "502", "503", "555")
# With commands in the buffer neither reading nor writing ever waits.
BREATH: Final = 8
LONGEST_COMMAND: Final = 4096


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What every session is like: `max_size` in bytes, `timeout` in seconds of silence.

    `min_rate` is how many bytes a second a mail must come in with, `longest` after how many seconds a session is over,
    `linger` how many of them a peer has to read our last words. `most_commands` are those since the last mail.
    """

    hostname: str
    max_size: int
    timeout: float = 300.0
    min_rate: int = 500
    longest: float = 3600.0
    linger: float = 5.0
    most_errors: int = 20
    most_commands: int = 1000
    tls: ssl.SSLContext | None = None


class Connection(Timed):
    """What becomes of a connection, and how it is answered; the commands are another's."""

    line_length_limit = BLOCK

    def __init__(self, door: Door, settings: SessionSettings, registry: Registry) -> None:
        super().__init__(
            door,
            data_size_limit=settings.max_size,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident="ESMTP",
            timeout=settings.timeout,
            tls_context=settings.tls,
            loop=asyncio.get_running_loop(),
        )
        # The class has one dictionary for all sessions, which each EHLO lets grow.
        self.command_size_limits = defaultdict(lambda: LONGEST_COMMAND)
        self._door = door
        self._settings = settings
        self._registry = registry
        self._errors = 0
        self._said = 0
        self._until = 0.0
        self._refusal = ""
        self._half_closed = False
        self._over = False
        self._has_greeted = False
        # The library drops a line that is too long piece by piece: an empty buffer does not tell that none was begun.
        self._line_ended = True
        self.busy = False
        self.closing = False

    def _talk(self) -> SmtpSession:
        assert self.session is not None
        return self.session

    def _taking(self) -> SmtpEnvelope:
        assert self.envelope is not None
        return self.envelope

    def _peer(self) -> str:
        return peer_of(self._talk())

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer that may not speak to us is told so in the greeting."""
        if self._original_transport is None:
            self._refusal = self._registry.enter(self, transport.get_extra_info("peername"))
            self._until = self.loop.time() + self._settings.longest
            # asyncio takes up to 256 KiB at a time, of each of a thousand connections that talk ahead of us.
            with suppress(AttributeError):
                transport.max_size = BLOCK  # type: ignore[attr-defined] # of its selector transports only
            if not self._refusal:
                self._met(transport)
                return
        super().connection_made(transport)
        if self._refusal and self._handler_coroutine is not None:
            self._handler_coroutine.add_done_callback(self._handled)

    def _met(self, transport: asyncio.BaseTransport) -> None:
        """Greet, as the library's loop would; it begins where it is needed, which an ordinary session never does."""
        self._reset()
        self.session = self._create_session()
        self.session.peer = transport.get_extra_info("peername")
        self._reset_timeout()
        super(SMTP, self).connection_made(transport)
        self.transport = transport
        log.debug("connected", peer=self._peer())
        self._said += 1
        self._writer.write(f"220 {self.hostname} {self.__ident__}\r\n".encode("ascii"))
        self._has_greeted = True

    def _parted(self, error: Exception | None) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        super(SMTP, self).connection_lost(error)
        self.transport = None

    def _begin(self) -> None:
        if self._handler_coroutine is None:
            self._handler_coroutine = self.loop.create_task(self._handle_client())
            self._handler_coroutine.add_done_callback(self._handled)

    def connection_lost(self, error: Exception | None) -> None:
        if self._handler_coroutine is None:
            self._parted(error)
        else:
            super().connection_lost(error)
        # After the handler was cancelled, which may still have work to hand over; it never begins where we stop
        # just as the peer comes.
        self._registry.leave(self)

    def eof_received(self) -> bool:
        """A half-closed connection may still wait for the answer to its DATA: only reading ends."""
        self._half_closed = True
        self._begin()
        self._reader.feed_eof()
        return not self._over and (self.session is None or self.session.ssl is None)

    def data_received(self, data: bytes) -> None:
        """After our last words nobody listens any more."""
        if not self._over:
            self._begin()
            self._line_ended = data.endswith(b"\n")
            super().data_received(data)

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        # By it the library ends a connection, as hard as it can.
        writer.close = self._end  # type: ignore[method-assign]

    async def _handle_client(self) -> None:
        if self._refusal:
            log.info("refused", reply=self._refusal, peer=self._peer())
            self.hang_up(self._refusal)
            return
        # A peer that goes away is nobody's fault.
        with suppress(ConnectionError):
            await super()._handle_client()

    def _handled(self, _: asyncio.Task[None]) -> None:
        """The library's loop has ended, or was ended before it began."""
        self._registry.leave(self)
        self._linger()

    def hang_up(self, status: str) -> None:
        """Say why, and close; what is being committed is committed all the same."""
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing() and not self._over:
            transport.write(status.encode("ascii") + b"\r\n")
        self._end()

    def cut(self) -> None:
        """Drop the connection at once."""
        # A TLS transport that was closed twice has forgotten its connection.
        transport = self._original_transport or self.transport
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    def _end(self) -> None:
        if not self._over and isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
            self._over = True
            self._say_no_more(self.transport)
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        else:
            self._registry.leave(self)
            self._reset_timeout(self._settings.linger)

    def _say_no_more(self, transport: asyncio.Transport) -> None:
        """Close; where something may be left unread, only our half: else it would reset the connection, last words too."""
        if self._refusal or self._half_closed or not transport.can_write_eof():
            transport.close()
            return
        # A peer that has cut the line hears no last words; the transport finds out by itself.
        with suppress(OSError):
            transport.write_eof()
        transport.resume_reading()

    def _linger(self) -> None:
        if self.transport is not None:
            self._end()
            self._reset_timeout(self._settings.linger)

    def _timeout_cb(self) -> None:
        begun = self._handler_coroutine
        if begun.done() if begun else self._over:
            self.cut()
        elif self.busy:
            self._turn_away(replies.TIMED_OUT)
        else:
            # The usual end of a connection that a relay keeps for its next mail: nothing to tell.
            self.hang_up(replies.TIMED_OUT)

    def _turn_away(self, status: str) -> None:
        log.info("refused", reply=status, peer=self._peer())
        self.hang_up(status)

    # Replies

    async def push(self, status: Any) -> None:
        """Send a reply, and go on or not."""
        if self._has_greeted:
            self._has_greeted = False  # the library's loop has begun, and would greet again
            return
        text = replies.enhanced(status) if isinstance(status, str) else status.decode("ascii")
        if text == replies.TOO_BIG:
            log.info("refused", reply=text, peer=self._peer())
        await self._say(text)
        self._errors += text.startswith(ERRORS)
        await self._judge()

    async def _judge(self) -> None:
        self._judge_now()
        if self._over:
            # The cancellation comes here, before what is in the buffer is looked at.
            await asyncio.sleep(0)

    def _judge_now(self) -> None:
        """End the session where it should end: after a reply, and not within a mail."""
        if self.busy:
            return
        if self.closing:
            self.hang_up(replies.STOPPING)
        elif self._errors >= self._settings.most_errors:
            self._turn_away(replies.TOO_MANY_ERRORS)
        elif self._said >= self._settings.most_commands:
            self._turn_away(replies.TOO_MANY_COMMANDS)
        elif (late := self.loop.time() - self._until) >= 0:
            self._end_of_session(late)

    def _end_of_session(self, late: float) -> None:
        """A mail that was begun is let in first, if it is not dawdled over."""
        if not self._taking().mail_from or late > self._settings.timeout:
            self.hang_up(replies.TOO_LONG_SESSION)

    async def _say(self, text: str) -> None:
        self._said += 1
        if self._over or self._said % BREATH == 0:
            await asyncio.sleep(0)
        self._writer.write(replies.line_of(text))
        await self._writer.drain()

    def _reset(self) -> None:
        self._set_rset_state()  # type: ignore[no-untyped-call] # the library types this method not at all

    async def handle_exception(self, error: Exception) -> str:
        """451 for whatever went wrong here, and nothing of what it was."""
        match error:
            case asyncio.IncompleteReadError() | ConnectionError():
                self._end()
            case TLSSetupException():
                log.info("refused", reply="TLS handshake failed", peer=self._peer())
            case _:
                self._broke(error)
        return replies.TROUBLE

    def _broke(self, error: Exception) -> None:
        log.error("session broke", peer=self._peer(), error=type(error).__name__, exc_info=error)
        self._reset()
        self._reset_timeout()
