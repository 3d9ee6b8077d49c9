# ruff: noqa: N802 - the library finds a command by the name of its method
"""The commands of one SMTP session: aiosmtpd's, with a DATA of our own that keeps a mail before it says 250."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import structlog

from ingestd.core.errors import StoreError
from ingestd.smtp import paths, replies
from ingestd.smtp.collect import Collector
from ingestd.smtp.connection import BLOCK, Connection, SessionSettings
from ingestd.smtp.data import Content
from ingestd.smtp.door import HOOKS, Door
from ingestd.smtp.pace import Pace
from ingestd.smtp.registry import Registry

__all__ = ["Session", "SessionSettings"]

log = structlog.get_logger()

COMMANDS: Final = (
    "HELO", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "AUTH", "HELP",
)  # fmt: skip


class Commands(dict[str, Any]):
    """The commands by name; the library ends a session at the fifth that it finds none for, and says so as a 502."""

    def __init__(self, known: Mapping[str, Any], unknown: Callable[[str | None], Awaitable[None]]) -> None:
        super().__init__(known)
        self._unknown = unknown

    def get(self, name: str, default: Any = None) -> Any:
        """The command, or the one that says that there is none; errors are counted elsewhere."""
        return super().get(name, default or self._unknown)


class Session(Connection):
    """A session that never holds more of a mail than a chunk, and answers 451 to any trouble of ours."""

    def __dir__(self) -> Sequence[str]:
        """None: the library would look through every name and property of a session, each time, for its commands."""
        return ()

    def __init__(self, door: Door, settings: SessionSettings, registry: Registry) -> None:
        super().__init__(door, settings, registry)
        self._gone_on = False

    async def _handle_client(self) -> None:
        # An ordinary session never comes here.
        self._handle_hooks = {name.removeprefix("handle_"): getattr(self._door, name) for name in HOOKS}
        self._smtp_methods = Commands({name: getattr(self, f"smtp_{name}") for name in COMMANDS}, self._unknown)
        await super()._handle_client()

    async def _unknown(self, _arg: str | None) -> None:
        await self.push(replies.UNKNOWN_COMMAND)

    async def smtp_HELO(self, hostname: str | None) -> None:
        await self._greeted(hostname, extended=False)

    async def smtp_EHLO(self, hostname: str | None) -> None:
        await self._greeted(hostname, extended=True)

    async def _greeted(self, hostname: str | None, *, extended: bool) -> None:
        if not hostname:
            await self.push(replies.HELO_SYNTAX)
            return
        await self._say(self._welcome(hostname, extended=extended))
        await self._judge()

    def _welcome(self, hostname: str, *, extended: bool) -> str:
        """What we offer to whom we know by this name now; no AUTH, no HELP (RFC 5321 section 4.1.1.1)."""
        self._reset()
        self._talk().extended_smtp = extended
        self._talk().host_name = paths.helo_name(hostname)
        if not extended:
            return f"250 {self.hostname}"
        offers = [f"SIZE {self._settings.max_size}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        if self.tls_context and not self._tls_protocol:
            offers.append("STARTTLS")
        return "\r\n".join([*(f"250-{line}" for line in (self.hostname, *offers)), "250 ENHANCEDSTATUSCODES"])

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self._tls_protocol or not self.tls_context:
            await self.push(replies.TLS_ALREADY if self._tls_protocol else replies.NO_TLS)
            return
        await super().smtp_STARTTLS(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if fault := paths.fault(arg):
            await self.push(fault)
            return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if fault := paths.fault(arg):
            await self.push(fault)
            return
        await super().smtp_RCPT(arg)

    async def smtp_AUTH(self, _arg: str) -> None:
        await self.push(replies.NO_AUTH)

    async def smtp_HELP(self, _arg: str) -> None:
        await self.push(replies.HELP)

    async def smtp_VRFY(self, _arg: str) -> None:
        await self.push(replies.VERIFY)

    async def smtp_DATA(self, arg: str) -> None:
        """Take the content in blocks, keep it, and answer when it is on disk."""
        if not self._taking().rcpt_tos:
            await self.push(replies.RCPT_FIRST if self._taking().mail_from else replies.MAIL_FIRST)
            return
        if arg:
            await self.push(replies.DATA_SYNTAX)
            return
        self.busy = True
        try:
            if not self._gone_on:
                await self._say(replies.GO_ON)
            self._gone_on = False
            status = await self._taken(self._door.collector())
        finally:
            self.busy = False
        self._reset()
        await self.push(status)

    async def _taken(self, collector: Collector) -> str:
        try:
            status = await self._content(collector) or self._refused(collector)
        except BaseException:
            self._registry.see_to(self._forgotten(collector))
            raise
        if status:
            await self._forgotten(collector)
            self._reset_timeout()
            return status
        return await self._committed(self._accepted(collector))

    def _refused(self, collector: Collector) -> str:
        """The reply to a mail that a rule refuses. Trouble of ours refuses nothing: it will be judged later."""
        try:
            return self._door.refusal(self._talk(), self._taking(), collector)
        except Exception as error:  # noqa: BLE001 - whatever it was, the mail is taken
            self._tell(error)
            return ""

    async def _committed(self, accepting: Awaitable[str]) -> str:
        """The commit goes on even where the peer goes away; it is not timed by the peer's clock."""
        self._stop_timeout()
        status = await asyncio.shield(self._registry.see_to(accepting))
        self._reset_timeout()
        return status

    async def _accepted(self, collector: Collector) -> str:
        """The reply, whatever happens: nobody may be left to hear of it otherwise."""
        try:
            self._errors = self._said = 0
            return replies.queued(await self._door.accept(self._talk(), self._taking(), collector))
        except Exception as error:  # noqa: BLE001 - whatever it was, the sender keeps the mail
            self._tell(error)
        await self._forgotten(collector)
        return replies.TROUBLE

    async def _content(self, collector: Collector) -> str:
        """Read to the end of DATA; "" when the whole mail was collected, else why it was not."""
        content, status, seen = Content(), "", 0
        pace = Pace(self._settings.timeout, self._settings.min_rate)
        while not content.done:
            taken = content.feed(await self._block(pace))
            seen += len(taken)
            if seen > 2 * self._settings.max_size:
                self._turn_away(replies.TOO_BIG)
                raise ConnectionResetError("far too big")
            if not status:
                # Without it, the rest is read and dropped: the peer expects our answer after its last dot.
                status = replies.TOO_BIG if seen > self._settings.max_size else await self._kept(collector, taken)
                if status:
                    await self._forgotten(collector)
        self._push_back(content.rest)
        return status

    async def _block(self, pace: Pace) -> bytes:
        """What comes next; only the peer's time counts, not ours."""
        began = self.loop.time()
        self._reset_timeout(max(pace.left, 0.001))
        block = await self._reader.read(BLOCK)
        self._stop_timeout()
        if not block:
            raise ConnectionResetError("the peer went away within DATA")
        pace.went(self.loop.time() - began, len(block))
        return block

    async def _kept(self, collector: Collector, taken: bytes) -> str:
        try:
            return "" if await collector.feed(taken) else replies.NO_MEMORY
        except Exception as error:  # noqa: BLE001 - the rest of a mail must never be read as commands
            self._tell(error)
        return replies.TROUBLE

    async def _forgotten(self, collector: Collector) -> None:
        try:
            await collector.forget()
        except StoreError as error:
            log.warning("left staged", reason=str(error))

    def _tell(self, error: BaseException) -> None:
        known = isinstance(error, StoreError)
        log.error("not accepted", reason=str(error), peer=self._peer(), exc_info=None if known else error)

    def _push_back(self, rest: bytes) -> None:
        """Pipelined commands behind the dot are read next (RFC 2920)."""
        buffer: bytearray = self._reader._buffer  # type: ignore[attr-defined] # noqa: SLF001 - no other way to give back
        buffer[:0] = rest

    # Arguments

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The library's parser takes a third of a session's time: paths that need no grammar pass by it."""
        if found := paths.plain(arg):
            return (found[0], paths.asked_for(found[1])) if len(found[0]) <= paths.LONGEST else (None, None)
        if paths.ENCODED in arg:
            return None, None  # the library would decode it into another address
        try:
            address, parameters = super()._getaddr(arg)
        except (IndexError, ValueError, RecursionError, AttributeError):
            return None, None
        if address and len(address) > paths.LONGEST:
            return None, None
        return address, paths.asked_for(str(parameters)) if parameters else parameters

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        # The library takes any digit of Unicode for a number.
        return super()._getparams(params) if "".join(params).isascii() else None
