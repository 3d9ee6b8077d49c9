"""Rows and nouns: what stands in a column, and the Entry that a row says."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from ingestd.core.journal import Entry, Gist, Index, Record, Status
from ingestd.core.model import Envelope, QueueId
from ingestd.store.asked import Put
from ingestd.store.codec import encode

WAITING = frozenset({Status.INCOMING, Status.ACTIVE, Status.DEFERRED})
OVER = frozenset({Status.DONE, Status.DISCARDED})

SHOWN: Final = ("reason", "due_at", "ticket_id", "ticket_number")
FREED: Final = ("status", "wake_at", "over_at", "held_at")
READ: Final = ("author", "author_key", "subject", "message_id", "message_key", "grade")
CLAIMED: Final = (
    "queue_id", "reverse_path", "recipient", "route", "peer", "helo", "tls", "received_at", "raw_id", "size",
    "conversation", "reason", "due_at", "lease", "claims", "author", "subject", "message_id", "grade", "ticket_id",
    "ticket_number", "pruned", "lines",
)  # fmt: skip
"""What is told of an entry that is claimed, in this order."""

Written = tuple[str, int, int]
"""What only the database knows of an entry that was written: its conversation, its claims and its lines."""

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


# Asked several times for each mail, and those who write write again.
@lru_cache(512)
def author_key(address: str) -> str | None:
    """Addresses that differ in case are one author; RFC 5321 section 2.4 allows otherwise, nobody does otherwise."""
    return digest(address.casefold()) if address else None


def message_key(message_id: str) -> str | None:
    return digest(message_id) if message_id else None


def shown(text: str) -> str:
    """Text of a mail for a column that people read: bounded, and of characters that every engine takes."""
    if text.isascii() and text.isprintable():
        return text[:_SHOWN_LENGTH]
    return text[:_SHOWN_LENGTH].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def put(
    entry: Entry, news: Sequence[Record], index: Index, gist: Gist | None, *, release: bool, broken: bool = False
) -> Put:
    """What is to be written of this entry, with the lease given back on `release`."""
    return Put(
        entry.queue_id,
        entry.lease,
        tuple([line_of(each) for each in news]),
        shown_of(index),
        freed_of(news, index) if release else (),
        () if gist is None else _of_gist(gist),
        broken,
    )


def line_of(record: Record) -> tuple[float, str]:
    """When it was, and its text."""
    return epoch(record.at), encode(record.event)


def shown_of(index: Index) -> tuple[Any, ...]:
    """The index columns of an entry that stays as much leased as it was."""
    return index.reason, epoch(index.due_at), index.ticket_id, index.ticket_number


def freed_of(news: Sequence[Record], index: Index) -> tuple[Any, ...]:
    """The columns that change when nobody is at work on the entry any more."""
    status = Status.DEFERRED if index.status is Status.ACTIVE else index.status
    since = epoch(news[-1].at if news else index.due_at)
    return (
        status.value,
        epoch(index.due_at) if status in WAITING else None,
        since if status in OVER else None,
        since if status is Status.HELD and index.expires else None,
    )


def gist_columns(gist: Gist) -> dict[str, Any]:
    """The columns of what the mail says of itself."""
    return dict(zip(READ, _of_gist(gist), strict=True))


def _of_gist(gist: Gist) -> tuple[Any, ...]:
    return (
        shown(gist.author),
        author_key(gist.author),
        shown(gist.subject),
        shown(gist.message_id),
        message_key(gist.message_id),
        gist.grade,
    )


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


def claimed_of(values: Sequence[Any]) -> Entry:
    """The entry that is ours now, as the claim told it."""
    (
        queue_id, reverse_path, recipient, route, peer, helo, tls, received_at, raw_id, size, conversation, reason,
        due_at, lease, claims, author, subject, message_id, grade, ticket_id, ticket_number, pruned, lines,
    ) = values  # fmt: skip
    envelope = Envelope(reverse_path, recipient, route, peer, helo, bool(tls), moment(received_at))
    gist = Gist(author, subject, message_id, grade)
    return Entry(
        QueueId(queue_id), envelope, raw_id, size, conversation, Status.ACTIVE, reason, moment(due_at), lease, claims,
        gist, ticket_id, ticket_number, bool(pruned), lines,
    )  # fmt: skip


def written(entry: Entry, told: Written, put: Put, index: Index, gist: Gist | None) -> Entry:
    """The entry as it stands once that was written of it."""
    conversation, claims, lines = told
    status = Status(put.freed[0]) if put.freed else Status.ACTIVE
    # Not `replace`, which asks for each field by its name.
    return Entry(
        entry.queue_id, entry.envelope, entry.raw_id, entry.size, conversation, status, index.reason, index.due_at,
        entry.lease, claims, gist or entry.gist, index.ticket_id, index.ticket_number, entry.pruned, lines,
    )  # fmt: skip
