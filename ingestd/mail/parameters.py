"""Content-Type and Content-Disposition with their parameters, in all the broken forms of RFC 2231 and RFC 2047."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from ingestd.mail.charset import decode
from ingestd.mail.codec import codec_of
from ingestd.mail.words import LIMIT, decode_words

_PARAMETER: Final = re.compile(r';?\s*([^\s=;"]{1,100})\s*=\s*("[^"\\]*(?:\\.[^"\\]*)*"|[^;]*);?', re.DOTALL)
_VALUE: Final = re.compile(r"[\w!#$&^.+-]{1,127}(?:/[\w!#$&^.+-]{1,127})?")
_ESCAPED: Final = re.compile(r'\\(["\\])')
_SECTION: Final = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")
_APOSTROPHES: Final = re.compile(r"\A'([^']+)'\Z")
_SHORT: Final = 100
_NONE: Final[Mapping[str, str]] = {}
_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")


class Header:
    """A value and its parameters (names in lower case); `text` gives a parameter as its author meant it."""

    __slots__ = ("_hint", "_is_extended", "_raw", "_texts", "value")

    def __init__(self, raw: bytes, hint: str = "") -> None:
        self._hint = hint
        self._texts: dict[str, str] = {}
        self.value, self._raw, self._is_extended = "", _NONE, False
        if raw:
            text = raw.decode("ascii") if raw.isascii() else decode(raw[:LIMIT], hint)
            self.value, self._raw, self._is_extended = _taken(text)

    def get(self, name: str) -> str:
        """The parameter as it stands, for tokens such as charset and boundary."""
        written = self._raw.get(name)
        return written or "" if written or not self._is_extended else self.text(name)

    def lacks(self, names: frozenset[str]) -> bool:
        """Whether none of these parameters is there, not even in pieces."""
        return not self._is_extended and names.isdisjoint(self._raw)

    def text(self, name: str) -> str:
        """The parameter's text on one line: RFC 2231 where it is readable, else RFC 2047, else as it stands."""
        if not self._is_extended and name not in self._raw:
            return ""
        if name not in self._texts:
            self._texts[name] = self._meant(name)
        return self._texts[name]

    def _meant(self, name: str) -> str:
        plain = self._raw.get(name, "").strip()
        if plain.startswith("'"):
            plain = _APOSTROPHES.sub(r"\1", plain)
        plain = decode_words(plain, self._hint).strip()
        extended = self._extended(name)
        if plain and ("\ufffd" in extended or not extended):
            return plain
        return decode_words(extended, self._hint).strip()

    def _extended(self, name: str) -> str:
        if not self._is_extended:
            return ""
        sections = sorted(self._sections(name), key=lambda section: section[0])
        if not sections:
            return ""
        charset, data = "", b""
        for position, (_, encoded, value) in enumerate(sections):
            if position == 0 and encoded and value.count("'") >= 2:
                charset, _, value = value.split("'", 2)  # noqa: PLW2901 - the rest of the same section
            elif position == 0 and encoded and codec_of(value.partition("'")[0]):
                charset, _, value = value.partition("'")  # noqa: PLW2901 - some leave the language out
            written = value.encode("utf-8", "replace")
            data += unquote_to_bytes(written) if encoded or (_PERCENT.search(value) and charset) else written
        return decode(data, charset or self._hint)

    def _sections(self, name: str) -> list[tuple[int, bool, str]]:
        found = []
        for key, value in self._raw.items():
            match = _SECTION.match(key)
            if match and match[1] == name and (match[2] or match[3]):
                found.append((int(match[2] or 0), bool(match[3]), value))
        return found


def _taken(text: str) -> tuple[str, Mapping[str, str], bool]:
    """The value, its parameters, and whether one of these is extended (RFC 2231)."""
    found = _VALUE.search(text[:300].partition(";")[0])
    parameters: dict[str, str] = {}
    for name, value in _PARAMETER.findall(text[:LIMIT], found.end() if found else 0)[:500]:
        parameters.setdefault(name.lower(), _unquoted(value))
    return found.group().lower() if found else "", parameters, "*" in text and any("*" in name for name in parameters)


def header_of(raw: bytes) -> Header:
    """The value and the parameters of a field as it stands."""
    return _known(raw) if len(raw) <= _SHORT else Header(raw)


# Most of these fields stand in many mails.
_known: Final = lru_cache(256)(Header)


def _unquoted(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    inner = value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:]
    return _ESCAPED.sub(r"\1", inner) if "\\" in inner else inner
