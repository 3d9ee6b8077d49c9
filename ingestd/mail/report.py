"""Delivery reports (RFC 3464), complaints (RFC 5965), read receipts (RFC 8098), and bounces that are no MIME at all."""

import re
from itertools import chain
from typing import Final, NamedTuple

from ingestd.core.model import Bounce
from ingestd.mail.charset import clean, decode
from ingestd.mail.headers import Fields, message_ids
from ingestd.mail.parts import Part
from ingestd.mail.raw import Raw
from ingestd.mail.transfer import beginning
from ingestd.mail.words import decode_words

_LIMIT: Final = 65_536
_DELIVERY: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ORIGINAL: Final = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
_FEEDBACK: Final = "message/feedback-report"
_RECEIPT: Final = "message/disposition-notification"
_TELLING: Final = _DELIVERY | _ORIGINAL | {_FEEDBACK, _RECEIPT}
_BLOCK: Final = re.compile(rb"\n\r?\n")
# Both begin with the digit, so that all else is passed over without a try.
_STATUS: Final = re.compile(r"([245](?<![\d.].)\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY: Final = re.compile(r"([45])(?<![\d.].)\d\d[ -](?=\D)")
_ADDRESS: Final = re.compile(r"(?<![\w.+@-])[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HEADING: Final = re.compile(
    rf"(?:^[ \t]{{0,20}}[<\"'>*]{{0,5}}[ \t]?|RCPT TO:[ \t]?<|Recipient:[ \t]{{0,5}}<?)({_ADDRESS.pattern})",
    re.IGNORECASE | re.MULTILINE,
)
_ID_LINE: Final = re.compile(r"^[> \t]{0,20}Message-ID:\s{0,5}<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE)
_SUBJECT_LINE: Final = re.compile(r"^[> \t]{0,20}Subject:[ \t]{0,5}([^\r\n]{1,500})", re.IGNORECASE | re.MULTILINE)
_COMPLAINT: Final = b"x-hmxmroriginalrecipient"
_DIAGNOSTIC: Final = 1_000
_SUBJECT: Final = 500


class Report(NamedTuple):
    """What a mail reports about other mails; `actions` are those of RFC 3464, in lower case."""

    actions: frozenset[str] = frozenset()
    delivery: bool = False
    feedback: bool = False
    receipt: bool = False
    original: bool = False
    bounce: Bounce | None = None


_NOTHING: Final = Report()


def report_of(raw: Raw, root: Part) -> Report:
    """The report that this mail itself is, not one that it forwards."""
    parts = _own(root)
    types = {part.content_type for part in parts}
    if types.isdisjoint(_TELLING):
        delivery, feedback = _is_report(root), _complains(root)
        return Report(delivery=delivery, feedback=feedback) if delivery or feedback else _NOTHING
    groups = [group for part in parts if part.content_type in _DELIVERY for group in _groups(raw, part)]
    original = next((part for part in parts if part.content_type in _ORIGINAL), None)
    return Report(
        actions=frozenset(found for group in groups if (found := _token(group.get(b"action")))),
        delivery=bool(types & _DELIVERY) or _is_report(root),
        feedback=_FEEDBACK in types or _complains(root),
        receipt=_RECEIPT in types,
        original=original is not None,
        bounce=_bounce(groups, _original(raw, original)),
    )


def _is_report(root: Part) -> bool:
    return root.kind.get("report-type").lower() == "delivery-status"


def _own(part: Part, *, depth: int = 0) -> list[Part]:
    if not part.children:
        return [part]
    inside = part.children if part.content_type.startswith("multipart/") and depth < 5 else ()
    return [part, *[own for child in inside for own in _own(child, depth=depth + 1)]]


def _complains(root: Part) -> bool:
    # Hotmail's complaints (JMRP) carry no report part: the enclosed mail alone, marked by their own field.
    if _COMPLAINT in root.fields.named or not root.children:
        return _COMPLAINT in root.fields.named
    inner = [mail.fields for child in root.children for mail in child.children[:1]]
    return any(_COMPLAINT in fields.named for fields in inner)


def _groups(raw: Raw, part: Part) -> list[Fields]:
    data = beginning(raw, part.source, _LIMIT).replace(b"\r\n", b"\n")
    return [Fields(block.strip(b"\n")) for block in _BLOCK.split(data)[:200]]


def _token(value: bytes) -> str:
    return decode_words(value).partition(";")[0].partition("(")[0].strip().lower()


def _bounce(groups: list[Fields], original: tuple[str, str]) -> Bounce:
    """The first recipient that failed; else the first of all."""
    if not groups:
        return Bounce("", "", "", *original)
    about = [group for group in groups if b"final-recipient" in group.named or b"original-recipient" in group.named]
    failed = [group for group in about if _token(group.get(b"action")) == "failed"]
    group = next(iter(failed or about), Fields(b""))
    recipient = group.get(b"final-recipient") or group.get(b"original-recipient")
    return Bounce(
        decode_words(recipient).rpartition(";")[2].strip().strip("<>")[:320],
        next(iter(_STATUS.findall(decode_words(group.get(b"status")))), ""),
        decode_words(group.get(b"diagnostic-code")).partition(";")[2].strip()[:_DIAGNOSTIC],
        *original,
    )


def _original(raw: Raw, original: Part | None) -> tuple[str, str]:
    """Message-ID and subject of the mail that came back."""
    if original is None:
        return "", ""
    if not original.children:
        return _quoted(clean(decode(beginning(raw, original.source, _LIMIT))))
    fields = original.children[0].fields
    return next(iter(message_ids([fields.get(b"message-id")])), ""), fields.text(b"subject")[:_SUBJECT]


def _quoted(text: str) -> tuple[str, str]:
    """The same from header fields that stand in a text."""
    message_id = _ID_LINE.search(text, _line_with(text, "message-id:"))
    subject = _SUBJECT_LINE.search(text, _line_with(text, "subject:"))
    return message_id[1] if message_id else "", decode_words(subject[1].encode()).strip() if subject else ""


def told(fields: Fields, text: str, report: Report) -> Bounce:
    """What a bounce says in free text: as much as can be found; what came back is rather a part's than quoted."""
    failed = decode_words(fields.get(b"x-failed-recipients")).partition(",")[0].strip()
    text = text[:_LIMIT]
    address = _failed_address(fields, text)
    status = _STATUS.search(text)
    place = status or _REPLY.search(text)
    returned = report.bounce or Bounce("", "", "", "")
    message_id, subject = _quoted(text)
    return Bounce(
        failed or address,
        status[1] if status else "",
        _line_at(text, place.start())[:_DIAGNOSTIC] if place else "",
        returned.original_message_id or message_id,
        returned.original_subject or subject,
    )


def _failed_address(fields: Fields, text: str) -> str:
    """The first address that heads a line or follows RCPT; else the first that is neither the bounce's nor its reader's."""
    ours = {found.lower() for name in (b"from", b"to") for found in _ADDRESS.findall(fields.text(name))}
    lines = [line for line in text.split("\n") if "@" in line]
    heading = (found[1] for line in lines for found in _HEADING.finditer(line))
    others = (found for line in lines for found in _ADDRESS.findall(line))
    return next((found for found in chain(heading, others) if found.lower() not in ours), "")


def _line_with(text: str, name: str) -> int:
    """Where the first line begins that may hold this name in whatever case; the end where none does."""
    # Letters of other alphabets may pass for some of these.
    at = text.lower().find(name) if text.isascii() else 0
    return text.rfind("\n", 0, at) + 1 if at >= 0 else len(text)


def _line_at(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[start : end if end >= 0 else len(text)].strip()
