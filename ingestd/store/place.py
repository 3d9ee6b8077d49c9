"""Where the spool's database is: in this process, or in one of its own."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ingestd.store.apart import Apart
from ingestd.store.asked import Coming, Look, Opening
from ingestd.store.started import Started

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


class Place(Protocol):
    """Where the database is."""

    def write(self, asked: "Coming | Callable[[Connection], Any]") -> asyncio.Future[Any]:
        """What came of it, committed and synced with all that was asked meanwhile; it is done without being awaited."""
        ...

    async def write_along(self, work: "Callable[[Connection], T]") -> T:
        """As `write`, for who has others beside him: it may wait for what they asked before, and then goes with more."""
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


async def placed(program: str | Started, opening: Opening, look: Look | None) -> Place:
    """The database opened, where it is to be: in a process that runs this program, else here, with `look`; StoreError."""
    if not program:
        return await asyncio.to_thread(_here, opening, look)
    place = Apart(program)
    await place.open(opening)
    return place


def _here(opening: Opening, look: Look | None) -> Place:
    from ingestd.store.here import Here  # noqa: PLC0415 - who has the database elsewhere needs no SQLAlchemy

    return Here(opening, look)
