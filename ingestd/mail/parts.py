"""The MIME tree of a mail as offsets into its raw bytes (RFC 2046): nothing is copied, nothing decoded.

Bounded by construction: at most PARTS parts, nested at most DEPTH deep; what exceeds this stays inside the last part.
"""

import re
from typing import Final, NamedTuple

from ingestd.core.model import Coding, Slice
from ingestd.mail.headers import BLOCK_LIMIT, Fields, split_head
from ingestd.mail.parameters import Header, header_of
from ingestd.mail.raw import Raw, search, with_line_feeds

PARTS: Final = 1_000
DEPTH: Final = 50
_FALSE_BOUNDARIES: Final = 10_000
_CODINGS: Final = {
    b"7bit": Coding.IDENTITY,
    b"8bit": Coding.IDENTITY,
    b"base64": Coding.BASE64,
    b"quoted-printable": Coding.QUOTED_PRINTABLE,
    b"x-uuencode": Coding.UUENCODE,
    b"uuencode": Coding.UUENCODE,
    b"x-uue": Coding.UUENCODE,
    b"x-uu": Coding.UUENCODE,
    b"uue": Coding.UUENCODE,
}
_CODING_NAME: Final = re.compile(rb"[a-z0-9-]+")
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\n\r\f\v"
_FOREIGN: Final = re.compile(rb"[^A-Za-z0-9+/=\s]+|[A-Za-z]+ [A-Za-z]+ [A-Za-z]+")
_GUESSED: Final = 65_536
_GUESS: Final = re.compile(rb"^--(\S[^\r\n]{0,90}?)[ \t]*\r?\n(?=Content-)", re.MULTILINE | re.IGNORECASE)


class Part(NamedTuple):
    """One node: its fields, its type (`content_type` in lower case, without parameters), and where its body stands.
    `children` are the parts of a multipart, or the one mail inside a message/rfc822 that is not encoded.
    """

    fields: Fields
    content_type: str
    kind: Header
    disposition: Header
    coding: Coding
    head: int
    start: int
    end: int
    children: tuple["Part", ...]

    @property
    def source(self) -> Slice:
        """The body's bytes."""
        return Slice(self.start, self.end - self.start, (self.coding,))


def tree(raw: Raw, most: int = PARTS) -> Part:
    """The whole mail as a tree of at most so many parts; never raises."""
    text = with_line_feeds(raw)
    return _Scanner(text, most).part(first_field(text), len(text), "text/plain", 0)


def charset_of(part: Part) -> str:
    """The charset that the mail's first text declares: raw 8-bit bytes in its fields are probably in it too."""
    for _ in range(DEPTH):
        if not part.children or part.kind.get("charset"):
            break
        part = part.children[0]
    return part.kind.get("charset")


def count(part: Part) -> int:
    """How many parts there are in this one, itself included."""
    return 1 + sum(map(count, part.children)) if part.children else 1


def first_field(raw: Raw) -> int:
    """Where the head begins: blank lines and a byte order mark before it are no header block of their own."""
    # Hardly any mail begins with something else than its first field.
    found = _LEADING.match(raw[:_LEAD]) if raw[:1] in _BEFORE else None
    return found.end() if found else 0


# As much of it as the pattern below can look at.
_LEAD: Final = 11_000
_BEFORE: Final = frozenset({b"\xef", b" ", b"\t", b"\r", b"\n"})
_LEADING: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]{0,100}\r?\n){0,100}(?=[!-9;-~]{1,200}[ \t]*:|>?From )")


class _Scanner:
    def __init__(self, raw: Raw, most: int) -> None:
        self._raw = raw
        self._left = most

    def part(self, head: int, end: int, default: str, depth: int) -> Part:
        self._left -= 1
        stop, start = split_head(self._raw, head, end)
        if start > end:
            stop, start = min(stop, end), end
        fields = Fields(self._raw[head : stop if stop - head < BLOCK_LIMIT else head + BLOCK_LIMIT])
        kind = header_of(fields.get(b"content-type"))
        name = kind.value
        if "/" not in name:
            name = _completed(name, default, named=bool(kind.text("name")))
        coding = _coding(fields.get(b"content-transfer-encoding"))
        children: tuple[Part, ...] = ()
        if name.startswith("multipart/"):
            inner = "message/rfc822" if name == "multipart/digest" else "text/plain"
            children = self._multipart(kind, start, end, inner, depth)
        elif name in {"message/rfc822", "message/global"} and depth < DEPTH and self._left > 0:
            coding = _checked(self._raw, coding, start, end)
            children = (self._inner(start, end, depth),) if coding is Coding.IDENTITY else ()
        else:
            coding = _checked(self._raw, coding, start, end)
        disposition = header_of(fields.get(b"content-disposition"))
        return Part(fields, name, kind, disposition, coding, head, start, end, children)

    def _inner(self, start: int, end: int, depth: int) -> Part:
        lead = _LEADING.match(self._raw[start : min(end, start + _LEAD)])
        return self.part(start + lead.end() if lead else start, end, "text/plain", depth + 1)

    def _multipart(self, kind: Header, start: int, end: int, default: str, depth: int) -> tuple[Part, ...]:
        if depth >= DEPTH:
            return ()
        spans = self._spans(kind.get("boundary").encode("utf-8", "replace"), start, end)
        if not spans and (guess := search(_GUESS, self._raw, start, min(end, start + 65_536), _GUESSED)):
            spans = self._spans(guess[1][1], start, end)
        return tuple([self.part(a, b, default, depth + 1) for a, b in spans])

    def _spans(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        if not boundary:
            return []
        raw, mark, spans, opened = self._raw, b"--" + boundary, [], -1
        false = 0
        at = start if raw[start : start + len(mark)] == mark else raw.find(b"\n" + mark, start, end) + 1
        while at > 0 and at < end:
            line_end, closes = self._boundary_line(at + len(mark), end)
            if line_end < 0:
                false += 1
            else:
                if opened >= 0:
                    spans.append((opened, _before(raw, opened, at)))
                # What a closing boundary closes too early is opened again by the next one.
                opened = -1 if closes else line_end
            if false > _FALSE_BOUNDARIES or len(spans) >= self._left - 1:
                break
            at = raw.find(b"\n" + mark, max(at, line_end - 1), end) + 1
        if opened >= 0 and opened < end:
            spans.append((opened, end))
        return spans

    def _boundary_line(self, at: int, end: int) -> tuple[int, bool]:
        """Where the line after this boundary begins (-1: it is a longer line), and whether it closes."""
        stop = self._raw.find(b"\n", at, end)
        stop = end if stop < 0 else stop + 1
        rest = self._raw[at : min(stop, at + 100)].rstrip()
        # The boundary ends where white space begins (RFC 2046 section 5.1.1, note to implementors); a longer word is
        # another boundary that begins alike.
        if not rest or rest[:1].isspace():
            return stop, False
        closes = rest.startswith(b"--") and not rest[2:3].strip()
        return (stop if closes else -1), closes


def _before(raw: Raw, start: int, at: int) -> int:
    """The line break before a boundary belongs to the boundary (RFC 2046 section 5.1.1)."""
    last = raw[max(start, at - 2) : at]
    if last == b"\r\n":
        return at - 2
    return max(at - 1, start) if last.endswith(b"\n") else at


def _completed(value: str, default: str, *, named: bool) -> str:
    known = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}
    # A word that is no type at all counts as plain text (RFC 2045 section 5.2), unless it is about a file.
    return known.get(value) or ("application/octet-stream" if value and named else default)


def _coding(value: bytes) -> Coding:
    if value in _CODINGS:
        return _CODINGS[value]
    found = _CODING_NAME.search(value.lower()) if value else None
    return _CODINGS.get(found.group(), Coding.IDENTITY) if found else Coding.IDENTITY


def _checked(raw: Raw, coding: Coding, start: int, end: int) -> Coding:
    """What calls itself base64 and is readable text stays as it is."""
    if coding is not Coding.BASE64:
        return coding
    sample = raw[start : min(end, start + 1_000)]
    if b" " not in sample and not sample.translate(None, _BASE64):
        return coding
    foreign = sum(map(len, _FOREIGN.findall(sample)))
    return Coding.IDENTITY if foreign * 10 > len(sample) else coding
