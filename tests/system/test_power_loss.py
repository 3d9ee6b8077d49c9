"""The power goes: what was acknowledged is there, the database is whole, and the daemon starts on it."""

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from power import cuts, traced
from running import SUPPORT, told, until, written

from ingestd.core.journal import Status
from ingestd.store.spool import Spool

pytestmark = [
    pytest.mark.storm,
    pytest.mark.skipif(not shutil.which("strace") and not os.environ.get("CI"), reason="strace is not installed"),
]
# Three at a time, so that mails share commits; then a pause in which the log is moved into the database, and again:
# the log begins anew over what it held before. It ends as the power does, without a close.
ACCEPT = """
import asyncio, os, sys
from datetime import UTC, datetime
from ingestd.core.model import Envelope
from ingestd.mail.outline import Outliner
from ingestd.store.spool import Arrival, Recipient, Spool

async def accept(spool, numbers):
    for number in numbers:
        raw = f"From: ann@shop.example.net\\r\\nTo: {TO}\\r\\nSubject: Power {number}\\r\\n\\r\\nHelp {number}\\r\\n".encode()
        outliner = Outliner()
        outliner.feed(raw)
        envelope = Envelope("ann@shop.example.net", TO, TO, "", "", False, datetime.now(UTC))
        wanted = Recipient(envelope, f"{number}@shop.example.net")
        arrival = Arrival(spool.new_raw_id(), 0, (raw,), len(raw), outliner.finish().digest, (wanted,))
        (queue_id,) = await spool.accept(arrival)
        os.write(1, b"%d %s\\n" % (number, queue_id.encode()))

async def main():
    spool = Spool(URL, create=True, boot="child")
    await spool.open(exclusive=True)
    for start, end in ((0, 200), (200, 230)):
        numbers = iter(range(start, end))
        await asyncio.gather(*(accept(spool, numbers) for _ in range(2)))
        await asyncio.sleep(0.2)
    os._exit(0)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def working(tmp_path_factory):
    """What a spool at work did to its files: those that were there before, and the deeds."""
    folder = tmp_path_factory.mktemp("power")
    script = folder / "accept.py"
    script.write_text(f"TO = {SUPPORT!r}\nURL = 'sqlite:///{folder}/ingestd.db'\n{ACCEPT}")
    with sqlite3.connect(folder / "ingestd.db"):
        pass
    before = {str(folder / "ingestd.db"): b""}
    return before, traced([sys.executable, script], folder / "trace")


def put(files, folder):
    """The files as the power cut left them, in a folder of their own."""
    folder.mkdir()
    for path, content in files.items():
        (folder / Path(path).name).write_bytes(content)
    return folder / "ingestd.db"


def test_the_trace_holds_what_it_should(working):
    """Commits, a checkpoint, and a log that begins anew: else the cuts below prove nothing."""
    _, deeds = working

    log = [deed for deed in deeds if deed.path.endswith("-wal")]
    acknowledged = [line for deed in deeds if deed.kind == "told" for line in deed.data.splitlines()]
    assert 230 == len(acknowledged)
    assert sum(deed.kind == "sync" for deed in log) > 50
    assert 2 <= sum(deed.kind == "write" and deed.offset == 0 for deed in log)
    assert any(deed.kind == "write" and deed.path.endswith(".db") and deed.offset > 4096 * 50 for deed in deeds)


@pytest.mark.parametrize("seed", range(3))
async def test_every_acknowledged_mail_survives_a_power_cut(working, tmp_path, seed):
    """At any moment, whatever the disk made of the writes that were not synced yet."""
    seen = set()
    for number, (how, files, acknowledged) in enumerate(cuts(*working, seed, 30)):
        file = put(files, tmp_path / str(number))
        spool = Spool(f"sqlite:///{file}", create=True, boot="next")
        await spool.open(exclusive=True)
        for line in acknowledged:
            mail, queue_id = line.split()
            entry = await spool.entry(queue_id)
            assert entry is not None, (how, number, line)
            assert f"\r\nHelp {mail}\r\n".encode() in await spool.read(entry.raw_id, 0, 1000)
        counts = await spool.counts()
        await spool.close()
        with sqlite3.connect(file) as connection:
            assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall(), how
        connection.close()
        # At most those that were on their way are there unasked.
        assert len(acknowledged) <= counts[Status.INCOMING] <= len(acknowledged) + 2
        seen.add(how)

    assert len(seen) == 5


def test_the_daemon_works_on_after_a_power_cut(working, starting, desk, tmp_path):
    """It starts on what is left, and each acknowledged mail becomes one ticket."""
    *_, (_, files, acknowledged) = cuts(*working, 7, 40)
    folder = tmp_path / "left"
    put(files, folder)
    written(folder, desk)

    starting(folder)

    until(lambda: told(folder, "status")["incoming"] == 0 and told(folder, "status")["deferred"] == 0)
    subjects = desk.subjects()
    assert len(acknowledged) > 150
    assert {1} == {subjects.count(f"Power {line.split()[0]}") for line in acknowledged}
    assert [] == told(folder, "audit")["faults"]
