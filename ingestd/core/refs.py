"""Which ticket a mail speaks of: subject tag, address tag, Message-IDs; and the conversation key made of them."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ingestd.core.model import Mail, QueueId
from ingestd.quick import quick

# WHMCS's templates write "[Ticket ID: 123456] Subject"; a mask may hold letters, blanks and hyphens, 15 characters long.
SUBJECT_TAG = re.compile(r"\[\s{0,9}Ticket\s{0,9}ID:\s{0,9}([^\s\]][^\]\r\n]{0,31}?)\s{0,9}\]", re.IGNORECASE)
ADDRESS_TAG = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9][A-Za-z0-9_-]{2,31}")
NUMBER_KEY = "number:"
MAX_IDS = 50


class Sign(StrEnum):
    """By what a mail names its ticket."""

    SUBJECT = "subject tag"
    ADDRESS = "address tag"
    MESSAGE_ID = "Message-ID"
    RETURNED = "returned mail"


@quick
@dataclass(frozen=True, slots=True)
class Named:
    """What a mail names: ticket numbers in the order of trust, and Message-IDs, nearest first."""

    numbers: tuple[tuple[str, Sign], ...]
    message_ids: tuple[str, ...]


def named(mail: Mail, recipient: str) -> Named:
    """Everything in the mail and its envelope recipient that may name a ticket."""
    subject = tuple((number, Sign.SUBJECT) for number in subject_numbers(mail.subject))
    tag = address_number(recipient)
    address = ((tag, Sign.ADDRESS),) if tag else ()
    ids = tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))
    if mail.bounce is None:
        return Named(subject + address, ids[:MAX_IDS])
    # The helpdesk's mails bear Message-IDs that nobody tells us, but their subject holds the number.
    known = {number for number, _ in subject + address}
    returned = tuple(
        (number, Sign.RETURNED) for number in subject_numbers(mail.bounce.original_subject) if number not in known
    )
    original = (mail.bounce.original_message_id,) if mail.bounce.original_message_id else ()
    return Named(subject + address + returned, tuple(dict.fromkeys((*original, *ids)))[:MAX_IDS])


def subject_numbers(subject: str) -> tuple[str, ...]:
    """The ticket numbers tagged in a subject, each once, at most three."""
    return tuple(dict.fromkeys(SUBJECT_TAG.findall(subject[:2000])))[:3]


def address_number(recipient: str) -> str:
    """The ticket number in `support+NUMBER@`, or ""; a detail without a digit is no number (RFC 5233)."""
    _, _, detail = recipient.rpartition("@")[0].partition("+")
    return detail if ADDRESS_TAG.fullmatch(detail) else ""


def fold_number(number: str) -> str:
    """One spelling for a ticket number: no blanks, no hyphens, no case."""
    return re.sub(r"[\s-]+", "", number).casefold()


def conversation_key(subject: str, recipient: str, root: str, digest: str) -> str:
    """The key under which a mail waits for the earlier mails of its conversation, made from its header block alone.

    A named ticket number first, else the root Message-ID, else the mail itself.
    """
    numbers = subject_numbers(subject)
    number = numbers[0] if numbers else address_number(recipient)
    if number:
        return number_key(number)
    return root_key(root) if root else f"mail:{digest[:40]}"


def untagged_key(mail: Mail, queue_id: QueueId) -> str:
    """The key of a mail whose tags name no ticket: its root Message-ID, else itself."""
    root = next(iter((*mail.references, *mail.in_reply_to, mail.message_id)), "")
    return root_key(root) if root else f"mail:{queue_id}"


def root_key(root: str) -> str:
    """The key of the mails that began with this Message-ID."""
    return f"id:{root[:200]}"


def number_key(number: str) -> str:
    """The key of the mails that name this ticket number."""
    return f"{NUMBER_KEY}{fold_number(number)[:40]}"


def ticket_key(ticket_id: int) -> str:
    """The key of a conversation whose ticket is known."""
    return f"ticket:{ticket_id}"
