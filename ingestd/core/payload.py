"""A call -> the fields of its request, as WHMCS wants them. Pure.

Flags are "1" or left out: PHP takes any other text for true. The files of a call are told by `ingestd.core.attach`.
"""

import base64
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import assert_never

from ingestd.core.attach import encoded_size
from ingestd.core.form import form_size
from ingestd.core.model import Client, Guest, Sender, Staff
from ingestd.core.ticket import AddTicketNote, AddTicketReply, AppendToTicket, Call, File, OpenTicket, UpdateTicket

__all__ = [
    "ALLOWANCE",
    "ATTACHMENTS",
    "Fields",
    "encoded_size",
    "fields_of",
    "marked",
    "php_serialize",
    "post_size",
]

Fields = tuple[tuple[str, str], ...]

ATTACHMENTS = b"&attachments="
# What the adapter adds to every request: credentials, which are alphanumeric, and the response type.
ALLOWANCE = 512


def fields_of(call: Call, ticket_id: int | None, marker: str, zone: tzinfo = UTC) -> Fields:
    """The fields of this call, without files and credentials.

    `ticket_id` stands for the ticket of a call that names none; `marker` is the last line of a text, "" for none;
    `created` is told in `zone`, the helpdesk's. OpenTicket cannot be made as Staff over HTTP (its `admin` flag takes
    the client for the opener): such a call names nobody and the helpdesk refuses it.
    """
    match call:
        case OpenTicket():
            return _open(call, marker, zone)
        case AddTicketReply():
            return _reply(call, ticket_id, marker, zone)
        case UpdateTicket(cc=cc, priority=priority, flag=flag):
            given = (
                ("cc", ",".join(cc)),
                ("priority", priority.value if priority else ""),
                ("flag", str(flag) if flag else ""),
            )
            return (("action", "UpdateTicket"), *_ticket(call, ticket_id), *(pair for pair in given if pair[1]))
        case AppendToTicket(message=message, status=status):
            text = ("message", marked(message, marker))
            return (("action", "UpdateTicket"), *_ticket(call, ticket_id), text, ("status", status))
        case AddTicketNote(message=message):
            return (("action", "AddTicketNote"), *_ticket(call, ticket_id), ("message", marked(message, marker)))
        case _:
            assert_never(call)


def marked(message: str, marker: str) -> str:
    """The text as it is stored: the message, a blank line, the marker."""
    # Bare LF: what `try` shows is what is sent, and a long text does not grow past its column by its line ends.
    return f"{message.rstrip()}\n\n{marker}" if marker else message


def php_serialize(values: Iterable[tuple[int, str]]) -> bytes:
    """What PHP's serialize() gives for an array of texts by number; lengths count bytes."""
    pairs = [(number, value.encode("utf-8", "replace")) for number, value in values]
    return b"a:%d:{%s}" % (len(pairs), b"".join(b'i:%d;s:%d:"%s";' % (n, len(v), v) for n, v in pairs))


def post_size(fields: Fields, files: Sequence[File]) -> int:
    """The bytes of the request's body, exact but for the credentials: at most `ALLOWANCE` more."""
    return form_size(fields) + (len(ATTACHMENTS) + encoded_size(files) if files else 0)


def _open(call: OpenTicket, marker: str, zone: tzinfo) -> Fields:
    return (
        ("action", "OpenTicket"),
        ("deptid", str(call.department)),
        ("subject", call.subject),
        ("message", marked(call.message, marker)),
        *_opener(call.sender),
        ("priority", str(call.priority)),
        *((("serviceid", str(call.service)),) if call.service else ()),
        *((("domainid", str(call.domain)),) if call.domain else ()),
        *_options(call, zone),
    )


def _reply(call: AddTicketReply, ticket_id: int | None, marker: str, zone: tzinfo) -> Fields:
    return (
        ("action", "AddTicketReply"),
        *_ticket(call, ticket_id),
        ("message", marked(call.message, marker)),
        *_author(call.sender),
        *_options(call, zone),
    )


def _ticket(call: AddTicketReply | UpdateTicket | AppendToTicket | AddTicketNote, ticket_id: int | None) -> Fields:
    target = ticket_id if call.ticket_id is None else call.ticket_id
    return () if target is None else (("ticketid", str(target)),)


def _opener(sender: Sender) -> Fields:
    match sender:
        case Client(client_id=client, user_id=int(user)):
            return (("clientid", str(client)), ("userid", str(user)))
        case Client() | Guest():
            return _author(sender)
        case Staff():
            return ()
        case _:
            assert_never(sender)


def _author(sender: Sender) -> Fields:
    match sender:
        case Client(client_id=client, contact_id=contact):
            return (("clientid", str(client)), *((("contactid", str(contact)),) if contact else ()))
        case Guest(name=name, email=email):
            # WHMCS wants both ("Name and email address are required if not a client").
            return (("name", name.strip() or email), ("email", email))
        case Staff(admin=admin):
            return (("adminusername", admin),)
        case _:
            assert_never(sender)


def _options(call: OpenTicket | AddTicketReply, zone: tzinfo) -> Fields:
    if not (call.noemail or call.markdown or call.created or call.custom_fields):
        return ()
    given = (
        ("noemail", "1" if call.noemail else ""),
        ("markdown", "1" if call.markdown else ""),
        ("created", _local(call.created, zone) if call.created else ""),
        ("customfields", base64.b64encode(php_serialize(call.custom_fields)).decode() if call.custom_fields else ""),
    )
    return tuple(pair for pair in given if pair[1])


def _local(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
