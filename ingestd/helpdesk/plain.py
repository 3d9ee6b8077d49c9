"""HTTP/1.1 where there is nothing to it: a head that differs in its length alone, an answer that came whole.

h11 says what a head may hold, once for all requests that have the same; and whatever is not plain is left to it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import h11

from ingestd.quick import quick

Headers = Sequence[tuple[bytes, bytes]]
HeaderFields = tuple[tuple[bytes, bytes], ...]
"""Headers of a request, without its length."""

# RFC 9112 sections 4 and 5, without what few servers write: folded lines, bytes beyond ASCII.
_HEAD: Final = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t -~]*)?\r\n((?:[-!#$%&'*+.^_`|~0-9A-Za-z]+:[\t -~]*\r\n)*)\r\n"
)
_LENGTH: Final = b"content-length"
# These two have no body, whatever length they tell (RFC 9110 section 8.6).
_BODILESS: Final = frozenset({b"204", b"304"})


@quick
@dataclass(frozen=True, slots=True)
class Whole:
    """A whole answer, after which nothing came; the connection stays."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def whole(data: bytes) -> Whole | None:
    """The answer that this is from its first byte to its last; None where it is more, less, or anything but plain."""
    head = _HEAD.match(data)
    if head is None or head[1] in _BODILESS:
        return None
    headers = [_field(line) for line in head[2].split(b"\r\n")[:-1]]
    length = _length(headers)
    if length is None or len(data) - head.end() != length:
        return None
    return Whole(int(head[1]), headers, data[head.end() :])


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.strip(b" \t")


def _length(headers: Headers) -> int | None:
    """The length that is told once, of an answer that is told as it is and closes nothing."""
    found = None
    for name, value in headers:
        match name.lower():
            case b"content-length" if found is None and value.isdigit() and len(value) < 10:
                found = int(value)
            case b"connection" if value.lower() == b"keep-alive":
                pass
            case b"content-length" | b"connection" | b"transfer-encoding":
                return None
    return found


def head_of(target: bytes, headers: HeaderFields, size: int) -> bytes:
    """The head of a POST of so many bytes, as it is told; raises h11.LocalProtocolError."""
    return b"%bContent-Length: %d\r\n\r\n" % (_opening(target, headers), size)


# As many as there are addresses and tokens at a time.
@lru_cache(16)
def _opening(target: bytes, headers: HeaderFields) -> bytes:
    if any(name.lower() == _LENGTH for name, _ in headers):
        raise h11.LocalProtocolError("a request with a length, and one alone")
    told = h11.Connection(h11.CLIENT).send(h11.Request(method="POST", target=target, headers=list(headers)))
    assert told is not None
    return told.removesuffix(b"\r\n")
