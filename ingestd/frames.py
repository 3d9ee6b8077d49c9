"""How processes of ours talk: whatever one says is pickled, and goes through a socket after its length.

Both ends are our own code of the same version, and nobody else has the socket. What is large goes behind what is
pickled, and stays where it was received: a copy of it costs as much as all the rest.
"""

import pickle
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

# The lengths of all that follows, and of what is pickled; how many pieces go behind that, whose own lengths stand last.
_HEAD: Final = struct.Struct("!QQI")
_LENGTH: Final = 8

Piece = bytes | memoryview

Short = Mapping[type, Callable[[Any], Any]]
"""By what a kind of things is put together again (`pickle.Pickler.dispatch_table`)."""


def frame(message: object, short: Short) -> list[Piece]:
    """The message as it goes through a socket, piece by piece. A `PickleBuffer` in it goes as it is, uncopied."""
    pickled, behind = _Pickled(), list[pickle.PickleBuffer]()
    pickler = pickle.Pickler(pickled, pickle.HIGHEST_PROTOCOL, buffer_callback=behind.append)
    pickler.dispatch_table = short
    pickler.dump(message)
    views = [each.raw() for each in behind]
    rest = [*pickled, *views, struct.pack(f"!{len(views)}Q", *map(len, views))]
    return [_HEAD.pack(sum(map(len, rest)), sum(map(len, pickled)), len(views)), *rest]


class _Pickled(list[Piece]):
    """What a pickler takes for a file: it writes a long text as it is, without copying it."""

    write = list.append


class Frames:
    """Puts together what came in pieces."""

    def __init__(self) -> None:
        self._kept = b""
        self._whole = self._missing = memoryview(b"")

    @property
    def begun(self) -> bool:
        """Whether the beginning of a message is here, and not its end."""
        return bool(self._kept or self._missing)

    @property
    def missing(self) -> memoryview:
        """The place for what is missing of the message that has begun to come; empty where none has."""
        return self._missing

    def filled(self, count: int) -> list[Any]:
        """The message that is whole now that so many bytes of what was missing are there."""
        self._missing = self._missing[count:]
        if self._missing:
            return []
        whole = self._whole
        # A view of nothing would hold on to what it was cut from.
        self._whole = self._missing = memoryview(b"")
        return [_message(whole)]

    def feed(self, data: bytes) -> list[Any]:
        """The messages that this piece completes."""
        messages: list[Any] = []
        rest = memoryview(self._kept + data if self._kept else data)
        while taken := self._taken(rest, messages):
            rest = rest[taken:]
        self._kept = bytes(rest)
        return messages

    def _taken(self, data: memoryview, messages: list[Any]) -> int:
        """How many bytes of it are of the message that comes first; 0 where they do not tell of one."""
        if not self._missing:
            if len(data) < _HEAD.size:
                return 0
            end: int = _HEAD.size + _HEAD.unpack_from(data)[0]
            if len(data) >= end:
                messages.append(_message(data[:end]))
                return end
            self._whole = self._missing = memoryview(bytearray(end))
        taken = min(len(data), len(self._missing))
        self._missing[:taken] = data[:taken]
        messages += self.filled(taken)
        return taken


def _message(whole: memoryview) -> Any:
    _, length, count = _HEAD.unpack_from(whole)
    at, behind = _HEAD.size + length, []
    pickled = whole[_HEAD.size : at]
    for size in struct.unpack(f"!{count}Q", whole[len(whole) - count * _LENGTH :]):
        behind.append(whole[at : at + size])
        at += size
    return pickle.loads(pickled, buffers=behind)  # noqa: S301 - see above
