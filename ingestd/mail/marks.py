"""What each line of a text is: its author's own words, or the history that they answer.

Every rule looks at bounded pieces of few lines: linear time.
"""

from enum import Enum, auto
from typing import Final

from ingestd.mail import history
from ingestd.mail.signs import (
    Signs,
    begins_forward,
    ends_in_verb,
    field_of,
    has_address,
    has_date,
    has_verb,
    is_ordinary,
    is_reply_mark,
)

_LOOK: Final = 300
_CLOSER: Final = frozenset(":：>*_-")
_CLOSERS: Final = (":", "：", ">", "*", "_", "--")
_DRAWN: Final = ("--", "==", "__", "~~", "——", "–", "‐‐")
_TITLE: Final = 80
_JOIN: Final = 5
_HEAD: Final = 14


class Mark(Enum):
    """INTRO introduces what is quoted, or is the head of a mail."""

    OWN = auto()
    BLANK = auto()
    QUOTE = auto()
    INTRO = auto()


# To ask an enumeration for its members takes longer than many a line.
OWN, BLANK, QUOTE, INTRO = Mark


def marks_of(lines: list[str], signs: Signs, *, forward: bool) -> list[Mark]:
    """Every line's mark, in their order. History without quote marks ends them, unless nothing was said before it."""
    out: list[Mark] = []
    closing, said = -1, False
    while (at := len(out)) < len(lines):
        line = lines[at]
        if not line[:_LOOK].strip():
            out.append(BLANK)
            continue
        if closing < at:
            closing = _next_closing(lines, at, signs)
        near = closing < at + _JOIN
        # Most lines of a long text are no introduction, and known for it before any search.
        if not near and is_ordinary(line) and not (signs.reply_mark and is_reply_mark(line)):
            said = True
            out.append(OWN)
            continue
        may_be = near or (line[:1].isdigit() and history.GMT_LED.match(line))
        introduced = _introduction(lines, at, signs) if may_be else 0
        length = introduced or _heads(lines, at, signs, forward=forward)
        if length and said and not (introduced and history.QUOTED.match(_next_text(lines, at + length))):
            return _ended(out, lines)
        if length:
            out += [INTRO] * length
            continue
        quote = (">" in line or "|" in line) and history.QUOTED.match(line) is not None
        said = said or not (quote or history.RULE.match(line))
        out.append(QUOTE if quote else OWN)
    return out


def _ended(out: list[Mark], lines: list[str]) -> list[Mark]:
    while out and (out[-1] is BLANK or history.RULE.match(lines[len(out) - 1])):
        out.pop()
    return out


def _next_closing(lines: list[str], at: int, signs: Signs) -> int:
    """The first line from here on that ends as introductions do."""
    for number in range(at, len(lines)):
        line = lines[number]
        if line[-1:] in _CLOSER or line[:_LOOK].rstrip()[-1:] in _CLOSER or (signs.verb and ends_in_verb(line)):
            return number
    return len(lines) + _JOIN


def _next_text(lines: list[str], at: int) -> str:
    return next((line for line in lines[at : at + 6] if line.strip()), "")


def _introduction(lines: list[str], at: int, signs: Signs) -> int:
    """How many lines from here introduce a quoted mail ("On ... wrote:"); 0 if none do."""
    words = lines[at][:_LOOK].strip()
    if _is_whole(lines[at][:_LOOK], words):
        return 1
    if not _may_open(words.lstrip("> "), signs):
        return 0
    joined = ""
    for number, line in enumerate(lines[at : at + _JOIN]):
        text = line[:_LOOK].strip().lstrip("> ")
        if not text and not joined.endswith(("<", ",")) and "<" not in _next_text(lines, at + number)[:3]:
            return 0
        joined = f"{joined} {text}".strip()[:_LOOK]
        if _introduces(joined, lines, at + number + 1, signs):
            return number + 1
    return 0


def _is_whole(line: str, words: str) -> bool:
    """Whether this line introduces a mail as few programs do, which need no line beside it."""
    if line.startswith(">>>") and history.BETWEEN.match(line):
        return True
    return words.endswith(":") and "@" in words and history.SIGNED.match(words) is not None


def _may_open(first: str, signs: Signs) -> bool:
    if has_address(first) or (signs.verb and has_verb(first)):
        return True
    return has_date(first) and history.OPENING.match(first) is not None


def _introduces(joined: str, lines: list[str], end: int, signs: Signs) -> bool:
    closed = joined.endswith(_CLOSERS)
    if joined[:1].isdigit() and history.GMT_LED.match(joined):
        return closed or not _next_text(lines, end).startswith(("<", ">:"))
    if not closed:
        # Some leave the colon out: then only before a quote.
        bare = signs.verb and ends_in_verb(joined) and has_date(joined) and has_address(joined)
        return bare and not history.FIRST_PERSON.match(joined) and _is_quoted(lines, end)
    if history.FIRST_PERSON.match(joined):
        return False
    when, address = has_date(joined), has_address(joined)
    if joined.endswith(">") and address and history.DATE_LED.match(joined):
        return _is_quoted(lines, end)
    if not history.ENDS.search(joined[-20:]):
        return False
    if signs.verb and has_verb(joined):
        return (when or address) and not history.MYSELF.search(joined)
    if not (when and address):
        return False
    # In whatever language: an address in brackets, a day and a time before a colon introduce what is quoted below.
    stamped = "<" in joined and history.CLOCK.search(joined) and history.YEAR.search(joined)
    return joined.rstrip(" :：*_").endswith(">") or bool(stamped and _is_quoted(lines, end))


def _is_quoted(lines: list[str], at: int) -> bool:
    return history.QUOTED.match(_next_text(lines, at)) is not None


def _heads(lines: list[str], at: int, signs: Signs, *, forward: bool) -> int:
    """How many lines from here are the head of an enclosed mail: a separator, or From, Sent, To and Subject."""
    line = lines[at][:_LOOK]
    words = line.strip(history.DECORATION)
    ruled = line.lstrip("> \t*").startswith(_DRAWN) and len(words) < _TITLE
    if (signs.reply_mark and is_reply_mark(line)) or (ruled and history.ORIGINAL.match(words)):
        return 1 + _fields(lines, at + 1)
    if begins_forward(words) or (ruled and history.FORWARDED.match(words)):
        return 0 if forward else 1 + _fields(lines, at + 1)
    # Most lines are neither a field nor a rule above fields.
    if forward or not (":" in line or "：" in line or history.RULE.match(line)):
        return 0
    return _fields(lines, at)


def _fields(lines: list[str], at: int) -> int:
    """Three fields in a row, one of them From, are the head of a mail; their number of lines.

    Travellers and forms fill in such fields too: three need an address, or a day with a time of day, among them.
    """
    names: set[str] = set()
    sender, end, strays = False, at, 0
    for number in range(at, min(at + _HEAD, len(lines))):
        line = lines[number][:_LOOK]
        if name := field_of(line):
            names.add(name)
            sender = sender or history.FROM.match(line) is not None
            end, strays = number + 1, 0
        elif number == at and not history.RULE.match(line) and line.strip():
            return 0
        else:
            strays += 1
            if strays > 2:
                break
    return end - at if sender and (len(names) > 3 or (len(names) == 3 and _stamped(lines[at:end]))) else 0


def _stamped(head: list[str]) -> bool:
    text = "\n".join(line[:_LOOK] for line in head)
    return "@" in text or (history.CLOCK.search(text) is not None and history.YEAR.search(text) is not None)
