"""The marker that makes a write findable, and whether a stored text is the one that was sent."""

import html
import re

from ingestd.core.model import QueueId

MARKER = re.compile(r"\[ref:([0-9A-Za-z]{8,32})-[0-9]{1,4}\]")
QUOTE = ("&gt;", ">", "|")


def marker_of(queue_id: QueueId, number: int) -> str:
    """The last line of the text that call `number` of this entry writes."""
    return f"[ref:{queue_id}-{number}]"


def bears(stored: str, sent: str, marker: str) -> bool:
    """Whether `stored` is what became of `sent`.

    It bears the marker as a line of its own outside quotes, or it is `sent` cut short at its first character of four
    bytes (MySQL's utf8mb3 stops there, and the marker with it; nothing is left of a text that begins with one, and no
    helpdesk takes an empty text otherwise). Without a marker the whole text must be the same.
    """
    if not marker:
        return fold(stored) in {fold(sent), fold(cut_at_4_bytes(sent))}
    cut = cut_at_4_bytes(sent)
    return marked(stored, marker) or (cut != sent and fold(stored) == fold(cut))


def marked(stored: str, marker: str) -> bool:
    """Whether the marker stands in this text as a line of its own."""
    return bool(marker) and any(line.strip() == marker for line in stored.splitlines())


def told_apart(one: str, other: str, *, markers: bool) -> bool:
    """Whether two texts of ours differ where they are stored; a cut takes the marker away that would tell them apart."""
    cut_one, cut_other = cut_at_4_bytes(one), cut_at_4_bytes(other)
    both_cut = cut_one != one and cut_other != other
    if markers:
        return not (both_cut and fold(cut_one) == fold(cut_other))
    return fold(one) != fold(other) and fold(cut_one) != fold(cut_other)


def has_marker(text: str) -> bool:
    """Whether any marker of ours stands outside quotes: this mail repeats what we wrote."""
    return any(MARKER.search(line) for line in text.splitlines() if not line.lstrip().startswith(QUOTE))


def writers_of(text: str) -> tuple[QueueId, ...]:
    """The mails that wrote in this text, by the markers that stand as a line of their own."""
    found = (MARKER.fullmatch(line.strip()) for line in text.splitlines())
    return tuple(QueueId(match[1]) for match in found if match)


def fold(text: str) -> str:
    """One spelling for a text that was stored: entities decoded, white space folded."""
    return re.sub(r"\s+", " ", html.unescape(text)).strip()


def cut_at_4_bytes(text: str) -> str:
    """The text up to its first character outside the basic plane."""
    found = re.search(r"[\U00010000-\U0010ffff]", text)
    return text[: found.start()] if found else text
