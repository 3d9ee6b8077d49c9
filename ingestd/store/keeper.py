"""The process that has the spool's database: what it is asked over its sockets, it writes and reads."""

import gc
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty
from select import POLLIN, poll
from typing import Any, Final

import structlog

from ingestd.core.errors import LeaseLost, StoreError
from ingestd.frames import Frames
from ingestd.store.asked import Look, Opening
from ingestd.store.frames import frame
from ingestd.store.opened import Opened, opened
from ingestd.store.readers import Readers
from ingestd.store.writer import Waiting

log = structlog.get_logger()

# More is a mapping of its own, asked for and given back for each question.
_BLOCK: Final = 1 << 16


class Questions:
    """What is asked over a socket, as the writer takes it; for one thread."""

    def __init__(self, asking: socket.socket) -> None:
        self._socket = asking
        self._frames = Frames()
        self._waiting: deque[Waiting | None] = deque()
        self._poll = poll()
        self._poll.register(asking, POLLIN)

    def get(self, block: bool = True, timeout: float | None = None) -> Waiting | None:
        """The next question, waiting for it so many seconds, or for ever; None once there will be no other."""
        while not self._waiting:
            if not block and not self._poll.poll(0):
                raise Empty
            if timeout is not None and not self._poll.poll(timeout * 1000):
                raise Empty
            self._more()
        return self._waiting.popleft()

    def get_nowait(self) -> Waiting | None:
        """The next question that is there already."""
        return self.get(block=False)

    def answer(self, answers: Sequence[tuple[int, Any]]) -> None:
        """Send them together. Who asked may be gone."""
        with suppress(OSError):
            self._socket.sendall(b"".join(frame(list(answers))))

    def _more(self) -> None:
        for asked in self._received():
            self._waiting += [Waiting(what, number) for number, what in asked]

    def _received(self) -> list[Any]:
        """What has become whole; [] where that is nothing."""
        if missing := self._frames.missing:
            count = self._socket.recv_into(missing)
            messages = self._frames.filled(count)
        else:
            data = self._socket.recv(_BLOCK)
            count = len(data)
            messages = self._frames.feed(data)
        if not count:
            self._waiting.append(None)
        return messages


def keep(look: Callable[[], Look | None], writes: socket.socket, *reads: socket.socket) -> None:
    """Open what is asked first, then write and read until nobody asks any more. Blocks.

    `look` tells, once it is open, what looks through the mails that nobody has looked through.
    """
    to_write = Questions(writes)
    asked = to_write.get()
    if asked is None:
        return
    assert isinstance(asked.asked, Opening)
    try:
        base = opened(asked.asked)
    except StoreError as error:
        to_write.answer([(asked.whom, error)])
        return
    to_write.answer([(asked.whom, None)])
    found = look()
    gc.freeze()
    _serve(base, found, to_write, [Questions(each) for each in reads])


def _serve(base: Opened, look: Look | None, to_write: Questions, to_read: Sequence[Questions]) -> None:
    readers = base.readers()
    threads = [threading.Thread(target=_read, args=(readers, questions), daemon=True) for questions in to_read]
    for thread in threads:
        thread.start()
    base.writer(to_write, to_write.answer, look).serve()
    for thread in threads:
        thread.join()
    readers.close()
    base.close()


def _read(readers: Readers, questions: Questions) -> None:
    try:
        while (asked := questions.get()) is not None:
            questions.answer([(asked.whom, _found(readers, asked.asked))])
    except BaseException:
        # Nobody would be answered any more: who asks is told so by our end, and begins anew.
        log.critical("spool reader broke", exc_info=True)
        os._exit(1)


def _found(readers: Readers, work: Any) -> Any:
    try:
        return readers.read(work)
    except (StoreError, LeaseLost) as error:
        return error
