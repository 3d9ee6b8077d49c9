"""How what is asked of the spool goes from process to process: lists of what is asked, its nouns told by their values."""

import copyreg
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from operator import attrgetter
from typing import Any, Final

from ingestd import frames
from ingestd.core import journal, model, ticket
from ingestd.frames import Piece
from ingestd.store import asked, far
from ingestd.store.arriving import taken_apart, unread_apart


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
    return {**copyreg.dispatch_table, **short, asked.Arrival: taken_apart, asked.Unread: unread_apart}


def _of_value(it: Enum) -> tuple[type, tuple[Any]]:
    return type(it), (it.value,)


_SHORT: Final = _shortened()


def frame(questions: object) -> list[Piece]:
    """What is asked, or what came of it, as it goes through a socket, piece by piece."""
    return frames.frame(questions, _SHORT)
