"""The database file: its connections, its schema, and the lock that keeps a second daemon away.

Two engines over one file. The writer's transactions begin IMMEDIATE: a deferred one that reads and then writes dies
of "database is locked" at once, whatever `busy_timeout` says. The readers' are snapshots and cannot write.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from ingestd.core.errors import LeaseLost, StoreError
from ingestd.store import direct, schema

READERS = 4
# Seconds: for the lock of a daemon that is ending, and between two looks at it.
_LAST_MOMENT, _AGAIN = 2.0, 0.02
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# The writer checkpoints when it has nothing else to do; this is for a load that never pauses (pages of 4 KiB). A
# checkpoint under load keeps everybody waiting, so a burst goes through the log alone where the disk has room for it
# many times over; what that took of the disk beyond `_LOG_BYTES` is given back after the next one.
_LOG_PAGES, _LOG_PAGES_OF_A_BURST = 16_384, 65_536
_LOG_BYTES = _LOG_PAGES * 4096
_ROOM = 4 << 30
# KiB for each connection. A large mail passes through once and would fill more with pages that nobody asks for again;
# the pages of the indexes come from the system's own cache as fast.
_WRITER_CACHE, _READER_CACHE = 512, 256

# FULL: in WAL mode NORMAL does not sync at commit, and a power cut loses mails for which we said 250.
# cache_spill: a batch of mails goes through the log once, though it needs more pages than the cache keeps.
# temp_store: what a statement of many rows would undo is else written into a file, made and removed each time.
# FAST: Debian's SQLite would write zeros over each page of a mail that is pruned, twice, through the log.
_WRITER = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = FAST",
    "PRAGMA temp_store = MEMORY",
    f"PRAGMA cache_size = -{_WRITER_CACHE}",
    "PRAGMA cache_spill = 500",
    f"PRAGMA journal_size_limit = {_LOG_BYTES}",
)


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
    damaged = getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
    says = (
        "the spool is damaged ({}): see docs/operating.md, A damaged spool"
        if damaged
        else "the spool cannot be used now: {}"
    )
    met = StoreError(says.format(cause))
    met.__cause__ = error
    return met


@contextmanager
def as_trouble() -> Iterator[None]:
    """Whatever is raised inside is raised as the house knows it."""
    try:
        yield
    except (LeaseLost, StoreError):
        raise
    except Exception as error:
        raise trouble(error) from error


def file_of(url: str, *, create: bool) -> Path:
    """The database file that this URL names; StoreError where it names none, or one that is not there."""
    place = make_url(url)
    if place.get_backend_name() != "sqlite" or not place.database or place.database.startswith((":", "file:")):
        raise StoreError("the spool must be a file: write spool.url as sqlite:///PATH")
    path = Path(place.database)
    if not create and not path.exists():
        raise StoreError(f"there is no spool at {path}: `ingestd run` creates it")
    return path


def connect(path: Path, patience: timedelta, *, create: bool, upgrade: bool) -> Database:
    """The database at this path, of this version's schema.

    `create` makes it where it is missing; `upgrade` brings an older one here, for whoever holds the lock.
    """
    if create:
        _touch(path)
    every = (f"PRAGMA busy_timeout = {int(patience.total_seconds() * 1000)}", "PRAGMA trusted_schema = OFF")
    database = Database(
        writer=_engine(path, (*every, *_WRITER, _checkpoints(path)), "BEGIN IMMEDIATE", 1),
        readers=_engine(
            path, (*every, "PRAGMA query_only = ON", f"PRAGMA cache_size = -{_READER_CACHE}"), "BEGIN", READERS
        ),
    )
    event.listen(database.writer, "begin", _there(path))
    try:
        if create:
            with database.writer.begin() as connection:
                schema.create(connection)
        if upgrade:
            schema.upgrade(database.writer, path)
        with database.writer.begin() as connection:
            schema.verify(connection, path)
        _sync_folder(path.parent)
    except BaseException:
        database.dispose()
        raise
    return database


def _checkpoints(path: Path) -> str:
    disk = os.statvfs(path.parent)
    has_room = disk.f_bavail * disk.f_frsize >= _ROOM
    return f"PRAGMA wal_autocheckpoint = {_LOG_PAGES_OF_A_BURST if has_room else _LOG_PAGES}"


def _touch(path: Path) -> None:
    # Mail is private, and SQLite gives its log the rights of its database.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def lock(path: Path, pid: int) -> int:
    """The lock of the one daemon on this spool, process `pid`; StoreError where another holds it.

    A file descriptor to close. The process of a daemon that was killed just now may need a moment to go.
    """
    held = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    until = monotonic() + _LAST_MOMENT
    while not _locked(held):
        if monotonic() >= until:
            holder = os.read(held, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(held)
            raise StoreError(
                f"another ingestd (process {holder}) works on {path}: stop it, or give this one its own spool.url"
            )
        sleep(_AGAIN)
    os.ftruncate(held, 0)
    os.pwrite(held, f"{pid}\n".encode(), 0)
    return held


def _locked(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
    event.listen(engine, "begin", lambda connection: direct.say(connection, begin))
    return engine


def _there(path: Path) -> Callable[[Connection], None]:
    """Refuses to write into a file that has lost its name: SQLite would go on, and the mail be gone with the file."""
    opened = path.stat()

    def check(_: Connection) -> None:
        try:
            same = os.path.samestat(opened, path.stat())
        except FileNotFoundError:
            same = False
        if not same:
            raise StoreError(f"{path} was moved or deleted while in use: restart ingestd")

    return check


def _prepare(pragmas: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def prepare(connection: Any, _: Any) -> None:
        # The driver would begin its own, deferred transactions.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma).close()

    return prepare
