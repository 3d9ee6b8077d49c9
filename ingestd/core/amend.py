"""Plans made to fit what the helpdesk takes: mended, split over further replies, or with the text as a file."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from ingestd.core.attach import encoded_size
from ingestd.core.compose import NO_SUBJECT, readable_size
from ingestd.core.model import Client, Guest, Literal, Sender, Staff
from ingestd.core.names import safe_name
from ingestd.core.payload import fields_of, post_size
from ingestd.core.ticket import (
    AddTicketNote,
    AddTicketReply,
    AppendToTicket,
    Call,
    Fault,
    File,
    OpenTicket,
    UpdateTicket,
)

ROOM = 8 * 1024
"""Bytes of a body kept free for what is not known when files are grouped: ticket id, marker, credentials."""

SEAM = 4
"""Bytes by which a file in company may be longer than one alone."""

MOST_NAMED = 50


def mend(calls: tuple[Call, ...], number: int, fault: Fault, nobody: str) -> tuple[Call, ...]:
    """The plan with the value of call `number` that the helpdesk refused replaced by one it must take.

    The calls after it do not say the same value again. The same plan where there is nothing to replace.
    """
    head, call, rest = calls[:number], calls[number], calls[number + 1 :]
    if not isinstance(call, OpenTicket | AddTicketReply):
        return calls
    match fault:
        case Fault.ADDRESS if isinstance(call.sender, Guest) and call.sender.email != nobody:
            said = f"{call.message}\n\n[The helpdesk refused the sender's address: {call.sender.email[:300]}]"
            return (*head, *(_unaddressed(each, nobody) for each in (replace(call, message=said), *rest)))
        case Fault.MESSAGE if not call.message.strip():
            return (*head, replace(call, message="(no text)"), *rest)
        case Fault.MESSAGE:
            return text_as_file(calls, number) or calls
        case Fault.SUBJECT if isinstance(call, OpenTicket):
            said = f"{call.message}\n\n[The helpdesk refused the subject: {call.subject}]"
            return (*head, replace(call, subject=NO_SUBJECT, message=said), *rest)
        case Fault.SERVICE if isinstance(call, OpenTicket) and (call.service or call.domain):
            thing = f"service {call.service}" if call.service else f"domain {call.domain}"
            said = f"{call.message}\n\n[The helpdesk does not know {thing} as this client's]"
            return (*head, replace(call, service=None, domain=None, message=said), *rest)
        case Fault.DATE:
            return (*head, *(_undated(each) for each in (call, *rest)))
        case _:
            return calls


def text_as_file(calls: tuple[Call, ...], number: int) -> tuple[Call, ...] | None:
    """The plan with the text of call `number` moved to a file, for a firewall that dislikes it; None if it has none."""
    call = calls[number]
    match call:
        case OpenTicket() | AddTicketReply():
            text = call.message.encode()
            name = safe_name("message.txt", {file.name.casefold() for file in call.files})
            filed = replace(
                call,
                message=f"The text of this mail is in the file {name}.",
                markdown=False,
                files=(File(name, len(text), Literal(text)), *call.files),
            )
            return _checked_anew((*calls[:number], filed, *calls[number + 1 :]))
        case UpdateTicket() | AppendToTicket() | AddTicketNote():
            return None
        case _ as never:
            assert_never(never)


def split(calls: tuple[Call, ...], number: int, ceiling: int) -> tuple[Call, ...] | None:
    """The plan with every body from call `number` on within `ceiling` bytes, texts aside.

    Files move to further replies; one that fits nowhere is withheld with a note. None where nothing can be taken off.
    """
    moved = tuple(further for call in calls[number:] for further in fitted(call, ceiling))
    return None if moved == calls[number:] else _checked_anew((*calls[:number], *moved))


def fitted(call: Call, ceiling: int) -> tuple[Call, ...]:
    """The call, and the further replies that carry the files for which its body, of `ceiling` bytes, has no room.

    A ceiling of 0 is none.
    """
    match call:
        case OpenTicket() | AddTicketReply():
            return _fitted(call, ceiling)
        case UpdateTicket() | AppendToTicket() | AddTicketNote():
            return (call,)
        case _ as never:
            assert_never(never)


def file_checks(calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """For each call with files the note that is written if the helpdesk then holds fewer of them."""
    return tuple(
        AddTicketNote(
            _ticket_of(call),
            f"The helpdesk did not keep every file of this mail. Sent were: {_listed((f.name for f in call.files), ', ')}",
            unless_files=len(call.files),
            of_call=place,
        )
        for place, call in enumerate(calls)
        if isinstance(call, OpenTicket | AddTicketReply) and call.files
    )


def _fitted(call: OpenTicket | AddTicketReply, ceiling: int) -> tuple[Call, ...]:
    if ceiling <= 0 or post_size(fields_of(call, 0, ""), call.files) + ROOM <= ceiling:
        return (call,)
    first = ceiling - post_size(fields_of(call, 0, ""), ()) - ROOM
    room = ceiling - post_size(fields_of(_further(call, ()), 0, ""), ()) - 2 * ROOM
    sized = [(file, encoded_size((file,)) + SEAM) for file in call.files]
    head, *others = _groups([pair for pair in sized if pair[1] <= room], first, room)
    withheld = tuple(file for file, size in sized if size > room)
    further = tuple(_further(call, group) for group in others)
    opening = () if is_further(call) and not head else (_with_files(call, head),)
    return (*opening, *further, *_withheld_note(call, withheld))


def _groups(sized: list[tuple[File, int]], first: int, room: int) -> list[tuple[File, ...]]:
    """Files in order, each group within its room; the first group may be empty."""
    groups: list[list[File]] = [[]]
    left = first
    for file, size in sized:
        if size > left:
            groups.append([])
            left = room
        groups[-1].append(file)
        left -= size
    return [tuple(group) for group in groups]


def _with_files(call: OpenTicket | AddTicketReply, files: tuple[File, ...]) -> Call:
    """The call with these files only; one that is a further reply already names no others."""
    return _further(call, files) if is_further(call) else replace(call, files=files)


def is_further(call: OpenTicket | AddTicketReply) -> bool:
    """Whether this is a reply that carries further files of the same mail, and says nothing else."""
    return bool(call.files) and call == _further(call, call.files)


def _further(call: OpenTicket | AddTicketReply, files: tuple[File, ...]) -> AddTicketReply:
    names = _listed((file.name for file in files), ", ")
    return AddTicketReply(
        _ticket_of(call), f"Further files of the same mail: {names}", call.sender, files, noemail=True
    )


def _withheld_note(call: OpenTicket | AddTicketReply, files: tuple[File, ...]) -> tuple[Call, ...]:
    if not files:
        return ()
    names = _listed((f"{file.name} ({readable_size(file.size)})" for file in files), "\n")
    text = f"Not attached, because the helpdesk takes no body of that size:\n{names}"
    return (AddTicketNote(_ticket_of(call), text, public=True),)


def _listed(names: Iterable[str], seam: str) -> str:
    """The names, few enough for a text of the helpdesk."""
    every = list(names)
    hidden = len(every) - MOST_NAMED
    return seam.join((*every[:MOST_NAMED], *((f"and {hidden} more",) if hidden > 0 else ())))


def _checked_anew(calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """Checks of file counts made anew, at the end: files and the numbers of the calls have changed."""
    kept = tuple(call for call in calls if not (isinstance(call, AddTicketNote) and call.unless_files is not None))
    return (*kept, *file_checks(kept))


def _unaddressed(call: Call, nobody: str) -> Call:
    return (
        replace(call, sender=_somebody(call.sender, nobody)) if isinstance(call, OpenTicket | AddTicketReply) else call
    )


def _somebody(sender: Sender, nobody: str) -> Sender:
    match sender:
        case Guest(name=name):
            return Guest(name or nobody, nobody)
        case Client() | Staff():
            return sender
        case _ as never:
            assert_never(never)


def _undated(call: Call) -> Call:
    return replace(call, created=None) if isinstance(call, OpenTicket | AddTicketReply) else call


def _ticket_of(call: OpenTicket | AddTicketReply) -> int | None:
    return call.ticket_id if isinstance(call, AddTicketReply) else None
