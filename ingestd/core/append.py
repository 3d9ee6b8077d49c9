"""Follow-ups for an API role without AddTicketReply: text below the opening post, written back as a whole.

UpdateTicket overwrites the opening post. So what stands there is read at the moment of writing, and ours goes below,
under a line that names its author and the time. Who looks for it later finds our marker there, or, where the database
cut the text at its first character of four bytes, that line with what the cut left of our words.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ingestd.core.compose import LONGEST_SAID, stored_size
from ingestd.core.marker import cut_at_4_bytes, fold, marked
from ingestd.core.model import Mail
from ingestd.core.ticket import AppendToTicket, Ticket
from ingestd.quick import quick

LONGEST_OPENING = 60_000
"""Bytes of an opening post where it is stored: a TEXT column holds 65,535, and cuts what is longer without a word."""

LONGEST_NAME = 100


@quick
@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and when."""

    name: str
    address: str
    at: datetime


def appending(ticket_id: int, writer: Writer, text: str, *, staff: bool) -> AppendToTicket:
    """The call that writes this text of this author into the ticket."""
    who = " ".join(f"{writer.name[:LONGEST_NAME]} <{writer.address[:300]}>".split())
    at = writer.at.astimezone(UTC)
    # To the millisecond: where no marker can tell two equal texts of a robot apart, this does.
    separator = f"---- {who}, {at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03} UTC ----"
    return AppendToTicket(ticket_id, f"{separator}\n\n{text}", "Answered" if staff else "Customer-Reply")


def has_room(ticket: Ticket, mail: Mail) -> bool:
    """Whether the words of this mail, and all that may be said of it, still fit below the opening post."""
    opening, words = opening_of(ticket), mail.reply if mail.reply.strip() else mail.text
    return stored_size(opening) + stored_size(words) + LONGEST_SAID + 1_000 <= LONGEST_OPENING


def fits(opening: str, call: AppendToTicket) -> bool:
    """Whether the whole is within the bound."""
    return stored_size(_whole(opening, call)) <= LONGEST_OPENING


def appended(opening: str, call: AppendToTicket) -> AppendToTicket:
    """The call with the whole text that the opening post becomes."""
    return replace(call, message=_whole(opening, call))


def holds(opening: str, call: AppendToTicket, marker: str) -> bool:
    """Whether the opening post bears the text of this call already."""
    if marked(opening, marker):
        return True
    left = cut_at_4_bytes(call.message)
    if marker and left == call.message:
        return False
    separator = call.message.partition("\n")[0].strip()
    return any(line.strip() == separator for line in opening.splitlines()) and fold(left) in fold(opening)


def opening_of(ticket: Ticket) -> str:
    """The text of the opening post, "" where it is not told."""
    return next((post.text for post in ticket.posts if post.post_id == 0), "")


def _whole(opening: str, call: AppendToTicket) -> str:
    return f"{opening.rstrip()}\n\n{call.message}"
