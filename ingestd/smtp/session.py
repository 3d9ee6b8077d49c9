# ruff: noqa: N802 - the library finds a command by the name of its method
"""One SMTP connection: aiosmtpd's session with a DATA of our own, whole replies, and an end that loses nothing."""

import asyncio
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from ingestd.core.errors import StoreError
from ingestd.core.model import QueueId
from ingestd.smtp import replies
from ingestd.smtp.collect import Collector
from ingestd.smtp.data import Content
from ingestd.smtp.door import Door, peer_of
from ingestd.smtp.registry import Registry

log = structlog.get_logger()

BLOCK = 64 * 1024
MOST_ERRORS = 20
LONGEST_COMMAND = 4096
# An ordinary path, which needs no grammar; everything else goes to the library's (RFC 5321 section 4.1.2).
PLAIN_PATH = re.compile(
    r"\s*<([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9.-]*[A-Za-z0-9])>(.*)",
    re.DOTALL,
)
BARE_POSTMASTER = re.compile(r"\s*<(postmaster)>(.*)", re.DOTALL | re.IGNORECASE)
SURROGATE = re.compile("[\ud800-\udfff]")
# Sent unasked by some relays; whom delivery reports go to is none of our business (RFC 3461), nor is AUTH= (RFC 4954).
UNASKED = re.compile(r"\s+(?:RET|ENVID|NOTIFY|ORCPT|AUTH)=\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What every session is like. `max_size` in bytes, `timeout` in seconds of silence."""

    hostname: str
    max_size: int
    timeout: float = 300.0
    tls: ssl.SSLContext | None = None


class Session(SMTP):
    """A session that never holds more of a mail than a chunk, and answers 451 to any trouble of ours."""

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
        self._refusal = ""
        self.busy = False
        self.closing = False

    # Methods, for the library evaluates every property when a session is made.
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
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._registry.leave(self)
        super().connection_lost(error)

    def eof_received(self) -> bool:
        """A half-closed connection may still wait for the answer to its DATA: only reading ends."""
        self._reader.feed_eof()
        return self.session is None or self.session.ssl is None

    async def _handle_client(self) -> None:
        if self._refusal:
            log.info("refused", reason=self._refusal, peer=self._peer())
            self.hang_up(self._refusal)
            return
        await super()._handle_client()

    def hang_up(self, status: str) -> None:
        """Say why, and close."""
        transport = self.transport
        if isinstance(transport, asyncio.Transport | asyncio.WriteTransport) and not transport.is_closing():
            transport.write(status.encode("ascii") + b"\r\n")
            transport.close()

    def _timeout_cb(self) -> None:
        self.hang_up(replies.TIMED_OUT)

    # Replies

    async def push(self, status: Any) -> None:
        """Send a reply; too many bad ones end the session."""
        text = replies.enhanced(status) if isinstance(status, str) else status.decode("ascii")
        if text.startswith("220 2.0.0 " + self.hostname):
            text = "220 " + text[len("220 2.0.0 ") :]  # the greeting bears none (RFC 2034 section 4)
        await self._say(text)
        self._errors += text.startswith("5")
        if self._errors >= MOST_ERRORS:
            self.hang_up(replies.TOO_MANY_ERRORS)
        elif self.closing and not self.busy:
            self.hang_up(replies.STOPPING)

    def _reset(self) -> None:
        self._set_rset_state()  # type: ignore[no-untyped-call] # the library types this method not at all

    async def _say(self, text: str) -> None:
        self._writer.write(text.encode("utf-8", "replace") + b"\r\n")
        await self._writer.drain()

    async def handle_exception(self, error: Exception) -> str:
        """451 for whatever went wrong here, and nothing of what it was."""
        if isinstance(error, asyncio.IncompleteReadError | ConnectionError):
            self._end()
            return replies.TROUBLE
        log.error("session broke", peer=self._peer(), error=type(error).__name__, exc_info=error)
        self._reset()
        return replies.TROUBLE

    def _end(self) -> None:
        if self.transport is not None:
            self.transport.close()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()

    # Commands

    async def smtp_EHLO(self, hostname: str) -> None:
        """What we offer; no AUTH, no HELP (RFC 5321 section 4.1.1.1)."""
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        self._reset()
        self._talk().extended_smtp = True
        self._talk().host_name = hostname
        offers = [f"SIZE {self._settings.max_size}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        if self.tls_context and not self._tls_protocol:
            offers.append("STARTTLS")
        offers.append("ENHANCEDSTATUSCODES")
        lines = [self.hostname, *offers]
        await self._say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))

    async def smtp_MAIL(self, arg: str | None) -> None:
        if await self._clean(arg):
            await super().smtp_MAIL(UNASKED.sub("", arg) if arg else arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if await self._clean(arg):
            await super().smtp_RCPT(UNASKED.sub("", arg) if arg else arg)

    async def smtp_AUTH(self, _arg: str) -> None:
        await self.push("502 5.5.1 AUTH is not offered")

    async def smtp_HELP(self, _arg: str) -> None:
        await self.push("214 2.0.0 See RFC 5321")

    async def smtp_VRFY(self, _arg: str) -> None:
        await self.push("252 2.0.0 Send some mail, and we shall see")

    async def smtp_DATA(self, arg: str) -> None:
        """Take the content in blocks, keep it, and answer when it is on disk."""
        if not self._taking().rcpt_tos:
            await self.push("503 5.5.1 RCPT first" if self._taking().mail_from else "503 5.5.1 MAIL first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self.busy = True
        try:
            await self._say(replies.GO_ON)
            status = await self._taken(self._door.collector())
        finally:
            self.busy = False
        self._reset()
        await self.push(status)

    async def _taken(self, collector: Collector) -> str:
        try:
            status = await self._content(collector)
            if not status:
                return replies.queued(await self._committed(self._door.accept(self._talk(), self._taking(), collector)))
        except StoreError as error:
            log.error("not accepted", reason=str(error), peer=self._peer())
            status = replies.TROUBLE
        except BaseException:
            self._registry.see_to(collector.forget())
            raise
        await self._forgotten(collector)
        return status

    async def _committed(self, accepting: Awaitable[QueueId]) -> QueueId:
        """The commit goes on even where the peer goes away; it is not timed by the peer's clock."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        queue_id = await asyncio.shield(self._registry.see_to(accepting))
        self._reset_timeout()
        return queue_id

    async def _content(self, collector: Collector) -> str:
        """Read to the end of DATA; "" when the whole mail was collected, else why it was not."""
        content, status, seen = Content(), "", 0
        while not content.done:
            self._reset_timeout()
            block = await self._reader.read(BLOCK)
            if not block:
                raise ConnectionResetError("the peer went away within DATA")
            taken = content.feed(block)
            seen += len(taken)
            if seen > self._settings.max_size:
                status = status or replies.TOO_BIG
                if seen > 2 * self._settings.max_size:
                    self.hang_up(replies.TOO_BIG)
                    raise ConnectionResetError("far too big")
            elif not status:
                status = await self._kept(collector, taken)
        self._push_back(content.rest)
        return status

    async def _kept(self, collector: Collector, taken: bytes) -> str:
        try:
            await collector.feed(taken)
        except StoreError as error:
            # The rest of the mail is read and dropped: the peer expects our answer after its last dot.
            log.error("not accepted", reason=str(error), peer=self._peer())
            return replies.TROUBLE
        return ""

    async def _forgotten(self, collector: Collector) -> None:
        try:
            await collector.forget()
        except StoreError as error:
            log.warning("left staged", reason=str(error))

    def _push_back(self, rest: bytes) -> None:
        """Pipelined commands behind the dot are read next (RFC 2920)."""
        buffer: bytearray = self._reader._buffer  # type: ignore[attr-defined] # noqa: SLF001 - no other way to give back
        buffer[:0] = rest

    async def _clean(self, arg: str | None) -> bool:
        """Whether the argument is valid UTF-8; the answer is given where it is not (RFC 6531 section 3.7.4.1)."""
        if arg and SURROGATE.search(arg):
            await self.push(replies.NOT_UTF8)
            return False
        return True

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The library's parser takes a third of a session's time: paths that need no grammar pass by it."""
        plain = PLAIN_PATH.fullmatch(arg) or BARE_POSTMASTER.fullmatch(arg)
        if plain:
            return plain[1], plain[2]
        try:
            return super()._getaddr(arg)
        except (IndexError, ValueError, RecursionError, AttributeError):
            return None, None
