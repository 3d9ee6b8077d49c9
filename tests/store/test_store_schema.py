"""The schema's versions: what an older spool becomes, who may bring it there, and what is refused."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from ingestd.core.errors import StoreError
from ingestd.core.journal import Deed, Index, Ordered, Planned, Record, Status
from ingestd.store import schema
from ingestd.store.database import _engine
from ingestd.store.spool import CHUNK, Filter, Spool
from ingestd.store.tables import VERSION, metadata

# As version 1 wrote it; never to be changed.
FIRST = """
CREATE TABLE spool (version INTEGER NOT NULL);
CREATE TABLE entry (queue_id VARCHAR(20) NOT NULL, raw_id VARCHAR(20) NOT NULL, size BIGINT NOT NULL, pruned BOOLEAN DEFAULT 0 NOT NULL, fingerprint VARCHAR(32) NOT NULL, reverse_path TEXT NOT NULL, recipient TEXT NOT NULL, route TEXT NOT NULL, peer TEXT NOT NULL, helo TEXT NOT NULL, tls BOOLEAN NOT NULL, received_at DOUBLE NOT NULL, root VARCHAR(255) NOT NULL, conversation VARCHAR(255) NOT NULL, status VARCHAR(16) DEFAULT 'incoming' NOT NULL, reason TEXT DEFAULT '' NOT NULL, due_at DOUBLE NOT NULL, wake_at DOUBLE, over_at DOUBLE, lease INTEGER DEFAULT '0' NOT NULL, claims INTEGER DEFAULT '0' NOT NULL, lines INTEGER DEFAULT '1' NOT NULL, author TEXT DEFAULT '' NOT NULL, author_key VARCHAR(32), subject TEXT DEFAULT '' NOT NULL, message_id TEXT DEFAULT '' NOT NULL, message_key VARCHAR(32), grade VARCHAR(16) DEFAULT '' NOT NULL, ticket_id BIGINT, ticket_number TEXT DEFAULT '' NOT NULL, PRIMARY KEY (queue_id), UNIQUE (fingerprint));
CREATE INDEX entry_raw ON entry (raw_id);
CREATE INDEX entry_turn ON entry (conversation, queue_id) WHERE wake_at IS NOT NULL;
CREATE INDEX entry_ticket ON entry (ticket_id, queue_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX entry_wake ON entry (wake_at, queue_id) WHERE wake_at IS NOT NULL;
CREATE INDEX entry_status ON entry (status, queue_id);
CREATE INDEX entry_author ON entry (author_key, received_at) WHERE author_key IS NOT NULL;
CREATE INDEX entry_root ON entry (root, queue_id) WHERE wake_at IS NOT NULL;
CREATE INDEX entry_message ON entry (message_key, queue_id) WHERE message_key IS NOT NULL;
CREATE INDEX entry_over ON entry (over_at, raw_id) WHERE over_at IS NOT NULL;
CREATE TABLE line (queue_id VARCHAR(20) NOT NULL, seq INTEGER NOT NULL, at DOUBLE NOT NULL, event TEXT NOT NULL, PRIMARY KEY (queue_id, seq)) WITHOUT ROWID;
CREATE TABLE chunk (raw_id VARCHAR(20) NOT NULL, seq SMALLINT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (raw_id, seq));
CREATE TABLE staged (raw_id VARCHAR(20) NOT NULL, owner TEXT NOT NULL, at DOUBLE NOT NULL, PRIMARY KEY (raw_id));
INSERT INTO spool VALUES (1);
"""
ENTRY = """
INSERT INTO entry (queue_id, raw_id, size, pruned, fingerprint, reverse_path, recipient, route, peer, helo, tls,
received_at, root, conversation, status, reason, due_at, wake_at, over_at, lease, claims, lines, ticket_id)
VALUES (?, ?, ?, ?, ?, 'ann@example.org', 'support@example.com', 'support', '192.0.2.1', 'mx', 0,
1700000000.25, 'r', 'r', ?, ?, 1700000000.25, ?, ?, 3, 0, ?, ?)
"""
HOLD = '{"Planned":{"verdict":{"Hold":{"reason":"loop: 120 hops"}},"keeps":0,"why":""}}'
LONG = b"x" * CHUNK + b"the rest"
NAMES = ("0A0000000000000000A1", "0B0000000000000000B1", "0C0000000000000000C1")
DIE = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from sqlalchemy import event
from ingestd.store import schema
from ingestd.store.database import _engine

engine = _engine(Path(sys.argv[1]), ("PRAGMA journal_mode = WAL",), "BEGIN IMMEDIATE", 1)
event.listen(engine, "commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))
schema.upgrade(engine, Path(sys.argv[1]))
"""


@pytest.fixture
def first(url) -> Path:
    """A spool as version 1 left it: a mail that waits, one that is held, and one that is done and pruned."""
    file = Path(url.removeprefix("sqlite:///"))
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(FIRST)
    waiting, held, done = NAMES
    connection.executemany(
        ENTRY,
        [
            (waiting, "raw1", len(LONG), 0, "1" * 32, "incoming", "", 1700000000.25, None, 1, None),
            (held, "raw2", 5, 0, "2" * 32, "held", "loop: 120 hops", None, None, 2, None),
            (done, "raw3", 7, 1, "3" * 32, "done", "new ticket", None, None, 1, 42),
        ],
    )
    connection.execute("INSERT INTO line VALUES (?, 1, 1700000001.5, ?)", (held, HOLD))
    chunks = [("raw1", 0, LONG[:CHUNK]), ("raw1", 1, LONG[CHUNK:]), ("raw2", 0, b"hello")]
    connection.executemany("INSERT INTO chunk VALUES (?, ?, ?)", chunks)
    connection.commit()
    connection.close()
    return file


def dumped(file, *, but=()):
    """Every row of every table, by the columns there were at first."""
    with sqlite3.connect(file) as connection:
        connection.row_factory = sqlite3.Row
        tables = [table.name for table in metadata.sorted_tables if table.name != "spool"]
        rows = {
            name: sorted(
                tuple((key, row[key]) for key in sorted(row.keys()) if key not in but)
                for row in connection.execute(f"SELECT * FROM {name}")
            )
            for name in tables
        }
    connection.close()
    return rows


def shape(file):
    """The columns and indexes of every table."""
    with sqlite3.connect(file) as connection:
        names = [table.name for table in metadata.sorted_tables]
        columns = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
        indexes = sorted(connection.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'"))
        partial = sorted(row[1:] for name in names for row in connection.execute(f"PRAGMA index_list({name})"))
    connection.close()
    return columns, indexes, partial


def version(file):
    with sqlite3.connect(file) as connection:
        (found,) = connection.execute("SELECT version FROM spool").fetchone()
    connection.close()
    return found


async def opened(url, *, exclusive, create=True):
    spool = Spool(url, create=create, boot="this")
    await spool.open(exclusive=exclusive)
    return spool


async def test_the_daemon_upgrades_an_older_spool_and_loses_nothing(url, first):
    """Entries, records and chunks are what they were; the new columns say what is true of them."""
    before = dumped(first)

    spool = await opened(url, exclusive=True)
    await spool.close()

    assert VERSION == version(first)
    assert before == dumped(first, but={"held_at"})
    assert {None} == {dict(row)["held_at"] for row in dumped(first)["entry"]}
    with sqlite3.connect(first) as connection:
        assert (3,) == connection.execute("SELECT accepted FROM spool").fetchone()
    connection.close()


async def test_an_upgraded_spool_works_on(url, first, posting):
    """What is in it is read and ordered, and mail comes in."""
    waiting, held, done = NAMES
    spool = await opened(url, exclusive=True)
    records = await spool.records(held)
    raw = b"".join([piece async for piece in spool.stream("raw1")])
    (entry,) = await spool.claim(datetime.now(UTC), timedelta(minutes=1), 5)
    new = await posting(spool).accept()
    at = datetime.now(UTC)
    await spool.order(held, Record(at, Ordered(Deed.DROP, "ann")), lambda _: Index(Status.DISCARDED, "", at))
    counts = await spool.counts()
    found = await spool.list(Filter(ticket_id=42), 5)
    await spool.close()

    assert LONG == raw
    assert isinstance(records[1].event, Planned)
    assert "loop: 120 hops" == records[1].event.verdict.reason
    assert waiting == entry.queue_id
    assert max(NAMES) < new
    assert [done] == [each.queue_id for each in found]
    assert (1, 1, 1, 1) == tuple(counts[s] for s in (Status.INCOMING, Status.ACTIVE, Status.DISCARDED, Status.DONE))


async def test_an_upgraded_spool_is_as_a_new_one(url, first, tmp_path):
    """The same columns in the same order, the same indexes."""
    await (await opened(url, exclusive=True)).close()
    await (await opened(f"sqlite:///{tmp_path}/new.db", exclusive=True)).close()

    assert shape(tmp_path / "new.db") == shape(first)


async def test_there_is_a_step_from_every_version():
    """No spool of any version is left behind."""
    assert [*range(1, VERSION)] == sorted(schema.STEPS)


@pytest.mark.parametrize("create", [True, False])
async def test_a_command_leaves_an_older_spool_to_the_daemon(url, first, create):
    """A command is told who upgrades it, and changes nothing."""
    before = dumped(first)

    with pytest.raises(StoreError, match=rf"schema 1, this ingestd needs {VERSION}: start `ingestd run` once"):
        await opened(url, exclusive=False, create=create)

    assert 1 == version(first)
    assert before == dumped(first)


@pytest.mark.parametrize("exclusive", [True, False])
async def test_a_newer_schema_is_refused(url, spool, exclusive):
    """A spool of a later ingestd is not written into, by nobody; nor is its lock kept. Both versions are named."""
    await spool.close()
    file = url.removeprefix("sqlite:///")
    with sqlite3.connect(file) as other:
        other.execute("UPDATE spool SET version = 99")
    other.close()

    for _ in range(2):
        with pytest.raises(StoreError, match=rf"schema 99, this ingestd knows {VERSION}: use the version of ingestd"):
            await opened(url, exclusive=exclusive)
    assert 99 == version(file)


async def test_a_spool_without_its_version_is_refused(url, spool):
    """The row that tells it is gone: nothing is guessed."""
    await spool.close()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as other:
        other.execute("DELETE FROM spool")
    other.close()

    with pytest.raises(StoreError, match="does not tell its version"):
        await opened(url, exclusive=True)


@pytest.mark.parametrize("place", range(len(schema.STEPS[1]) + 1))
async def test_an_upgrade_that_breaks_leaves_the_version_before(url, first, place):
    """Whichever statement of a step breaks, nothing of the step is there, and the next start does it all."""
    before, was = dumped(first), shape(first)
    engine = _engine(first, ("PRAGMA journal_mode = WAL",), "BEGIN IMMEDIATE", 1)
    changes = []

    def break_there(_connection, _cursor, statement, *_):
        changes.extend([statement] * (not statement.startswith(("SELECT", "PRAGMA"))))
        if len(changes) > place:
            raise OSError("the disk is no more")

    event.listen(engine, "before_cursor_execute", break_there)

    with pytest.raises(OSError, match="no more"):
        schema.upgrade(engine, first)
    engine.dispose()

    assert (1, before, was) == (version(first), dumped(first), shape(first))
    await (await opened(url, exclusive=True)).close()
    assert VERSION == version(first)


async def test_an_upgrade_that_is_killed_leaves_the_version_before(url, first):
    """kill -9 before the commit of a step: the next start finds the old version and does it all."""
    before = dumped(first)

    killed = subprocess.run([sys.executable, "-c", DIE, str(first)], check=False, capture_output=True)

    assert -9 == killed.returncode, killed
    assert (1, before) == (version(first), dumped(first))
    await (await opened(url, exclusive=True)).close()
    assert before == dumped(first, but={"held_at"})
