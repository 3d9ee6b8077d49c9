"""One SQLite connection behind one lock: what is answered with success is on disk, also after a kill."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MEMORY = ":memory:"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS ticket (
    ticket_id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL UNIQUE COLLATE NOCASE,
    code TEXT NOT NULL,
    department INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    contact_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE,
    cc TEXT NOT NULL,
    subject TEXT NOT NULL,
    status TEXT NOT NULL,
    priority TEXT NOT NULL,
    created TEXT NOT NULL,
    last_reply TEXT NOT NULL,
    flag INTEGER NOT NULL,
    service TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS ticket_client ON ticket (client_id);
CREATE INDEX IF NOT EXISTS ticket_email ON ticket (email);
CREATE TABLE IF NOT EXISTS post (
    post_id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL REFERENCES ticket ON DELETE CASCADE,
    kind TEXT NOT NULL,
    own_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    contact_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    admin TEXT NOT NULL,
    requestor_name TEXT NOT NULL,
    requestor_email TEXT NOT NULL,
    requestor_type TEXT NOT NULL,
    message TEXT NOT NULL,
    markdown INTEGER NOT NULL,
    created TEXT NOT NULL,
    custom_fields TEXT NOT NULL,
    UNIQUE (kind, own_id)
);
CREATE INDEX IF NOT EXISTS post_ticket ON post (ticket_id);
CREATE TABLE IF NOT EXISTS file (
    file_id INTEGER PRIMARY KEY AUTOINCREMENT,
    post_id INTEGER NOT NULL REFERENCES post ON DELETE CASCADE,
    stored_name TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS file_post ON file (post_id);
CREATE TABLE IF NOT EXISTS client (
    client_id INTEGER PRIMARY KEY,
    firstname TEXT NOT NULL,
    lastname TEXT NOT NULL,
    companyname TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE,
    status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS contact (
    contact_id INTEGER PRIMARY KEY,
    client_id INTEGER NOT NULL,
    firstname TEXT NOT NULL,
    lastname TEXT NOT NULL,
    companyname TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE
);
CREATE TABLE IF NOT EXISTS login (
    user_id INTEGER PRIMARY KEY,
    firstname TEXT NOT NULL,
    lastname TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE
);
CREATE TABLE IF NOT EXISTS login_client (
    user_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    is_owner INTEGER NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
CREATE TABLE IF NOT EXISTS admin (
    username TEXT PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS service (
    code TEXT PRIMARY KEY,
    client_id INTEGER NOT NULL
);
"""


class Database:
    """Opens at once; every use is a transaction, one after the other, from any thread."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        if path != MEMORY:
            # Tickets are nobody else's business; SQLite gives its side files the mode of the database.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;"
        )
        self._connection.executescript(_SCHEMA)
        self._grow()

    def _grow(self) -> None:
        """A file of an earlier version gets the columns that came later."""
        columns = {row["name"] for row in self._connection.execute("PRAGMA table_info(ticket)")}
        if "service" not in columns:
            self._connection.execute("ALTER TABLE ticket ADD COLUMN service TEXT NOT NULL DEFAULT ''")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commits at the end, rolls back on an exception."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()
