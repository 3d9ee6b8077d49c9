"""What people and stations ask of the spool: entries, counts, who wrote, and the raw mails."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select

from ingestd.core.errors import StoreError
from ingestd.core.journal import Entry, Status
from ingestd.core.model import Grade, QueueId
from ingestd.core.refs import root_key
from ingestd.core.untold import Unsigned, Writers, is_alike, may_have_opened
from ingestd.store import direct
from ingestd.store.asked import CHUNK, Filter
from ingestd.store.ledger import ENTRY, records
from ingestd.store.recents import Mark, Whose
from ingestd.store.rows import author_key, entry_of, epoch, message_key
from ingestd.store.tables import chunk, entry

# A References field names few mails; whoever names thousands is answered for the first of them.
_MOST_IDS = 200
# Of a ticket with thousands of mails the latest tell under which keys the next ones may wait.
_MOST_KEYS = 500
# Each mail of a flood counts those before it: beyond what any policy may allow they are not told apart.
_MOST_RECENT = 100_001


COUNTS = select(entry.c.status, func.count()).group_by(entry.c.status)
WAITING = select(func.count()).where(entry.c.wake_at.is_not(None))
OLDEST = select(func.min(entry.c.received_at)).where(entry.c.wake_at.is_not(None))
# In these two the status is compared afterwards: as a condition it tempts SQLite to walk through all that is done.
TICKETS_OF = (
    select(entry.c.message_key, entry.c.status, entry.c.ticket_id, entry.c.ticket_number)
    .where(entry.c.message_key.in_(bindparam("keys", expanding=True)), entry.c.message_key.is_not(None))
    .where(entry.c.ticket_id.is_not(None))
    .order_by(entry.c.queue_id)
)
AUTHORS_OF = (
    select(entry.c.author, entry.c.status)
    .where(entry.c.ticket_id == bindparam("ticket"), entry.c.author != "")
    .where(entry.c.grade.in_((Grade.TRUSTED.value, Grade.VERIFIED.value)))
    .order_by(entry.c.queue_id)
)
KEYS_OF = (
    select(entry.c.root, entry.c.message_id)
    .where(entry.c.ticket_id == bindparam("ticket"))
    .order_by(entry.c.queue_id.desc())
    .limit(_MOST_KEYS)
)
WAITING_WITH = (
    select(entry.c.conversation, entry.c.wake_at)
    .where(entry.c.message_key.in_(bindparam("keys", expanding=True)), entry.c.message_key.is_not(None))
    .where(entry.c.queue_id < bindparam("id"))
    .order_by(entry.c.queue_id)
)
# What was decided has an author. By `wake_at`: by queue id it would walk through all that is done.
UNTOLD = (
    select(entry.c.queue_id, entry.c.subject)
    .where(entry.c.wake_at.is_not(None), entry.c.queue_id < bindparam("before"))
    .where(entry.c.ticket_id.is_(None), entry.c.author != "")
    .order_by(entry.c.wake_at)
    .limit(_MOST_KEYS)
)
WAITING_OF = select(entry.c.conversation).where(
    entry.c.queue_id.in_(bindparam("ids", expanding=True)), entry.c.wake_at.is_not(None)
)
SIBLINGS = (
    select(entry)
    .where(entry.c.raw_id == bindparam("raw"), entry.c.queue_id != bindparam("id"))
    .order_by(entry.c.queue_id)
)
# The latest: those beyond are the first to be too old.
RECENT = (
    select(entry.c.received_at, entry.c.queue_id)
    .where(
        entry.c.author_key == bindparam("author"),
        entry.c.received_at >= bindparam("since"),
        entry.c.peer == bindparam("peer"),
        entry.c.grade == bindparam("grade"),
    )
    .order_by(entry.c.received_at.desc())
    .limit(_MOST_RECENT)
)
RAW = select(entry.c.size, entry.c.pruned).where(entry.c.raw_id == bindparam("raw")).limit(1)
WHOLE_CHUNK = select(chunk.c.data).where(chunk.c.raw_id == bindparam("raw"), chunk.c.seq == bindparam("seq"))
CHUNK_PIECE = select(func.substr(chunk.c.data, bindparam("first"), bindparam("length"))).where(
    chunk.c.raw_id == bindparam("raw"), chunk.c.seq == bindparam("seq")
)


def entry_by_id(connection: Connection, queue_id: str) -> Entry | None:
    row = direct.row(connection, ENTRY, {"id": queue_id})
    return None if row is None else entry_of(row)


def listing(wanted: Filter) -> Select[Any]:
    """The entries that pass, newest first: whoever sees only some of them sees the latest."""
    query = select(entry).order_by(entry.c.queue_id.desc())
    if wanted.status is not None:
        query = query.where(entry.c.status == wanted.status.value)
    if wanted.queue_id is not None:
        query = query.where(entry.c.queue_id == wanted.queue_id)
    if wanted.ticket_id is not None:
        query = query.where(entry.c.ticket_id == wanted.ticket_id)
    if wanted.ticket_number is not None:
        query = query.where(entry.c.ticket_number == wanted.ticket_number)
    if wanted.address is not None:
        written = (entry.c.reverse_path, entry.c.recipient)
        same = [func.lower(column) == func.lower(wanted.address) for column in written]
        query = query.where(or_(entry.c.author_key == author_key(wanted.address), *same))
    return query


def entries(connection: Connection, wanted: Filter, limit: int) -> tuple[Entry, ...]:
    return tuple(map(entry_of, connection.execute(listing(wanted).limit(limit))))


def counts(connection: Connection) -> dict[Status, int]:
    """How many entries stand in each status; every status is there."""
    found = {Status(status): count for status, count in connection.execute(COUNTS)}
    return {status: found.get(status, 0) for status in Status}


def waiting(connection: Connection) -> int:
    """How many entries wait."""
    return connection.scalar(WAITING) or 0


def oldest(connection: Connection, now: datetime) -> float:
    """Seconds since the oldest waiting entry was received; 0.0 where none waits."""
    found = connection.scalar(OLDEST)
    return 0.0 if found is None else max(0.0, epoch(now) - found)


def tickets_of(connection: Connection, message_ids: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """The tickets into which the mails with these Message-IDs went, each once, in the order of the Message-IDs."""
    keys = [key for key in map(message_key, message_ids[:_MOST_IDS]) if key]
    rows = _done(connection.execute(TICKETS_OF, {"keys": keys}))
    ranked = sorted(rows, key=lambda row: keys.index(row.message_key))
    return tuple(dict.fromkeys((row.ticket_id, row.ticket_number) for row in ranked))


def authors_of(connection: Connection, ticket_id: int) -> tuple[str, ...]:
    """Who surely wrote into this ticket by mail, each once."""
    rows = _done(connection.execute(AUTHORS_OF, {"ticket": ticket_id}))
    return tuple(dict.fromkeys(row.author for row in rows))


def waiting_with(connection: Connection, message_ids: Sequence[str], of: Entry) -> str | None:
    """The conversation of the first mail with one of these Message-IDs that waits since before this entry."""
    keys = [key for key in map(message_key, message_ids[:_MOST_IDS]) if key]
    rows = connection.execute(WAITING_WITH, {"keys": keys, "id": of.queue_id})
    return next((str(row.conversation) for row in rows if row.wake_at is not None), None)


def keys_of(connection: Connection, ticket_id: int, writers: Writers) -> tuple[str, ...]:
    """The keys under which mails of this ticket may wait: what its mails began with, what they are, where they wait.

    `writers` are mails that wrote to it, though perhaps nobody was told so.
    """
    openers = () if writers.unsigned is None else _openers(connection, writers.unsigned)
    rows = connection.execute(KEYS_OF, {"ticket": ticket_id}).all()
    ids = (root_key(row.message_id) for row in rows if row.message_id)
    waiting = connection.scalars(WAITING_OF, {"ids": [*openers, *writers.known[-_MOST_KEYS:]]})
    return tuple(dict.fromkeys((*(row.root for row in rows), *ids, *waiting)))


def _openers(connection: Connection, ticket: Unsigned) -> tuple[QueueId, ...]:
    """The earlier mails, of those that wait, that may have opened this ticket though nobody was told so."""
    rows = [row for row in connection.execute(UNTOLD, {"before": ticket.before}) if is_alike(row.subject, ticket)]
    return tuple(
        row.queue_id for row in rows if may_have_opened(row.queue_id, records(connection, row.queue_id), ticket)
    )


def siblings(connection: Connection, of: Entry) -> tuple[Entry, ...]:
    """The other entries over the same raw mail."""
    return tuple(map(entry_of, direct.rows(connection, SIBLINGS, {"raw": of.raw_id, "id": of.queue_id})))


def recent(connection: Connection, whose: Whose, since: float) -> list[Mark]:
    """The mails of this author that were accepted since then, as far as they were read.

    As many as are more than the configuration may allow.
    """
    asked = {"author": whose.author, "peer": whose.peer, "grade": whose.grade, "since": since}
    return [(row.received_at, row.queue_id) for row in direct.rows(connection, RECENT, asked)]


def size_of(connection: Connection, raw_id: str) -> int:
    """The size of a raw mail that is here; StoreError where it is not, or no more."""
    found = direct.row(connection, RAW, {"raw": raw_id})
    if found is None:
        raise StoreError("there is no such mail in the spool")
    if found.pruned:
        raise StoreError("the raw mail is pruned: spool.retention has passed")
    return int(found.size)


def beginning(connection: Connection, raw_id: str) -> tuple[int, bytes]:
    """The size of a raw mail, and its first chunk."""
    size = size_of(connection, raw_id)
    return size, _between(connection, raw_id, 0, min(size, CHUNK))


def read(connection: Connection, raw_id: str, offset: int, length: int) -> bytes:
    """These bytes of a raw mail, fewer at its end."""
    offset = max(0, offset)
    return _between(connection, raw_id, offset, min(offset + length, size_of(connection, raw_id)))


def _between(connection: Connection, raw_id: str, offset: int, end: int) -> bytes:
    pieces = []
    while offset < end:
        seq, start = divmod(offset, CHUNK)
        piece = _piece(connection, raw_id, seq, start, min(CHUNK - start, end - offset))
        pieces.append(piece)
        offset += len(piece)
    return b"".join(pieces)


def _done(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    return [row for row in rows if row.status == Status.DONE.value]


def _piece(connection: Connection, raw_id: str, seq: int, start: int, length: int) -> bytes:
    where: dict[str, Any] = {"raw": raw_id, "seq": seq}
    piece: bytes | None
    if length == CHUNK:
        # A part would be another copy beside the whole.
        piece = direct.value(connection, WHOLE_CHUNK, where)
    else:
        piece = direct.value(connection, CHUNK_PIECE, where | {"first": start + 1, "length": length})
    if not piece or len(piece) != length:
        raise StoreError("a part of the raw mail is missing")
    return bytes(piece)
