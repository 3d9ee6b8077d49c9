"""The schema's versions: a new spool has the latest, an older one is brought there step by step, a newer one is refused."""

from collections.abc import Mapping
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, insert, inspect, select, text

from ingestd.core.errors import StoreError
from ingestd.store.tables import VERSION, metadata, spool, suit

# What leads from each version to the next. Literal, and never changed again: spools outlive the tables of today.
STEPS: Mapping[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE spool ADD COLUMN accepted BIGINT DEFAULT '0' NOT NULL",
        "UPDATE spool SET accepted = (SELECT count(*) FROM entry)",
        "ALTER TABLE entry ADD COLUMN held_at DOUBLE",
        "CREATE INDEX entry_held ON entry (held_at, queue_id) WHERE held_at IS NOT NULL",
    ),
}

log = structlog.get_logger()


def create(connection: Connection) -> None:
    """Make the schema of this version where there is none at all."""
    if not inspect(connection).has_table(spool.name):
        suit(connection.dialect.name)
        # Not one of them is there: to ask for each would take as long as to make it.
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(spool), {"version": VERSION})


def upgrade(engine: Engine, path: Path) -> None:
    """Go every step from the version that is there to this one, each in a transaction of its own.

    Who dies in a step finds the version before it, and nothing of the step.
    """
    while True:
        with engine.begin() as connection:
            found = _version(connection, path)
            if found not in STEPS:
                return
            log.warning("upgrading the spool", spool=str(path), version=found, to=found + 1)
            for statement in STEPS[found]:
                connection.execute(text(statement))
            connection.execute(spool.update().values(version=found + 1))


def verify(connection: Connection, path: Path) -> None:
    """StoreError, with the remedy, where the schema is not of this version."""
    found = _version(connection, path)
    if found < VERSION:
        raise StoreError(
            f"{path} has schema {found}, this ingestd needs {VERSION}: start `ingestd run` once, it upgrades the spool"
        )
    if found > VERSION:
        raise StoreError(
            f"{path} has schema {found}, this ingestd knows {VERSION}: use the version of ingestd that wrote it, or newer"
        )


def _version(connection: Connection, path: Path) -> int:
    if not inspect(connection).has_table(spool.name):
        raise StoreError(f"{path} is no spool: `ingestd run` creates one")
    found: int | None = connection.scalar(select(spool.c.version))
    if found is None:
        raise StoreError(f"{path} is no whole spool: it does not tell its version; restore it from a copy")
    return found
