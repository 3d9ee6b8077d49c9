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
    return _JSON.encode(_plain(event))


def decode(text: str) -> Event:
    """The event that was encoded; StoreError where the text names a type or a field that core does not have."""
    try:
        event = _noun(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"a line of the ledger cannot be read: {type(error).__name__}") from error
    if not isinstance(event, Event):
        raise StoreError("a line of the ledger cannot be read: it holds no event")
    return event


# Asked of every value of every line: no `match`, and no question asked twice.
def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _BARE:
        return value
    if kind is tuple:
        return [_plain(item) for item in value]
    names = _FIELDS.get(kind)
    if names is not None:
        return {kind.__name__: {name: _plain(getattr(value, name)) for name in names}}
    return _tagged(value)


def _tagged(value: Any) -> Any:
    match value:
        case Enum():
            return {_registered(value): value.value}
        case datetime():
            return {"datetime": value.isoformat()}
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case _:
            raise TypeError(f"{type(value).__name__} is no noun of the ledger")


def _registered(value: Enum) -> str:
    name = type(value).__name__
    if _NOUNS.get(name) is not type(value):
        raise TypeError(f"{name} is no noun of the ledger")
    return name


# As above; and for all mails by an audit.
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


_JSON = json.JSONEncoder(separators=(",", ":"))
_BARE = frozenset({type(None), bool, int, float, str})
_FIELDS: Mapping[type, tuple[str, ...]] = {
    noun: tuple(field.name for field in fields(noun)) for noun in _NOUNS.values() if is_dataclass(noun)
}
_NESTED = frozenset({dict, list})
_VALUES: Mapping[str, Callable[[Any], object]] = {
    "datetime": datetime.fromisoformat,
    "bytes": base64.b64decode,
    **{name: noun for name, noun in _NOUNS.items() if issubclass(noun, Enum)},
}
_CLASSES: Mapping[str, type] = {name: noun for name, noun in _NOUNS.items() if not issubclass(noun, Enum)}
