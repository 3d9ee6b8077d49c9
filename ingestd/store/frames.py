"""How what is asked of the spool goes from process to process: lists of what is asked, pickled, each after its length.

Both ends are our own code of the same version, and nobody else has the socket.
"""

import copyreg
import io
import pickle
import struct
from collections.abc import Callable, Iterator
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
    _LENGTH.pack_into(whole := file.getbuffer(), 0, len(whole) - _LENGTH.size)
    return whole.tobytes()


class Frames:
    """Puts together what came in pieces."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Any]:
        """The messages that this piece completes."""
        self._pieces += data
        while (end := self._end()) <= len(self._pieces):
            with memoryview(self._pieces) as whole:
                message = pickle.loads(whole[_LENGTH.size : end])  # noqa: S301 - see above
            del self._pieces[:end]
            yield message

    def _end(self) -> int:
        """Where the first message ends; its length is wanted first."""
        size = _LENGTH.size
        return size + _LENGTH.unpack_from(self._pieces)[0] if len(self._pieces) >= size else size


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
