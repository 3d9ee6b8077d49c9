"""Where the spool's database is: in this process, or in one of its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ingestd.store.asked import Arrival

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


class Place(Protocol):
    """Where the database is."""

    async def write(self, asked: "Arrival | Callable[[Connection], Any]") -> Any:
        """What came of it, committed and synced with all that was asked meanwhile."""
        ...

    async def read(self, work: "Callable[[Connection], T]") -> T:
        """What it found in one snapshot."""
        ...

    async def survey(self, work: "Callable[[Connection], T]") -> T:
        """As `read`, for what walks through much: nobody who reads of one mail waits for it."""
        ...

    async def lost(self) -> None:
        """Return only where nothing can be asked any more, though nobody has closed it."""
        ...

    async def close(self) -> None:
        """Finish what was handed over, and let go."""
        ...
