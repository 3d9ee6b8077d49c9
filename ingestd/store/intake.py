"""Mails come in: many arrivals in one transaction, each stored once, whoever sends it again."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from time import time
from typing import Any

from sqlalchemy import Connection, Insert, Select, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import sqlite

from ingestd.core.errors import StoreError
from ingestd.core.journal import ROUTE_HOLDS, Parked, Status
from ingestd.core.model import QueueId
from ingestd.store import direct
from ingestd.store.asked import Arrival, Recipient
from ingestd.store.codec import encode
from ingestd.store.ids import next_ids
from ingestd.store.rows import conversation_key, epoch, fingerprint, gist_columns, message_key
from ingestd.store.tables import chunk, entry, line, spool, staged

_ABANDONED_SECONDS = 86_400


LAST_ID = select(func.max(entry.c.queue_id))
BY_FINGERPRINT = select(entry.c.fingerprint, entry.c.queue_id).where(
    entry.c.fingerprint.in_(bindparam("fingerprints", expanding=True))
)
PARKED = encode(Parked())
HELD = {"status": Status.HELD.value, "reason": ROUTE_HOLDS, "lines": 2}
COUNT = update(spool).values(accepted=spool.c.accepted + bindparam("made"))
INSERT_CHUNK = insert(chunk)
APPEND = insert(line)
STAGED_SIZE = select(func.count(), func.max(chunk.c.seq), func.coalesce(func.sum(func.length(chunk.c.data)), 0)).where(
    chunk.c.raw_id == bindparam("raw")
)
UNSTAGE = delete(staged).where(staged.c.raw_id == bindparam("raw"))
DROP_CHUNKS = delete(chunk).where(chunk.c.raw_id == bindparam("raw"))
ABANDONED = select(staged.c.raw_id).where(
    ~staged.c.owner.in_(("", bindparam("owner"))) | (staged.c.at < bindparam("before"))
)


def accept(connection: Connection, arrivals: Sequence[Arrival]) -> list[tuple[QueueId, ...]]:
    """Keep these mails, one entry for each route that has not this content yet; the queue ids, old or new."""
    rows = _rows(connection, arrivals)
    known = _inserted(connection, [row for mine in rows for row in mine])
    made = [row for mine in rows for row in mine if known[row["fingerprint"]] == row["queue_id"]]
    _count(connection, len(made))
    _tell_parked(connection, made)
    new = {row["raw_id"] for row in made}
    _keep_chunks(connection, [arrival for arrival in arrivals if arrival.raw_id in new])
    for arrival in arrivals:
        if arrival.staged and arrival.raw_id not in new:
            discard_staged(connection, arrival.raw_id)
    return [tuple(known[row["fingerprint"]] for row in mine) for mine in rows]


def stage(connection: Connection, raw_id: str, seq: int, data: bytes, owner: str) -> None:
    """Keep a chunk of a mail that is still coming in."""
    values = {"raw_id": raw_id, "owner": owner, "at": time()}
    direct.insert_all(connection, insert_ignore(connection.dialect.name, staged), [values])
    direct.insert_all(connection, INSERT_CHUNK, [{"raw_id": raw_id, "seq": seq, "data": data}])


def discard_staged(connection: Connection, raw_id: str) -> None:
    """Forget the chunks of a mail that did not come to its end; nothing where it did."""
    if connection.execute(UNSTAGE, {"raw": raw_id}).rowcount:
        connection.execute(DROP_CHUNKS, {"raw": raw_id})


def sweep(connection: Connection, owner: str) -> None:
    """Forget what a daemon before us left half received, and what was left by anybody a day ago.

    The daemon before is surely dead, since we hold its lock; a command may be at work right now. We ourselves leave
    what we cannot forget at once: on a full disk nothing can be deleted either.
    """
    abandoned = connection.scalars(ABANDONED, {"owner": owner, "before": time() - _ABANDONED_SECONDS}).all()
    for raw_id in abandoned:
        discard_staged(connection, raw_id)


@lru_cache(16)
def insert_ignore(dialect: str, table: Table) -> Insert:
    """Insert, and pass over a row whose key is there: the one thing that each engine says in its own way."""
    match dialect:
        case "sqlite":
            return sqlite.insert(table).on_conflict_do_nothing()
        case "postgresql":
            from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a whole dialect, for one engine only

            return postgresql.insert(table).on_conflict_do_nothing()
        case _:
            return insert(table).prefix_with("IGNORE")


def _rows(connection: Connection, arrivals: Iterable[Arrival]) -> list[list[dict[str, Any]]]:
    """The entries wanted, by arrival, their queue ids in order after the last one there is."""
    ids = next_ids(direct.value(connection, LAST_ID, {}) or "", time)
    rows = [[_row(next(ids), arrival, recipient) for recipient in arrival.recipients] for arrival in arrivals]
    moved = _moved(connection, {row["root"] for mine in rows for row in mine})
    for mine in rows:
        for row in mine:
            row["conversation"] = moved.get(row["root"], row["root"])
    return rows


def _moved(connection: Connection, roots: Iterable[str]) -> dict[str, str]:
    """Where the conversations of these roots went."""
    asked = list(roots)
    # One of few sizes, the last of them again and again: whatever is asked was asked before.
    size = 1 << (len(asked) - 1).bit_length()
    values = {f"root_{n}": root for n, root in enumerate(asked + asked[-1:] * (size - len(asked)))}
    return {row.root: row.conversation for row in direct.rows(connection, moved(size), values)}


@lru_cache(16)
def moved(size: int) -> Select[Any]:
    """The waiting entries of so many roots whose conversation has another name by now."""
    return (
        select(entry.c.root, entry.c.conversation)
        .where(entry.c.root.in_([bindparam(f"root_{n}") for n in range(size)]))
        .where(entry.c.wake_at.is_not(None), entry.c.conversation != entry.c.root)
        .order_by(entry.c.queue_id)
    )


def _inserted(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, QueueId]:
    """Insert those that are new; the queue id that each fingerprint has then."""
    statement = insert_ignore(connection.dialect.name, entry)
    made = 0
    # Rows of one statement have the same columns: those that are parked have more.
    for parked in (False, True):
        made += direct.insert_all(connection, statement, [row for row in rows if ("status" in row) is parked])
    if made < len(rows):
        return _known(connection, rows)
    return {row["fingerprint"]: row["queue_id"] for row in rows}


def _tell_parked(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    lines = [
        {"queue_id": row["queue_id"], "seq": 1, "at": row["received_at"], "event": PARKED}
        for row in rows
        if "status" in row
    ]
    direct.insert_all(connection, APPEND, lines)


def _row(queue_id: str, arrival: Arrival, wanted: Recipient) -> dict[str, Any]:
    row = _incoming(queue_id, arrival, wanted)
    if wanted.parked is not None:
        row["wake_at"] = None
        row |= HELD
        row |= gist_columns(wanted.parked)
    return row


def _incoming(queue_id: str, arrival: Arrival, wanted: Recipient) -> dict[str, Any]:
    envelope = wanted.envelope
    received_at = epoch(envelope.received_at)
    return {
        "queue_id": queue_id,
        "raw_id": arrival.raw_id,
        "size": arrival.size,
        "fingerprint": fingerprint(envelope.route, arrival.digest),
        "reverse_path": envelope.reverse_path,
        "recipient": envelope.recipient,
        "route": envelope.route,
        "peer": envelope.peer,
        "helo": envelope.helo,
        "tls": envelope.tls,
        "received_at": received_at,
        "root": conversation_key(wanted.conversation),
        "message_key": message_key(arrival.message_id),
        "due_at": received_at,
        "wake_at": received_at,
    }


def _known(connection: Connection, rows: Iterable[dict[str, Any]]) -> dict[str, QueueId]:
    wanted = [row["fingerprint"] for row in rows]
    return {
        print_: QueueId(queue_id) for print_, queue_id in connection.execute(BY_FINGERPRINT, {"fingerprints": wanted})
    }


def _count(connection: Connection, made: int) -> None:
    if made:
        direct.change(connection, COUNT, {"made": made})


def _keep_chunks(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    for arrival in arrivals:
        if arrival.staged:
            _adopt(connection, arrival)
    chunks = [
        {"raw_id": arrival.raw_id, "seq": seq, "data": data}
        for arrival in arrivals
        for seq, data in enumerate(arrival.chunks, arrival.staged)
    ]
    direct.insert_all(connection, INSERT_CHUNK, chunks)


def _adopt(connection: Connection, arrival: Arrival) -> None:
    """Make staged chunks the entry's own; StoreError where they are not all there, whole and in order."""
    found = connection.execute(STAGED_SIZE, {"raw": arrival.raw_id}).one()
    size = arrival.size - sum(map(len, arrival.chunks))
    if tuple(found) != (arrival.staged, arrival.staged - 1, size):
        raise StoreError("the staged chunks of a mail are gone")
    connection.execute(UNSTAGE, {"raw": arrival.raw_id})
