"""The database file: its connections, its schema, and the lock that keeps a second daemon away.

Two engines over one file. The writer's transactions begin IMMEDIATE: a deferred one that reads and then writes dies
of "database is locked" at once, whatever `busy_timeout` says. The readers' are snapshots and cannot write.
"""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select

from ingestd.core.errors import LeaseLost, StoreError
from ingestd.store.tables import VERSION, metadata, spool

READERS = 4
_BUSY_SECONDS = 5
# The writer checkpoints when it has nothing else to do; this is for a load that never pauses (64 MiB of 4 KiB pages).
_LOG_PAGES = 16_384

_EVERY = (f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}", "PRAGMA foreign_keys = ON", "PRAGMA trusted_schema = OFF")
# FULL: in WAL mode NORMAL does not sync at commit, and a power cut loses mails for which we said 250.
_WRITER = (
    *_EVERY,
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}",
)
_READER = (*_EVERY, "PRAGMA query_only = ON")


@dataclass(frozen=True, slots=True)
class Database:
    """The open spool database."""

    writer: Engine
    readers: Engine

    def dispose(self) -> None:
        self.readers.dispose()
        self.writer.dispose()


def trouble(error: Exception) -> LeaseLost | StoreError:
    """The error as the house knows it. A driver's text names no values; other texts might, and stay out."""
    if isinstance(error, LeaseLost | StoreError):
        return error
    cause = getattr(error, "orig", None) or (error if isinstance(error, OSError) else type(error).__name__)
    met = StoreError(f"the spool cannot be used now: {cause}")
    met.__cause__ = error
    return met


def file_of(url: str) -> Path:
    """The database file that this URL names; StoreError where it names none."""
    place = make_url(url)
    if place.get_backend_name() != "sqlite" or not place.database or place.database.startswith((":", "file:")):
        raise StoreError("the spool must be a file: write spool.url as sqlite:///PATH")
    return Path(place.database)


def connect(path: Path, *, create: bool) -> Database:
    """The database at this path, of this version's schema; made where it is missing and `create` allows."""
    if create:
        _touch(path)
    elif not path.exists():
        raise StoreError(f"there is no spool at {path}: `ingestd run` creates it")
    database = Database(_engine(path, _WRITER, "BEGIN IMMEDIATE", 1), _engine(path, _READER, "BEGIN", READERS))
    try:
        with database.writer.begin() as connection:
            _verify(connection, path, create=create)
        _sync_folder(path.parent)
    except BaseException:
        database.dispose()
        raise
    return database


def _touch(path: Path) -> None:
    # Mail is private, and SQLite gives its log the rights of its database.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def lock(path: Path) -> int:
    """The lock of the one daemon on this spool, a file descriptor to close; StoreError where another holds it."""
    held = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(held, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(held)
        raise StoreError(
            f"another ingestd (process {holder}) works on {path}: stop it, or give this one its own spool.url"
        ) from error
    os.ftruncate(held, 0)
    os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
    return held


def _verify(connection: Connection, path: Path, *, create: bool) -> None:
    if inspect(connection).has_table(spool.name):
        found = connection.scalar(select(spool.c.version))
        if found != VERSION:
            raise StoreError(
                f"{path} has schema {found}, this ingestd knows {VERSION}: use the version of ingestd that wrote it, or newer"
            )
    elif create:
        metadata.create_all(connection)
        connection.execute(insert(spool), {"version": VERSION})
    else:
        raise StoreError(f"{path} is no spool: `ingestd run` creates one")


def _sync_folder(folder: Path) -> None:
    # SQLite syncs the folder for its log, but not for the database file that was made just now.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _engine(path: Path, pragmas: tuple[str, ...], begin: str, size: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"check_same_thread": False},
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare(pragmas))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare(pragmas: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def prepare(connection: Any, _: Any) -> None:
        # The driver would begin its own, deferred transactions.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma).close()

    return prepare
