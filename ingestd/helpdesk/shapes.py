"""The many shapes of WHMCS's JSON, read into one. Pure; never raises on what it is given."""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def rows(data: Row, wrapper: str, item: str) -> tuple[Row, ...]:
    """The list at `data[wrapper][item]`, however it is told.

    Lists come wrapped or bare, as objects with numbers for keys, as the one element alone, and empty as "", [], {},
    null or not at all.
    """
    outer = data.get(wrapper)
    inner = outer.get(item, outer) if isinstance(outer, Mapping) else outer
    return tuple(row for row in _listed(inner) if isinstance(row, Mapping) and row)


def number(value: Any) -> int:
    """An id, written as a number or as text; 0 for anything else."""
    if isinstance(value, int):
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value) else 0


def text(value: Any) -> str:
    """A text, its entities decoded once: WHMCS stores what it is sent as HTML. "" for anything that is no text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return html.unescape(value).encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def flag(value: Any) -> bool:
    """A yes in any of its spellings."""
    return value in {True, "1", "true", "True", "on"} if isinstance(value, bool | int | str) else False


def addresses(value: Any) -> tuple[str, ...]:
    """Addresses told as one text with commas, or as a list."""
    parts: Iterable[Any] = value if isinstance(value, list) else (value,)
    found = (part.strip() for whole in parts for part in re.split(r"[,;\s]+", text(whole)))
    return tuple(dict.fromkeys(address for address in found if "@" in address))


def same_address(one: str, other: str) -> bool:
    """Equal but for the case of ASCII letters: MySQL also takes u for ü, and Python's lower() k for the Kelvin sign."""
    return one.strip().encode("utf-8", "replace").lower() == other.strip().encode("utf-8", "replace").lower()


def _listed(inner: Any) -> Iterable[Any]:
    if isinstance(inner, list):
        return inner
    if isinstance(inner, Mapping):
        return inner.values() if all(str(key).isdecimal() for key in inner) else (inner,)
    return ()
