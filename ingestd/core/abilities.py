"""What a helpdesk can do besides OpenTicket and GetTicket: plans are made within it."""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Abilities:
    """`lists`: tickets can be looked for. `replies`: AddTicketReply; without it a follow-up is AppendToTicket.

    `updates`: UpdateTicket. `notes`: AddTicketNote. `staff`: a reply can be an admin's.
    """

    lists: bool
    replies: bool
    updates: bool
    notes: bool
    staff: bool


WHMCS: Final = Abilities(lists=True, replies=True, updates=True, notes=True, staff=True)
WITHOUT_REPLIES: Final = replace(WHMCS, replies=False)
KELIWEB: Final = Abilities(lists=False, replies=True, updates=False, notes=False, staff=False)
