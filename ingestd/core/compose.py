"""The text and the files of a call, made of a mail: nothing missing, nothing that a helpdesk chokes on."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, takewhile

from ingestd.core.model import Attachment, Literal, Mail
from ingestd.core.names import changed, extension_of, safe_name
from ingestd.core.ticket import File
from ingestd.quick import quick

# Whether the column is TEXT (65,535 bytes) or larger is not documented, and texts are stored with their entities:
# stay below, marker and all, and attach the whole.
LONGEST_TEXT = 50_000
LONGEST_SAID = 12_000
LONGEST_SUBJECT = 200
NO_SUBJECT = "(no subject)"
LONGEST_FIELD = 300
MOST_REMARKS = 50
WHOLE = "whole-text-of-the-mail.txt"
PLAIN_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"\\|@]{1,64}@[^\s<>()\[\],;:\"\\|@]{1,250}")


@quick
@dataclass(frozen=True, slots=True)
class Body:
    """What goes into a ticket: the text, the files, and what staff must know of them."""

    text: str
    files: tuple[File, ...]
    remarks: tuple[str, ...]
    markdown: bool


def body(mail: Mail, text: str, rich: str, types: frozenset[str], *, markdown: bool) -> Body:
    """The text and files of a mail; `types` are the extensions that the helpdesk takes, all if empty."""
    chosen = rich if markdown and rich else text
    kept, remarks = _files(mail.attachments, types)
    text = chosen.strip()
    shown = cut(text, LONGEST_TEXT)
    if shown != text:
        kept, remark = _with_whole(text, kept, types)
        remarks = (remark, *remarks)
    return Body(shown or _wordless(kept), kept, remarks, markdown and bool(rich))


def joined(text: str, said: Iterable[str], remarks: tuple[str, ...]) -> str:
    """The text with what we say about it below, in brackets, as much of it as a ticket has room for."""
    lines = [f"[{line}]" for line in said if line]
    room = LONGEST_SAID - sum(map(stored_size, lines))
    for count, remark in enumerate(remarks):
        room -= stored_size(remark) + len("[]\n")
        if count >= MOST_REMARKS or room < 0:
            lines.append(f"[... and {len(remarks) - count} more]")
            break
        lines.append(f"[{remark}]")
    return "\n\n".join((text, "\n".join(lines))) if lines else text


def cut(text: str, longest: int) -> str:
    """As much of the text as is stored within so many bytes."""
    # No character takes more than six bytes (&quot;): most texts need not be measured.
    if len(text) * 6 <= longest or stored_size(text) <= longest:
        return text
    fits = takewhile(lambda size: size <= longest, accumulate(map(stored_size, text)))
    return text[: sum(1 for _ in fits)]


def stored_size(text: str) -> int:
    """The bytes of a text in the helpdesk's database: UTF-8, with HTML's special characters as entities."""
    return len(html.escape(text).encode("utf-8", "replace"))


def subject(written: str) -> str:
    """A subject that is never empty and never longer than a database column."""
    return written.strip()[:LONGEST_SUBJECT] or NO_SUBJECT


def header(mail: Mail, name: str) -> str:
    """The first field of this name as written, cut to a line."""
    found = (value for field, value in mail.headers if field.casefold() == name)
    return re.sub(r"\s+", " ", next(found, "")[:200])


def fields(mail: Mail, name: str) -> str:
    """Every field of this name as written, on one line that is not long."""
    found = " | ".join(value for field, value in mail.headers if field.casefold() == name)
    said = re.sub(r"\s+", " ", found[: 2 * LONGEST_FIELD]).strip()
    return said if len(said) <= LONGEST_FIELD else f"{said[:LONGEST_FIELD]} ..."


def plain_address(address: str) -> bool:
    """Whether a helpdesk that splits at commas would take this as one address."""
    return PLAIN_ADDRESS.fullmatch(address) is not None


def readable_size(size: int) -> str:
    """A count of bytes as people say it."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size} {unit}"
        size //= 1024
    return f"{size} GiB"


def _files(attachments: tuple[Attachment, ...], types: frozenset[str]) -> tuple[tuple[File, ...], tuple[str, ...]]:
    files: list[File] = []
    remarks: list[str] = []
    taken: set[str] = set()
    for attachment in attachments:
        written = attachment.written_name or attachment.name
        if types and extension_of(attachment.name) not in types:
            remarks.append(
                f"Not attached: {_quoted(written)} ({readable_size(attachment.size)}), a type that the helpdesk does not take"
            )
            continue
        name = safe_name(attachment.name, taken)
        taken.add(name.casefold())
        files.append(File(name, attachment.size, attachment.source))
        if changed(written, name):
            remarks.append(f"Renamed: {_quoted(written)} is {name}")
    return tuple(files), tuple(remarks)


def _with_whole(text: str, files: tuple[File, ...], types: frozenset[str]) -> tuple[tuple[File, ...], str]:
    """The files with the whole text as one more, and what to say of it."""
    if types and "txt" not in types:
        return files, "The text is cut here: it is too long, and the helpdesk takes no text file."
    raw = text.encode("utf-8", "replace")
    name = safe_name(WHOLE, {file.name.casefold() for file in files})
    return (*files, File(name, len(raw), Literal(raw))), f"The text goes on in the file {name}."


def _wordless(files: tuple[File, ...]) -> str:
    names = ", ".join(file.name for file in files[:20])
    return f"(no text)\n\nFiles: {names}" if names else "(no text)"


def _quoted(name: str) -> str:
    return '"' + re.sub(r"\s+", " ", name)[:120] + '"'
