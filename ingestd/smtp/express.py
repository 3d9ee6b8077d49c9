"""The way of an ordinary mail through a session: answered as its bytes come, without waking the library's loop.

What is taken here are commands as nearly every client writes them, one or a few in a packet, and after them a small
mail. Whatever else comes is given to the loop as it came, which answers the same, only more slowly.
"""

from asyncio import CancelledError, Future
from functools import partial
from typing import Final

import structlog

from ingestd.core.model import QueueId
from ingestd.smtp import paths, replies
from ingestd.smtp.connection import SessionSettings
from ingestd.smtp.data import Growing
from ingestd.smtp.door import Door, Handed
from ingestd.smtp.registry import Registry
from ingestd.smtp.session import Session
from ingestd.smtp.shares import SMALL

log = structlog.get_logger()

# A mail that takes longer is watched by the byte (see `Pace`), which is the loop's business.
QUICK: Final = 5.0
_CRLF: Final = b"\r\n"
# Who sends more of them in a packet lets others go first.
_MOST_TOGETHER: Final = 32
_USUAL: Final = {reply: replies.line_of(reply) for reply in (replies.SENDER_OK, replies.RECIPIENT_OK, replies.GO_ON)}


class Express(Session):
    """A session in which the ordinary costs little; what it promises is the same."""

    def __init__(self, door: Door, settings: SessionSettings, registry: Registry) -> None:
        super().__init__(door, settings, registry)
        self._largest = min(SMALL, settings.max_size)
        self._quick = min(QUICK, settings.timeout / 2)
        # The content since our 354, as it came, while it is taken here.
        self._content_so_far: Growing | None = None
        self._began = 0.0
        self._accepting = False
        self._held = b""
        self._ended = False
        # Replies to commands that came together.
        self._together: list[bytes] | None = None

    def data_received(self, data: bytes) -> None:
        """Take what is ordinary; what comes behind a mail waits for the answer to it."""
        if self._over:
            return
        if self._content_so_far is not None:
            self._more(self._content_so_far, data)
        elif self._accepting:
            self._hold(data)
        elif rest := self._tried(data) if self._waits() else data:
            super().data_received(rest)

    def eof_received(self) -> bool:
        """The last words of who has closed his half are heard first."""
        if self._content_so_far is not None:
            self._give_over(self._content_so_far)
        if not self._accepting:
            return super().eof_received()
        self._half_closed = self._ended = True
        return self._talk().ssl is None

    def connection_lost(self, error: Exception | None) -> None:
        self._content_so_far = None
        super().connection_lost(error)

    def _waits(self) -> bool:
        """Whether the loop, if it has begun, waits for a command, and nothing stands in the way of an answer."""
        reader = self._reader
        return (
            (
                self._handler_coroutine is None or reader._waiter is not None  # type: ignore[attr-defined] # noqa: SLF001 - whether it is being read from
            )
            and self._line_ended
            and not self.busy
            and bool(self._tls_handshake_okay)
            and not self._writer.transport.get_write_buffer_size()
        )

    # Commands

    def _tried(self, commands: bytes) -> bytes:
        """What is left of them for the loop."""
        if commands.find(_CRLF) < len(commands) - len(_CRLF):
            return self._tried_together(commands)
        return b"" if self._answered_anyhow(commands) else commands

    def _tried_together(self, commands: bytes) -> bytes:
        """As `_tried`, for those that came in one packet: they are answered in one (RFC 2920 section 3.2)."""
        self._together, start = [], 0
        for _ in range(min(_MOST_TOGETHER, self._settings.most_commands - self._said)):
            found = paths.TOGETHER.match(commands, start)
            # What stands behind DATA was not to come before our answer: that is the loop's.
            if found is None or (found[1] and found.end() < len(commands)) or not self._answered_anyhow(found[0]):
                break
            start = found.end()
        together, self._together = self._together, None
        if together:
            self._writer.transport.write(b"".join(together))
            self._judge_now()
        return commands[start:]

    def _answered_anyhow(self, line: bytes) -> bool:
        try:
            return self._answered(line)
        except Exception as error:  # noqa: BLE001 - as the library's loop does: the session goes on
            self._broke(error)
            self._reply(replies.TROUBLE)
            return True

    def _answered(self, line: bytes) -> bool:
        """Whether this was an ordinary command, which is then answered."""
        found = paths.ORDINARY.fullmatch(line)
        if found is None or len(line) > paths.LONGEST:
            return False
        kind = found.lastgroup
        if kind == "name":
            extended = found["hello"].upper() == b"EHLO"
            self._reply(self._welcome(found["name"].decode(), extended=extended))
            return True
        if kind == "quit":
            return self._quit()
        if self._talk().host_name is None:
            return False
        envelope = self._taking()
        if kind == "parameters":
            return not envelope.mail_from and self._mail(found["path"].decode(), found["parameters"].decode().upper())
        if kind == "recipient":
            return bool(envelope.mail_from) and self._rcpt(found["recipient"].decode())
        return bool(envelope.rcpt_tos) and self._data()

    def _quit(self) -> bool:
        self._reply(replies.BYE)
        if self._handler_coroutine is None and not self._over:
            # Nothing more may come: there is nothing to wait for, and nothing unread that would reset the connection.
            self._over = True
            self._reset_timeout(self._settings.linger)
            self._writer.transport.close()
        else:
            self._end()
        return True

    def _mail(self, path: str, parameters: str) -> bool:
        options = parameters.split()
        if options and not (self._talk().extended_smtp and paths.size_of(options) <= self._settings.max_size):
            return False
        address = path if path == paths.NULL else path[1:-1]
        self._reply(self._door.mail(self._talk(), self._taking(), address, options))
        return True

    def _rcpt(self, recipient: str) -> bool:
        self._reply(self._door.rcpt(self._talk(), self._taking(), recipient))
        return True

    def _data(self) -> bool:
        self.busy = True
        self._content_so_far = Growing()
        self._began = self.loop.time()
        self._reply(replies.GO_ON)
        return True

    def _reply(self, text: str) -> None:
        self._said += 1
        self._reset_timeout()
        line = _USUAL.get(text) or replies.line_of(text)
        if self._together is not None:
            self._together.append(line)
            return
        self._writer.transport.write(line)
        self._judge_now()

    # Content

    def _more(self, so_far: Growing, data: bytes) -> None:
        self._reset_timeout()
        if so_far.grow(data):
            self._whole(so_far)
        elif so_far.size > self._largest or self.loop.time() - self._began > self._quick:
            self._give_over(so_far)

    def _give_over(self, so_far: Growing) -> None:
        """To the loop, which is told to begin DATA, and what has come of it; our 354 was said."""
        self._content_so_far, self._gone_on = None, True
        super().data_received(b"DATA\r\n" + so_far.as_it_came())

    def _whole(self, so_far: Growing) -> None:
        taken = so_far.plain()
        if len(taken) > self._largest:
            self._give_over(so_far)
            return
        self._content_so_far, self._accepting, self._held = None, True, so_far.rest()
        self._stop_timeout()
        try:
            self._hand_over(taken)
        except Exception as error:  # noqa: BLE001 - whatever it was, the sender keeps the mail
            self._tell(error)
            self._answer(replies.TROUBLE)

    def _hand_over(self, content: bytes) -> None:
        collector = self._door.collector()
        collector.take(content)
        if refusal := self._refused(collector):
            self._answer(refusal)
            return
        self._errors = self._said = 0
        handed = self._door.hand_over(self._talk(), self._taking(), collector)
        self._registry.see_to(handed.ids, partial(self._told, handed))

    def _told(self, handed: Handed, done: Future[tuple[QueueId, ...]]) -> None:
        try:
            reply = replies.queued(self._door.kept(handed, done.result()))
        except (Exception, CancelledError) as error:  # noqa: BLE001 - as above
            self._tell(error)
            reply = replies.TROUBLE
        self._answer(reply)

    def _answer(self, reply: str) -> None:
        self._accepting = self.busy = False
        if self._over or self.transport is None:
            return
        self._reset()
        self._reply(reply)
        self._go_on()

    # What comes too early

    def _hold(self, data: bytes) -> None:
        self._held += data
        self._writer.transport.pause_reading()  # type: ignore[attr-defined] # it reads, too

    def _go_on(self) -> None:
        held, self._held = self._held, b""
        if held and not self._over:
            self._writer.transport.resume_reading()  # type: ignore[attr-defined] # as above
            self.data_received(held)
        if self._ended:
            self._ended = False
            super().eof_received()
