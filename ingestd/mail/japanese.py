"""ISO-2022-JP as it is written, with the vendors' characters that the strict codec refuses."""

import re
from typing import Final

_JIS: Final = re.compile(rb"\x1b(?:\$\(?[@BDO]|\([BJIH])")


def escapes(data: bytes) -> bool:
    """Whether these bytes switch between ASCII and JIS X 0208 (RFC 1468)."""
    return _JIS.search(data) is not None


def iso_2022_jp(data: bytes) -> str:
    """Text of these bytes; where the codec refuses (NEC row 13, IBM), each character is read as CP932."""
    try:
        return data.decode("iso2022_jp_ext")
    except UnicodeError:
        return _lenient(data)


def _lenient(data: bytes) -> str:
    out, wide, kana, at = [], False, False, 0
    for escape in (*_JIS.finditer(data), None):
        end = escape.start() if escape else len(data)
        out.append(_segment(data[at:end], wide=wide, kana=kana))
        if escape:
            wide, kana, at = escape.group()[1:2] == b"$", escape.group() == b"\x1b(I", escape.end()
    return "".join(out)


def _segment(data: bytes, *, wide: bool, kana: bool) -> str:
    if kana:
        return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in data).decode("cp932", "replace")
    if not wide:
        return data.decode("cp932", "replace")
    return "".join(_pairs(data))


def _pairs(data: bytes) -> list[str]:
    out, at = [], 0
    while at < len(data):
        pair = data[at : at + 2]
        if len(pair) < 2 or not (0x21 <= pair[0] <= 0x7E and 0x21 <= pair[1] <= 0x7E):
            out.append(chr(pair[0]) if pair[0] < 0x80 else "\ufffd")
            at += 1
            continue
        out.append(_shifted(pair[0], pair[1]))
        at += 2
    return out


def _shifted(row: int, cell: int) -> str:
    """One JIS X 0208 cell moved to its place in Shift_JIS."""
    lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    trail = cell + 0x7E if row % 2 == 0 else cell + (0x20 if cell >= 0x60 else 0x1F)
    return bytes((lead, trail)).decode("cp932", "replace")
