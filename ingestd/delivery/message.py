"""What the daemon and a parsing process say to each other, and how it goes through a pipe.

Apart from the parser itself, which the daemon never loads.
"""

import pickle
import struct
from dataclasses import dataclass
from typing import IO, Any, Final

from ingestd.core.model import Mail

_LENGTH: Final = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one parse may use: seconds of wall clock and of CPU, bytes of address space."""

    seconds: float = 20.0
    memory: int = 2 << 30


@dataclass(frozen=True, slots=True)
class Request:
    """A mail as its bytes or as the path of a file that holds them."""

    source: bytes | str
    headers_only: bool
    limits: Limits


@dataclass(frozen=True, slots=True)
class Answer:
    """The mail, or the name of what it broke the parser with. A `spent` process answers no more."""

    mail: Mail | None
    error: str
    spent: bool


def send(file: IO[bytes], message: object) -> None:
    """Write one message."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    file.write(_LENGTH.pack(len(data)))
    file.write(data)
    file.flush()


def receive(file: IO[bytes]) -> Any:
    """Read one message; raises EOFError where the other side is gone."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - from our own process, as it was from our own code
