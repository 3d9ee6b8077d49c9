"""A folder with a configuration, and the commands run in it."""

import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from typer.testing import CliRunner

from ingestd.cli.app import app
from ingestd.core import ledger
from ingestd.core.journal import Record
from ingestd.core.ledger import Moment, Terms
from ingestd.store.spool import Spool

CONFIG = """
[desk]
listen = "127.0.0.1:{desk}"
[[route]]
recipient = "support@example.com"
department = 1
[[route]]
recipient = "*@sales.example.com"
department = 2
"""
PLAIN = b"""From: Ann <ann@example.net>
To: support@example.com
Subject: Mailbox full
Message-ID: <one@example.net>

Please help.
"""


class House:
    """Runs commands on its configuration, and writes what a daemon would write into a ledger."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.config = folder / "config.toml"
        self.spool = folder / "ingestd.db"
        self.config.write_text(CONFIG.format(desk=0))

    def run(self, *words, stdin=b"", config=True):
        named = ("-c", str(self.config)) if config else ()
        done = CliRunner().invoke(app, [*map(str, words), *named], input=stdin, catch_exceptions=False)
        return SimpleNamespace(code=done.exit_code, out=done.stdout, err=done.stderr, raw=done.stdout_bytes)

    def file(self, raw, name="mail.eml"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        return path

    def submit(self, raw=PLAIN, *words):
        """The queue ids of a mail that was just spooled."""
        done = self.run("submit", self.file(raw), *words)
        assert done.code == 0, done
        return done.out.split()

    def tell(self, queue_id, *events):
        """Write these into the ledger of an entry, and what follows from them into its row."""
        asyncio.run(self._tell(queue_id, events))

    async def _tell(self, queue_id, events):
        spool = Spool(f"sqlite:///{self.spool}", create=False, boot="test")
        await spool.open(exclusive=False)
        try:
            for event in events:
                await spool.order(queue_id, Record(datetime.now(UTC), event), _index)
        finally:
            await spool.close()


def _index(records):
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    terms = Terms(first=hour, longest=hour, lifetime=24 * hour, settle=hour, nobody="nobody@example.com")
    return ledger.index(records, Moment(now, "", now), terms)


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A configuration in a folder of its own; logging is set back afterwards."""
    for name in [name for name in os.environ if name.startswith("INGESTD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    before = logging.getLogger().handlers, logging.getLogger().level, structlog.get_config()
    yield House(tmp_path)
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers, level, config = before
    logging.getLogger().setLevel(level)
    structlog.configure(**config)
