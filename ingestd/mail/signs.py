"""Whether a piece of text has what introductions of quoted mails are made of: cheap looks before the patterns."""

from typing import Final

from ingestd.mail.history import ABOVE, ADDRESS, BARE_VERB, VERB, WHEN

# One of these is in whatever VERB finds in ASCII; where other letters stand, the pattern alone knows.
_STEMS: Final = (
    "wrote", "writes", "schrieb", "escribi", "escreveu", "scritto", "scrive", "schreef", "geschreven", "skrev", "skreiv",
    "kirjoitti", "pisze", "napsal", "a scris", "yazdi", "menulis", "va escriure", "napisa", "kirjutas", "missatge de ",
)  # fmt: skip
_ENDINGS: Final = ("wrote", "schrieb", "escreveu", "scritto", "schreef", "skrev", "kirjoitti")
_ANSWERS: Final = ("repl", "resp", "answer", "text", "antw", "risposta", "svar")
# How the openings of a forward begin in ASCII.
_BEGINNINGS: Final = ("begin", "anfang", "inicio", "inizio", "vidarebefordrat")
_TAIL: Final = 20


def has_verb(text: str) -> bool:
    """Whether somebody "wrote" in it, in any language."""
    if text.isascii() and not any(map(text.lower().__contains__, _STEMS)):
        return False
    return VERB.search(text) is not None


def ends_in_verb(line: str) -> bool:
    """Whether it ends so, without a colon."""
    tail = line[-_TAIL:]
    if tail.isascii() and not tail.rstrip().lower().endswith(_ENDINGS):
        return False
    return BARE_VERB.search(tail) is not None


def has_date(text: str) -> bool:
    """Whether a day, a year or a time of day stands in it."""
    return WHEN.search(text) is not None


def has_address(text: str) -> bool:
    """Whether a mail address stands in it."""
    return "@" in text and ADDRESS.search(text) is not None


def is_reply_mark(line: str) -> bool:
    """Whether it is the mark under which helpdesks do not look."""
    if line.isascii() and not any(map(line.lower().__contains__, _ANSWERS)):
        return False
    return ABOVE.match(line) is not None


def is_ordinary(line: str) -> bool:
    """Whether this line, which introduces nothing, is plain words: no quote, rule, field, mark or head of any kind."""
    if not (line[:1].isalpha() and line.isascii()) or ":" in line or ">" in line:
        return False
    words = line.lower()
    return not words.startswith(_BEGINNINGS) and not any(map(words.__contains__, _ANSWERS))
