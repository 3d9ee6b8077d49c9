"""Small raw mails, read in the transaction that claims them: whoever claims a mail is about to read it."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, bindparam, select

from ingestd.core.journal import Entry
from ingestd.store import direct
from ingestd.store.raws import Raws
from ingestd.store.tables import chunk

SMALL = 64 * 1024
"""Bytes of a raw mail that may be read ahead: the writer does it, and whoever accepts mail waits for the writer."""

FIRST_CHUNK = select(chunk.c.data).where(chunk.c.raw_id == bindparam("raw"), chunk.c.seq == 0)


def with_raws(
    connection: Connection, claim: Callable[[Connection], tuple[Entry, ...]]
) -> tuple[tuple[Entry, ...], Raws]:
    """Those who are claimed, and the raw mails of those who are small and were never read."""
    entries = claim(connection)
    return entries, _raws(connection, entries)


def _raws(connection: Connection, entries: Sequence[Entry]) -> Raws:
    wanted = [each for each in entries if each.lines == 1 and each.size <= SMALL and not each.pruned]
    found = {each.raw_id: direct.value(connection, FIRST_CHUNK, {"raw": each.raw_id}) for each in wanted}
    # What is not whole is told by whoever reads it as its own.
    return {each.raw_id: bytes(raw) for each in wanted if (raw := found[each.raw_id]) and len(raw) == each.size}
