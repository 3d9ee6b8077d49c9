"""Words of the file -> values: durations, sizes, lists, numbers. A wrong one says how to write it right."""

import json
import re
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainValidator

UNITS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "day": 86400, "days": 86400}
LONGEST = timedelta(days=3650)
# PHP's and Postfix's bare letters are binary; MB and GB are what the letters say (IEC 80000-13).
SIZES = {
    "": 1,
    "b": 1,
    "k": 2**10,
    "kib": 2**10,
    "kb": 10**3,
    "m": 2**20,
    "mib": 2**20,
    "mb": 10**6,
    "g": 2**30,
    "gib": 2**30,
    "gb": 10**9,
}
NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z]*)\s*", re.ASCII)


def duration(value: Any) -> timedelta:
    """A number with its unit: "30s", "1.5h", "5 days"; positive, at most ten years."""
    if isinstance(value, timedelta):
        return value
    found = NUMBER.fullmatch(value) if isinstance(value, str) else None
    if not found or found[2].lower() not in UNITS:
        raise ValueError(f'{value!r} is no duration; write a number with ms, s, m, h or days, like "30s"')
    seconds = float(found[1]) * UNITS[found[2].lower()]
    if not 0 < seconds <= LONGEST.total_seconds():
        raise ValueError(f"{value!r} is out of range; write more than 0 and at most {LONGEST.days} days")
    return timedelta(seconds=seconds)


def duration_or_none(value: Any) -> timedelta:
    """As `duration`, and "0" for no bound."""
    return timedelta(0) if is_zero(value) else duration(value)


def size(value: Any) -> int:
    """Bytes: "25 MiB", "10 MB", "8M" as PHP writes it, or a plain number."""
    found = NUMBER.fullmatch(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if not found or found[2].lower() not in SIZES:
        raise ValueError(f'{value!r} is no size; write a number with KiB, MiB, GiB, kB, MB or GB, like "25 MiB"')
    count = int(float(found[1]) * SIZES[found[2].lower()])
    if not 0 < count <= 2**40:
        raise ValueError(f"{value!r} is out of range; write more than 0 and at most 1024 GiB")
    return count


def size_or_none(value: Any) -> int:
    """As `size`, and "0" for no bound."""
    return 0 if is_zero(value) else size(value)


def is_zero(value: Any) -> bool:
    """Whether somebody wrote that there is no bound; false is no number."""
    return value in ("0", 0) and value is not False


def optional_size(value: Any) -> int | None:
    """As `size`, and "" for none."""
    return None if value in ("", None) else size(value)


def zone(value: Any) -> str:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(value).key
    # ZoneInfo raises OSError for a folder of its data, TypeError for another type; both are no zone.
    except (ValueError, KeyError, OSError, TypeError, AttributeError):
        raise ValueError(f'{value!r} is no time zone; write one like "UTC" or "Europe/Rome"') from None


def several(value: Any) -> Any:
    """A list as it stands; from one string (the environment has no lists) JSON or words between commas."""
    if not isinstance(value, str):
        return value
    # "[::1]:8025" opens like a list and is none.
    if value.lstrip().startswith("[") and isinstance(said := _json(value), list):
        return said
    return [word for word in (part.strip() for part in value.split(",")) if word]


def decoded(value: Any) -> Any:
    """What JSON in a string says; anything else as it stands."""
    if not isinstance(value, str):
        return value
    if (said := _json(value)) is None:
        raise ValueError("is not JSON; write tables as JSON where the environment holds them")
    return said


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def numbered(value: Any) -> Any:
    """A table of number = text as pairs in the order of their numbers: the custom fields of a department."""
    table = decoded(value)
    if not isinstance(table, dict):
        return table
    if wrong := [key for key in table if not re.fullmatch(r"[1-9]\d{0,9}", str(key), re.ASCII)]:
        raise ValueError(f'{wrong[0]!r} is no custom field; write its number in WHMCS, like {{8 = "text"}}')
    return tuple(sorted((int(key), text) for key, text in table.items()))


def whole(value: Any) -> Any:
    """A whole number; TOML's true is none, although Python's is."""
    if isinstance(value, bool | float):
        raise ValueError(f"{str(value).lower()} is no whole number; write one like 1")  # noqa: TRY004 - pydantic gathers ValueErrors
    return value


Duration = Annotated[timedelta, PlainValidator(duration)]
DurationOrNone = Annotated[timedelta, PlainValidator(duration_or_none)]
Size = Annotated[int, PlainValidator(size)]
SizeOrNone = Annotated[int, PlainValidator(size_or_none)]
OptionalSize = Annotated[int | None, PlainValidator(optional_size)]
Zone = Annotated[str, PlainValidator(zone)]
Several = BeforeValidator(several)
Pairs = Annotated[tuple[tuple[int, str], ...], BeforeValidator(numbered)]
Whole = Annotated[int, BeforeValidator(whole)]
