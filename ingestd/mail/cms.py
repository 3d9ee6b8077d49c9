"""The signed content inside an opaque S/MIME part (RFC 8551 section 3.5.2), DER or BER, read as a stream.

Bounded by construction: nothing is held but a header of at most ten bytes, every step moves forward, strings in strings
are followed DEPTH deep, and after ELEMENTS headers reading ends.
"""

from dataclasses import dataclass
from typing import Final

ELEMENTS: Final = 200_000
DEPTH: Final = 8
_SEQUENCE, _SET, _OID, _INTEGER, _EXPLICIT, _OCTETS, _SEGMENTED = 0x30, 0x31, 0x06, 0x02, 0xA0, 0x04, 0x24
_CONSTRUCTED: Final = 0x20
_ENTERED: Final = frozenset({_SEQUENCE, _EXPLICIT})
# ContentInfo and SignedData (RFC 5652 sections 3 and 5.1) up to where the content stands.
_WAY: Final = (
    _SEQUENCE, _OID, _EXPLICIT, _SEQUENCE, _INTEGER, _SET, _SEQUENCE, _OID, _EXPLICIT,
)  # fmt: skip
_PKCS7: Final = bytes.fromhex("2a864886f70d0107")
_SMIME: Final = bytes.fromhex("2a864886f70d01091001")
SIGNED: Final = "signed"
ENCRYPTED: Final = "encrypted"
_SORTS: Final = {
    _PKCS7 + b"\x02": SIGNED,
    _PKCS7 + b"\x03": ENCRYPTED,
    _SMIME + b"\x17": ENCRYPTED,
}


def sort_of(head: bytes) -> str:
    """What the first bytes of a CMS object say that it is: SIGNED, ENCRYPTED, or "" for anything else."""
    if head[:1] != b"\x30":
        return ""
    at = head.find(b"\x06", 1, 12)
    length = head[at + 1] if 0 < at < len(head) - 1 else 0
    return _SORTS.get(head[at + 2 : at + 2 + length], "")


@dataclass(frozen=True, slots=True)
class _Header:
    """Tag, where its content begins, and how long that is; -1 for a length that only its end tells."""

    tag: int
    start: int
    length: int


class SignedContent:
    """A stage of decoding that lets nothing pass but the signed content, however the input is cut."""

    def __init__(self) -> None:
        self.complete = False
        self._held = b""
        self._at = 0  # the place of the next byte in the whole
        self._way = 0
        self._emitting = 0
        self._skipping = 0
        self._nested = 0  # elements of unknown length inside one that is skipped
        self._ends: list[int] = []  # of the octet strings made of others; -1 where only a mark tells
        self._elements = 0
        self._ended = False

    def feed(self, block: bytes) -> bytes:
        """The part of the content that these bytes complete."""
        if self._ended:
            return b""
        data, out, at = self._held + block, [], 0
        self._held = b""
        while at < len(data) and not self._ended:
            if self._emitting or self._skipping:
                stop = at + (self._emitting or self._skipping)
                if self._emitting:
                    out.append(data[at:stop])
                at = self._passed(at, min(stop, len(data)))
                continue
            header = self._header(data, at)
            if header is None:
                self._held = data[at:]
                break
            self._at += header.start - at
            at = header.start
            self._take(header)
        return b"".join(out)

    def finish(self) -> bytes:
        """Nothing: what is incomplete here is a header."""
        return b""

    def _passed(self, at: int, stop: int) -> int:
        self._at += stop - at
        if self._emitting:
            self._emitting -= stop - at
        else:
            self._skipping -= stop - at
        if not self._emitting and not self._skipping:
            self._close()
        return stop

    def _header(self, data: bytes, at: int) -> _Header | None:
        """The header at this place; None while it is not all there. A broken one ends the reading."""
        if len(data) < at + 2:
            return None
        tag, length = data[at], data[at + 1]
        if length < 0x80:
            return _Header(tag, at + 2, length)
        count = length & 0x7F
        if count == 0:
            return _Header(tag, at + 2, -1)
        if len(data) < at + 2 + min(count, 8):
            return None
        self._ended = self._ended or count > 8
        return _Header(tag, at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count], "big"))

    def _take(self, header: _Header) -> None:
        self._elements += 1
        if self._elements > ELEMENTS or (header.length < 0 and not header.tag & _CONSTRUCTED):
            self._ended = True
        elif self._nested:
            self._skip(header)
        elif self._way < len(_WAY):
            self._follow(header)
        else:
            self._content(header)

    def _follow(self, header: _Header) -> None:
        if header.tag != _WAY[self._way]:
            self._ended = True
            return
        self._way += 1
        if header.tag not in _ENTERED:
            self._skip(header)

    def _skip(self, header: _Header) -> None:
        if header.tag == 0 and header.length == 0:
            self._nested -= 1
        elif header.length < 0:
            self._nested += 1
        else:
            self._skipping = header.length

    def _content(self, header: _Header) -> None:
        if header.tag == _OCTETS:
            self._emitting = header.length
            if not header.length:
                self._close()
        elif header.tag == _SEGMENTED and len(self._ends) < DEPTH:
            self._ends.append(-1 if header.length < 0 else self._at + header.length)
            if not header.length:
                self._close()
        elif header.tag == 0 and self._ends and self._ends[-1] < 0:
            self._ends.pop()
            self._close()
        else:
            self._ended = True

    def _close(self) -> None:
        """End every octet string that ends here; with the outermost, the content."""
        if self._way < len(_WAY) or self._nested:
            return
        while self._ends and 0 <= self._ends[-1] <= self._at:
            self._ends.pop()
        if not self._ends:
            self.complete = self._ended = True
