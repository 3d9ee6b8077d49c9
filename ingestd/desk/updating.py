"""UpdateTicket: sets what is named. `message` overwrites the opening post, `cc` replaces the list."""

import json
from typing import Any

from ingestd.desk.answer import Answer, Failure, Success
from ingestd.desk.case import PRIORITIES, Case
from ingestd.desk.customfields import read_custom_fields
from ingestd.desk.fields import Fields
from ingestd.desk.shapes import ticket_id


def update_ticket(case: Case, fields: Fields) -> Answer:
    """The named columns of a ticket, all or none."""
    ticket = case.tickets.get(fields.number("ticketid"))
    if ticket is None:
        return Failure("Ticket ID Not Found")
    fault = _fault(case, fields)
    if fault:
        return Failure(fault)
    created = case.created(fields, "Ticket")
    if isinstance(created, Failure):
        return created
    dated = {"created": created} if fields.text("created") else {}
    case.tickets.change(ticket.ticket_id, **_columns(case, fields), **dated)
    case.tickets.rewrite_opening(ticket.ticket_id, **_opening(case, fields), **dated)
    return Success({"ticketid": ticket_id(case.settings, ticket.ticket_id)})


def _fault(case: Case, fields: Fields) -> str:
    if "deptid" in fields and case.department(fields.number("deptid")) is None:
        return "Department ID Not Found"
    if "priority" in fields and fields.text("priority") not in PRIORITIES:
        return f"Invalid Ticket Priority. Valid priorities are: {','.join(PRIORITIES)}"
    if "status" in fields and fields.text("status") not in case.settings.statuses:
        return f"Invalid Ticket Status. Valid statuses are: {','.join(case.settings.statuses)}"
    return ""


def _columns(case: Case, fields: Fields) -> dict[str, Any]:
    texts = {name: case.stored(fields.text(name)) for name in ("subject", "name", "email", "cc") if name in fields}
    plain = {name: fields.text(name) for name in ("status", "priority") if name in fields}
    # The client id goes by the name of `userid` here, and by `clientid` in the documentation's own example.
    sources = (("department", "deptid"), ("client_id", "clientid"), ("client_id", "userid"), ("flag", "flag"))
    numbers = {column: fields.number(name) for column, name in sources if name in fields}
    unflagged = {"flag": 0} if fields.flag("removeFlag") else {}
    return {**texts, **plain, **numbers, **unflagged}


def _opening(case: Case, fields: Fields) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if fields.text("message"):
        columns |= {"message": case.stored(fields.text("message")), "markdown": fields.flag("markdown")}
    if "customfields" in fields:
        columns |= {"custom_fields": json.dumps(read_custom_fields(fields.raw("customfields")))}
    return columns
