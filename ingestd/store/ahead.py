"""Claims, with the small raw mails of those who are claimed: whoever claims a mail is about to read it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ingestd.store import direct, ledger
from ingestd.store.asked import Put
from ingestd.store.claim import claim
from ingestd.store.raws import Claims, Raws
from ingestd.store.tables import chunk

SMALL = 64 * 1024
"""Bytes of a raw mail that may be read ahead: the writer does it, and whoever accepts mail waits for the writer."""

FIRST_CHUNK = select(chunk.c.data).where(chunk.c.raw_id == bindparam("raw"), chunk.c.seq == 0)


def claimed(connection: Connection, now: float, until: float, most: int, *, alone: bool) -> Claims:
    """Those who are claimed, and the raw mails of those who are small and were never read."""
    rows = claim(connection, now, until, most, alone=alone)
    # Plain values cost less on their way than anything with names.
    return [tuple(row) for row in rows], _raws(connection, rows)


def finished(connection: Connection, put: Put, now: float, until: float, most: int) -> Claims:
    """Record the last that is known for now, give the lease back, and claim who comes next."""
    ledger.record(connection, put)
    return claimed(connection, now, until, most, alone=False) if most else ([], {})


def _raws(connection: Connection, rows: Sequence[Any]) -> Raws:
    wanted = [row for row in rows if row.lines == 1 and row.size <= SMALL and not row.pruned]
    found = {row.raw_id: direct.value(connection, FIRST_CHUNK, {"raw": row.raw_id}) for row in wanted}
    # What is not whole is told by whoever reads it as its own.
    return {row.raw_id: bytes(raw) for row in wanted if (raw := found[row.raw_id]) and len(raw) == row.size}
