"""What the spool holds, page by page, for whoever proves that nothing is missing: each page is one short snapshot."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from ingestd.core.bookkeeping import Account, Raw
from ingestd.core.errors import StoreError
from ingestd.core.journal import Accepted, Record
from ingestd.core.model import QueueId
from ingestd.store.codec import decode
from ingestd.store.rows import entry_of, envelope_of, moment
from ingestd.store.tables import chunk, entry, line, spool, staged

ENTRIES = 200
_RAWS = 2000

SUMS = select(
    spool.c.accepted,
    select(func.count()).select_from(entry).scalar_subquery(),
    select(func.max(entry.c.queue_id)).scalar_subquery(),
)
PAGE = (
    select(entry)
    .where(entry.c.queue_id > bindparam("after"), entry.c.queue_id <= bindparam("last"))
    .order_by(entry.c.queue_id)
    .limit(bindparam("most"))
)
PAGE_LINES = (
    select(line)
    .where(line.c.queue_id > bindparam("after"), line.c.queue_id <= bindparam("last"))
    .order_by(line.c.queue_id, line.c.seq)
)
# SQLite knows the length of a BLOB without reading it.
CHUNKS = (
    select(chunk.c.raw_id, func.count(), func.max(chunk.c.seq), func.sum(func.length(chunk.c.data)))
    .where(chunk.c.raw_id.in_(bindparam("raws", expanding=True)))
    .group_by(chunk.c.raw_id)
)
RAWS = (
    select(chunk.c.raw_id)
    .where(chunk.c.raw_id > bindparam("after"))
    .distinct()
    .order_by(chunk.c.raw_id)
    .limit(bindparam("most"))
)
OWNED = select(entry.c.raw_id).where(entry.c.raw_id.in_(bindparam("raws", expanding=True)))
STAGED = select(staged.c.raw_id).where(staged.c.raw_id.in_(bindparam("raws", expanding=True)))


@dataclass(frozen=True, slots=True)
class Sums:
    """How many entries were ever made, how many are there, and the last of them, "" for none: what a walk must meet."""

    accepted: int
    entries: int
    last: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries with their ledgers, up to and with `last`, and the queue ids of lines that belong to no entry."""

    accounts: tuple[Account, ...]
    strays: tuple[QueueId, ...]
    last: str


@dataclass(frozen=True, slots=True)
class RawPage:
    """Some raw mails: the last of them, "" after all, and those that belong to no entry and to no mail coming in."""

    last: str
    strays: tuple[str, ...]


def sums(connection: Connection) -> Sums:
    accepted, entries, last = connection.execute(SUMS).one()
    return Sums(accepted, entries, last or "")


def page(connection: Connection, after: str, upto: str, most: int = ENTRIES) -> Page:
    """The entries after this one, up to and with that one, in the order of their acceptance."""
    rows = connection.execute(PAGE, {"after": after, "last": upto, "most": most}).all()
    last = rows[-1].queue_id if len(rows) == most else upto
    lines: dict[str, list[Row[Any]]] = defaultdict(list)
    for each in connection.execute(PAGE_LINES, {"after": after, "last": last}):
        lines[each.queue_id].append(each)
    raws = _raws(connection, sorted({row.raw_id for row in rows}))
    accounts = tuple(_account(row, lines.pop(row.queue_id, []), raws.get(row.raw_id, _NONE)) for row in rows)
    return Page(accounts, tuple(map(QueueId, lines)), last)


def raw_page(connection: Connection, after: str) -> RawPage:
    """The raw mails after this one."""
    raws = connection.scalars(RAWS, {"after": after, "most": _RAWS}).all()
    if not raws:
        return RawPage("", ())
    return RawPage(raws[-1], _without_entry(connection, raws))


def _without_entry(connection: Connection, raws: Sequence[str]) -> tuple[str, ...]:
    there = {*connection.scalars(OWNED, {"raws": raws}), *connection.scalars(STAGED, {"raws": raws})}
    return tuple(raw_id for raw_id in raws if raw_id not in there)


_NONE = Raw(0, 0, 0, staged=False)


def _raws(connection: Connection, raw_ids: Sequence[str]) -> dict[str, Raw]:
    coming = set(connection.scalars(STAGED, {"raws": raw_ids}))
    return {
        raw_id: Raw(count, last + 1, size, staged=raw_id in coming)
        for raw_id, count, last, size in connection.execute(CHUNKS, {"raws": raw_ids})
    }


def _account(row: Row[Any], lines: Sequence[Row[Any]], raw: Raw) -> Account:
    whole = row.lines == len(lines) + 1 and [each.seq for each in lines] == [*range(1, row.lines)]
    unreadable = ""
    records = [Record(moment(row.received_at), Accepted(envelope_of(row)))]
    try:
        records += (Record(moment(each.at), decode(each.event)) for each in lines)
    except StoreError as error:
        unreadable = str(error)
    return Account(entry_of(row), tuple(records), whole, unreadable, row.wake_at is not None, raw)
