"""Header text as its author meant it: encoded words (RFC 2047), raw 8-bit bytes, and every mixture of the two."""

import binascii
import re
from typing import Final

from ingestd.core.model import Coding
from ingestd.mail.charset import ascii_stays, clean, decode
from ingestd.mail.transfer import Decoder

LIMIT: Final = 16_384
_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*)\?=")
_BLANKS: Final = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]+")
_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")


def decode_words(raw: str | bytes, hint: str = "") -> str:
    """The header's text on one line of clean Unicode, never raising.

    Adjacent words in one charset are joined before they are decoded, so a character split over two of them survives;
    words inside quotes and words glued to text are decoded too, as real mail needs. `hint` is the charset that raw
    8-bit bytes are probably in. What exceeds 16 KB is cut.
    """
    if isinstance(raw, bytes):
        raw = raw[:LIMIT]
        text = raw.decode("ascii") if raw.isascii() and b"\x1b" not in raw and ascii_stays(hint) else decode(raw, hint)
    else:
        text = raw[:LIMIT]
    if "=?" in text:
        text = _decoded(_FOLD.sub("", text) if "\n" in text else text)
    return text if text.isprintable() else line(text)


def line(text: str) -> str:
    """The text on one line: breaks and tabs become blanks, controls and lone surrogates go."""
    # Breaks, tabs, controls and surrogates all count as what cannot be printed.
    if text.isprintable():
        return text
    # Mostly it is the one tab of a folded line.
    flat = text.replace("\t", " ") if "\t\t" not in text else text
    return flat if flat.isprintable() else clean(_BLANKS.sub(" ", text))


def _decoded(text: str) -> str:
    out: list[str] = []
    waiting: list[tuple[str, bytes]] = []
    at = 0
    # Behind the last closing mark no word can end: without this bound, openings alone cost quadratic time.
    for word in _WORD.finditer(text, 0, text.rfind("?=") + 2):
        between = text[at : word.start()]
        if not waiting:
            out.append(between)
        elif between.strip():
            out += _joined(waiting)
            waiting = []
            out.append(between)
        charset, encoding, written = word.groups()
        waiting.append((charset.partition("*")[0].lower(), _bytes_of(encoding, written)))
        at = word.end()
    return "".join((*out, *_joined(waiting), text[at:]))


def _joined(words: list[tuple[str, bytes]]) -> list[str]:
    if len(words) == 1:
        return [decode(words[0][1], words[0][0])]
    runs: list[tuple[str, bytes]] = []
    for charset, data in words:
        if runs and runs[-1][0] == charset:
            runs[-1] = (charset, runs[-1][1] + data)
        else:
            runs.append((charset, data))
    return [decode(data, charset) for charset, data in runs]


def _bytes_of(encoding: str, written: str) -> bytes:
    # Text after the charset was read as Unicode; what is not ASCII there was never encoded.
    data = written.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(_HEX.sub(b"=3D", data.replace(b"=\n", b"")), header=True)
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except binascii.Error:
        return _lenient(data)


def _lenient(data: bytes) -> bytes:
    decoder = Decoder((Coding.BASE64,))
    return decoder.feed(data) + decoder.finish()


_HEX: Final = re.compile(rb"=(?![0-9A-Fa-f]{2})")
