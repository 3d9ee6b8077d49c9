"""Who wrote a mail first: forwards and the rewriting of mailing lists undone. What these say is trusted for nothing."""

import re
from typing import Final

from ingestd.core.model import Mail, Mailbox
from ingestd.mail import history
from ingestd.mail.addresses import mailboxes

LOOK: Final = 200
HEAD: Final = 14
_VIA: Final = re.compile(r"\s+(?:via|über|par|vía|tramite|przez)\s+.{1,100}$", re.IGNORECASE)
_REWRITTEN: Final = ("x-original-from", "x-original-sender", "x-google-original-from")
_POST: Final = re.compile(r"<mailto:([^>?\s]{3,254})")
_GOOGLE: Final = re.compile(r"\blist ([^\s;]{3,254})")
_ID: Final = re.compile(r"<([^<>\s]{3,254})>")
FORWARDED: Final = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|i|enc|doorst|vb|vl|pd|ilt|转发|轉寄|転送)\s*(?:\[\d{1,3}\])?\s*[:：]", re.IGNORECASE
)
_WRITTEN: Final = re.compile(r"[>\s*_]{0,12}[^:：]{1,30}[:：][*_]{0,2}\s*(.{1,300})")
_LINKED: Final = re.compile(r"(?<=\S)<mailto:[^>\s]{3,254}>", re.IGNORECASE)
_MAILTO: Final = re.compile(r"[\[<(]mailto:([^\]>)\s]{3,254})[\]>)]", re.IGNORECASE)


def forwarded_author(text: str) -> Mailbox | None:
    """The author that the head of a forwarded mail in this text names; None where there is no such head."""
    lines = [line[:300] for line in text.split("\n", LOOK)[:LOOK]]
    _, at = head_of(lines)
    written = _WRITTEN.match(lines[at]) if at >= 0 else None
    return _mailbox(written[1]) if written else None


def head_of(lines: list[str]) -> tuple[int, int]:
    """Where the head of an enclosed mail begins in these lines, and its From; -1 where there is none."""
    for at, line in enumerate(lines):
        if history.FROM.match(line):
            start = at
            while start > max(0, at - HEAD) and history.FIELD.match(lines[start - 1]):
                start -= 1
            if is_head(lines[start : at + HEAD]):
                return start, at
    return -1, -1


def is_head(lines: list[str]) -> bool:
    """Whether at least three fields of a mail's head stand in these lines."""
    found = (history.FIELD.match(line) for line in lines)
    return len({match[1].lower() for match in found if match}) >= 3


def _mailbox(written: str) -> Mailbox | None:
    """Outlook writes `Jo [mailto:jo@x]`, others both an address and its link."""
    plain = _MAILTO.sub(r"<\1>", _LINKED.sub("", written.replace("*", "")))
    return next(iter(mailboxes(plain.encode("utf-8", "replace"))), None)


def is_forward(subject: str, text: str) -> bool:
    """Whether subject or text say that the mail passes on another one; an answer that quotes says neither."""
    if FORWARDED.match(subject):
        return True
    lines = (line[:300].strip(history.DECORATION) for line in text.split("\n", LOOK)[:LOOK])
    return any(history.FORWARDED.match(line) or history.BEGIN.match(line) for line in lines)


def listed_author(mail: Mail) -> Mailbox | None:
    """The author before a list put its own address into From (DMARC made them do it); None where none did.

    From must bear the list's own address, as the list names it; the author then stands in a field of Google's, or in
    Reply-To, where Mailman leaves it.
    """
    if mail.author is None:
        return None
    fields = {name.lower(): value for name, value in mail.headers}
    if not _is_lists(mail.author.address.lower(), fields):
        return None
    listed = mail.author.address.lower()
    told = (box for name in _REWRITTEN for box in mailboxes(fields.get(name, "").encode("utf-8", "replace")))
    found = next((box for box in (*told, *mail.reply_to) if box.address.lower() != listed), None)
    return Mailbox(found.name or _VIA.sub("", mail.author.name).strip("' "), found.address) if found else None


def _is_lists(address: str, fields: dict[str, str]) -> bool:
    """Whether the list names this as its address: List-Post and List-Id (RFC 2369, RFC 2919), or Google's own field."""
    named = _POST.findall(fields.get("list-post", "").lower()) + _GOOGLE.findall(fields.get("mailing-list", "").lower())
    ids = _ID.findall(fields.get("list-id", "").lower())
    return address in named or address.replace("@", ".") in ids
