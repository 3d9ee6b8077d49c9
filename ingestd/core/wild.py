"""Words of the operator against words of a mail: case, width and white space do not count, and `*` is any text.

Bounded whatever a mail holds: no pattern backtracks, and no run of combining marks is sorted as a whole.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

LONGEST_TEXT: Final = 100_000
"""Characters of a text that are looked at."""

_PIECE: Final = 300
# What shows nothing and only parts a word for those who look for it: format characters, soft hyphens, joiners.
_UNSEEN: Final = re.compile("[\xad\u034f\u061c\u180e\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]+")


def folded(text: str) -> str:
    """The text as it is compared: compatibility characters (NFKC), case and white space folded, nothing invisible."""
    text = text[:LONGEST_TEXT]
    if text.isascii():
        return " ".join(text.casefold().split())
    return " ".join("".join(_normal(" ".join(_UNSEEN.sub("", text).split()))).split())


def within(pattern: str, text: str) -> bool:
    """Whether the text holds what the pattern says; both folded."""
    return _found(pattern.split("*"), text, 0) >= 0


def whole(pattern: str, text: str) -> bool:
    """Whether the pattern says all of the text; both folded."""
    first, *others = pattern.split("*")
    if not others:
        return first == text
    last = others.pop()
    if len(first) + len(last) > len(text) or not text.startswith(first) or not text.endswith(last):
        return False
    return _found(others, text[: len(text) - len(last)], len(first)) >= 0


def first_within(patterns: Iterable[str], text: str) -> str | None:
    """The first pattern that the text holds."""
    return next((pattern for pattern in patterns if within(pattern, text)), None)


def first_whole(patterns: Iterable[str], *texts: str) -> str | None:
    """The first pattern that says all of one of the texts."""
    return next((pattern for pattern in patterns for text in texts if whole(pattern, text)), None)


def _normal(text: str) -> Iterator[str]:
    """NFKC without case, in pieces that end at a blank, until there are twice as many characters as are looked at."""
    # Marks that combine are sorted in quadratic time, and one letter may become eighteen.
    start = room = 0
    while start < len(text) and room < 2 * LONGEST_TEXT:
        end = start + _PIECE
        blank = text.rfind(" ", start + 1, end) if end < len(text) else -1
        piece = unicodedata.normalize("NFKC", text[start : blank if blank > 0 else end]).casefold()
        yield piece
        start, room = blank if blank > 0 else end, room + len(piece)


def _found(parts: Iterable[str], text: str, start: int) -> int:
    """Where the last of the parts ends that stand one after the other in the text; -1 where they do not."""
    for part in parts:
        place = text.find(part, start)
        if place < 0:
            return -1
        start = place + len(part)
    return start
