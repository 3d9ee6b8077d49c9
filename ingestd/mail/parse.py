"""The door of this room: raw bytes to a Mail. Pure, and it never raises on a bad mail."""

from dataclasses import replace
from itertools import chain, compress
from typing import Final

from ingestd.core.model import Attachment, Coding, Kind, Mail, Mailbox, Slice
from ingestd.mail.addresses import mailboxes
from ingestd.mail.body import TEXT_LIMIT, body_of
from ingestd.mail.files import attachments
from ingestd.mail.headers import BLOCK_LIMIT, Fields, message_date, message_ids, split_head, trace_of
from ingestd.mail.html import to_markdown
from ingestd.mail.kind import Judgement, judge
from ingestd.mail.parts import PARTS, charset_of, count, first_field, tree
from ingestd.mail.raw import Raw
from ingestd.mail.raw import within as stretch
from ingestd.mail.reading import joined, page
from ingestd.mail.reply import trimmed
from ingestd.mail.report import Report, report_of
from ingestd.mail.transfer import read, within

_HEADERS: Final = 200
_HEADER_LENGTH: Final = 2_000
# Where one of them was met, the person who wonders about the ticket is told.
_BOUNDS: Final = ("header block longer than 256 KB", "a thousand parts or more", "text longer than it is read")
_MAILS: Final = frozenset({"message/rfc822", "message/global"})


def parse(raw: Raw) -> Mail:
    """What the content of this mail says; see `core.model.Mail` for every field."""
    mail = _read(raw)
    enclosed = _enclosed(raw, mail) if mail.kind is Kind.ORDINARY else None
    return replace(mail, enclosed=enclosed) if enclosed else mail


def _read(raw: Raw) -> Mail:
    root = tree(raw)
    parts = count(root)
    many, long = parts >= PARTS, root.start - root.head > BLOCK_LIMIT
    body = body_of(raw, root, PARTS - parts)
    html = page(body)
    text = joined(body)
    return _mail(
        root.fields,
        charset_of(root),
        judge(root.fields, report_of(raw, root), text),
        text=text,
        html=html,
        markdown=to_markdown(html) if html else "",
        attachments=(*attachments(raw, body.files), *_unread(len(raw), bounded=many or long)),
        defects=tuple(compress(_BOUNDS, (long, many, len(text) >= TEXT_LIMIT))),
        trace=trace_of(raw[root.head : min(root.start, root.head + BLOCK_LIMIT)]),
    )


def _enclosed(raw: Raw, mail: Mail) -> Mail | None:
    """The one mail among the files, its own files as places in the mail around it."""
    mails = [file.source for file in mail.attachments if file.content_type in _MAILS]
    if len(mails) != 1 or not isinstance(mails[0], Slice) or mails[0].length == len(raw):
        return None
    outer = mails[0]
    inner = _read(_content(raw, outer))
    moved = (
        replace(file, source=within(outer, file.source)) if isinstance(file.source, Slice) else file
        for file in inner.attachments
    )
    return replace(inner, attachments=tuple(moved))


def _content(raw: Raw, place: Slice) -> Raw:
    plain = all(step is Coding.IDENTITY for step in place.steps)
    return stretch(raw, place.offset, place.length) if plain else read(raw, place)


def parse_headers(raw: Raw, length: int | None = None) -> Mail:
    """The header fields alone, and the whole raw mail as one file: for a mail that breaks `parse`.

    `raw` may be its first 256 KB; `length` is then the length of the whole.
    """
    start = first_field(raw)
    stop, _ = split_head(raw, start, min(len(raw), start + BLOCK_LIMIT))
    whole = len(raw) if length is None else length
    file = _whole("message.eml", whole)
    fields = Fields(raw[start:stop])
    judgement = judge(fields, Report(), "")
    return _mail(
        fields,
        "",
        judgement,
        text="",
        html="",
        markdown="",
        attachments=(file,),
        defects=("headers only",),
        trace=trace_of(raw[start:stop]),
    )


def _mail(
    fields: Fields,
    hint: str,
    judgement: Judgement,
    *,
    text: str,
    html: str,
    markdown: str,
    attachments: tuple[Attachment, ...],
    defects: tuple[str, ...],
    trace: tuple[tuple[str, str], ...],
) -> Mail:
    subject = fields.text(b"subject", hint)
    authors = _boxes(fields, b"from", hint)
    return Mail(
        message_id=next(iter(message_ids([fields.get(b"message-id")])), ""),
        author=next(iter(authors), None),
        reply_to=_boxes(fields, b"reply-to", hint),
        to=_boxes(fields, b"to", hint),
        cc=_boxes(fields, b"cc", hint),
        subject=subject,
        date=message_date(fields.get(b"date")),
        in_reply_to=_ids(fields, b"in-reply-to"),
        references=_ids(fields, b"references"),
        kind=judgement.kind,
        sign=judgement.sign,
        text=text,
        reply=trimmed(text, subject),
        html=html,
        markdown=markdown,
        attachments=attachments,
        hops=len(fields.all(b"received")),
        headers=_headers(fields, hint),
        bounce=judgement.bounce,
        defects=defects,
        sole_author=len(authors) == len(fields.all(b"from")) == 1,
        trace=trace,
    )


def _ids(fields: Fields, name: bytes) -> tuple[str, ...]:
    return message_ids(fields.all(name)) if name in fields.named else ()


def _headers(fields: Fields, hint: str) -> tuple[tuple[str, str], ...]:
    return tuple([(name, value[:_HEADER_LENGTH]) for name, value in fields.lines(_HEADERS, hint)])


def _boxes(fields: Fields, name: bytes, hint: str) -> tuple[Mailbox, ...]:
    if name not in fields.named:
        return ()
    boxes = [mailboxes(value, hint) for value in fields.all(name)]
    return boxes[0] if len(boxes) == 1 else tuple(chain.from_iterable(boxes))


def _whole(name: str, length: int) -> Attachment:
    return Attachment(name, "message/rfc822", length, Slice(0, length, (Coding.IDENTITY,)))


def _unread(length: int, *, bounded: bool) -> tuple[Attachment, ...]:
    """The raw mail, where a bound kept parts of it from being read: nothing that was sent is missing on the ticket."""
    return (_whole("whole-mail-as-it-came.eml", length),) if bounded else ()
