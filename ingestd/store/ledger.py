"""The ledger: append-only lines, written together with the index over them that the queue row shows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Update, bindparam, insert, select, update

from ingestd.core.journal import Accepted, Index, Record
from ingestd.core.model import QueueId
from ingestd.store import direct
from ingestd.store.asked import Fold, Put
from ingestd.store.claim import ROW, held
from ingestd.store.codec import decode
from ingestd.store.rows import FREED, READ, SHOWN, Written, envelope_of, freed_of, line_of, moment, shown_of
from ingestd.store.tables import entry, line

ENTRY = select(entry).where(entry.c.queue_id == bindparam("id"))
APPEND = insert(line)
LINES = select(line.c.at, line.c.event).where(line.c.queue_id == bindparam("id")).order_by(line.c.seq)
_COUNTED = (*SHOWN, "claims", "lines")
# An entry that stays leased stays where it is in most indexes: what is not set is not written anew.
_LET_GO = (*_COUNTED, *FREED)
# Most mails have the Message-ID that the door saw.
_NAMELESS = tuple(name for name in READ if name != "message_key")


def _set(*columns: str) -> Update:
    return update(entry).where(entry.c.queue_id == bindparam("id")).values({name: bindparam(name) for name in columns})


KEEP = _set(*_COUNTED)
KEEP_READ = _set(*_COUNTED, *_NAMELESS)
KEEP_NAMED = _set(*_COUNTED, *READ)
FREE = _set(*_LET_GO)
FREE_READ = _set(*_LET_GO, *_NAMELESS)
FREE_NAMED = _set(*_LET_GO, *READ)
TAKE = _set(*_LET_GO, "lease")


def records(connection: Connection, queue_id: QueueId) -> tuple[Record, ...]:
    """The whole ledger of an entry, its acceptance first; () where there is no such entry."""
    row = direct.row(connection, ENTRY, {"id": queue_id})
    return () if row is None else _ledger(connection, row)


def record(connection: Connection, put: Put) -> Written:
    """Append to the ledger of an entry that is ours, show it in the index, and give the lease back where it is freed.

    A claim counts against the entry until it is given back, unless `broken`: then it counts on. By what is read of it
    a mail is found by author, Message-ID and subject.
    """
    row = held(connection, put)
    _append(connection, row, put.lines)
    claims = 0 if put.lines or (put.freed and not put.broken) else row.claims
    lines = row.lines + len(put.lines)
    values = {"id": put.queue_id, **dict(zip(SHOWN, put.shown, strict=True)), "claims": claims, "lines": lines}
    if put.freed:
        values |= zip(FREED, put.freed, strict=True)
    if put.read:
        values |= zip(READ, put.read, strict=True)
    named = bool(put.read) and values["message_key"] != row.message_key
    direct.change(connection, _statement(freed=bool(put.freed), read=bool(put.read), named=named), values)
    return row.conversation, claims, lines


def order(connection: Connection, queue_id: QueueId, deed: Record, fold: Fold) -> Index | None:
    """Append an operator's deed and what follows from it; whoever was at work on the entry loses the lease."""
    row = direct.row(connection, ROW, {"id": queue_id})
    index = None if row is None else fold((*_ledger(connection, row), deed))
    if row is None or index is None:
        return None
    _append(connection, row, (line_of(deed),))
    values = {"claims": 0, "lines": row.lines + 1, "lease": row.lease + 1}
    values |= zip((*SHOWN, *FREED), (*shown_of(index), *freed_of((deed,), index)), strict=True)
    direct.change(connection, TAKE, {"id": queue_id, **values})
    return index


def _statement(*, freed: bool, read: bool, named: bool) -> Update:
    if freed:
        return FREE_NAMED if named else FREE_READ if read else FREE
    return KEEP_NAMED if named else KEEP_READ if read else KEEP


def _ledger(connection: Connection, row: Any) -> tuple[Record, ...]:
    # The acceptance is not stored as a line: the envelope's columns say it, and intake has one row less to write.
    first = Record(moment(row.received_at), Accepted(envelope_of(row)))
    rest = direct.rows(connection, LINES, {"id": row.queue_id})
    return (first, *(Record(moment(each.at), decode(each.event)) for each in rest))


def _append(connection: Connection, row: Any, news: Sequence[tuple[float, str]]) -> None:
    lines = [
        {"queue_id": row.queue_id, "seq": seq, "at": at, "event": event}
        for seq, (at, event) in enumerate(news, row.lines)
    ]
    direct.insert_all(connection, APPEND, lines)
