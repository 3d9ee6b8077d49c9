"""How what is asked of the spool goes from process to process: lists of what is asked, pickled, each after its length.

Both ends are our own code of the same version, and nobody else has the socket.
"""

import copyreg
import io
import pickle
import struct
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from operator import attrgetter
from typing import Any, Final

from ingestd.core import journal, model, ticket
from ingestd.store import asked, far

_LENGTH: Final = struct.Struct("!Q")


def frame(message: object) -> bytes:
    """The message as it goes through a socket."""
    file = io.BytesIO()
    file.write(bytes(_LENGTH.size))
    pickler = pickle.Pickler(file, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _SHORT
    pickler.dump(message)
    with file.getbuffer() as whole:
        _LENGTH.pack_into(whole, 0, len(whole) - _LENGTH.size)
    return file.getvalue()


class Frames:
    """Puts together what came in pieces."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """The messages that this piece completes."""
        if self._kept:
            self._kept += data
            messages, end = _whole_ones(self._kept)
            del self._kept[:end]
        else:
            messages, end = _whole_ones(data)
            self._kept += data[end:]
        return messages


def _whole_ones(data: bytes | bytearray) -> tuple[list[Any], int]:
    """The messages that are whole, and where the last of them ends."""
    messages, at, size = [], 0, _LENGTH.size
    with memoryview(data) as view:
        while len(view) - at >= size and len(view) >= (end := at + size + _LENGTH.unpack_from(view, at)[0]):
            messages.append(pickle.loads(view[at + size : end]))  # noqa: S301 - see above
            at = end
    return messages, at


def _of_values(noun: type) -> Callable[[Any], tuple[type, tuple[Any, ...]]]:
    """A noun by its values in order: what it does by itself names every field, in every message."""
    names = [field.name for field in fields(noun)]
    if len(names) > 1:
        values = attrgetter(*names)
        return lambda it: (noun, values(it))
    return lambda it: (noun, tuple(getattr(it, name) for name in names))


def _shortened() -> dict[type, Callable[[Any], Any]]:
    found = [noun for room in (model, ticket, journal, asked, far) for noun in vars(room).values()]
    nouns = {noun for noun in found if isinstance(noun, type)}
    short: dict[type, Callable[[Any], Any]] = {noun: _of_values(noun) for noun in nouns if is_dataclass(noun)}
    short |= {noun: _of_value for noun in nouns if issubclass(noun, Enum) and len(noun)}
    return {**copyreg.dispatch_table, **short}


def _of_value(it: Enum) -> tuple[type, tuple[Any]]:
    return type(it), (it.value,)


_SHORT: Final = _shortened()
