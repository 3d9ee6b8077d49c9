"""Whom a delivery asks about its lease, and gives it back to."""

from typing import Protocol

from ingestd.core.journal import Entry, Gist, Index, Record


class Holder(Protocol):
    """Who holds the entry's lease."""

    def fresh(self) -> bool:
        """Whether the lease surely lasts."""
        ...

    def stopping(self) -> bool:
        """Whether no call may be begun any more."""
        ...

    async def finish(self, entry: Entry, records: tuple[Record, ...], index: Index, gist: Gist | None) -> None:
        """Write the last records and give the lease back; raises StoreError and LeaseLost."""
        ...
