"""Holds expire, and raw mails that nobody needs any more make room; their entries, fingerprints and ledgers stay."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from ingestd.core.model import QueueId
from ingestd.store.rows import epoch
from ingestd.store.tables import chunk, entry

_MOST = 64
_MOST_BYTES = 16 << 20

# A raw mail serves several entries: all of them must be over for long enough.
_other = entry.alias("other")
PRUNABLE = (
    select(entry.c.raw_id, entry.c.size)
    .where(entry.c.over_at < bindparam("before"))
    .where(
        ~exists().where(
            _other.c.raw_id == entry.c.raw_id, _other.c.over_at.is_(None) | (_other.c.over_at >= bindparam("before"))
        )
    )
    .distinct()
    .limit(_MOST)
)
EXPIRABLE = (
    select(entry.c.queue_id)
    .where(entry.c.held_at < bindparam("before"))
    .order_by(entry.c.held_at, entry.c.queue_id)
    .limit(_MOST)
)
DROP_CHUNKS = delete(chunk).where(chunk.c.raw_id.in_(bindparam("raws", expanding=True)))
MARK = update(entry).where(entry.c.raw_id.in_(bindparam("raws", expanding=True))).values(pruned=True, over_at=None)


def expirable(connection: Connection, before: datetime) -> tuple[QueueId, ...]:
    """Some of the entries that are held since before then by a hold that expires, the longest held first."""
    return tuple(map(QueueId, connection.scalars(EXPIRABLE, {"before": epoch(before)})))


def spare(connection: Connection) -> int:
    """Bytes within the file that pruned mails left, and that new ones take first."""
    pages = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
    return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def prune(connection: Connection, before: datetime) -> int:
    """Drop a small batch of the raw mails whose every entry was over before then; how many, 0 when none is left."""
    raws: list[str] = []
    weight = 0
    for found in connection.execute(PRUNABLE, {"before": epoch(before)}).all():
        if raws and weight + found.size > _MOST_BYTES:
            break
        raws.append(found.raw_id)
        weight += found.size
    if raws:
        connection.execute(DROP_CHUNKS, {"raws": raws})
        connection.execute(MARK, {"raws": raws})
    return len(raws)
