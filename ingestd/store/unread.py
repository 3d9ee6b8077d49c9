"""Mails that nobody has looked through yet come in, beside those that somebody has."""

from collections.abc import Sequence
from time import time

from sqlalchemy import Connection

from ingestd.core.errors import StoreError
from ingestd.core.model import QueueId
from ingestd.store import intake
from ingestd.store.asked import Arrival, Coming, Look
from ingestd.store.ids import next_ids


class Accepting:
    """Keeps mails, once they are looked through."""

    def __init__(self, look: Look | None) -> None:
        self._look = look
        self._raw_ids = next_ids("", time)

    def __call__(self, connection: Connection, mails: Sequence[Coming]) -> list[tuple[QueueId, ...]]:
        """As `intake.accept`."""
        return intake.accept(connection, list(map(self._arrival, mails)))

    def _arrival(self, mail: Coming) -> Arrival:
        if isinstance(mail, Arrival):
            return mail
        if self._look is None:
            raise StoreError("nobody looks through mails here")
        return self._look(next(self._raw_ids), mail)
