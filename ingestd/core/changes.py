"""What is still to be changed on a ticket as it stands: differences, so that doing them twice changes nothing."""

from dataclasses import replace

from ingestd.core.marker import bears
from ingestd.core.ticket import Post, Priority, Ticket, UpdateTicket

MOST_CC = 10
RANK = {Priority.LOW.value: 0, Priority.MEDIUM.value: 1, Priority.HIGH.value: 2}


def difference(ticket: Ticket, call: UpdateTicket) -> UpdateTicket | None:
    """The call with the values to set on this ticket: Cc merged, priority only raised, assigned only where nobody is.

    None where nothing changes.
    """
    there = {address.casefold() for address in ticket.cc}
    new = tuple(address for address in call.cc if address.casefold() not in there)
    merged = (*ticket.cc, *new)[: max(MOST_CC, len(ticket.cc))]
    cc = merged if merged != ticket.cc else ()
    priority = call.priority if call.priority and _raises(ticket.priority, call.priority) else None
    flag = call.flag if call.flag and not ticket.flag else None
    if not cc and priority is None and flag is None:
        return None
    return replace(call, ticket_id=ticket.ticket_id, cc=cc, priority=priority, flag=flag)


def files_missing(posts: tuple[Post, ...], sent: str, marker: str, expected: int) -> bool:
    """Whether the post that this text became holds fewer files; a post that is no longer there lacks nothing."""
    ours = [post for post in posts if bears(post.text, sent, marker)]
    return bool(ours) and max(len(post.files) for post in ours) < expected


def _raises(now: str, wanted: Priority) -> bool:
    return RANK[wanted.value] > RANK.get(now, 1)
