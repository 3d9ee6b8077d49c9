"""Compressed RTF (MS-OXRTFCP) and its text."""

import struct
from typing import Final

from striprtf.striprtf import rtf_to_text

from ingestd.mail.charset import clean

LIMIT: Final = 1_048_576
_HEADER: Final = struct.Struct("<II4sI")
_PRIMER: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20"
    b"\\b\\i\\u\\tab\\tx"
)


def decompress(data: bytes) -> bytes:
    """The RTF inside, at most LIMIT bytes; b"" where it is none, and what came before the damage where it is broken."""
    if len(data) < _HEADER.size:
        return b""
    _, size, magic, _ = _HEADER.unpack_from(data)
    if magic == b"MELA":
        return data[_HEADER.size : _HEADER.size + min(size, LIMIT)]
    return _unpacked(data, min(size, LIMIT)) if magic == b"LZFu" else b""


def _unpacked(data: bytes, size: int) -> bytes:
    # What is written out is also the dictionary: an offset into it is one into all that was written so far.
    out = bytearray(_PRIMER)
    base, at, end = len(_PRIMER), _HEADER.size, len(data)
    while at < end and len(out) - base < size:
        flags = data[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += data[at : at + 1]
                at += 1
                continue
            if at + 2 > end:
                return bytes(out[base : base + size])
            reference = data[at] << 8 | data[at + 1]
            at += 2
            if not _copied(out, reference >> 4, (reference & 15) + 2):
                return bytes(out[base : base + size])
    return bytes(out[base : base + size])


def _copied(out: bytearray, offset: int, length: int) -> bool:
    """Repeat `length` bytes from a place in the window of 4,096; the window's write position means the end."""
    distance = (len(out) - offset) % 4096
    if distance == 0 or distance > len(out):
        return False
    while length > 0:
        piece = out[len(out) - distance : len(out) - distance + length]
        out += piece[:length]
        length -= len(piece)
    return True


def to_text(rtf: bytes) -> str:
    """The text of an RTF; "" where it has none."""
    try:
        # striprtf says no types
        text: str = rtf_to_text(rtf[:LIMIT].decode("latin-1"), errors="replace")  # type: ignore[no-untyped-call]
        return clean(text).strip()
    except Exception:  # noqa: BLE001 - a foreign reader on hostile input: whatever it raises, there is no text
        return ""
