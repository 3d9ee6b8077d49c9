"""What the daemon and a parsing process say to each other, and how it goes through a socket.

Apart from the parser itself, which the daemon never loads.
"""

import copyreg
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from ingestd.core.model import Attachment, Bounce, Cut, Kind, Literal, Mail, Mailbox, Slice
from ingestd.frames import frame
from ingestd.quick import quick


@dataclass(frozen=True, slots=True)
class Limits:
    """What one parse may use: seconds of wall clock and of CPU, bytes of address space."""

    seconds: float = 20.0
    memory: int = 2 << 30


@quick
@dataclass(frozen=True, slots=True)
class Request:
    """A mail as its bytes or as the path of a file that holds them."""

    source: bytes | str
    headers_only: bool
    limits: Limits


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """The mail, or the name of what it broke the parser with. A `spent` process answers no more."""

    mail: Mail | None
    error: str
    spent: bool


def _as_call(kind: type) -> Callable[[Any], tuple[type, tuple[object, ...]]]:
    names = [field.name for field in fields(kind)]
    return lambda value: (kind, tuple([getattr(value, name) for name in names]))


def _request(source: bytes | str, headers_only: bool, seconds: float, memory: int) -> Request:
    return Request(source, headers_only, Limits(seconds, memory))


def _of_request(it: Request) -> tuple[Callable[..., Request], tuple[object, ...]]:
    return _request, (it.source, it.headers_only, it.limits.seconds, it.limits.memory)


Boxes = tuple[tuple[str, str], ...]


def _mail(author: Boxes, reply_to: Boxes, to: Boxes, cc: Boxes, date: str | None, kind: str, *others: Any) -> Mail:
    message_id, subject, in_reply_to, references, sign, text, reply, html, markdown, *rest = others
    return Mail(
        message_id, Mailbox(*author[0]) if author else None, _boxes(reply_to), _boxes(to), _boxes(cc), subject,
        datetime.fromisoformat(date) if date else None, in_reply_to, references, Kind(kind), sign, text, reply, html,
        markdown, *rest,
    )  # fmt: skip


def _of_mail(it: Mail) -> tuple[Callable[..., Mail], tuple[object, ...]]:
    author = _pairs((it.author,)) if it.author else ()
    date = it.date.isoformat() if it.date else None
    nouns = author, _pairs(it.reply_to), _pairs(it.to), _pairs(it.cc), date, it.kind.value
    return _mail, (*nouns, *_OTHERS(it))


def _boxes(pairs: Boxes) -> tuple[Mailbox, ...]:
    return tuple([Mailbox(*pair) for pair in pairs])


def _pairs(boxes: tuple[Mailbox, ...]) -> Boxes:
    return tuple([(box.name, box.address) for box in boxes])


_NOUNS: Final = ("author", "reply_to", "to", "cc", "date", "kind")
_OTHERS: Final = attrgetter(*(field.name for field in fields(Mail) if field.name not in _NOUNS))

# Frozen dataclasses with slots are taken apart and put together field by field, in Python, which is most of what a
# message costs; a call with all of them is not. What every mail has goes in plain values: each other kind that a
# message names is looked for by its name at the other end.
_CALLS: Final[Mapping[type, Callable[[Any], tuple[Callable[..., object], tuple[object, ...]]]]] = {
    **{kind: _as_call(kind) for kind in (Limits, Answer, Mailbox, Attachment, Slice, Cut, Literal, Bounce)},
    Request: _of_request,
    Mail: _of_mail,
}
# By a number nobody has to look for them. From 240 on they are whoever's (PEP 307); the spool has others.
for _number, _name in enumerate(("_mail", "_request", "Answer"), 240):
    copyreg.add_extension(__name__, _name, _number)


def packed(message: object) -> bytes:
    """One message as it goes through."""
    return b"".join(frame(message, _CALLS))
