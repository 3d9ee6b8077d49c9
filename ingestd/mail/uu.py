"""Files that stand uuencoded in a text, as mail carried them before MIME."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MOST: Final = 100
_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,500})\r?\n(?=([ -`])([ -`]{4,}))", re.MULTILINE)
_PLAIN_BEGIN: Final = re.compile(rb"begin(?:-base64)? [0-7]{3,4}[^\r\n]*\r?\n")
_END: Final = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A file in a text: the block is data[start:end], its encoded lines data[body:end]."""

    name: bytes
    start: int
    body: int
    end: int


def blocks(data: bytes, start: int, end: int) -> Iterator[Block]:
    """The uuencoded files of this stretch; a text that merely says `begin` is none."""
    at = start
    for _ in range(_MOST):
        begin = _BEGIN.search(data, at, end)
        stop = _END.search(data, begin.end(), end) if begin else None
        if not begin or not stop:
            return
        if _counted(begin):
            yield Block(begin[1].strip(), begin.start(), begin.end(), stop.end())
            at = stop.end()
        else:
            at = begin.end()


def _counted(begin: re.Match[bytes]) -> bool:
    """The first line is as long as its count says, or padded by a little."""
    asked = ((begin[2][0] - 32 & 63) + 2) // 3 * 4
    return asked <= len(begin[3]) + 1 and len(begin[3]) <= asked + 4


def after_begin(raw: bytes, start: int, end: int) -> int:
    """Where the encoded lines of a uuencoded part begin; its start where there is no `begin`."""
    found = _PLAIN_BEGIN.search(raw, start, min(end, start + 2_000))
    return found.end() if found else start
