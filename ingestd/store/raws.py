"""Raw mails that were read ahead, until they are asked for."""

from typing import Any

MOST = 64

Raws = dict[str, bytes]
"""By their ids."""

Claims = tuple[list[tuple[Any, ...]], Raws]
"""The rows of those who were claimed, as `rows.CLAIMED` names them, and raw mails of theirs."""


class Ahead:
    """Keeps what was read ahead until it is asked for, of the latest `MOST` mails."""

    def __init__(self) -> None:
        self._raws: Raws = {}

    def keep(self, raws: Raws) -> None:
        self._raws |= raws
        while len(self._raws) > MOST:
            del self._raws[next(iter(self._raws))]

    def take(self, raw_id: str) -> bytes | None:
        """A whole raw mail, once."""
        return self._raws.pop(raw_id, None)
