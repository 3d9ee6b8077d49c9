"""Those who read: a connection for each thread that asks, kept, since to check it out and in costs more than most reads."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ingestd.store.database import as_trouble

T = TypeVar("T")


class Readers:
    """Reads snapshots. After trouble the thread that met it gets a fresh connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = threading.local()
        self._all: set[Connection] = set()

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds in one snapshot; blocks. Raises StoreError where it cannot be read."""
        with as_trouble():
            connection = self._connected()
            try:
                with connection.begin():
                    return work(connection)
            except Exception:
                self._let_go(connection)
                raise

    def close(self) -> None:
        """Close what they hold, once no thread reads any more."""
        for connection in tuple(self._all):
            self._let_go(connection)

    def _connected(self) -> Connection:
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None or connection.closed:
            self._mine.connection = connection = self._engine.connect()
            self._all.add(connection)
        return connection

    def _let_go(self, connection: Connection) -> None:
        self._all.discard(connection)
        with suppress(SQLAlchemyError):  # what is wrong with it was told to whoever met it
            connection.close()
