"""The actions that write a post: OpenTicket, AddTicketReply, AddTicketNote. None of them is idempotent."""

import sqlite3

from ingestd.desk.answer import Answer, Failure, Success
from ingestd.desk.author import find_opener, find_replier
from ingestd.desk.case import OPENED, PRIORITIES, REPLIED, STAFF_OPENED, STAFF_REPLIED, Case
from ingestd.desk.customfields import read_custom_fields
from ingestd.desk.fields import Fields
from ingestd.desk.files import Malformed, admit
from ingestd.desk.rows import NOTE, REPLY, Author, Draft, Ticket
from ingestd.desk.shapes import ticket_id


def open_ticket(case: Case, fields: Fields) -> Answer:
    """A new ticket, every time it is asked for."""
    author = find_opener(case, fields)
    if isinstance(author, Failure):
        return author
    if case.department(fields.number("deptid")) is None:
        return Failure("Department ID not found")
    if not fields.text("subject").strip():
        return Failure("Subject is required")
    service = _service(case, fields, author.client_id)
    if isinstance(service, Failure):
        return service
    draft = _draft(case, fields, author, "Ticket")
    return draft if isinstance(draft, Failure) else _open(case, fields, draft, service)


def _service(case: Case, fields: Fields, client_id: int) -> str | Failure:
    """What the ticket is about, if it names something that this client has."""
    for name, letter, what in (("serviceid", "S", "Service"), ("domainid", "D", "Domain")):
        if number := fields.number(name):
            code = f"{letter}{number}"
            return code if case.people.has_service(client_id, code) else Failure(f"{what} ID Not Found")
    return ""


def _open(case: Case, fields: Fields, draft: Draft, service: str) -> Answer:
    priority = fields.text("priority")
    try:
        ticket = case.tickets.open(
            draft,
            case.settings.mask,
            case.now,
            department=fields.number("deptid"),
            subject=case.stored(fields.text("subject")),
            priority=priority if priority in PRIORITIES else "Medium",
            service=service,
        )
    except sqlite3.IntegrityError:
        return Failure("Unable to generate ticket number")
    case.send(STAFF_OPENED, ticket, "staff")
    if not fields.flag("noemail"):
        case.send(OPENED, ticket, draft.author.requestor_email)
    return Success({"id": ticket_id(case.settings, ticket.ticket_id), "tid": ticket.number, "c": ticket.code})


def add_ticket_reply(case: Case, fields: Fields) -> Answer:
    """A reply by database id only; it reopens a closed ticket, and its own id is not told."""
    ticket = case.tickets.get(fields.number("ticketid"))
    if ticket is None:
        return Failure("Ticket ID not found")
    author = find_replier(case, fields)
    if isinstance(author, Failure):
        return author
    status = fields.text("status") or ("Answered" if author.admin else "Customer-Reply")
    if status not in case.settings.statuses:
        return Failure("Invalid Ticket Status")
    draft = _draft(case, fields, author, "Reply")
    if isinstance(draft, Failure):
        return draft
    case.tickets.append(ticket.ticket_id, REPLY, draft)
    case.tickets.change(ticket.ticket_id, status=status, last_reply=draft.created)
    _tell_of_reply(case, fields, ticket, author)
    return Success()


def _tell_of_reply(case: Case, fields: Fields, ticket: Ticket, author: Author) -> None:
    """Staff hear of a customer's reply, the customer and the Cc of a staff reply; nobody of his own."""
    if not author.admin:
        case.send(STAFF_REPLIED, ticket, "staff")
    elif not fields.flag("noemail"):
        case.send(REPLIED, ticket, ticket.email, *ticket.cc.split(","))


def add_ticket_note(case: Case, fields: Fields) -> Answer:
    """A note for staff: the only write that takes a ticket number too."""
    ticket = case.tickets.get(fields.number("ticketid")) or case.tickets.find(fields.text("ticketnum"))
    if ticket is None:
        return Failure("Ticket ID not found")
    draft = _draft(case, fields, Author(admin="API", requestor_name="API", requestor_type="Operator"), "Ticket")
    if isinstance(draft, Failure):
        return draft
    case.tickets.append(ticket.ticket_id, NOTE, draft)
    return Success()


def _draft(case: Case, fields: Fields, author: Author, what: str) -> Draft | Failure:
    """Message, date and files of a post."""
    if not fields.text("message").strip():
        return Failure("Message is required")
    created = case.created(fields, what)
    if isinstance(created, Failure):
        return created
    uploads = case.uploads if isinstance(case.uploads, Malformed) else admit(case.settings, case.uploads)
    if isinstance(uploads, Malformed):
        return Failure(uploads.reason)
    return Draft(
        author=author,
        message=case.stored(fields.text("message")),
        created=created,
        markdown=fields.flag("markdown"),
        custom_fields=tuple(read_custom_fields(fields.raw("customfields")).items()),
        uploads=uploads,
    )
