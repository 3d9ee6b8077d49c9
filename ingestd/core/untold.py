"""Who wrote to a ticket: by our markers, or untold, where the opening post bears none and an answer was lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestd.core.append import opening_of
from ingestd.core.compose import NO_SUBJECT
from ingestd.core.history import read
from ingestd.core.journal import Record
from ingestd.core.marker import bears, cut_at_4_bytes, fold, marker_of, writers_of
from ingestd.core.model import QueueId
from ingestd.core.ticket import OpenTicket, Ticket


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A ticket without our marker, as the helpdesk tells it; `markers` where we write any, `before` is who names it."""

    subject: str
    text: str
    markers: bool
    before: QueueId


@dataclass(frozen=True, slots=True)
class Writers:
    """Mails that wrote to a ticket; and the ticket, where it does not say who opened it."""

    known: tuple[QueueId, ...] = ()
    unsigned: Unsigned | None = None


def writers_to(ticket: Ticket, before: QueueId, *, markers: bool) -> Writers:
    """What the ticket tells of them to the mail `before`."""
    known = tuple(writer for post in ticket.posts for writer in writers_of(post.text))
    text = opening_of(ticket)
    return Writers(known, None if writers_of(text) else Unsigned(fold(ticket.subject), text, markers, before))


def is_alike(subject: str, ticket: Unsigned) -> bool:
    """Whether a mail of this subject, as lists show it, may have opened this ticket."""
    return ticket.subject.startswith(fold(cut_at_4_bytes(subject))) or ticket.subject == NO_SUBJECT


def may_have_opened(queue_id: QueueId, records: Sequence[Record], ticket: Unsigned) -> bool:
    """Whether a call of this mail left that would open this ticket, and nobody was told what came of it."""
    history, marker = read(records), marker_of(queue_id, 0) if ticket.markers else ""
    opens = any(isinstance(call, OpenTicket) and bears(ticket.text, call.message, marker) for call in history.calls[:1])
    return opens and 0 not in history.over and history.tries_of(0).was_unknown
