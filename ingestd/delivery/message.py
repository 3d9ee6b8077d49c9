"""What the daemon and a parsing process say to each other, and how it goes through a socket.

Apart from the parser itself, which the daemon never loads.
"""

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from ingestd.core.model import Attachment, Bounce, Cut, Literal, Mail, Mailbox, Slice

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


def _as_call(kind: type) -> Callable[[Any], tuple[type, tuple[object, ...]]]:
    names = [field.name for field in fields(kind)]
    return lambda value: (kind, tuple([getattr(value, name) for name in names]))


# Frozen dataclasses with slots are taken apart and put together field by field, in Python, which is most of what a
# message costs; a call with all of them is not.
_CALLS: Final[Mapping[type, Callable[[Any], tuple[type, tuple[object, ...]]]]] = {
    kind: _as_call(kind) for kind in (Request, Limits, Answer, Mail, Mailbox, Attachment, Slice, Cut, Literal, Bounce)
}


def packed(message: object) -> bytes:
    """One message as it goes through."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _CALLS
    pickler.dump(message)
    return _LENGTH.pack(file.tell()) + file.getbuffer()


def missing(data: bytes | bytearray) -> int:
    """How many bytes at least are yet to come of a message that begins so; 0 where it is whole, less where it is more."""
    if len(data) < _LENGTH.size:
        return _LENGTH.size - len(data)
    (length,) = _LENGTH.unpack_from(data)
    return int(_LENGTH.size + length - len(data))


def unpacked(data: bytes | bytearray) -> Any:
    """The message that these bytes are, whole."""
    return pickle.loads(memoryview(data)[_LENGTH.size :])  # noqa: S301 - from our own process, as it was from our own code
