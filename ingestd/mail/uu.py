"""Files that stand uuencoded in a text, as mail carried them before MIME."""

import binascii
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
_LINE: Final = 200
# Behind these stand at most the end and what some encoders pad their last line with.
_LATE: Final = 5


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


class UuDecoding:
    """A stage of decoding for the lines after `begin`, up to `end`; a line too long for its count is cut, a broken one
    skipped.
    """

    def __init__(self) -> None:
        self._line = b""
        self._ended = False

    def feed(self, block: bytes) -> bytes:
        """What the lines that this block completes give."""
        if self._ended:
            return b""
        lines = block.split(b"\n")
        lines[0] = self._line + lines[0]
        # For a line of nothing but breaks binascii gives a line of zeros.
        usual = b"\n\r" not in block and lines[0][:1] != b"\r"
        # A longer line is junk: only its head may wait for the rest.
        self._line = lines.pop()[:_LINE]
        early = lines[: max(0, len(lines) - _LATE)] if usual else []
        out = _at_once(early)
        return out + b"".join(map(self._decoded, lines[len(early) :] if out else lines))

    def _decoded(self, line: bytes) -> bytes:
        line = line[:_LINE].rstrip(b"\r")
        self._ended = self._ended or line.rstrip() == b"end"
        if self._ended or not line:
            return b""
        try:
            return binascii.a2b_uu(line)
        except binascii.Error:
            return _cut(line)

    def finish(self) -> bytes:
        """What the last line gives, where no line end follows it."""
        return b"" if self._ended else self._decoded(self._line)


def _at_once(lines: list[bytes]) -> bytes:
    """What these lines give where all of them are sound, the end not among them; else nothing."""
    try:
        return b"".join(map(binascii.a2b_uu, filter(None, lines)))
    except binascii.Error:
        return b""


def _cut(line: bytes) -> bytes:
    # Some encoders pad the line with a checksum or blanks: only what the count asks for is data.
    count = (line[0] - 32) & 63
    try:
        return binascii.a2b_uu(line[: 1 + (count * 4 + 2) // 3])
    except binascii.Error:
        return b""
