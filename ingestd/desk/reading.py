"""The actions that read tickets: GetTicket, GetTickets, GetTicketAttachment."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pybase64

from ingestd.desk.answer import Answer, Failure, Success
from ingestd.desk.case import Case
from ingestd.desk.fields import Fields
from ingestd.desk.rows import NOTE, OPENING, REPLY, Author, File, Post, Ticket
from ingestd.desk.settings import DeskSettings
from ingestd.desk.shapes import ticket_id, wrapped

PAGE_SIZE = 25


def get_ticket(case: Case, fields: Fields) -> Answer:
    """A ticket with its whole thread, by number or by id."""
    number = fields.text("ticketnum")
    ticket = case.tickets.find(number) if number else case.tickets.get(fields.number("ticketid"))
    if ticket is None:
        return Failure("Ticket ID Not Found")
    posts = case.tickets.posts(ticket.ticket_id)
    thread = [_reply(case, post) for post in posts if post.kind != NOTE]
    notes = [_note(case, post) for post in posts if post.kind == NOTE]
    if fields.text("repliessort").upper() == "DESC":
        thread.reverse()
    return Success(
        {
            **_head(case, ticket, posts[0].author),
            **wrapped(case.settings, "replies", "reply", thread),
            **wrapped(case.settings, "notes", "note", notes),
        }
    )


def _head(case: Case, ticket: Ticket, opener: Author) -> dict[str, Any]:
    row = _row(case, ticket, opener)
    del row["id"], row["owner_name"]
    first = {"ticketid": ticket_id(case.settings, ticket.ticket_id)}
    return {**first, **row, "deptname": case.department(ticket.department) or ""}


def _row(case: Case, ticket: Ticket, opener: Author) -> dict[str, Any]:
    settings = case.settings
    return {
        "id": ticket_id(settings, ticket.ticket_id),
        "tid": ticket.number,
        "deptid": ticket_id(settings, ticket.department),
        "userid": ticket_id(settings, ticket.client_id),
        "contactid": ticket_id(settings, ticket.contact_id),
        "name": ticket.name,
        "owner_name": ticket.name,
        "email": ticket.email,
        **_requestor(opener),
        "cc": ticket.cc,
        "c": ticket.code,
        "date": ticket.created,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "admin": "",
        "lastreply": ticket.last_reply,
        "flag": ticket_id(settings, ticket.flag),
        "service": ticket.service,
    }


def _requestor(author: Author) -> dict[str, str]:
    return {
        "requestor_name": author.requestor_name,
        "requestor_email": author.requestor_email,
        "requestor_type": author.requestor_type,
    }


def _reply(case: Case, post: Post) -> dict[str, Any]:
    """The opening post is reply 0; a later one by a client or admin has no name and address of its own."""
    author, opening = post.author, post.kind == OPENING
    named = opening or not (author.client_id or author.admin)
    return {
        "replyid": ticket_id(case.settings, 0 if opening else post.own_id),
        "userid": ticket_id(case.settings, author.client_id),
        "contactid": ticket_id(case.settings, author.contact_id),
        "name": author.name if named else "",
        "email": author.email if named else "",
        **_requestor(author),
        "date": post.created,
        "message": post.message,
        **_attachments(case.settings, post.files),
        "admin": author.admin,
        **({} if opening else {"rating": "0"}),
    }


def _note(case: Case, post: Post) -> dict[str, Any]:
    return {
        "noteid": ticket_id(case.settings, post.own_id),
        "date": post.created,
        "message": post.message,
        **_attachments(case.settings, post.files),
        "admin": post.author.admin,
    }


def _attachments(settings: DeskSettings, files: Sequence[File]) -> dict[str, Any]:
    """Stored names are one column joined with "|": a name that holds one falls in two, as it does in WHMCS."""
    column = "|".join(file.stored_name for file in files)
    names = [name.partition("_")[2] or name for name in column.split("|")] if column else []
    listed: list[Any] = [{"filename": name, "index": index} for index, name in enumerate(names)]
    none: list[Any] = [[]] if settings.empty_attachments_nested else []
    return {"attachment": column, "attachments": listed or none, "attachments_removed": False}


def get_tickets(case: Case, fields: Fields) -> Answer:
    """One page of the tickets asked for, in no order that anybody promised."""
    found = [ticket for ticket in _candidates(case, fields) if _wanted(case, fields, ticket)]
    if case.settings.shuffle:
        found.sort(key=lambda ticket: hashlib.sha256(b"%d" % ticket.ticket_id).digest())
    page = page_of(found, fields)
    rows = [_listed(case, ticket) for ticket in page]
    total: str | int = str(len(found)) if case.settings.string_ids else len(found)
    return Success({"totalresults": total, **paging(fields, rows), **wrapped(case.settings, "tickets", "ticket", rows)})


def page_of(found: Sequence[Any], fields: Fields) -> Sequence[Any]:
    """The slice that limitstart and limitnum name."""
    start = max(fields.number("limitstart"), 0)
    size = max(fields.number("limitnum"), 0) if "limitnum" in fields else PAGE_SIZE
    return found[start : start + size]


def paging(fields: Fields, rows: Sequence[Any]) -> dict[str, int]:
    """The two numbers of a page that are ints in every action."""
    return {"startnumber": max(fields.number("limitstart"), 0), "numreturned": len(rows)}


def _candidates(case: Case, fields: Fields) -> Sequence[Ticket]:
    """`email` asks for guests only: a client's tickets are not found by his address."""
    if fields.number("clientid"):
        return case.tickets.search(client_id=fields.number("clientid"))
    if fields.text("email"):
        return case.tickets.search(client_id=0, email=case.stored(fields.text("email")))
    return case.tickets.search()


def _wanted(case: Case, fields: Fields, ticket: Ticket) -> bool:
    """Without ignore_dept_assignments only the departments of the admin behind the credentials are searched."""
    members = {each.department_id for each in case.settings.departments if each.member}
    return (
        (fields.flag("ignore_dept_assignments") or ticket.department in members)
        and (not fields.number("deptid") or ticket.department == fields.number("deptid"))
        and (not fields.text("email") or not ticket.client_id)
        and fields.text("subject").casefold() in ticket.subject.casefold()
        and _has_status(fields.text("status"), ticket)
    )


def _has_status(asked: str, ticket: Ticket) -> bool:
    match asked:
        case "":
            return True
        case "Awaiting Reply":
            return ticket.status in ("Open", "Customer-Reply")
        case "All Active Tickets":
            return ticket.status != "Closed"
        case "My Flagged Tickets":
            return ticket.flag != 0
        case _:
            return ticket.status == asked


def _listed(case: Case, ticket: Ticket) -> dict[str, Any]:
    opening = case.tickets.opening(ticket.ticket_id)
    row = _row(case, ticket, opening.author)
    del row["contactid"]
    return {**row, **_attachments(case.settings, opening.files)}


def get_ticket_attachment(case: Case, fields: Fields) -> Answer:
    """One file, by kind of post, id within the kind, and index."""
    if "relatedid" not in fields:
        return Failure("Related ID Required")
    if fields.text("type") not in (OPENING, REPLY, NOTE):
        return Failure("Invalid Type. Must be one of ticket, reply, note")
    post = case.tickets.post(fields.text("type"), fields.number("relatedid"))
    if post is None:
        return Failure("Related ID Not Found")
    if "index" not in fields:
        return Failure("Attachment Index Required")
    if not post.files:
        return Failure("No Attachments Found")
    if not 0 <= fields.number("index") < len(post.files):
        return Failure("Invalid Attachment Index")
    found = case.tickets.file(post.files[fields.number("index")].file_id)
    assert found is not None, "a file goes with its post"
    file, data = found
    return Success({"filename": file.name, "data": pybase64.b64encode(data).decode()})
