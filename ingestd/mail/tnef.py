"""winmail.dat opened (MS-OXTNEF): its files as offsets into the decoded stream, its bodies, nothing copied twice.

Bounded by construction: every step moves forward, counts are believed only as far as the bytes reach.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ingestd.mail import rtf
from ingestd.mail.charset import clean, decode

SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_FILES: Final = 500
_PROPERTIES: Final = 5_000
_DEPTH: Final = 5
_NAME_LIMIT: Final = 2_000
_HEADER: Final = struct.Struct("<BHHI")
_U32: Final = struct.Struct("<I")
# Attribute ids (MS-OXTNEF section 2.1.3.3).
_BODY, _ATTACH_DATA, _ATTACH_TITLE, _ATTACH_TRANSPORT_NAME = 0x800C, 0x800F, 0x8010, 0x9001
_RENDERING, _MESSAGE_PROPERTIES, _ATTACH_PROPERTIES, _OEM_CODEPAGE = 0x9002, 0x9003, 0x9005, 0x9007
# Property ids (MS-OXPROPS).
_PLAIN, _HTML, _RTF, _INTERNET_CODEPAGE, _CODEPAGE = 0x1000, 0x1013, 0x1009, 0x3FDE, 0x3FFD
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _DATA, _MIME, _CONTENT_ID = 0x3707, 0x3704, 0x3001, 0x3701, 0x370E, 0x3712
_FIXED: Final = {
    0x01: 0,
    0x02: 4,
    0x03: 4,
    0x04: 4,
    0x05: 8,
    0x06: 8,
    0x07: 8,
    0x0A: 4,
    0x0B: 4,
    0x14: 8,
    0x40: 8,
    0x48: 16,
}
_VARIABLE: Final = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_MULTIPLE: Final = 0x1000
_UNICODE: Final = 0x1F
_OBJECT: Final = 0x0D
_IMESSAGE: Final = bytes.fromhex("0703020000000000c000000000000046")


@dataclass(slots=True)
class Enclosed:
    """A file inside: data[offset : offset + length]. An embedded mail has a text."""

    name: str = ""
    content_type: str = ""
    content_id: str = ""
    offset: int = 0
    length: int = 0
    embedded: bool = False
    text: str = ""
    found: bool = False


@dataclass(slots=True)
class Tnef:
    """What a TNEF stream holds. `html` and `rtf` are places in it; `rtf` is compressed."""

    files: list[Enclosed] = field(default_factory=list)
    plain: str = ""
    html: tuple[int, int] = (0, 0)
    rtf: tuple[int, int] = (0, 0)
    charset: str = "cp1252"


@dataclass(frozen=True, slots=True)
class _Property:
    ident: int
    kind: int
    offset: int
    length: int


def read_tnef(data: bytes, start: int = 0, end: int | None = None, depth: int = 0) -> Tnef | None:
    """The content of a TNEF stream; None where it is none. Never raises: a damaged one gives what came before."""
    end = len(data) if end is None else min(end, len(data))
    if not data.startswith(SIGNATURE, start):
        return None
    tnef = Tnef()
    for ident, offset, length in _attributes(data, start + 6, end):
        _attribute(data, tnef, ident, offset, length)
    if depth < _DEPTH:
        _open_embedded(data, tnef, depth)
    tnef.files = [file for file in tnef.files if file.found or file.name]
    return tnef


def text_of(data: bytes, tnef: Tnef) -> str:
    """The body as text: as it stands, else that of the RTF; "" where there is only a page."""
    offset, length = tnef.rtf
    if tnef.plain or not length or tnef.html[1]:
        return tnef.plain
    return rtf.to_text(rtf.decompress(data[offset : offset + length]))


def _attributes(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    while at + _HEADER.size <= end:
        _, ident, _, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        length = min(length, end - at)
        yield ident, at, length
        at += length + 2  # the checksum: not believed, since some writers leave it out of order


def _attribute(data: bytes, tnef: Tnef, ident: int, offset: int, length: int) -> None:
    if ident == _OEM_CODEPAGE and length >= 4:
        tnef.charset = f"cp{_U32.unpack_from(data, offset)[0]}"
    elif ident == _BODY:
        tnef.plain = tnef.plain or _string(data[offset : offset + length], tnef.charset)
    elif ident == _MESSAGE_PROPERTIES:
        for found in _properties(data, offset, offset + length):
            _message_property(data, tnef, found)
    elif ident == _RENDERING and len(tnef.files) < _FILES:
        tnef.files.append(Enclosed())
    elif tnef.files:
        _file_attribute(data, tnef, ident, offset, length)


def _message_property(data: bytes, tnef: Tnef, found: _Property) -> None:
    place = (found.offset, found.length)
    if found.ident == _HTML:
        tnef.html = place
    elif found.ident == _RTF:
        tnef.rtf = place
    elif found.ident == _PLAIN:
        tnef.plain = _text(data, found, tnef.charset) or tnef.plain
    elif found.ident in {_INTERNET_CODEPAGE, _CODEPAGE} and found.length >= 4:
        number = _U32.unpack_from(data, found.offset)[0]
        tnef.charset = {65001: "utf-8", 20127: "cp1252", 28591: "cp1252", 50220: "iso-2022-jp"}.get(
            number, f"cp{number}"
        )


def _file_attribute(data: bytes, tnef: Tnef, ident: int, offset: int, length: int) -> None:
    file = tnef.files[-1]
    if ident == _ATTACH_DATA:
        file.offset, file.length, file.found = offset, length, True
    elif ident in {_ATTACH_TITLE, _ATTACH_TRANSPORT_NAME}:
        file.name = file.name or _string(data[offset : offset + min(length, _NAME_LIMIT)], tnef.charset)
    elif ident == _ATTACH_PROPERTIES:
        for found in _properties(data, offset, offset + length):
            _file_property(data, file, found, tnef.charset)


def _file_property(data: bytes, file: Enclosed, found: _Property, charset: str) -> None:
    if found.ident == _LONG_NAME:
        file.name = _text(data, found, charset) or file.name
    elif found.ident in {_SHORT_NAME, _DISPLAY_NAME}:
        file.name = file.name or _text(data, found, charset)
    elif found.ident == _MIME:
        file.content_type = _text(data, found, charset).lower()
    elif found.ident == _CONTENT_ID:
        file.content_id = _text(data, found, charset).strip("<>")
    elif found.ident == _DATA and found.length > 0:
        # An object begins with the id of its interface (MS-OXTNEF section 2.1.3.4).
        skip = 16 if found.kind == _OBJECT and found.length >= 16 else 0
        file.embedded = data.startswith(_IMESSAGE, found.offset) and skip == 16
        file.offset, file.length, file.found = found.offset + skip, found.length - skip, True


def _open_embedded(data: bytes, tnef: Tnef, depth: int) -> None:
    """The files of an enclosed mail stand beside it: nobody's program opens them inside."""
    for file in tuple(tnef.files):
        if file.embedded:
            inner = read_tnef(data, file.offset, file.offset + file.length, depth + 1)
            if inner:
                file.text = text_of(data, inner)
                tnef.files += inner.files[: max(0, _FILES - len(tnef.files))]


def _properties(data: bytes, at: int, end: int) -> Iterator[_Property]:
    if at + 4 > end:
        return
    count = min(_U32.unpack_from(data, at)[0], _PROPERTIES)
    at += 4
    for _ in range(count):
        if at + 4 > end:
            return
        kind, ident = struct.unpack_from("<HH", data, at)
        at = _past_name(data, at + 4, end) if ident >= 0x8000 else at + 4
        base = kind & ~_MULTIPLE
        if base in _VARIABLE:
            values, at = _variable(data, at, end)
        elif base in _FIXED:
            values, at = _fixed(data, at, end, _FIXED[base], many=kind != base)
        else:
            return
        for offset, length in values[:1]:
            yield _Property(ident, base, offset, length)


def _past_name(data: bytes, at: int, end: int) -> int:
    """Named properties carry a GUID and a number or a string before their value."""
    if at + 24 > end:
        return end
    if _U32.unpack_from(data, at + 16)[0] == 0:
        return at + 24
    return at + 24 + _padded(_U32.unpack_from(data, at + 20)[0])


def _variable(data: bytes, at: int, end: int) -> tuple[list[tuple[int, int]], int]:
    values: list[tuple[int, int]] = []
    if at + 4 > end:
        return values, end
    count = min(_U32.unpack_from(data, at)[0], _PROPERTIES)
    at += 4
    for _ in range(count):
        if at + 4 > end:
            return values, end
        length = _U32.unpack_from(data, at)[0]
        values.append((at + 4, max(0, min(length, end - at - 4))))
        at += 4 + _padded(length)
    return values, at


def _fixed(data: bytes, at: int, end: int, size: int, *, many: bool) -> tuple[list[tuple[int, int]], int]:
    if not many:
        return [(at, min(size, max(0, end - at)))], at + size
    if at + 4 > end:
        return [], end
    return [], at + 4 + size * _U32.unpack_from(data, at)[0]


def _padded(length: int) -> int:
    return (length + 3) & ~3


def _text(data: bytes, found: _Property, charset: str) -> str:
    value = data[found.offset : found.offset + found.length]
    return _string(value, "utf-16-le" if found.kind == _UNICODE else charset)


def _string(value: bytes, charset: str) -> str:
    return clean(decode(value[:1_048_576], charset)).strip("\0").strip()
