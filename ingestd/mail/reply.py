"""The words that this person wrote: the quoted history cut from a reply.

The law: losing words is worse than leaving quotes. Where the answer stands below or between quotes it is kept, and
where nothing would be left the whole text is. Every rule looks at bounded pieces of few lines: linear time.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from ingestd.mail import history
from ingestd.mail.signs import ends_in_verb, has_address, has_date, has_verb, is_ordinary, is_reply_mark

_LINES: Final = 2_000
_LOOK: Final = 300
_CLOSER: Final = frozenset(":：>*_-")
_CLOSERS: Final = (":", "：", ">", "*", "_", "--")
_TITLE: Final = 80
_JOIN: Final = 5
# Without any of these signs a text neither quotes nor introduces anything.
_SIGNS: Final = ":：>|—"
_RULES: Final = "-_=*~#+–"
_RULED: Final = re.compile(rf"[{_RULES}]{{2}}")
_QUOTED: Final = re.compile(r"\s{0,3}(?:>|\|\s|\|$|[A-Z]\w{0,11}>(?:\s|$))")
_RULE: Final = re.compile(r"\s*[-_=*~#+—–‐]{3,}\s*$")
_DELIMITER: Final = re.compile(r"\s*(?:--|—|__)\s*$")
_DELIMITERS: Final = frozenset({"--", "—", "__"})
_TAILS: Final = tuple(_DELIMITERS)
_FOOTER_RULE: Final = "_____"
_FOOTER_LINES: Final = 8
_SIGNATURE_LINES: Final = 15
_NAME: Final = re.compile(r"\s{0,3}(?:[-–—~]{1,2}|-- )[^\W\d_a-z][^\W\d_]+(?: [^\W\d_a-z][^\W\d_]*\.?){1,2}\s*$")
_TRACKER: Final = re.compile(r"\s*\u1427\s*$")  # what a tracking extension leaves in Gmail
_PREFIX: Final = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vs|doorst|vb|pd|转发|轉寄)\s*:", re.IGNORECASE)


class _Mark(Enum):
    OWN = auto()
    BLANK = auto()
    QUOTE = auto()
    INTRO = auto()


class _Line(NamedTuple):
    text: str
    mark: _Mark


def trimmed(text: str, subject: str = "") -> str:
    """The text without the history it quotes; all of it where that would leave nothing. A forward stays whole."""
    lines = text.split("\n")
    if not _suspect(text):
        return "\n".join(_without_tail(lines)).strip() or text.strip("\n")
    if len(lines) > _LINES:
        # What stands so far down is history or a file: only the beginning is looked at, and cut there or nowhere.
        kept = _kept(lines[:_LINES], forward=_PREFIX.match(subject) is not None)
        return kept if kept and len(kept.split("\n")) < _LINES - 100 else text
    return _kept(lines, forward=_PREFIX.match(subject) is not None) or text.strip("\n")


def _suspect(text: str) -> bool:
    # To look for one character is so much cheaper than for any of them that most texts never see the pattern.
    if any(map(text.__contains__, _SIGNS)):
        return True
    return any(map(text.__contains__, _RULES)) and _RULED.search(text) is not None


def own_words(lines: list[str]) -> str:
    """What is said in these lines above a forwarded mail: without separators, signature and phone's line."""
    lines = list(lines)
    while lines and (not lines[-1].strip() or _separates(lines[-1])):
        lines.pop()
    words = "\n".join(_without_tail(lines)).strip()
    return "" if _DELIMITER.match(words.partition("\n")[0]) else words


def _separates(line: str) -> bool:
    words = line[:_LOOK].strip(history.DECORATION)
    return not words or any(each.match(words) for each in (history.ORIGINAL, history.FORWARDED, history.BEGIN))


def _kept(lines: list[str], *, forward: bool) -> str:
    # A signature below the quotes would pass for an answer there.
    lines = _signed_off(lines)
    visible = [*map(_visible, lines)]
    marked = _marked(visible, forward=forward)
    if visible != lines:
        marked = [_Line(line, each.mark) for line, each in zip(lines, marked, strict=False)]
    last = max((at for at, line in enumerate(marked) if line.mark is _Mark.OWN), default=-1)
    kept = _without_tail(_chosen(marked, last))
    return "" if all(_RULE.match(line) or _DELIMITER.match(line) or not line.strip() for line in kept) else _text(kept)


def _visible(line: str) -> str:
    return line if line.isascii() else history.INVISIBLE.sub("", line)


def _text(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").strip()


def _chosen(marked: list[_Line], last: int) -> list[str]:
    """The lines that stay: up to the last own one. Quotes above it are what it answers; their introductions go."""
    return [line.text for line in marked[: last + 1] if line.mark is not _Mark.INTRO]


def _marked(lines: list[str], *, forward: bool) -> list[_Line]:
    """Every line with what it is. History without quote marks ends the mail, unless nothing was said before it."""
    out: list[_Line] = []
    closing = [*map(_closes, lines)]
    at, said = 0, False
    while at < len(lines):
        line = lines[at]
        if not line[:_LOOK].strip():
            out.append(_Line(line, _Mark.BLANK))
            at += 1
            continue
        if not any(closing[at : at + _JOIN]) and is_ordinary(line):
            said = True
            out.append(_Line(line, _Mark.OWN))
            at += 1
            continue
        # Most lines of a long text are no introduction, and known for it before any search.
        may_be = any(closing[at : at + _JOIN]) or history.GMT_LED.match(line) is not None
        length = _introduction(lines, at) if may_be else 0
        heads = 0 if length else _heads(lines, at, forward=forward)
        if heads and not said:
            length = heads
        if heads and said:
            return _ended(out)
        if length:
            quoted = _QUOTED.match(_next_text(lines, at + length))
            if said and not quoted:
                return _ended(out)
            out += [_Line(text, _Mark.INTRO) for text in lines[at : at + length]]
            at += length
            continue
        quote = _QUOTED.match(line) is not None
        said = said or not (quote or _RULE.match(line))
        out.append(_Line(line, _Mark.QUOTE if quote else _Mark.OWN))
        at += 1
    return out


def _ended(out: list[_Line]) -> list[_Line]:
    while out and (out[-1].mark is _Mark.BLANK or _RULE.match(out[-1].text)):
        out.pop()
    return out


def _next_text(lines: list[str], at: int) -> str:
    return next((line for line in lines[at : at + 6] if line.strip()), "")


def _introduction(lines: list[str], at: int) -> int:
    """How many lines from here introduce a quoted mail ("On ... wrote:"); 0 if none do."""
    if history.BETWEEN.match(lines[at][:_LOOK]) or history.SIGNED.match(lines[at][:_LOOK].strip()):
        return 1
    window = [line[:_LOOK].strip().lstrip("> ") for line in lines[at : at + _JOIN]]
    if not _may_open(window[0]):
        return 0
    joined = ""
    for number, text in enumerate(window):
        if number and not _tells(joined) and history.OPENING.match(text) and has_date(text):
            return 0
        if not text and not joined.endswith(("<", ",")) and "<" not in _next_text(lines, at + number)[:3]:
            return 0
        joined = f"{joined} {text}".strip()[:_LOOK]
        if _introduces(joined, lines, at + number + 1):
            return number + 1
    return 0


def _closes(line: str) -> bool:
    if line[-1:] in _CLOSER or line[:_LOOK].rstrip()[-1:] in _CLOSER:
        return True
    return ends_in_verb(line)


def _tells(text: str) -> bool:
    return has_address(text) or has_date(text) or has_verb(text)


def _may_open(first: str) -> bool:
    return has_address(first) or has_verb(first) or (has_date(first) and history.OPENING.match(first) is not None)


def _introduces(joined: str, lines: list[str], end: int) -> bool:
    if history.GMT_LED.match(joined):
        return joined.endswith(_CLOSERS) or not _next_text(lines, end).startswith(("<", ">:"))
    if history.FIRST_PERSON.match(joined):
        return False
    if not joined.endswith(_CLOSERS):
        # Some leave the colon out: then only before a quote.
        bare = ends_in_verb(joined) and has_date(joined) and has_address(joined)
        return bare and _QUOTED.match(_next_text(lines, end)) is not None
    when, address = has_date(joined), has_address(joined)
    if history.DATE_LED.match(joined) and joined.endswith(">") and address:
        return _QUOTED.match(_next_text(lines, end)) is not None
    if not history.ENDS.search(joined[-20:]):
        return False
    if has_verb(joined):
        return (when or address) and not history.MYSELF.search(joined)
    if not (when and address):
        return False
    # In whatever language: an address in brackets, a day and a time before a colon introduce what is quoted below.
    stamped = "<" in joined and history.CLOCK.search(joined) and history.YEAR.search(joined)
    return joined.rstrip(" :：*_").endswith(">") or bool(stamped and _QUOTED.match(_next_text(lines, end)))


def _heads(lines: list[str], at: int, *, forward: bool) -> int:
    """How many lines from here are the head of an enclosed mail: a separator, or From, Sent, To and Subject."""
    line = lines[at][:_LOOK]
    words = line.strip(history.DECORATION)
    ruled = line.lstrip("> \t*").startswith(("--", "==", "__", "~~", "——", "–", "‐‐")) and len(words) < _TITLE
    if is_reply_mark(line) or (ruled and history.ORIGINAL.match(words)):
        return 1 + _fields(lines, at + 1)
    if history.BEGIN.match(words) or (ruled and history.FORWARDED.match(words)):
        return 0 if forward else 1 + _fields(lines, at + 1)
    # Most lines are neither a field nor a rule above fields.
    if forward or not (":" in line or "：" in line or _RULE.match(line)):
        return 0
    return _fields(lines, at)


def _fields(lines: list[str], at: int) -> int:
    """Three fields in a row, one of them From, are the head of a mail; their number of lines.

    Travellers and forms fill in such fields too: three need an address, or a day with a time of day, among them.
    """
    names: set[str] = set()
    sender, end, strays = False, at, 0
    for number in range(at, min(at + 14, len(lines))):
        line = lines[number][:_LOOK]
        found = history.FIELD.match(line) if ":" in line or "：" in line else None
        if found:
            names.add(found[1].lower())
            sender = sender or history.FROM.match(line) is not None
            end, strays = number + 1, 0
        elif number == at and not _RULE.match(line) and line.strip():
            return 0
        else:
            strays += 1
            if strays > 2:
                break
    return end - at if sender and (len(names) > 3 or (len(names) == 3 and _stamped(lines[at:end]))) else 0


def _stamped(head: list[str]) -> bool:
    text = "\n".join(line[:_LOOK] for line in head)
    return "@" in text or (history.CLOCK.search(text) is not None and history.YEAR.search(text) is not None)


def _without_tail(lines: list[str]) -> list[str]:
    """Without signature, list footer and the lines that phones add."""
    lines = _signed_off(lines)
    lines = list(lines)
    while lines and _is_added(lines):
        lines.pop()
    return lines


def _is_added(lines: list[str]) -> bool:
    """Whether the last line is blank, a rule, a signature or a program's."""
    last = lines[-1]
    # What begins with a letter is no rule, no dash and no dot.
    drawn = not (last[:1].isalnum() and last.isascii())
    if drawn and (not last.strip() or _RULE.match(last) or _TRACKER.match(last) or _signed_by_name(lines)):
        return True
    return history.is_by_program(_visible(last[:200]).strip())


def _signed_by_name(lines: list[str]) -> bool:
    """Whether the last line is a dash and a full name, apart from the text."""
    above = lines[-2] if len(lines) > 1 else ""
    return _NAME.match(lines[-1][:60]) is not None and not above.strip()


def _signed_off(lines: list[str]) -> list[str]:
    for at in range(max(1, len(lines) - 2 * _SIGNATURE_LINES), len(lines)):
        words = lines[at].strip()
        if not words.startswith(_TAILS):
            continue
        rule = words.startswith(_FOOTER_RULE) and not words.strip("_")
        most = _SIGNATURE_LINES if words in _DELIMITERS else _FOOTER_LINES if rule else 0
        if most and _is_tail(lines[at + 1 :], most) and any(line.strip() for line in lines[:at]):
            return lines[:at]
    return lines


def _is_tail(below: list[str], most: int) -> bool:
    return sum(1 for line in below if line.strip()) <= most and not any(map(_QUOTED.match, below))
