"""Authentication-Results fields (RFC 8601), as they are really written: which are ours, and what they say.

ARC-Authentication-Results are not looked at: what another host found out is that host's word, and who seals a forgery
seals it well. An MX that trusts a sealer says so in its own `dmarc` result.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from ingestd.core.grade import Field, Result
from ingestd.core.model import Mail
from ingestd.core.trusted import trusted_fields

# How an operator names the fields of a relay that writes no authserv-id, as Exchange Online does.
NAMELESS: Final = "(none)"

_MOST_FIELDS: Final = 50
_MOST_RESULTS: Final = 100
_MOST_PROPERTIES: Final = 20
_MARK: Final = re.compile(r'\\.|[()";]|[^\\()";]+|\\', re.DOTALL)
_PAIR: Final = re.compile(
    r'([A-Za-z][\w.-]{0,60})(?:\s{0,9}/\s{0,9}\d{1,9})?\s{0,9}=\s{0,9}((?:"(?:[^"\\]|\\.)*"|[^\s"])*)', re.ASCII
)
_ID: Final = re.compile(r"([^\s=/\"]{1,255})(?: \d{1,9})?")
_BLANK: Final = re.compile(r"\s+")


def fields_of(mail: Mail, authserv_ids: Sequence[str], trusted_hosts: Sequence[str]) -> tuple[Field, ...]:
    """The fields that our own hops wrote, topmost first.

    `trusted_hosts` are the names of our hops behind `by` in Received: the fields above the first Received by any other
    stand. Without any, the topmost Received counts as that of the relay: most write their results just below their own.
    """
    known = {each.casefold() for each in authserv_ids}
    ours = trusted_fields(mail.trace, trusted_hosts) if trusted_hosts else _first_hop(mail.trace)
    written = (value for name, value in ours if name == "authentication-results")
    read = (read_field(value) for value in islice(written, _MOST_FIELDS))
    return tuple(field for field in read if (field.authserv_id.casefold() or NAMELESS) in known)


def _first_hop(trace: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    hops = [place for place, (name, _) in enumerate(trace) if name == "received"]
    return trace[: hops[1]] if len(hops) > 1 else trace


def read_field(value: str) -> Field:
    """What the field says, as far as it can be read; the authserv-id is "" for none, "?" where it cannot be read."""
    reader = _Reader()
    for mark in _MARK.findall(value):
        reader.take(mark)
    first, *others = (_BLANK.sub(" ", segment).strip() for segment in reader.segments())
    # Exchange Online begins with the first result.
    nameless = _PAIR.match(first) is not None
    named = _ID.fullmatch(first)
    segments = [first, *others] if nameless else others
    authserv_id = "" if nameless else named[1] if named else "?"
    return Field(authserv_id, tuple(islice(_results(segments), _MOST_RESULTS)), reader.sound, value)


def _results(segments: Sequence[str]) -> Iterator[Result]:
    for segment in segments:
        pairs = [(found[1].lower(), found[2]) for found in islice(_PAIR.finditer(segment), _MOST_PROPERTIES)]
        if pairs and "." not in pairs[0][0]:
            (method, result), *properties = pairs
            yield Result(method, result.lower(), tuple((name, said.replace('"', "")) for name, said in properties))


class _Reader:
    """Takes a field apart at its semicolons, comments left out; `sound` where all quotes and brackets close.

    Quotes mean nothing to a comment (RFC 5322 section 3.2.2), but one that opens there and does not close is a piece
    of an address that the writer did not quote.
    """

    def __init__(self) -> None:
        self._done: list[str] = []
        self._open: list[str] = []
        self._depth = 0
        self._quotes = 0
        self._quoted = False
        self._broken = False

    @property
    def sound(self) -> bool:
        return not (self._broken or self._depth or self._quoted)

    def segments(self) -> list[str]:
        """What stands between semicolons; at least one."""
        return [*self._done, "".join(self._open)]

    def take(self, mark: str) -> None:
        if self._depth:
            self._comment(mark)
        elif self._quoted or mark == '"':
            self._quoted ^= mark == '"'
            self._open.append(mark)
        elif mark == "(":
            self._depth, self._quotes = 1, 0
            self._open.append(" ")
        elif mark == ")":
            self._broken = True
        elif mark == ";":
            self._done.append("".join(self._open))
            self._open = []
        else:
            self._open.append(mark)

    def _comment(self, mark: str) -> None:
        self._depth += (mark == "(") - (mark == ")")
        self._quotes += mark == '"'
        self._broken |= not self._depth and self._quotes % 2 == 1
