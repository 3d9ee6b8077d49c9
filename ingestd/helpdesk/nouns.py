"""WHMCS's answers -> the nouns of `core.ticket`. Pure; what is missing is empty, never an error."""

import re
from typing import Any

from ingestd.core.ticket import Contact, Heading, Post, Ticket, User
from ingestd.helpdesk.port import Department
from ingestd.helpdesk.shapes import Row, addresses, flag, number, rows, text


def ticket_of(data: Row) -> Ticket | None:
    """The ticket that GetTicket tells, with its posts and notes; None where it names no id."""
    ticket_id = number(data.get("ticketid")) or number(data.get("id"))
    if not ticket_id:
        return None
    return Ticket(
        ticket_id=ticket_id,
        number=text(data.get("tid")) or text(data.get("ticketnum")),
        department=number(data.get("deptid")),
        client_id=number(data.get("userid")) or number(data.get("clientid")),
        contact_id=number(data.get("contactid")),
        name=_first(data, "requestor_name", "name"),
        email=_first(data, "requestor_email", "email"),
        cc=addresses(data.get("cc")),
        subject=text(data.get("subject")),
        status=text(data.get("status")),
        priority=text(data.get("priority")),
        posts=tuple(_post(row, "replyid") for row in rows(data, "replies", "reply")),
        notes=tuple(_post(row, "noteid") for row in rows(data, "notes", "note")),
        flag=number(data.get("flag")),
    )


def heading_of(row: Row) -> Heading:
    """A line of GetTickets."""
    return Heading(
        ticket_id=number(row.get("id")) or number(row.get("ticketid")),
        number=text(row.get("tid")),
        client_id=number(row.get("userid")) or number(row.get("clientid")),
        email=_first(row, "requestor_email", "email"),
        subject=text(row.get("subject")),
        at=text(row.get("date")),
    )


def contact_of(row: Row) -> Contact:
    """A line of GetContacts, whose `userid` is the client."""
    return Contact(number(row.get("id")), number(row.get("userid")) or number(row.get("clientid")))


def user_of(row: Row) -> User:
    """A line of GetUsers."""
    clients = rows(row, "clients", "client")
    ids = tuple(number(client.get("id")) for client in clients)
    owns = tuple(number(client.get("id")) for client in clients if flag(client.get("isOwner", client.get("is_owner"))))
    return User(number(row.get("id")), tuple(filter(None, ids)), tuple(filter(None, owns)))


def department_of(row: Row) -> Department:
    """A line of GetSupportDepartments."""
    return Department(number(row.get("id")), text(row.get("name")))


def client_of(data: Row) -> Row:
    """The client of GetClientsDetails; older versions tell it at the top level."""
    client = data.get("client")
    return client if isinstance(client, dict) and client else data


def _post(row: Row, key: str) -> Post:
    staff = bool(text(row.get("admin")).strip())
    return Post(
        post_id=number(row.get(key)) or (number(row.get("id")) if key not in row else 0),
        author="" if staff else _first(row, "requestor_email", "email"),
        client_id=number(row.get("userid")),
        contact_id=number(row.get("contactid")),
        staff=staff,
        text=text(row.get("message")),
        files=_files(row),
        at=text(row.get("date")),
    )


def _files(row: Row) -> tuple[str, ...]:
    if "attachments" in row:
        told = rows(row, "attachments", "attachment")
        return tuple(name for entry in told if (name := text(entry.get("filename"))))
    # Before 7.10 only the stored names were told: digits, an underscore, the name; several joined with "|".
    stored = text(row.get("attachment")).split("|")
    return tuple(re.sub(r"^[0-9]+_", "", name) for name in stored if name)


def _first(row: Row, *keys: str) -> str:
    found: tuple[Any, ...] = tuple(text(row.get(key)) for key in keys)
    return next((value for value in found if value), "")
