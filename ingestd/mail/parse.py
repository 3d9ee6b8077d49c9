"""The door of this room: raw bytes to a Mail. Pure, and it never raises on a bad mail."""

from typing import Final

from ingestd.core.model import Attachment, Coding, Mail, Mailbox, Slice
from ingestd.mail import names
from ingestd.mail.addresses import mailboxes
from ingestd.mail.body import Body, File, Text, body_of
from ingestd.mail.headers import BLOCK_LIMIT, Fields, decode_words, message_date, message_ids, split_head
from ingestd.mail.html import to_markdown, to_text
from ingestd.mail.kind import Judgement, judge
from ingestd.mail.parts import Part, tree
from ingestd.mail.report import Report, report_of
from ingestd.mail.transfer import size

_HEADERS: Final = 200
_HEADER_LENGTH: Final = 2_000


def parse(raw: bytes) -> Mail:
    """What the content of this mail says; see `core.model.Mail` for every field."""
    root = tree(raw)
    body = body_of(raw, root)
    texts = [_plain(text) for text in body.texts]
    html = "\n".join(text.html for text in body.texts if text.html)
    text = "\n\n".join(text.strip("\n") for text in texts if text.strip())
    return _mail(
        root.fields,
        judge(root.fields, report_of(raw, root), text),
        text=text,
        html=html,
        markdown=to_markdown(html) if html else "",
        attachments=_attachments(raw, body),
    )


def parse_headers(raw: bytes, length: int | None = None) -> Mail:
    """The header fields alone, and the whole raw mail as one file: for a mail that breaks `parse`.

    `raw` may be its first 256 KB; `length` is then the length of the whole.
    """
    stop, _ = split_head(raw, 0, min(len(raw), BLOCK_LIMIT))
    whole = len(raw) if length is None else length
    file = Attachment("message.eml", "message/rfc822", whole, Slice(0, whole, (Coding.IDENTITY,)))
    fields = Fields(raw[:stop])
    judgement = judge(fields, Report(), "")
    return _mail(fields, judgement, text="", html="", markdown="", attachments=(file,))


def _mail(
    fields: Fields, judgement: Judgement, *, text: str, html: str, markdown: str, attachments: tuple[Attachment, ...]
) -> Mail:
    return Mail(
        message_id=next(iter(message_ids([fields.get(b"message-id")])), ""),
        author=next(iter(_boxes(fields, b"from")), None),
        reply_to=_boxes(fields, b"reply-to"),
        to=_boxes(fields, b"to"),
        cc=_boxes(fields, b"cc"),
        subject=fields.text(b"subject"),
        date=message_date(fields.get(b"date")),
        in_reply_to=message_ids(fields.all(b"in-reply-to")),
        references=message_ids(fields.all(b"references")),
        kind=judgement.kind,
        sign=judgement.sign,
        text=text,
        reply=text,
        html=html,
        markdown=markdown,
        attachments=attachments,
        hops=len(fields.all(b"received")),
        bounce=judgement.bounce,
        headers=tuple(
            (decode_words(name), decode_words(value)[:_HEADER_LENGTH]) for name, value in fields.items[:_HEADERS]
        ),
    )


def _boxes(fields: Fields, name: bytes) -> tuple[Mailbox, ...]:
    return tuple(box for value in fields.all(name) for box in mailboxes(value))


def _plain(text: Text) -> str:
    return text.plain if text.plain.strip() else to_text(text.html)


def _attachments(raw: bytes, body: Body) -> tuple[Attachment, ...]:
    written = [_written(file.part) for file in body.files]
    chosen = names.unique(
        names.safe(name) or _nameless(file.part, number)
        for number, (name, file) in enumerate(zip(written, body.files, strict=True), 1)
    )
    return tuple(_attachment(raw, file, name, was) for file, name, was in zip(body.files, chosen, written, strict=True))


def _attachment(raw: bytes, file: File, name: str, written: str) -> Attachment:
    part = file.part
    content_id = decode_words(part.fields.get(b"content-id")).strip().strip("<>")
    return Attachment(name, part.content_type, size(raw, part.source), part.source, written, content_id, file.inline)


def _written(part: Part) -> str:
    return part.disposition.text("filename") or part.kind.text("name")


def _nameless(part: Part, number: int) -> str:
    if part.children and (subject := names.safe(part.children[0].fields.text(b"subject"))):
        return names.shortened(subject, names.LONGEST - 4) + ".eml"
    return f"part-{number}.{names.extension(part.content_type)}"
