"""What sort of mail this is, and by which sign: a person's unless something says otherwise.

A false alarm loses a person's mail, so no single soft sign decides: a null reverse-path alone is no bounce, and
X-Auto-Response-Suppress, which Outlook sets for people too, is no sign at all.
"""

import re
from typing import Final, NamedTuple

from ingestd.core.model import Bounce, Kind
from ingestd.mail import phrases
from ingestd.mail.headers import Fields
from ingestd.mail.looking import holds
from ingestd.mail.report import Report, told

_HEAD: Final = 8_000
_ANSWERED: Final = re.compile(
    r"^\s*(?:re|fwd?|aw|wg|tr|rv|r|i|sv|vs|antw|odp|回复|转发)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
_UNATTENDED: Final = frozenset({b"return-path", b"auto-submitted", b"x-mlserver", b"precedence"})
_NULL_PATH: Final = re.compile(r"^\s*<\s*(?:mailer-daemon\b[^>]*)?>", re.IGNORECASE)


class Judgement(NamedTuple):
    """A kind, the sign it was known by ("" for an ordinary mail), and what a bounce says."""

    kind: Kind
    sign: str = ""
    bounce: Bounce | None = None


_ORDINARY: Final = Judgement(Kind.ORDINARY)


def judge(fields: Fields, report: Report, text: str) -> Judgement:
    """The kind of a mail with these fields, this report and this text."""
    return (
        _reported(fields, report, text)
        or _bounced(fields, report, text)
        or _automatic(fields)
        or _to_many(fields)
        or _ORDINARY
    )


def _reported(fields: Fields, report: Report, text: str) -> Judgement | None:
    if report.feedback:
        return Judgement(Kind.FEEDBACK, "feedback report")
    if report.receipt:
        return Judgement(Kind.AUTO_REPLY, "read receipt")
    if not report.delivery:
        return None
    bounce = report.bounce
    if bounce is None or not bounce.recipient:
        bounce = told(fields, text, report)
    if report.actions & {"failed"}:
        return Judgement(Kind.BOUNCE, "delivery status: failed", bounce)
    if report.actions & {"delayed"}:
        return Judgement(Kind.DELAYED, "delivery status: delayed", bounce)
    if report.actions & {"delivered", "relayed", "expanded"} or bounce.status.startswith("2"):
        return Judgement(Kind.AUTO_GENERATED, "delivery status: delivered", bounce)
    return Judgement(_tried(fields, text), "delivery status", bounce)


def _tried(fields: Fields, text: str) -> Kind:
    delayed = phrases.DELAYED_SUBJECT.search(fields.text(b"subject")) or _says_delayed(text[:_HEAD])
    return Kind.DELAYED if delayed else Kind.BOUNCE


def _says_delayed(head: str) -> bool:
    plain = head.isascii() or not holds(head, phrases.DISGUISED)
    if plain and not holds(head.lower(), phrases.DELAYED):
        return False
    return phrases.DELAYED_TEXT.search(head) is not None


def _bounced(fields: Fields, report: Report, text: str) -> Judgement | None:
    """Bounces of servers that speak no RFC 3464: several signs together, one of them that a machine wrote."""
    subject = fields.text(b"subject")
    # Hardly any other subject has a colon.
    if (":" in subject or not subject.isascii()) and _ANSWERED.match(subject) and not _daemon(fields):
        return None
    head = text[:_HEAD]
    if "notificationType" in head and (notice := phrases.NOTIFICATION.search(head)):
        kind = {"bounce": Kind.BOUNCE, "complaint": Kind.FEEDBACK}.get(notice[1].lower(), Kind.AUTO_GENERATED)
        return Judgement(kind, f"notification: {notice[1].lower()}", told(fields, head, report))
    machine = _daemon(fields) + _null_path(fields) + _submitted(fields)
    if b"x-failed-recipients" in fields.named:
        return Judgement(_tried(fields, text), "X-Failed-Recipients", told(fields, text, report))
    if machine == 0:
        return None
    if not _says_failed(subject, text, report, machine):
        return None
    bounce = told(fields, text, report)
    if phrases.NOBODY.search(fields.text(b"from")) and not bounce.recipient:
        return None
    return Judgement(_tried(fields, text), "words of a bounce", bounce)


def _says_failed(subject: str, text: str, report: Report, machine: int) -> bool:
    """Whether enough signs of a failure stand in it for what so much of a machine wrote."""
    head, enough = text[:_HEAD], max(2, 4 - machine)
    said = 2 * bool(phrases.FAILED_SUBJECT.search(subject)) + report.original
    said += said < enough and phrases.STATUS.search(head) is not None
    said += said < enough and not report.original and phrases.ENCLOSED.search(text) is not None
    # The longest search comes last, and only where it decides.
    return said >= enough or (said + 2 >= enough and phrases.FAILED_TEXT.search(head) is not None)


def _daemon(fields: Fields) -> int:
    author = fields.text(b"from")
    plain = author.isascii() or phrases.DISGUISED.isdisjoint(author)
    if author and plain and not holds(author.lower(), phrases.OFFICIAL):
        return int(author == "<>")
    if phrases.DAEMON.search(author):
        return 2
    office = phrases.OFFICE.search(author) or phrases.NOBODY.search(author)
    return int(office is not None or author.strip() in {"", "<>"})


def _null_path(fields: Fields) -> int:
    return int(b"return-path" in fields.named and _NULL_PATH.match(fields.text(b"return-path")) is not None)


def _submitted(fields: Fields) -> int:
    if b"auto-submitted" in fields.named and _value(fields, b"auto-submitted") not in {"", "no"}:
        return 1
    return int(b"x-mlserver" in fields.named)


def _value(fields: Fields, name: bytes) -> str:
    """The first word of a field in lower case, comments and parameters left out."""
    if name not in fields.named:
        return ""
    return fields.text(name).partition(";")[0].partition("(")[0].strip().lower()


def _automatic(fields: Fields) -> Judgement | None:
    submitted = _value(fields, b"auto-submitted")
    if submitted.startswith("auto-replied"):
        return Judgement(Kind.AUTO_REPLY, "Auto-Submitted: auto-replied")
    # Most mails have none of these fields.
    told = () if fields.named.keys().isdisjoint(phrases.AUTO_REPLY_FIELDS) else phrases.AUTO_REPLY_FIELDS.items()
    for name, values in told:
        value = fields.text(name).lower() if name in fields.named else "no"
        if value not in {"no", "false", "none"} and (not values or any(word in value for word in values)):
            return Judgement(Kind.AUTO_REPLY, name.decode())
    subject = fields.text(b"subject")
    if phrases.VACATION_SUBJECT.match(subject):
        return Judgement(Kind.AUTO_REPLY, "subject of an automatic reply")
    if _unattended(fields) and phrases.AWAY_SUBJECT.match(subject):
        return Judgement(Kind.AUTO_REPLY, "subject of an absence, from a machine")
    if submitted not in {"", "no"}:
        return Judgement(Kind.AUTO_GENERATED, "Auto-Submitted: auto-generated")
    if fields.named.keys().isdisjoint(phrases.AUTO_GENERATED_FIELDS):
        return None
    found = next(name for name in phrases.AUTO_GENERATED_FIELDS if name in fields.named)
    return Judgement(Kind.AUTO_GENERATED, found.decode())


def _unattended(fields: Fields) -> bool:
    """Whether something besides its words says that nobody sat before this mail."""
    if fields.named.keys().isdisjoint(_UNATTENDED):
        return False
    return bool(_null_path(fields) or _submitted(fields) or _value(fields, b"precedence") in {"bulk", "junk"})


def _to_many(fields: Fields) -> Judgement | None:
    precedence = _value(fields, b"precedence")
    if b"list-id" in fields.named or b"list-post" in fields.named or precedence == "list":
        return Judgement(Kind.LIST, "List-Id" if precedence != "list" else "Precedence: list")
    if precedence in {"bulk", "junk"}:
        return Judgement(Kind.BULK, f"Precedence: {precedence}")
    return Judgement(Kind.BULK, "List-Unsubscribe") if b"list-unsubscribe" in fields.named else None
