"""The words that this person wrote: the quoted history cut from a reply.

The law: losing words is worse than leaving quotes. Where the answer stands below or between quotes it is kept, and
where nothing would be left the whole text is.
"""

import re
from typing import Final

from ingestd.mail import history
from ingestd.mail.history import QUOTED, RULE
from ingestd.mail.looking import holds
from ingestd.mail.marks import INTRO, OWN, marks_of
from ingestd.mail.signs import signs_of

_LINES: Final = 2_000
_LOOK: Final = 300
# Without any of these signs a text neither quotes nor introduces anything.
_SIGNS: Final = ":：>|—"
_RULES: Final = "-_=*~#+–"
_RULED: Final = re.compile(rf"[{_RULES}]{{2}}")
_DELIMITER: Final = re.compile(r"\s*(?:--|—|__)\s*$")
_DELIMITERS: Final = frozenset({"--", "—", "__"})
_TAILS: Final = tuple(_DELIMITERS)
_FOOTER_RULE: Final = "_____"
_FOOTER_LINES: Final = 8
_SIGNATURE_LINES: Final = 15
_NAME: Final = re.compile(r"\s{0,3}(?:[-–—~]{1,2}|-- )[^\W\d_a-z][^\W\d_]+(?: [^\W\d_a-z][^\W\d_]*\.?){1,2}\s*$")
_TRACKER: Final = re.compile(r"\s*\u1427\s*$")  # what a tracking extension leaves in Gmail
_PREFIX: Final = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vs|doorst|vb|pd|转发|轉寄)\s*:", re.IGNORECASE)


def trimmed(text: str, subject: str = "") -> str:
    """The text without the history it quotes; all of it where that would leave nothing. A forward stays whole."""
    if not _suspect(text):
        # What is above a signature is one of the signs.
        return "\n".join(_without_added(text.split("\n"))).strip() or text.strip("\n")
    forward = _PREFIX.match(subject) is not None
    if text.count("\n") >= _LINES:
        # What stands so far down is history or a file: only the beginning is looked at, and cut there or nowhere.
        kept = _kept("\n".join(text.split("\n", _LINES)[:_LINES]), forward=forward)
        return kept if kept and len(kept.split("\n")) < _LINES - 100 else text
    return _kept(text, forward=forward) or text.strip("\n")


def _suspect(text: str) -> bool:
    # To look for one character is so much cheaper than for any of them that most texts never see the pattern.
    if holds(text, _SIGNS):
        return True
    return holds(text, _RULES) and _RULED.search(text) is not None


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


def _kept(text: str, *, forward: bool) -> str:
    visible = _visible(text)
    # A signature below the quotes would pass for an answer there.
    lines = _signed_off(text.split("\n"))
    looked_at = lines if visible == text else visible.split("\n")[: len(lines)]
    marks = marks_of(looked_at, signs_of(visible), forward=forward)
    while marks and marks[-1] is not OWN:
        marks.pop()
    # Quotes above the last words of one's own are what they answer; their introductions go.
    kept = _without_tail([line for line, mark in zip(lines, marks, strict=False) if mark is not INTRO])
    return "" if all(map(_says_nothing, kept)) else "\n".join(kept).strip("\n").strip()


def _says_nothing(line: str) -> bool:
    return not line.strip() or RULE.match(line) is not None or _DELIMITER.match(line) is not None


def _without_tail(lines: list[str]) -> list[str]:
    """Without signature, list footer and the lines that phones add."""
    return _without_added(_signed_off(lines))


def _without_added(lines: list[str]) -> list[str]:
    lines = list(lines)
    while lines and _is_added(lines):
        lines.pop()
    return lines


def _visible(text: str) -> str:
    # What is left out cannot be printed.
    return text if text.isascii() or text.replace("\n", "").isprintable() else history.INVISIBLE.sub("", text)


def _is_added(lines: list[str]) -> bool:
    """Whether the last line is blank, a rule, a signature or a program's."""
    last = lines[-1]
    # What begins with a letter is no rule, no dash and no dot.
    drawn = not (last[:1].isalnum() and last.isascii())
    if drawn and (not last.strip() or RULE.match(last) or _TRACKER.match(last) or _signed_by_name(lines)):
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
    return sum(1 for line in below if line.strip()) <= most and not any(map(QUOTED.match, below))
