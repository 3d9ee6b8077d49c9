"""The files of a mail, still where they stand: names as written, places in the raw mail, no byte copied."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from ingestd.core.model import Attachment, Coding, Cut, Literal, Slice, Source
from ingestd.mail import names, rtf
from ingestd.mail.headers import Fields, split_head
from ingestd.mail.parts import Part
from ingestd.mail.raw import Raw
from ingestd.mail.tnef import Enclosed, Tnef
from ingestd.mail.transfer import read, size
from ingestd.mail.uu import after_begin

_NAMES: Final = frozenset({"filename", "name", "file"})
_ANY: Final = "application/octet-stream"
_MAILS: Final = frozenset({"message/rfc822", "message/global"})
_HEAD: Final = 65_536


class File(NamedTuple):
    """A file before its name was made safe; `fallback` is its name where it was given none.

    A `spare` one is the text of the mail in another writing. `suffix` is the extension that the name must have.
    """

    written: str
    fallback: str
    content_type: str
    source: Source
    content_id: str = ""
    inline: bool = False
    spare: bool = False
    suffix: str = ""


def written_name(part: Part) -> str:
    """The name that the part was given, wherever it stands."""
    kind, disposition = part.kind, part.disposition
    if kind.lacks(_NAMES) and disposition.lacks(_NAMES):
        return ""
    usual = disposition.text("filename") or kind.text("name") or disposition.text("name")
    return usual or kind.text("filename") or kind.text("file")


def of_part(raw: Raw, part: Part, *, inline: bool) -> File:
    """A part as a file: a mail inside is named by its subject, a picture by its number."""
    source = part.source
    if part.coding is Coding.UUENCODE:
        begin = after_begin(raw, part.start, part.end)
        source = Slice(begin, part.end - begin, (Coding.UUENCODE,))
    content_id = part.fields.text(b"content-id").strip("<>")
    written = written_name(part)
    fallback = "" if names.safe(written) else _fallback(raw, part)
    return File(written, fallback, part.content_type, source, content_id, inline)


def _fallback(raw: Raw, part: Part) -> str:
    suffix = names.extension(part.content_type)
    if subject := names.safe(_subject(raw, part)):
        return f"{names.shortened(subject, names.LONGEST - 4)}.{suffix}"
    described = names.safe(part.fields.text(b"content-description"))
    if described:
        return described if "." in described else f"{names.shortened(described, 80)}.{suffix}"
    stem = part.content_type.partition("/")[0]
    return f"{stem if stem in {'image', 'audio', 'video', 'message', 'text'} else 'part'}.{suffix}"


def _subject(raw: Raw, part: Part) -> str:
    """The subject of the mail inside; also of one that was encoded, though RFC 2046 section 5.2.1 forbids it."""
    if part.children:
        return part.children[0].fields.text(b"subject")
    if part.content_type not in _MAILS or part.coding is Coding.IDENTITY:
        return ""
    beginning = read(raw, replace(part.source, length=min(part.source.length, _HEAD)))
    return Fields(beginning[: split_head(beginning, 0, len(beginning))[0]]).text(b"subject")


def of_tnef(part: Part, data: bytes, tnef: Tnef) -> list[File]:
    """The files inside a winmail.dat, its rich text among them."""
    found = [file for one in tnef.files for file in _inside(part, one)]
    if tnef.html[1]:
        found.append(File("", "body.html", "text/html", _cut(part, *tnef.html), spare=True))
    offset, length = tnef.rtf
    if unpacked := rtf.decompress(data[offset : offset + length]):
        found.append(File("", "body.rtf", "application/rtf", Literal(unpacked), spare=True))
    return found


def _inside(part: Part, one: Enclosed) -> list[File]:
    place = _cut(part, one.offset, one.length)
    if not one.embedded:
        return [File(one.name, "part.bin", one.content_type or _ANY, place, one.content_id)]
    # No program opens such a mail alone: its text goes beside it, readable.
    text = one.text.encode("utf-8", "replace")
    mail = File(one.name, "message.tnef", "application/ms-tnef", place, suffix="tnef")
    return [mail, File(one.name, "message.txt", "text/plain", Literal(text), suffix="txt")] if text else [mail]


def _cut(part: Part, offset: int, length: int) -> Slice:
    return Slice(part.start, part.end - part.start, (*part.source.steps, Cut(offset, length)))


def attachments(raw: Raw, files: Iterable[File]) -> tuple[Attachment, ...]:
    """The files under names that are safe and unique, with their exact sizes."""
    files = tuple(files)
    if not files:
        return ()
    chosen = names.unique([_name(file) for file in files])
    return tuple(
        [
            Attachment(
                name,
                file.content_type,
                _size(raw, file.source),
                file.source,
                file.written,
                file.content_id,
                file.inline,
            )
            for name, file in zip(chosen, files, strict=True)
        ]
    )


def _name(file: File) -> str:
    name = names.safe(file.written) or file.fallback
    if not file.suffix or name.lower().endswith(f".{file.suffix}"):
        return name
    return f"{names.shortened(name, names.LONGEST - len(file.suffix) - 1)}.{file.suffix}"


def _size(raw: Raw, source: Source) -> int:
    return len(source.data) if isinstance(source, Literal) else size(raw, source)
