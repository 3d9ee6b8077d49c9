"""What a mail says and what it carries: the tree of parts sorted into texts and files, in the order of the mail."""

from dataclasses import dataclass
from typing import Final

from ingestd.core.model import Coding, Cut, Slice
from ingestd.mail.charset import clean, decode
from ingestd.mail.parts import Part
from ingestd.mail.transfer import pieces

TEXT_LIMIT: Final = 1_048_576
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_READABLE: Final = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/x-markdown"})


@dataclass(frozen=True, slots=True)
class Text:
    """One piece of the body in the writings it came in; "" where one is missing."""

    plain: str = ""
    html: str = ""
    flowed: bool = False
    delsp: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A part that is a file; `inline` where the text shows it."""

    part: Part
    inline: bool


@dataclass(frozen=True, slots=True)
class Body:
    """Texts and files in the order of the mail."""

    texts: tuple[Text, ...] = ()
    files: tuple[File, ...] = ()


def body_of(raw: bytes, root: Part) -> Body:
    """The whole mail sorted; a mail that is one named text is read, not filed."""
    if not root.children and root.content_type in _READABLE and root.disposition.value != "attachment":
        return Body((_text(raw, root),))
    return _sorted(raw, root)


def _sorted(raw: bytes, part: Part) -> Body:
    match part.content_type:
        case kind if kind.startswith("multipart/") and not part.children:
            return Body((_text(raw, part),))
        case "multipart/alternative":
            return _alternative([_sorted(raw, child) for child in part.children])
        case "multipart/related":
            return _related(raw, part)
        case kind if kind.startswith("multipart/"):
            return _sum([_sorted(raw, child) for child in part.children])
        case kind if kind in _SIGNATURES:
            return Body()
        case kind if kind in _READABLE and not _is_file(part):
            return Body((_text(raw, part),))
        case _:
            return Body(files=(File(part, inline=part.disposition.value == "inline"),))


def _sum(bodies: list[Body]) -> Body:
    return Body(
        tuple(text for body in bodies for text in body.texts), tuple(file for body in bodies for file in body.files)
    )


def _alternative(choices: list[Body]) -> Body:
    """One text in several writings; what is no text in it stays a file."""
    plain = "\n".join(text.plain for body in choices for text in body.texts if text.plain and not text.html)
    html = "\n".join(text.html for body in choices for text in body.texts if text.html)
    first = next((text for body in choices for text in body.texts if text.plain), Text())
    files = tuple(file for body in choices for file in body.files)
    return Body((Text(plain, html, first.flowed, first.delsp),), files)


def _related(raw: bytes, part: Part) -> Body:
    bodies = [_sorted(raw, child) for child in part.children]
    root = bodies[0] if bodies else Body()
    rest = tuple(
        File(file.part, inline=file.part.disposition.value != "attachment")
        for body in bodies[1:]
        for file in body.files
    )
    texts = root.texts + tuple(text for body in bodies[1:] for text in body.texts)
    return Body(texts, root.files + rest)


def _is_file(part: Part) -> bool:
    named = part.disposition.text("filename") or part.kind.text("name")
    return part.disposition.value == "attachment" or bool(named)


def _text(raw: bytes, part: Part) -> Text:
    text = decoded(raw, part)
    if part.content_type == "text/html":
        return Text(html=text)
    flowed = part.kind.get("format").lower() == "flowed"
    return Text(plain=text, flowed=flowed, delsp=flowed and part.kind.get("delsp").lower() == "yes")


def decoded(raw: bytes, part: Part) -> str:
    """The text of a part as clean Unicode, at most TEXT_LIMIT characters."""
    # Four bytes are the most that one character takes: nothing that would be kept is left undecoded.
    place = Slice(part.start, part.end - part.start, (*part.source.steps, Cut(0, 4 * TEXT_LIMIT)))
    data = raw[part.start : part.end] if part.coding is Coding.IDENTITY else b"".join(pieces(raw, place))
    return clean(decode(data[: 4 * TEXT_LIMIT], part.kind.get("charset"))[:TEXT_LIMIT])
