"""Files that stand uuencoded in a text, as mail carried them before MIME."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingestd.mail.raw import Raw, search

_MOST: Final = 100
_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,500})\r?\n(?=([ -`])([ -`]{4,100}))", re.MULTILINE)
_PLAIN_BEGIN: Final = re.compile(rb"begin(?:-base64)? [0-7]{3,4}[^\r\n]*\r?\n")
_END: Final = re.compile(rb"^end[ \t]{0,1000}\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A file in a text: the block is data[start:end], its encoded lines data[body:end]."""

    name: bytes
    start: int
    body: int
    end: int


# More than either pattern looks at.
_REACH: Final = 1_100


def blocks(data: Raw, start: int, end: int) -> list[Block]:
    """The uuencoded files of this stretch; a text that merely says `begin` is none."""
    # Most texts say nothing of the kind: to find that out is cheaper than any pattern.
    return [*_blocks(data, start, end)] if data.find(b"begin ", start, end) >= 0 else []


def _blocks(data: Raw, at: int, end: int) -> Iterator[Block]:
    for _ in range(_MOST):
        found = search(_BEGIN, data, at, end, _REACH)
        if not found:
            return
        base, begin = found
        body = base + begin.end()
        last = search(_END, data, body, end, _REACH)
        if not last:
            return
        stop = last[0] + last[1].end()
        counted = _counted(begin)
        if counted:
            yield Block(begin[1].strip(), base + begin.start(), body, stop)
        at = stop if counted else body


def _counted(begin: re.Match[bytes]) -> bool:
    """The first line is as long as its count says, or padded by a little."""
    asked = ((begin[2][0] - 32 & 63) + 2) // 3 * 4
    return asked <= len(begin[3]) + 1 and len(begin[3]) <= asked + 4


def after_begin(raw: Raw, start: int, end: int) -> int:
    """Where the encoded lines of a uuencoded part begin; its start where there is no `begin`."""
    found = _PLAIN_BEGIN.search(raw[start : min(end, start + 2_000)])
    return start + found.end() if found else start
