"""SQLite's file: what happens when it is locked, full, gone, foreign, another's, or the process dies."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from ingestd.core.errors import StoreError
from ingestd.core.journal import Index, Status
from ingestd.store.spool import Spool

ACCEPT_FOREVER = """
import asyncio, hashlib, itertools, os, sys
from datetime import UTC, datetime
from ingestd.core.model import Envelope
from ingestd.store.spool import Arrival, Recipient, Spool

async def accept(spool, numbers):
    for number in numbers:
        raw = b"mail %d" % number
        envelope = Envelope("ann@example.org", "support@example.com", "support", "", "", False, datetime.now(UTC))
        wanted = Recipient(envelope, f"{number}@example.org")
        arrival = Arrival(spool.new_raw_id(), 0, (raw,), len(raw), hashlib.sha256(raw).hexdigest(), (wanted,))
        (queue_id,) = await spool.accept(arrival)
        os.write(1, b"%d %s\\n" % (number, queue_id.encode()))

async def main(url):
    spool = Spool(url, create=True, boot="child")
    await spool.open(exclusive=True)
    numbers = itertools.count()
    await asyncio.gather(*(accept(spool, numbers) for _ in range(20)))

asyncio.run(main(sys.argv[1]))
"""


async def told(spool, pragma):
    """What the writer's own connection says to this."""

    def ask(connection):
        result = connection.exec_driver_sql(pragma)
        return result.scalar() if result.returns_rows else None

    return await spool._write(ask)


@pytest.fixture
def file(url) -> Path:
    return Path(url.removeprefix("sqlite:///"))


async def test_every_acknowledged_mail_survives_kill_9(url):
    """The process is killed in the middle of its group commits: whatever was acknowledged is there, whole."""
    child = subprocess.Popen([sys.executable, "-c", ACCEPT_FOREVER, url], stdout=subprocess.PIPE)
    acknowledged = [child.stdout.readline() for _ in range(500)]
    child.send_signal(signal.SIGKILL)
    acknowledged += [line for line in child.stdout if line.endswith(b"\n")]
    child.wait()
    child.stdout.close()

    spool = Spool(url, create=False, boot="next")
    await spool.open(exclusive=True)
    for line in acknowledged:
        number, queue_id = line.decode().split()
        entry = await spool.entry(queue_id)
        assert f"mail {number}".encode() == await spool.read(entry.raw_id, 0, 100)
    counts = await spool.counts()
    await spool.close()

    assert len(acknowledged) >= 500
    assert counts[Status.INCOMING] >= len(acknowledged)


async def test_every_commit_is_synced(spool):
    """A power cut cannot be tried here; that SQLite syncs its log at each commit (FULL = 2) can be asked."""
    assert "wal" == await told(spool, "PRAGMA journal_mode")
    assert 2 == await told(spool, "PRAGMA synchronous")


@pytest.mark.parametrize(("free", "pages"), [(4 << 30, 65_536), ((4 << 30) - 1, 16_384)])
async def test_the_log_grows_by_a_burst_only_where_there_is_room(url, monkeypatch, free, pages):
    """Where the disk may soon be full the log stays within what `spool.min_free` leaves for it; what was more is given back."""
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=free, f_frsize=1))
    spool = Spool(url, create=True, boot="this")
    await spool.open(exclusive=True)

    assert pages == await told(spool, "PRAGMA wal_autocheckpoint")
    assert 64 << 20 == await told(spool, "PRAGMA journal_size_limit")

    await spool.close()


async def test_a_second_daemon_is_refused(url, spool):
    """Two daemons on one spool would deliver twice: the second is told who is there and what to do."""
    with pytest.raises(StoreError, match=rf"process {os.getpid()}\).*stop it, or give this one its own spool.url"):
        await Spool(url, create=True, boot="second").open(exclusive=True)


async def test_the_next_daemon_may_come_when_the_first_is_gone(url, spool, post):
    """The lock goes with its daemon."""
    await post.accept()
    await spool.close()

    second = Spool(url, create=False, boot="second")
    await second.open(exclusive=True)

    assert 1 == (await second.counts())[Status.INCOMING]
    await second.close()


async def test_a_clock_set_back_delays_nobody_for_hours(url, spool, post):
    """At the next start what is due far from now is due at once: its ledger knows how long it must wait."""
    queue_id = await post.accept()
    now = datetime.now(UTC)
    (entry,) = await spool.claim(now + timedelta(days=400), timedelta(minutes=1), 1)
    index = Index(Status.DEFERRED, "busy", now + timedelta(hours=5))
    await spool.record(entry, (), index, release=True)
    await spool.close()

    second = Spool(url, create=False, boot="second")
    await second.open(exclusive=True)
    claimed = await second.claim(datetime.now(UTC), timedelta(minutes=1), 1)
    await second.close()

    assert [queue_id] == [one.queue_id for one in claimed]


async def test_a_locked_spool_is_a_store_error_for_all_who_wait(url, file, posting, post):
    """Another program holds the file: every arrival is refused, none hangs; later ones are kept again."""
    impatient = Spool(url, create=False, boot="impatient", patience=timedelta(milliseconds=10))
    await impatient.open(exclusive=False)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    arrivals = [impatient.accept(posting(impatient).mail(raw=b"%d" % n)) for n in range(5)]
    answers = await asyncio.gather(*arrivals, return_exceptions=True)
    other.execute("ROLLBACK")
    other.close()

    assert {StoreError} == {type(answer) for answer in answers}
    assert all("locked" in str(answer) for answer in answers)
    assert await posting(impatient).accept(raw=b"0")
    await impatient.close()


async def test_reading_goes_on_while_another_writes(spool, post, file):
    """The commands and the console read while the file is locked for writing."""
    queue_id = await post.accept()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    found = await spool.entry(queue_id)
    other.execute("ROLLBACK")
    other.close()

    assert queue_id == found.queue_id


async def test_a_full_disk_refuses_what_does_not_fit_and_keeps_what_does(spool, post, busy):
    """No room for the large mail: it fails alone, the small ones beside it are kept, and later it fits."""
    pages = await told(spool, "PRAGMA page_count")
    await told(spool, f"PRAGMA max_page_count = {pages + 60}")
    large = post.mail(raw=b"x" * 900_000)

    async with busy():
        mails = (post.mail(), large, post.mail())
        asked = [asyncio.ensure_future(spool.accept(mail)) for mail in mails]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert ["tuple", "StoreError", "tuple"] == [type(answer).__name__ for answer in answers]
    assert "full" in str(answers[1])
    assert 3 == sum((await spool.counts()).values())
    await told(spool, "PRAGMA max_page_count = 1000000")
    await spool.accept(large)
    assert large.chunks[0] == await spool.read(large.raw_id, 0, large.size)


@pytest.mark.parametrize("loss", [Path.unlink, lambda file: file.rename(file.with_suffix(".moved"))])
async def test_a_spool_that_lost_its_name_takes_nothing(spool, post, file, loss):
    """A mail written into a deleted file would be gone with it: no 250 for that."""
    await post.accept()
    loss(file)

    with pytest.raises(StoreError, match="moved or deleted"):
        await post.accept()


async def test_a_connection_that_cannot_be_made_again_is_a_store_error(spool, post, file):
    """Whatever the writer meets, it answers and goes on: nobody waits for ever."""
    await post.accept()
    with pytest.raises(StoreError, match="syntax error"):
        await told(spool, "no SQL: the writer lets its connection go")
    spool._place._base.database.writer.dispose()
    good = file.read_bytes()
    file.write_bytes(b"not a database at all" * 100)

    for _ in range(2):
        with pytest.raises(StoreError, match="not a database"):
            await post.accept()

    file.write_bytes(good)
    await post.accept()


async def test_what_cannot_be_written_is_a_store_error(spool, post):
    """A file system that became read-only refuses the mail, and nothing of it is kept."""
    await post.accept()
    await told(spool, "PRAGMA query_only = ON")

    with pytest.raises(StoreError, match="readonly"):
        await post.accept()

    assert 1 == sum((await spool.counts()).values())


async def test_only_who_may_create_creates(tmp_path):
    """`queue list` on a wrong path names it and leaves no file behind."""
    with pytest.raises(StoreError, match=r"no spool at .*nothing.db.*ingestd run"):
        await Spool(f"sqlite:///{tmp_path}/nothing.db", create=False, boot="").open(exclusive=True)

    assert [] == list(tmp_path.iterdir())


async def test_an_empty_file_is_a_spool_only_for_who_may_create(url, file):
    """A start that died before the schema was written is taken up by the next; a reader is told."""
    file.touch()
    with pytest.raises(StoreError, match="is no spool"):
        await Spool(url, create=False, boot="").open(exclusive=False)

    spool = Spool(url, create=True, boot="")
    await spool.open(exclusive=False)

    assert 0 == sum((await spool.counts()).values())
    await spool.close()


async def test_a_file_that_is_no_database_is_refused(url, file):
    """Somebody else's file is named, not overwritten."""
    file.write_bytes(b"not a database at all" * 100)

    with pytest.raises(StoreError, match="not a database"):
        await Spool(url, create=True, boot="").open(exclusive=True)

    assert file.read_bytes().startswith(b"not a database")


async def test_a_damaged_file_is_refused_with_the_remedy(url, spool, post, file):
    """The daemon does not begin on what it cannot read, and does not make it worse."""
    for _ in range(50):
        await post.accept()
    await spool.close()
    damaged = file.read_bytes()[:4096] + os.urandom(file.stat().st_size - 4096)
    file.write_bytes(damaged)

    with pytest.raises(
        StoreError, match=r"the spool is damaged \(.*malformed\): see docs/operating.md, A damaged spool"
    ):
        await Spool(url, create=True, boot="").open(exclusive=True)

    assert damaged == file.read_bytes()


@pytest.mark.parametrize("wrong", ["sqlite://", "sqlite:///:memory:", "postgresql://db/ingestd", "nonsense"])
async def test_a_spool_is_a_file(wrong):
    """What keeps nothing on disk, or is not built, is refused as a StoreError."""
    with pytest.raises(StoreError):
        await Spool(wrong, create=True, boot="").open(exclusive=False)


async def test_a_folder_that_is_missing_is_a_store_error(tmp_path):
    """The path is named."""
    with pytest.raises(StoreError, match="nowhere"):
        await Spool(f"sqlite:///{tmp_path}/nowhere/a.db", create=True, boot="").open(exclusive=True)


async def test_mail_is_private(spool, post, file):
    """Nobody but the owner reads the database, its log or its lock."""
    await post.accept()

    assert {0o600} == {stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}


async def test_the_log_is_moved_into_the_database_in_idle_moments(spool, post, file):
    """The log does not grow with every mail: when nobody waits, it starts over."""
    log = Path(f"{file}-wal")
    sizes = []
    for _ in range(5):
        # When this is answered, the writer is past what it did in its last idle moment.
        await post.accept()
        before = file.stat().st_mtime_ns
        for _ in range(100):
            await post.accept()
        sizes.append(log.stat().st_size)
        # Nothing but moving the log writes into the database file; the test's time-out is the limit.
        await asyncio.to_thread(_until, lambda before=before: file.stat().st_mtime_ns != before)

    assert sizes[-1] < 2 * sizes[0]


def _until(condition):
    while not condition():
        os.sched_yield()
