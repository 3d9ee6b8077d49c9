"""Whether a piece of text has what introductions of quoted mails are made of: cheap looks before the patterns."""

from typing import Final, NamedTuple

from ingestd.mail.history import ABOVE, ADDRESS, BARE_VERB, BEGIN, FIELD, FIELDS, VERB, WHEN
from ingestd.mail.looking import holds

# One of these is in whatever VERB finds in ASCII. None is of two words: a line break may part them.
_STEMS: Final = (
    "wrote", "writes", "schr", "escribi", "escreveu", "scritto", "scrive", "skr", "kirj", "pisze", "napsal", "scris",
    "yazdi", "menulis", "escriure", "napisa", "missatge",
)  # fmt: skip
# And one of these in what it finds besides, in lower case.
_FOREIGN_STEMS: Final = (
    "écri", "napísal", "написа", "пише", "писал", "írta", "γραψε", "yazdı", "כתב", "كتب", "写道", "寫道", "のメール",
    "書きました", "작성", "viết", "เขียนว่า", "쓴", "rašė", "rakstīja",
)  # fmt: skip
_ENDINGS: Final = (
    "wrote", "schrieb", "écrit", "escribió", "escreveu", "scritto", "schreef", "napisał", "skrev", "kirjoitti",
)  # fmt: skip
# What the patterns take for one of their letters, whatever the case, though it does not become that in lower case.
_DISGUISED: Final = frozenset("ıİſϱϵᲀᲃᲄᲅ")
_ANSWERS: Final = ("repl", "resp", "answer", "text", "antw", "risposta", "svar")
_OVERS: Final = ("above", "over", "oberhalb", "au-dessus", "encima", "sopra", "acima", "boven", "ovan")
# How the openings of a forward begin: in ASCII, and with which letters at all.
_BEGINNINGS: Final = ("begin", "anfang", "inicio", "inizio", "vidarebefordrat")
_INITIALS: Final = frozenset("bBaAdDiIıİvVsSſ开転")
_TAIL: Final = 20
_AROUND_FIELDS: Final = " \t\n\r\v\f\x1c\x1d\x1e\x1f>*_"


class Signs(NamedTuple):
    """What may stand in a text at all: a verb of writing, a reply mark. What may not is sought in none of its lines."""

    verb: bool
    reply_mark: bool


def signs_of(text: str) -> Signs:
    """The signs of this text."""
    if not text.isascii():
        return Signs(verb=True, reply_mark=True)
    words = text.lower()
    return Signs(
        verb=holds(words, _STEMS),
        reply_mark=holds(words, _OVERS) and holds(words, _ANSWERS),
    )


def has_verb(text: str) -> bool:
    """Whether somebody "wrote" in it, in any language."""
    words = text.lower()
    if not holds(words, _STEMS):
        if text.isascii():
            return False
        if not holds(words, _FOREIGN_STEMS) and _DISGUISED.isdisjoint(text):
            return False
    return VERB.search(text) is not None


def ends_in_verb(line: str) -> bool:
    """Whether it ends so, without a colon."""
    tail = line[-_TAIL:]
    if not tail.rstrip().lower().endswith(_ENDINGS) and (tail.isascii() or _DISGUISED.isdisjoint(tail)):
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
    if line.isascii() and not holds(line.lower(), _ANSWERS):
        return False
    return ABOVE.match(line) is not None


def is_ordinary(line: str) -> bool:
    """Whether this line, which introduces nothing and is no reply mark, is plain words: no quote, rule or field, and
    no head of any kind.
    """
    if not (line[:1].isalpha() and line.isascii()) or ":" in line or ">" in line:
        return False
    return not line.lower().startswith(_BEGINNINGS)


def begins_forward(words: str) -> bool:
    """Whether these words open a forwarded mail."""
    return words[:1] in _INITIALS and BEGIN.match(words) is not None


def field_of(line: str) -> str:
    """The name in lower case of the field of a mail's head that this line is; "" where it is none."""
    name, colon, _ = line.partition(":")
    if name.isascii():
        if name.strip(_AROUND_FIELDS).lower() not in FIELDS:
            return ""
    elif not colon and "：" not in line:
        return ""
    found = FIELD.match(line)
    return found[1].lower() if found else ""
