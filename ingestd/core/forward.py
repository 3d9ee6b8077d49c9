"""The words of somebody who forwards a mail: they are for staff, not for the author of the mail."""

from dataclasses import replace

from ingestd.core import compose
from ingestd.core.journal import Deliver, Verdict
from ingestd.core.ticket import AddTicketNote, OpenTicket

LONGEST_NOTE = 20_000


def with_note(verdict: Verdict, by: str, words: str) -> Verdict:
    """The same plan with a note of these words at its end, where it opens a ticket and there are any."""
    if not isinstance(verdict, Deliver) or not isinstance(verdict.calls[0], OpenTicket) or not words.strip():
        return verdict
    said = f"{by[:300]}, who forwarded this mail, wrote:\n\n{compose.cut(words.strip(), LONGEST_NOTE)}"
    return replace(verdict, calls=(*verdict.calls, AddTicketNote(None, said)))
