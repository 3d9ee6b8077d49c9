"""A header block taken apart, however broken: fields in their order, ids, dates; text by `decode_words`."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from itertools import islice
from typing import Final

from ingestd.mail.charset import ascii_stays
from ingestd.mail.raw import Raw
from ingestd.mail.words import LIMIT, decode_words, line

__all__ = ["BLOCK_LIMIT", "Fields", "decode_words", "message_date", "message_ids", "split_head", "trace_of"]

BLOCK_LIMIT: Final = 262_144
_FIELD_LIMIT: Final = 5_000
_IDS_LIMIT: Final = 65_536
# A line that is neither a field nor folded continues the field before it: some scanners break theirs so.
_FIELD: Final = re.compile(
    rb"^([!-9;-~\x80-\xff]{1,200}+)[ \t]*+:[ \t]*+(.*+(?:\n(?:[ \t].*+|(?!--)[^:\n]++(?=\n|\Z)))*+)", re.MULTILINE
)
# Sought from the line break before it: that is found a character at a time, a beginning of a line only by trying all.
_ODD: Final = re.compile(rb"\n(?![ \t]|[!-9;-~\x80-\xff]{1,200}[ \t]*:)(?=.)")
_ODD_AT_ONCE: Final = re.compile(_ODD.pattern.removeprefix(rb"\n"))
_WELL_KNOWN: Final = re.compile(
    rb"^(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|reply-to|sender|return-path|"
    rb"in-reply-to|references|x-[!-9;-~]{1,100}|list-[a-z]+|delivered-to|dkim-signature)[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
# No relay leaves a blank before the colon of its results: one that stands there passed by what takes forgeries out.
_TRACE: Final = re.compile(rb"\n(?:(received)[ \t]*|(authentication-results)):(.*+(?:\n[ \t].*+)*+)", re.IGNORECASE)
_MOST_TRACES: Final = 200
_TRACE_LIMIT: Final = 8_192
# A date as almost all are written; what else there is, the library knows.
_DATE: Final = re.compile(
    rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),  ?)?(\d\d?) ([A-Z][a-z]{2}) ((?:19|20)\d\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"
    rb"(?: \([A-Z]{2,5}\))?"
)
_MONTHS: Final = {
    name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
_BRACKETED: Final = re.compile(r"<([^<>]{1,998})>")


def split_head(raw: Raw, start: int, end: int) -> tuple[int, int]:
    """Where the header block that begins at `start` ends, and where the body behind it begins."""
    first = raw[start : start + 2]
    if first[:1] == b"\n":
        return start, start + 1
    if first == b"\r\n":
        return start, start + 2
    stop, body = _empty_line(raw, start, end)
    # What stands before the head tells whether it begins a line.
    base = start - 1 if start else 0
    head = raw[base : stop if stop - start < BLOCK_LIMIT else start + BLOCK_LIMIT]
    odd = _first_odd(head, start - base)
    if odd >= 0 and not _belongs(head, odd, start - base):
        return base + odd, base + odd
    return stop, body


def _first_odd(head: bytes, start: int) -> int:
    """Where the first line begins that is no field and continues none; -1 where there is none."""
    if (start == 0 or head[start - 1] == 10) and _ODD_AT_ONCE.match(head, start):
        return start
    found = _ODD.search(head, start)
    return found.end() if found else -1


def _empty_line(raw: Raw, start: int, end: int) -> tuple[int, int]:
    near = end if end - start < BLOCK_LIMIT else start + BLOCK_LIMIT
    found = _first_empty_line(raw, start, near)
    # It may lie across the border.
    return found or _first_empty_line(raw, max(start, near - 2), end) or (end, end)


def _first_empty_line(raw: Raw, start: int, end: int) -> tuple[int, int] | None:
    """Whichever comes first; the one that the first line ends like is sought first, since all of a mail ends alike."""
    first = raw.find(b"\n", start, end)
    if first > 0 and raw[first - 1 : first] == b"\r":
        full = raw.find(b"\n\r\n", start, end)
        bare = raw.find(b"\n\n", start, end if full < 0 else full + 1)
        full = full if bare < 0 else -1
    else:
        bare = raw.find(b"\n\n", start, end)
        full = raw.find(b"\n\r\n", start, end if bare < 0 else bare + 1)
    if full >= 0:
        return full + 1, full + 3
    return (bare + 1, bare + 2) if bare >= 0 else None


def _belongs(head: bytes, odd: int, start: int) -> bool:
    """A stray line is part of the head when fields that everybody knows follow it; else the body has begun."""
    if odd == start and head.startswith((b"From ", b">From "), start):
        return True
    if head[max(odd - 3, start) : odd].rstrip().endswith(b";"):
        return True
    return _WELL_KNOWN.search(head, odd) is not None


class Fields:
    """The fields of one header block, in their order, and `named`, their values by the name in lower case; values stay
    raw and unfolded.
    """

    __slots__ = ("_plain", "_texts", "items", "named")

    def __init__(self, block: bytes) -> None:
        self.items: list[tuple[bytes, bytes]] = []
        self.named: dict[bytes, list[bytes]] = {}
        self._texts: dict[tuple[bytes, str], str] = {}
        self._plain = ""
        for name, folded in _FIELD.findall(block[:BLOCK_LIMIT])[:_FIELD_LIMIT]:
            value = _unfolded(folded) if b"\n" in folded else folded.rstrip()
            self.items.append((name, value))
            self.named.setdefault(name.lower(), []).append(value)

    def get(self, name: bytes) -> bytes:
        """The first field of this (lower-case) name, b"" where there is none."""
        found = self.named.get(name)
        return found[0] if found else b""

    def all(self, name: bytes) -> list[bytes]:
        """Every field of this (lower-case) name."""
        return self.named.get(name, [])

    def text(self, name: bytes, hint: str = "") -> str:
        """The first field of this name, decoded on one line."""
        found = self.named.get(name)
        return self.decoded(found[0], hint).strip() if found else ""

    def lines(self, most: int, hint: str = "") -> Iterable[tuple[str, str]]:
        """Name and value of the first so many fields in their order, decoded, each on one line."""
        if not self.items:
            return ()
        names, values = zip(*self.items[:most], strict=True)
        return zip(_names(names), self._values(values, hint), strict=True)

    def _values(self, values: tuple[bytes, ...], hint: str) -> list[str]:
        whole = b"\n".join(values)
        plain = whole.isascii() and b"\x1b" not in whole and (not hint or hint == self._plain or self._stays(hint))
        lines = _lines(whole.decode("ascii")) if plain else []
        if lines and b"=?" not in whole:
            return lines
        return [
            lines[at] if lines and b"=?" not in value else self.decoded(value, hint) for at, value in enumerate(values)
        ]

    def _stays(self, hint: str) -> bool:
        """Whether ASCII is what it looks like under this hint; the same one comes with field after field."""
        if not ascii_stays(hint):
            return False
        self._plain = hint
        return True

    def decoded(self, value: bytes, hint: str = "") -> str:
        """A value of one of these fields on one line; what costs something is done once for all who ask."""
        plain = value.isascii() and (not hint or hint == self._plain or self._stays(hint))
        if plain and b"=?" not in value and b"\x1b" not in value:
            text = value[:LIMIT].decode("ascii")
            return text if text.isprintable() else line(text)
        key = (value, "" if plain else hint)
        known = self._texts.get(key)
        if known is None:
            known = self._texts[key] = decode_words(*key)
        return known


def _names(names: tuple[bytes, ...]) -> list[str]:
    # What a name is made of is printable, but for bytes that no name should have.
    whole = b"\n".join(names)
    if whole.isascii() and b"=?" not in whole:
        return whole.decode("ascii").split("\n")
    return [*map(decode_words, names)]


def _lines(text: str) -> list[str]:
    """Its lines as `line` gives each of them, where that is known of all at once; else none."""
    flat = text.replace("\t", " ") if "\t\t" not in text else text
    return flat.split("\n") if flat.replace("\n", "").isprintable() else []


def _unfolded(value: bytes) -> bytes:
    return value.replace(b"\r\n", b"").replace(b"\n", b"").rstrip()


def trace_of(block: bytes) -> tuple[tuple[str, str], ...]:
    """The Received and Authentication-Results fields of a header block, the first 200; see `core.model.Mail.trace`."""
    return tuple(
        [
            (
                "received" if found[1] else "authentication-results",
                line(_unfolded(found[3]).lstrip()[:_TRACE_LIMIT].decode("utf-8", "replace")).strip(),
            )
            for found in islice(_TRACE.finditer(b"\n" + block[:BLOCK_LIMIT]), _MOST_TRACES)
        ]
    )


def message_ids(values: Iterable[bytes]) -> tuple[str, ...]:
    """The Message-IDs of these fields in their order, without brackets and without repeats."""
    found: list[str] = []
    for value in values:
        text = decode_words(value) if b"=?" in value else value[:_IDS_LIMIT].decode("utf-8", "replace")
        found += _BRACKETED.findall(text) or [word for word in text.replace(",", " ").split() if _plain_id(word)]
    return tuple(dict.fromkeys(filter(None, map(_clean_id, found))))


def _clean_id(written: str) -> str:
    # Of what can be printed, a blank alone has no place in it.
    plain = written.isprintable() and " " not in written and "=?" not in written
    return written if plain else decode_words("".join(written.split()))


def _moment(found: re.Match[bytes]) -> datetime:
    day, month, year, hour, minute, second, east, hours, minutes = found.groups()
    at = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    ahead = timedelta(0, 3_600 * int(hours) + 60 * int(minutes))
    return at - ahead if east == b"+" else at + ahead


def _plain_id(word: str) -> bool:
    return "@" in word.strip("@<>") and len(word) < 999


def message_date(value: bytes) -> datetime | None:
    """The moment of a Date field in UTC (RFC 5322 section 3.3); None where it tells none."""
    if not value:
        return None
    try:
        if found := _DATE.fullmatch(value):
            return _moment(found)
        parsed = parsedate_tz(decode_words(value[:200]))
        if parsed is None:
            return None
        # Without a zone the writer's place is unknown: UTC is as near as can be said (RFC 5322 section 4.3).
        moment = datetime(*parsed[:6], tzinfo=UTC).timestamp() - (parsed[9] or 0)
        return datetime.fromtimestamp(moment, UTC)
    except (ValueError, OverflowError, OSError, TypeError, LookupError):
        return None
