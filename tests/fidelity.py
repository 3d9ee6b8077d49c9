"""Our parser in the words of the corpus (`measure.py --parser tests.fidelity:parse`)."""

from ingestd.core.model import Attachment, Kind, Literal, Slice
from ingestd.mail.names import safe
from ingestd.mail.parse import parse as parse_mail
from ingestd.mail.parts import Part, tree
from ingestd.mail.transfer import read

ROBOTS = frozenset(set(Kind) - {Kind.ORDINARY, Kind.LIST})


def parse(raw: bytes) -> dict[str, object]:
    """The keys of compare.py, file bytes through the decoder that delivery uses."""
    mail = parse_mail(raw)
    # As delivery has it for a mail without From and without an envelope: whoever is to be answered.
    author = mail.author or next(iter(mail.reply_to), None)
    return {
        "from_name": author.name if author else None,
        "from_email": author.address if author else None,
        "reply_to": mail.reply_to[0].address if mail.reply_to else None,
        "to": [box.address for box in mail.to],
        "cc": [box.address for box in mail.cc],
        "subject": mail.subject,
        "body_text": mail.text,
        "body_html": mail.html,
        "reply_text": mail.reply,
        "attachments": [_file(raw, file) for file in mail.attachments],
        "message_id": mail.message_id,
        "in_reply_to": next(iter(mail.in_reply_to), None),
        "references": list(mail.references),
        "is_bounce": mail.kind is Kind.BOUNCE,
        "is_auto_generated": mail.kind in ROBOTS,
        "leaves": list(_leaves(raw, tree(raw))),
    }


def _file(raw: bytes, file: Attachment) -> dict[str, object]:
    match file.source:
        case Slice():
            data = read(raw, file.source)
        case Literal():
            data = file.source.data
    assert len(data) == file.size, file
    return {"filename": _name(file), "content_type": file.content_type, "data": data}


def _leaves(raw: bytes, part: Part):
    if part.children:
        for child in part.children:
            yield from _leaves(raw, child)
        return
    data = read(raw, part.source)
    if part.content_type == "message/rfc822" and data != raw[part.start : part.end]:
        yield from _leaves(data, tree(data))
    yield data


def _name(file: Attachment) -> str:
    """As it was written where that is safe: the corpus numbers no doubles."""
    return file.written_name if safe(file.written_name) == file.written_name != "" else file.name
