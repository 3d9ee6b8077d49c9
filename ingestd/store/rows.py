"""Rows and nouns: what stands in a column, and the Entry that a row says."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from ingestd.core.journal import Entry, Gist, Status
from ingestd.core.model import Envelope, QueueId

WAITING = frozenset({Status.INCOMING, Status.ACTIVE, Status.DEFERRED})
OVER = frozenset({Status.DONE, Status.DISCARDED})

_KEY_LENGTH = 200
_SHOWN_LENGTH = 1000


def epoch(at: datetime) -> float:
    return at.timestamp()


def moment(seconds: float) -> datetime:
    """The time of an epoch; a float holds microseconds exactly until the year 2242."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def digest(text: str) -> str:
    """128 bits of SHA-256, in hex: an index of its own length over text of any length."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fingerprint(route: str, content: str) -> str:
    """What makes two arrivals one: the same content for the same route."""
    return digest(f"{route}\0{content}")


def conversation_key(key: str) -> str:
    """The key as it is kept: itself where it is short and plain, else its digest. Idempotent."""
    return key if len(key) <= _KEY_LENGTH and key.isascii() and key.isprintable() else f"sha256:{digest(key)}"


def author_key(address: str) -> str | None:
    """Addresses that differ in case are one author; RFC 5321 section 2.4 allows otherwise, nobody does otherwise."""
    return digest(address.casefold()) if address else None


def message_key(message_id: str) -> str | None:
    return digest(message_id) if message_id else None


def shown(text: str) -> str:
    """Text of a mail for a column that people read: bounded, and of characters that every engine takes."""
    return text[:_SHOWN_LENGTH].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def gist_columns(gist: Gist) -> dict[str, Any]:
    """The columns of what the mail says of itself."""
    return {
        "author": shown(gist.author),
        "author_key": author_key(gist.author),
        "subject": shown(gist.subject),
        "message_id": shown(gist.message_id),
        "message_key": message_key(gist.message_id),
        "grade": gist.grade,
    }


def envelope_of(row: Any) -> Envelope:
    return Envelope(
        reverse_path=row.reverse_path,
        recipient=row.recipient,
        route=row.route,
        peer=row.peer,
        helo=row.helo,
        tls=bool(row.tls),
        received_at=moment(row.received_at),
    )


def entry_of(row: Any) -> Entry:
    return Entry(
        queue_id=QueueId(row.queue_id),
        envelope=envelope_of(row),
        raw_id=row.raw_id,
        size=row.size,
        conversation=row.conversation,
        status=Status(row.status),
        reason=row.reason,
        due_at=moment(row.due_at),
        lease=row.lease,
        claims=row.claims,
        gist=Gist(row.author, row.subject, row.message_id, row.grade),
        ticket_id=row.ticket_id,
        ticket_number=row.ticket_number,
        pruned=bool(row.pruned),
        lines=row.lines,
    )
