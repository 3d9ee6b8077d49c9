"""How one helpdesk is spoken to: a request with its fields, sent once. The adapters differ in address and credentials."""

from dataclasses import dataclass
from typing import Final, Protocol

from ingestd.core.payload import Fields
from ingestd.core.ticket import File
from ingestd.helpdesk.answer import Exchange
from ingestd.helpdesk.port import Guard, Reader
from ingestd.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Load:
    """The files that go with a request, how their bytes are read, and who is asked before they leave."""

    files: tuple[File, ...] = ()
    read: Reader | None = None
    guard: Guard | None = None


EMPTY: Final = Load()


class Line(Protocol):
    """The way to a helpdesk."""

    async def send(self, fields: Fields, until: float, load: Load = EMPTY) -> tuple[Exchange, int]:
        """What came of one request before `until`, a time of the running loop; and the bytes of its body.

        `fields` are told as WHMCS has them, the action first.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
