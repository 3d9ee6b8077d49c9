"""A raw mail as its bytes, or as something that is read in windows: no more of a large one is held than is looked at."""

import re
from collections.abc import Callable
from typing import Final, Protocol

WINDOW: Final = 262_144
_FIRST: Final = 4_096


class Raw(Protocol):
    """What reading asks of a raw mail: of what `bytes` can do, the part that needs no whole."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: slice, /) -> bytes: ...

    def find(self, wanted: bytes, start: int, end: int, /) -> int: ...


class Windowed:
    """So many bytes that `read` gives from an offset to an end; finds what `bytes` would find."""

    def __init__(self, read: Callable[[int, int], bytes], length: int, window: int = WINDOW) -> None:
        self._read, self._length, self._window = read, length, window

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: slice, /) -> bytes:
        """The bytes of this stretch, read now."""
        start, end, _ = place.indices(self._length)
        return self._read(start, end) if start < end else b""

    def find(self, wanted: bytes, start: int, end: int, /) -> int:
        """The first place where this stands between start and end; -1 for none."""
        end = min(end, self._length)
        # Most of what is looked for stands near: a window grows only while nothing is found.
        length = max(min(_FIRST, self._window), 2 * len(wanted))
        while start + len(wanted) <= end:
            found = self[start : min(start + length, end)].find(wanted)
            if found >= 0:
                return start + found
            start += length - len(wanted) + 1
            length = max(min(4 * length, self._window), 2 * len(wanted))
        return -1


def within(raw: Raw, start: int, length: int) -> Raw:
    """A stretch of this mail as a mail of its own: of bytes a copy, of a windowed one a view."""
    if isinstance(raw, bytes):
        return raw[start : start + length]
    end = min(start + length, len(raw))
    return Windowed(lambda a, b: raw[start + a : start + b], max(0, end - start))


def with_line_feeds(raw: Raw) -> Raw:
    """The same with a line feed for each carriage return, where no line feed ends any line."""
    if raw.find(b"\n", 0, len(raw)) >= 0 or raw.find(b"\r", 0, len(raw)) < 0:
        return raw
    if isinstance(raw, bytes):
        return raw.replace(b"\r", b"\n")
    return Windowed(lambda start, end: raw[start:end].replace(b"\r", b"\n"), len(raw))


def search(
    pattern: re.Pattern[bytes], raw: Raw, start: int, end: int, reach: int, window: int = WINDOW
) -> tuple[int, re.Match[bytes]] | None:
    """The first match between start and end, and the place that its offsets count from; None where there is none.

    The pattern may look at one byte before the match and at `reach` bytes from its beginning on.
    """
    if isinstance(raw, bytes):
        whole = pattern.search(raw, start, end)
        return (0, whole) if whole else None
    while start < end:
        base = max(start - 1, 0)
        stop = min(start + window + reach, end)
        found = pattern.search(raw[base:stop], start - base)
        if found and (base + found.start() < start + window or stop == end):
            return base, found
        start += window
    return None
