"""The process in which mails are parsed: requests and answers in a line, until it is used up.

What a hostile mail leaves behind, memory that is not given back or time that is spent, must be no other mail's loss: a
process that is no longer as good as a new one says so with its answer, and goes.
"""

import os
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ingestd.core.model import Mail
from ingestd.delivery.message import Answer, Limits, Request, packed
from ingestd.frames import Frames
from ingestd.mail.parse import parse, parse_headers
from ingestd.mail.raw import Raw, Windowed
from ingestd.yielding import never_interrupt

_BLOCK: Final = 65_536
_PAGE: Final = resource.getpagesize()


def main() -> None:
    """Answer requests on the socket that is our standard input until it ends; whatever is printed goes nowhere."""
    never_interrupt()
    daemon = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    try:
        daemon.sendall(packed(None))  # ready: from here on the clock of a mail runs
        requests = _requests(daemon)
        while _served(daemon, next(requests)):
            pass
    except (StopIteration, ConnectionError):
        pass
    except MemoryError:
        # No room is left, not even for an answer: the fresh try gets a fresh process.
        os._exit(1)


def _served(daemon: socket.socket, request: Request) -> bool:
    answer = _answer(request)
    # Each by itself and at once: the next mail may be our end.
    daemon.sendall(packed(answer))
    return not answer.spent


def _requests(daemon: socket.socket) -> Iterator[Request]:
    """What is asked, until the other end is closed."""
    frames = Frames()
    while block := daemon.recv(_BLOCK):
        yield from frames.feed(block)


def _answer(request: Request) -> Answer:
    _limit(request.limits)
    try:
        mail = _read(parse_headers if request.headers_only else parse, request.source)
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of a compiled library is no Exception, and ends here too
        return Answer(None, type(error).__name__, spent=True)
    return Answer(mail, "", spent=is_spent(request.limits, _address_space(), _cpu_left()))


def is_spent(limits: Limits, space: int, cpu_left: float) -> bool:
    """Whether the next mail would find less than half the memory, or not the whole time, of a new process."""
    return space > limits.memory // 2 or cpu_left < limits.seconds + 1


def _read(read: Callable[[Raw], Mail], source: bytes | str) -> Mail:
    if isinstance(source, bytes):
        return read(source)
    with Path(source).open("rb", buffering=0) as file:
        number = file.fileno()
        # Read, not mapped: a mapped page stays in memory until the mail is done.
        return read(Windowed(lambda start, end: os.pread(number, end - start, start), os.fstat(number).st_size))


def _limit(limits: Limits) -> None:
    _lower(resource.RLIMIT_CPU, int(_used() + limits.seconds) + 1)
    _lower(resource.RLIMIT_AS, limits.memory)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(which: int, value: int) -> None:
    # The soft limit alone: a hard one could never be raised again for the next mail.
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _used() -> float:
    return sum(os.times()[:2])


def _cpu_left() -> float:
    """Seconds of CPU up to the limit that was set from outside."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    return float("inf") if hard == resource.RLIM_INFINITY else hard - _used()


def _address_space() -> int:
    # Plainly: what a file object does besides takes ten times as long, once a mail.
    file = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(file, 100).partition(b" ")[0]) * _PAGE
    finally:
        os.close(file)
