"""An open spool database, and who writes and reads there."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestd.store import claim, intake
from ingestd.store.asked import Look, Opening
from ingestd.store.database import Database, as_trouble, connect, file_of, lock
from ingestd.store.readers import Readers
from ingestd.store.unread import Accepting
from ingestd.store.writer import Answer, Inbox, Writer


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database, and the lock on it where it is the daemon's."""

    database: Database
    held: int | None

    def writer(self, inbox: Inbox, answer: Answer, look: Look | None) -> Writer:
        """Who writes what is asked there, and has mails looked through that nobody has looked through."""
        return Writer(self.database.writer, Accepting(look), inbox, answer)

    def readers(self) -> Readers:
        """Who reads."""
        return Readers(self.database.readers)

    def close(self) -> None:
        """Let go of all, once nobody reads or writes any more."""
        self.database.dispose()
        if self.held is not None:
            os.close(self.held)


def opened(opening: Opening) -> Opened:
    """The database, and no lease on anything in it where it is ours alone; StoreError where it cannot be had."""
    with as_trouble(), ExitStack() as undo:
        path = file_of(opening.url, create=opening.create)
        held = None
        if opening.exclusive:
            held = lock(path, opening.pid)
            undo.callback(os.close, held)
        database = connect(path, opening.patience, create=opening.create, upgrade=opening.exclusive)
        undo.callback(database.dispose)
        if opening.exclusive:
            with database.writer.begin() as connection:
                claim.void(connection, datetime.now(UTC))
                intake.sweep(connection, opening.boot)
        undo.pop_all()
    return Opened(database, held)
