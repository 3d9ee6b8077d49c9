r"""Files -> the value of the form field `attachments`, piece by piece: base64(json([{"name", "data": base64}, ...])).

The bytes that come out need no percent-encoding. Base64 of ASCII holds `+` or `/` only where a byte is one of `~ > ?`
or DEL, which JSON can write as \u00XX, and `=` only where the length is no multiple of three, which blanks mend: JSON
allows them between tokens (RFC 8259 section 2). So the size is known before the first byte is read.
"""

import json
from collections.abc import Iterable

import pybase64

from ingestd.core.ticket import File

ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "~>?\x7f"}
# Nine raw bytes are twelve of the inner base64 and sixteen of the outer: no carry in between.
STRIDE = 9


class Encoder:
    """The exact bytes of the field value, for pieces of any length: `begin`, `data`..., `end` per file, then `finish`."""

    def __init__(self) -> None:
        self._position = 0
        self._raw = b""
        self._json = b""

    def begin(self, name: str) -> bytes:
        """The opening of a file."""
        return self._put(_head(name, self._position))

    def data(self, piece: bytes) -> bytes:
        """As much of the file as can be told by now."""
        raw = self._raw + piece if self._raw else piece
        whole = len(raw) - len(raw) % STRIDE
        self._raw = raw[whole:]
        return self._put(pybase64.b64encode(raw[:whole] if self._raw else raw))

    def end(self) -> bytes:
        """The rest of the file."""
        rest, self._raw = pybase64.b64encode(self._raw), b""
        return self._put(rest + b'"}')

    def finish(self) -> bytes:
        """The rest of the value, padded so that nothing is left over."""
        return self._put(_tail(self._position))

    def _put(self, text: bytes) -> bytes:
        self._position += len(text)
        joined = self._json + text if self._json else text
        whole = len(joined) - len(joined) % 3
        self._json = joined[whole:]
        return pybase64.b64encode(joined[:whole] if self._json else joined)


def encoded_size(files: Iterable[File]) -> int:
    """The exact count of bytes that an `Encoder` gives for these files; 0 for none, as the field is then not sent."""
    position = 0
    for file in files:
        position += len(_head(file.name, position)) + (file.size + 2) // 3 * 4 + len(b'"}')
    return (position + len(_tail(position))) // 3 * 4 if position else 0


def _head(name: str, position: int) -> bytes:
    # PHP's json_decode refuses the whole value for one lone surrogate.
    clean = name.encode("utf-8", "replace").decode()
    opening = f'{"," if position else "["}{{"name":{json.dumps(clean).translate(ESCAPES)},"data":'.encode("ascii")
    return opening + b" " * (-(position + len(opening) + 1) % 3) + b'"'


def _tail(position: int) -> bytes:
    return b"]" + b" " * (-(position + 1) % 3)
