"""How processes of ours talk: whatever one says is pickled, and goes through a socket after its length.

Both ends are our own code of the same version, and nobody else has the socket.
"""

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

_LENGTH: Final = struct.Struct("!Q")

Short = Mapping[type, Callable[[Any], Any]]
"""By what a kind is put together again (`pickle.Pickler.dispatch_table`)."""


def frame(message: object, short: Short) -> bytes:
    """The message as it goes through a socket, with kinds of things told as `short` has it."""
    file = io.BytesIO()
    file.write(bytes(_LENGTH.size))
    pickler = pickle.Pickler(file, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = short
    pickler.dump(message)
    with file.getbuffer() as whole:
        _LENGTH.pack_into(whole, 0, len(whole) - _LENGTH.size)
    return file.getvalue()


class Frames:
    """Puts together what came in pieces; `rest` is the beginning of a message that is not whole."""

    def __init__(self) -> None:
        self.rest = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """The messages that this piece completes."""
        if self.rest:
            self.rest += data
            messages, end = _whole_ones(self.rest)
            del self.rest[:end]
        else:
            messages, end = _whole_ones(data)
            self.rest += data[end:]
        return messages


def _whole_ones(data: bytes | bytearray) -> tuple[list[Any], int]:
    """The messages that are whole, and where the last of them ends."""
    messages, at, size = [], 0, _LENGTH.size
    with memoryview(data) as view:
        while len(view) - at >= size and len(view) >= (end := at + size + _LENGTH.unpack_from(view, at)[0]):
            messages.append(pickle.loads(view[at + size : end]))  # noqa: S301 - see above
            at = end
    return messages, at
