"""Transfer encodings undone in pieces (RFC 2045 section 6), broken ones too.

The law: what comes out depends on the bytes alone, never on how they were cut into blocks. The parser counts a file's
size with this code, and delivery streams the file through the same code, so the two cannot differ.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol, assert_never

import pybase64

from ingestd.core.model import Coding, Cut, Slice
from ingestd.mail.cms import SignedContent
from ingestd.mail.raw import Raw
from ingestd.mail.uu import UuDecoding

BLOCK: Final = 262_144
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_JUNK: Final = bytes(set(range(256)) - set(_ALPHABET + b"="))
_TAIL_LINE: Final = re.compile(rb"[A-Za-z0-9+/=]*[ \t\r]*")
_TAIL_LINES: Final = re.compile(rb"(?:[A-Za-z0-9+/=]*+[ \t\r]*+\n)++")
_TAIL_BOUND: Final = 65_536
_SOFT_BREAK: Final = re.compile(rb"=[ \t]{0,1000}(?:\r\n?|\n)")
_LONG_BREAK: Final = re.compile(rb"=[ \t\r]")
_OPEN_ESCAPE: Final = re.compile(rb"=(?:[0-9A-Fa-f]?|[ \t]{0,1000}\r?)\Z")


class _Stage(Protocol):
    def feed(self, block: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


class _Identity:
    def feed(self, block: bytes) -> bytes:
        return block

    def finish(self) -> bytes:
        return b""


class _Window:
    """Lets `length` bytes pass from `offset` on."""

    def __init__(self, cut: Cut) -> None:
        self._skip, self._left = cut.offset, cut.length

    def feed(self, block: bytes) -> bytes:
        dropped = min(self._skip, len(block))
        self._skip -= dropped
        taken = block[dropped : dropped + self._left]
        self._left -= len(taken)
        return taken

    def finish(self) -> bytes:
        return b""


class _Base64:
    """Junk is skipped (RFC 2045 section 6.8). Padding inside joins two encodings, as forwarders do; after it, the
    first line that is no base64 ends the data: lists append their footers unencoded.
    """

    def __init__(self) -> None:
        self._open = b""
        self._line: bytes | None = None
        self._ended = False

    def feed(self, block: bytes) -> bytes:
        if self._ended:
            return b""
        if self._line is not None:
            return self._after_padding(block)
        padding = block.find(b"=")
        if padding < 0:
            return self._lines_of_quanta(block)
        self._line = b""
        return self._lines_of_quanta(block[:padding]) + self._after_padding(block[padding:])

    def _lines_of_quanta(self, block: bytes) -> bytes:
        # Lines between two others hold whole quanta, as all write them: so they are decoded as they stand.
        start, end = block.find(b"\n") + 1, block.rfind(b"\n") + 1
        out = self._quanta(self._open + block[:start].translate(None, _JUNK))
        if not self._open and end > start:
            try:
                out += pybase64.b64decode(block[start:end], validate=False)
                start = end
            except binascii.Error:
                pass
        return out + self._quanta(self._open + block[start:].translate(None, _JUNK))

    def _quanta(self, clear: bytes) -> bytes:
        whole = len(clear) & ~3
        self._open = clear[whole:]
        return pybase64.b64decode(clear[:whole], validate=True)

    def _after_padding(self, block: bytes) -> bytes:
        data = (self._line or b"") + block
        end = data.rfind(b"\n") + 1
        out = [*self._lines(data, end)]
        # A line is judged whole, but never waits for more than this: at the same places however it was fed.
        *full, self._line = _chunks(data[end:])
        out += map(self._padded_line, full)
        return b"".join(out)

    def _lines(self, data: bytes, end: int) -> Iterator[bytes]:
        at = 0
        while at < end and not self._ended:
            if sound := _TAIL_LINES.match(data, at, end):
                yield self._joined(sound.group())
                at = sound.end()
                continue
            stop = data.index(b"\n", at)
            yield from map(self._padded_line, _chunks(data[at:stop]))
            at = stop + 1

    def _padded_line(self, line: bytes) -> bytes:
        if self._ended:
            return b""
        if not _TAIL_LINE.fullmatch(line):
            self._ended = True
            return self._close()
        return self._joined(line)

    def _joined(self, lines: bytes) -> bytes:
        *closed, last = (self._open + lines.translate(None, _JUNK)).split(b"=")
        out = b"".join([_unpadded(encoding) for encoding in closed])
        return out + self._quanta(last)

    def _close(self) -> bytes:
        rest, self._open = self._open, b""
        return _unpadded(rest)

    def finish(self) -> bytes:
        out = self._padded_line(self._line) if self._line else b""
        return out + self._close()


def _unpadded(encoding: bytes) -> bytes:
    """One encoding without its padding; a last sign that is no whole byte is dropped."""
    rest = len(encoding) & 3
    return binascii.a2b_base64(encoding[:-1] if rest == 1 else encoding + b"=" * (-rest & 3))


def _chunks(line: bytes) -> list[bytes]:
    """The line in pieces of bounded size, at least one."""
    return [line[at : at + _TAIL_BOUND] for at in range(0, len(line), _TAIL_BOUND)] or [b""]


class _QuotedPrintable:
    """An `=` that begins no escape stands for itself (RFC 2045 section 6.7, note on robust decoding)."""

    def __init__(self) -> None:
        self._open = b""

    def feed(self, block: bytes) -> bytes:
        data = self._open + block
        window = max(len(data) - 1002, 0)
        found = _OPEN_ESCAPE.search(data, window)
        end = found.start() if found else len(data)
        self._open = data[end:]
        return self._decoded(data[:end])

    def _decoded(self, data: bytes) -> bytes:
        if _LONG_BREAK.search(data):
            data = _SOFT_BREAK.sub(b"=\n", data)
        # binascii takes two such signs for one, drops a last one, and takes any other that begins no escape for itself.
        while b"==" in data:
            data = data.replace(b"==", b"=3D=")
        return binascii.a2b_qp(data + b"3D" if data.endswith(b"=") else data)

    def finish(self) -> bytes:
        return b"" if self._open[1:].strip(b" \t\r") == b"" else self._open


_CODERS: Final[dict[Coding, Callable[[], _Stage]]] = {
    Coding.IDENTITY: _Identity,
    Coding.BASE64: _Base64,
    Coding.QUOTED_PRINTABLE: _QuotedPrintable,
    Coding.UUENCODE: UuDecoding,
    Coding.SIGNED: SignedContent,
}


def _stage(step: Coding | Cut) -> _Stage:
    match step:
        case Coding():
            return _CODERS[step]()
        case Cut():
            return _Window(step)
        case _:
            assert_never(step)


class Decoder:
    """Takes a slice's bytes through its steps in order; fed in any pieces it gives the same bytes."""

    def __init__(self, steps: tuple[Coding | Cut, ...]) -> None:
        self._stages = tuple(map(_stage, steps))

    def feed(self, block: bytes) -> bytes:
        for stage in self._stages:
            block = stage.feed(block)
        return block

    def finish(self) -> bytes:
        rest = b""
        for stage in self._stages:
            rest = stage.feed(rest) + stage.finish()
        return rest


def decode(blocks: Iterable[bytes], steps: tuple[Coding | Cut, ...]) -> Iterator[bytes]:
    """The decoded bytes, piece by piece; no piece is empty."""
    decoder = Decoder(steps)
    for block in blocks:
        if piece := decoder.feed(block):
            yield piece
    if piece := decoder.finish():
        yield piece


def pieces(raw: Raw, place: Slice) -> Iterable[bytes]:
    """The decoded bytes of a slice of this raw mail, in pieces of bounded size."""
    end = place.offset + place.length
    if place.length > BLOCK:
        return decode((raw[at : min(at + BLOCK, end)] for at in range(place.offset, end, BLOCK)), place.steps)
    decoder = Decoder(place.steps)
    return (decoder.feed(raw[place.offset : end]) + decoder.finish(),)


def read(raw: Raw, place: Slice) -> bytes:
    """All decoded bytes of a slice of this raw mail at once: for texts, not for files."""
    return b"".join(pieces(raw, place))


def beginning(raw: Raw, place: Slice, most: int) -> bytes:
    """The first decoded bytes of a slice, at most so many; no more of it is decoded than they need."""
    out, length = [], 0
    for piece in pieces(raw, place):
        out.append(piece)
        length += len(piece)
        if length >= most:
            break
    return b"".join(out)[:most]


def within(outer: Slice, inner: Slice) -> Slice:
    """A slice of what the outer one gives, as a slice of the raw mail."""
    if all(step is Coding.IDENTITY for step in outer.steps):
        return Slice(outer.offset + inner.offset, inner.length, inner.steps)
    return Slice(outer.offset, outer.length, (*outer.steps, Cut(inner.offset, inner.length), *inner.steps))


def size(raw: Raw, place: Slice) -> int:
    """How many bytes `pieces` gives, held never all at once."""
    if place.steps in {(), (Coding.IDENTITY,)}:
        return place.length
    return sum(map(len, pieces(raw, place)))
