"""The ledger: append-only lines, written together with the index over them that the queue row shows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Update, bindparam, insert, select, update

from ingestd.core.journal import Accepted, Entry, Gist, Index, Record, Status
from ingestd.core.model import QueueId
from ingestd.store import direct
from ingestd.store.asked import Fold, Following
from ingestd.store.claim import ROW, claim, held
from ingestd.store.codec import decode, encode
from ingestd.store.rows import OVER, WAITING, envelope_of, epoch, gist_columns, moment
from ingestd.store.tables import entry, line

ENTRY = select(entry).where(entry.c.queue_id == bindparam("id"))
APPEND = insert(line)
LINES = select(line.c.at, line.c.event).where(line.c.queue_id == bindparam("id")).order_by(line.c.seq)
_SHOWN = ("reason", "due_at", "claims", "lines", "ticket_id", "ticket_number")
# An entry that stays leased stays where it is in most indexes: what is not set is not written anew.
_FREED = (*_SHOWN, "status", "wake_at", "over_at", "held_at", "lease")
_READ = ("author", "author_key", "subject", "message_id", "message_key", "grade")


def _set(*columns: str) -> Update:
    return update(entry).where(entry.c.queue_id == bindparam("id")).values({name: bindparam(name) for name in columns})


KEEP = _set(*_SHOWN)
KEEP_READ = _set(*_SHOWN, *_READ)
FREE = _set(*_FREED)
FREE_READ = _set(*_FREED, *_READ)


def records(connection: Connection, queue_id: QueueId) -> tuple[Record, ...]:
    """The whole ledger of an entry, its acceptance first; () where there is no such entry."""
    row = direct.row(connection, ENTRY, {"id": queue_id})
    return () if row is None else _ledger(connection, row)


def record(
    connection: Connection,
    ours: Entry,
    news: Sequence[Record],
    index: Index,
    gist: Gist | None,
    *,
    release: bool,
    broken: bool,
) -> Entry:
    """Append to the ledger of an entry that is ours, show it in the index, and give the lease back on `release`.

    A claim counts against the entry until it is given back, unless `broken`: then it counts on. By its `gist` a mail
    is found by author, Message-ID and subject.
    """
    row, values = _put(connection, ours, news, index, gist, release=release, broken=broken)
    return _written(ours, row, values, index, gist)


def finish(
    connection: Connection,
    ours: Entry,
    news: Sequence[Record],
    index: Index,
    gist: Gist | None,
    following: Following,
) -> tuple[Entry, ...]:
    """Record the last that is known for now, give the lease back, and claim who comes next."""
    _put(connection, ours, news, index, gist, release=True, broken=False)
    if not following.most:
        return ()
    return claim(connection, following.now, following.lease, following.most, alone=False)


def order(connection: Connection, queue_id: QueueId, deed: Record, fold: Fold) -> Index | None:
    """Append an operator's deed and what follows from it; whoever was at work on the entry loses the lease."""
    row = direct.row(connection, ROW, {"id": queue_id})
    index = None if row is None else fold((*_ledger(connection, row), deed))
    if row is None or index is None:
        return None
    _append(connection, row, (deed,))
    values = _shown(row, (deed,), index) | _free((deed,), index) | {"lease": row.lease + 1}
    direct.change(connection, FREE, {"id": queue_id, **values})
    return index


def _put(
    connection: Connection,
    ours: Entry,
    news: Sequence[Record],
    index: Index,
    gist: Gist | None,
    *,
    release: bool,
    broken: bool,
) -> tuple[Any, dict[str, Any]]:
    """The row as it was, and the values that it has now."""
    row = held(connection, ours)
    _append(connection, row, news)
    values = _shown(row, news, index)
    if release:
        values |= _free(news, index) | {"lease": row.lease}
    if release and not broken:
        values["claims"] = 0
    said = {} if gist is None else gist_columns(gist)
    direct.change(connection, _statement(release=release, read=bool(said)), {"id": ours.queue_id, **values, **said})
    return row, values


def _statement(*, release: bool, read: bool) -> Update:
    if release:
        return FREE_READ if read else FREE
    return KEEP_READ if read else KEEP


def _ledger(connection: Connection, row: Any) -> tuple[Record, ...]:
    # The acceptance is not stored as a line: the envelope's columns say it, and intake has one row less to write.
    first = Record(moment(row.received_at), Accepted(envelope_of(row)))
    rest = direct.rows(connection, LINES, {"id": row.queue_id})
    return (first, *(Record(moment(each.at), decode(each.event)) for each in rest))


def _append(connection: Connection, row: Any, news: Sequence[Record]) -> None:
    lines = [
        {"queue_id": row.queue_id, "seq": seq, "at": epoch(each.at), "event": encode(each.event)}
        for seq, each in enumerate(news, row.lines)
    ]
    direct.insert_all(connection, APPEND, lines)


def _shown(row: Any, news: Sequence[Record], index: Index) -> dict[str, Any]:
    """The index columns of an entry that stays as much leased as it was."""
    return {
        "reason": index.reason,
        "due_at": epoch(index.due_at),
        "claims": 0 if news else row.claims,
        "lines": row.lines + len(news),
        "ticket_id": index.ticket_id,
        "ticket_number": index.ticket_number,
    }


def _free(news: Sequence[Record], index: Index) -> dict[str, Any]:
    """The columns that change when nobody is at work on the entry any more."""
    status = Status.DEFERRED if index.status is Status.ACTIVE else index.status
    since = epoch(news[-1].at if news else index.due_at)
    return {
        "status": status.value,
        "wake_at": epoch(index.due_at) if status in WAITING else None,
        "over_at": since if status in OVER else None,
        "held_at": since if status is Status.HELD and index.expires else None,
    }


def _written(ours: Entry, row: Any, values: dict[str, Any], index: Index, gist: Gist | None) -> Entry:
    return replace(
        ours,
        conversation=row.conversation,
        status=Status(values.get("status", row.status)),
        reason=index.reason,
        due_at=index.due_at,
        claims=values["claims"],
        gist=gist or ours.gist,
        ticket_id=index.ticket_id,
        ticket_number=index.ticket_number,
        lines=values["lines"],
    )
