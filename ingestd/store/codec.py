"""Ledger lines as text: the dataclasses and enums of core as compact JSON, and back.

Each value that JSON lacks is an object of one key, its type: `{"Started": {"number": 0, ...}}`, `{"Deed": "retry"}`.
The registry is closed: a line can only ever become one of the nouns of core.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from json.encoder import encode_basestring_ascii as _quoted
from math import isfinite
from operator import attrgetter
from typing import Any

from ingestd.core import journal, model, ticket
from ingestd.core.errors import StoreError
from ingestd.core.journal import Event


def _nouns() -> Mapping[str, type]:
    found = [noun for room in (model, ticket, journal) for noun in vars(room).values() if isinstance(noun, type)]
    return {noun.__name__: noun for noun in found if is_dataclass(noun) or (issubclass(noun, Enum) and len(noun))}


_NOUNS = _nouns()


def encode(event: Event) -> str:
    """The event as ASCII text, which any engine keeps as it is: lone surrogates and NUL stand escaped."""
    try:
        return _TEXTS[type(event)](event)
    except KeyError as error:
        raise TypeError(f"{error} is no noun of the ledger") from None


def decode(text: str) -> Event:
    """The event that was encoded; StoreError where the text names a type or a field that core does not have."""
    try:
        event = _noun(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"a line of the ledger cannot be read: {type(error).__name__}") from error
    if not isinstance(event, Event):
        raise StoreError("a line of the ledger cannot be read: it holds no event")
    return event


# Asked of every value of every line: no `match`, and no question asked twice; for all mails by an audit.
def _noun(plain: Any) -> Any:
    kind = type(plain)
    if kind is dict:
        ((tag, content),) = plain.items()
        build = _VALUES.get(tag)
        if build is not None:
            return build(content)
        fields_of_it = {name: _noun(value) if type(value) in _NESTED else value for name, value in content.items()}
        return _CLASSES[tag](**fields_of_it)
    return tuple(map(_noun, plain)) if kind is list else plain


_NESTED = frozenset({dict, list})
_VALUES: Mapping[str, Callable[[Any], object]] = {
    "datetime": datetime.fromisoformat,
    "bytes": base64.b64decode,
    **{name: noun for name, noun in _NOUNS.items() if issubclass(noun, Enum)},
}
_CLASSES: Mapping[str, type] = {name: noun for name, noun in _NOUNS.items() if not issubclass(noun, Enum)}


# Written out for each kind once: a line is a walk through this table, and its texts are all that takes time.
def _of_noun(noun: type) -> Callable[[Any], str]:
    names = [field.name for field in fields(noun)]
    pattern = f'{{"{noun.__name__}":{{{",".join(f"""{_quoted(name)}:%s""" for name in names)}}}}}'
    if len(names) > 1:
        values = attrgetter(*names)
        return lambda it: pattern % tuple([_TEXTS[type(value)](value) for value in values(it)])
    return lambda it: pattern % tuple([_TEXTS[type(value := getattr(it, name))](value) for name in names])


def _of_enum(noun: type[Enum]) -> Callable[[Any], str]:
    texts = {member: _tagged(noun.__name__, member.value) for member in noun}
    return texts.__getitem__


def _tagged(name: str, text: str) -> str:
    return f'{{"{name}":{_quoted(text)}}}'


def _row(values: tuple[Any, ...]) -> str:
    return f"[{','.join([_TEXTS[type(value)](value) for value in values])}]"


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: repr,
    float: lambda value: repr(value) if isfinite(value) else json.dumps(value),
    str: _quoted,
    tuple: _row,
    datetime: lambda value: _tagged("datetime", value.isoformat()),
    bytes: lambda value: _tagged("bytes", base64.b64encode(value).decode()),
    **{noun: _of_enum(noun) if issubclass(noun, Enum) else _of_noun(noun) for noun in _NOUNS.values()},
}
