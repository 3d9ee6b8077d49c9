"""Who wrote a mail first: forwards and the rewriting of mailing lists undone. What these say is trusted for nothing."""

import re
from typing import Final

from ingestd.core.model import Mail, Mailbox
from ingestd.mail import history
from ingestd.mail.addresses import mailboxes

_LOOK: Final = 200
_HEAD: Final = 14
_VIA: Final = re.compile(r"\s+(?:via|über|par|vía|tramite|przez)\s+.{1,100}$", re.IGNORECASE)
_REWRITTEN: Final = ("x-original-from", "x-original-sender", "x-google-original-from")
_WRITTEN: Final = re.compile(r"[>\s*_]{0,12}[^:：]{1,30}[:：][*_]{0,2}\s*(.{1,300})")
_LINKED: Final = re.compile(r"(?<=\S)<mailto:[^>\s]{3,254}>", re.IGNORECASE)
_MAILTO: Final = re.compile(r"[\[<(]mailto:([^\]>)\s]{3,254})[\]>)]", re.IGNORECASE)


def forwarded_author(text: str) -> Mailbox | None:
    """The author that the head of a forwarded mail in this text names; None where there is no such head."""
    lines = [line[:300] for line in text.split("\n", _LOOK)[:_LOOK]]
    for at, line in enumerate(lines):
        if history.FROM.match(line) and _is_head(lines[at : at + _HEAD]):
            written = _WRITTEN.match(line)
            return _mailbox(written[1]) if written else None
    return None


def _is_head(lines: list[str]) -> bool:
    found = (history.FIELD.match(line) for line in lines)
    return len({match[1].lower() for match in found if match}) >= 3


def _mailbox(written: str) -> Mailbox | None:
    """Outlook writes `Jo [mailto:jo@x]`, others both an address and its link."""
    plain = _MAILTO.sub(r"<\1>", _LINKED.sub("", written.replace("*", "")))
    return next(iter(mailboxes(plain.encode("utf-8", "replace"))), None)


def listed_author(mail: Mail) -> Mailbox | None:
    """The author before a list put its own address into From (DMARC made them do it); None where none did.

    A list says so itself: by a field of its own, or by List-Post naming the very address that From bears, which then
    leaves the author in Reply-To.
    """
    fields = {name.lower(): value for name, value in mail.headers}
    for name in _REWRITTEN:
        if boxes := mailboxes(fields.get(name, "").encode("utf-8", "replace")):
            return boxes[0]
    listed = fields.get("list-post", "").lower()
    if mail.author is None or mail.author.address.lower() not in listed:
        return None
    other = (box for box in mail.reply_to if box.address.lower() not in listed)
    found = next(other, None)
    return Mailbox(found.name or _VIA.sub("", mail.author.name), found.address) if found else None
