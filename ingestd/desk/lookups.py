"""The actions that look up people, departments and statuses. Ids are numbers here, not text."""

from typing import Any

from ingestd.desk.answer import Answer, Failure, Success
from ingestd.desk.case import Case
from ingestd.desk.fields import Fields
from ingestd.desk.people import Client, Contact, User
from ingestd.desk.reading import page_of, paging
from ingestd.desk.shapes import ticket_id, wrapped

_COLORS = {
    "Open": "#779500",
    "Answered": "#000000",
    "Customer-Reply": "#ff6600",
    "On Hold": "#224488",
    "In Progress": "#cc0000",
    "Closed": "#888888",
}
_NEVER = "0000-00-00 00:00:00"
_OPTED_IN = ("domainemails", "generalemails", "invoiceemails", "productemails", "supportemails", "affiliateemails")


def get_clients_details(case: Case, fields: Fields) -> Answer:
    """A client by id or by the address of the account; a login's address is not looked at."""
    if not fields.number("clientid") and not fields.text("email"):
        return Failure("Either clientid Or email Is Required")
    wanted = fields.number("clientid")
    client = case.people.client(wanted) if wanted else case.people.client_at(case.stored(fields.text("email")))
    if client is None:
        return Failure("Client Not Found")
    details = _details(case, client)
    # The same fields stand at the top level too, where they "may be removed".
    return Success({**details, "client": details})


def _details(case: Case, client: Client) -> dict[str, Any]:
    users = [user for user in case.people.users() if client.client_id in user.owns + user.clients]
    owner = next((user.user_id for user in users if client.client_id in user.owns), 0)
    logins = [
        {"id": user.user_id, "name": user.fullname, "email": user.email, "is_owner": client.client_id in user.owns}
        for user in users
    ]
    return {
        "client_id": client.client_id,
        "owner_user_id": owner,
        "userid": client.client_id,
        "id": client.client_id,
        "firstname": client.firstname,
        "lastname": client.lastname,
        "fullname": client.fullname,
        "companyname": client.companyname,
        "email": client.email,
        "status": client.status,
        "language": "",
        "groupid": 0,
        "email_verified": True,
        "customfields": [],
        **wrapped(case.settings, "users", "user", logins),
    }


def get_clients(case: Case, fields: Fields) -> Answer:
    """Clients whose address or a name starts with `search`."""
    search, status = case.stored(fields.text("search")).casefold(), fields.text("status")
    found = [
        client
        for client in case.people.clients()
        if _starts(search, client.email, client.firstname, client.lastname, client.fullname, client.companyname)
        and (not status or client.status == status)
    ]
    rows = [_client(client) for client in page_of(_sorted(found, fields), fields)]
    counts = {"totalresults": len(found), **paging(fields, rows)}
    return Success({**counts, **wrapped(case.settings, "clients", "client", rows)})


def _client(client: Client) -> dict[str, Any]:
    return {
        "id": client.client_id,
        "firstname": client.firstname,
        "lastname": client.lastname,
        "companyname": client.companyname,
        "email": client.email,
        "datecreated": "2016-01-15",
        "groupid": 0,
        "status": client.status,
    }


def get_contacts(case: Case, fields: Fields) -> Answer:
    """Contacts by client and by exact values."""
    found = [contact for contact in case.people.contacts() if _matches(case, fields, contact)]
    rows = [_contact(contact) for contact in page_of(found, fields)]
    counts = {"totalresults": len(found), **paging(fields, rows)}
    return Success({**counts, **wrapped(case.settings, "contacts", "contact", rows)})


def _matches(case: Case, fields: Fields, contact: Contact) -> bool:
    exact = ("firstname", "lastname", "companyname", "email")
    return (not fields.number("userid") or contact.client_id == fields.number("userid")) and all(
        case.stored(fields.text(name)).casefold() == getattr(contact, name).casefold()
        for name in exact
        if fields.text(name)
    )


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.contact_id,
        "userid": contact.client_id,
        "firstname": contact.firstname,
        "lastname": contact.lastname,
        "companyname": contact.companyname,
        "email": contact.email,
        **dict.fromkeys(_OPTED_IN, True),
        "created_at": _NEVER,
        "updated_at": _NEVER,
    }


def get_users(case: Case, fields: Fields) -> Answer:
    """Logins whose address or a name starts with `search`: a bare list, unlike every other."""
    search = case.stored(fields.text("search")).casefold()
    found = [
        user
        for user in case.people.users()
        if _starts(search, user.email, user.firstname, user.lastname, user.fullname)
    ]
    rows = [_user(user) for user in page_of(_sorted(found, fields), fields)]
    return Success({"totalresults": len(found), **paging(fields, rows), "users": rows})


def _user(user: User) -> dict[str, Any]:
    links = [(client_id, True) for client_id in user.owns] + [(client_id, False) for client_id in user.clients]
    return {
        "id": user.user_id,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "email": user.email,
        "datecreated": "2020-12-15 15:29:49",
        "validationdata": "",
        "clients": [{"id": client_id, "isOwner": owner} for client_id, owner in links],
    }


def _starts(search: str, *values: str) -> bool:
    return any(value.casefold().startswith(search) for value in values)


def _sorted(found: list[Any], fields: Fields) -> list[Any]:
    return found[::-1] if fields.text("sorting").upper() == "DESC" else found


def get_support_departments(case: Case, fields: Fields) -> Answer:
    """Departments of the admin behind the credentials, all of them with ignore_dept_assignments."""
    rows = [
        {
            "id": ticket_id(case.settings, department.department_id),
            "name": department.name,
            "awaitingreply": _count(case, department.department_id, "Open", "Customer-Reply"),
            "opentickets": _count(case, department.department_id, *case.settings.statuses[:-1]),
        }
        for department in case.settings.departments
        if department.member or fields.flag("ignore_dept_assignments")
    ]
    return Success({"totalresults": len(rows), **wrapped(case.settings, "departments", "department", rows)})


def _count(case: Case, department: int, *statuses: str) -> str | int:
    count = sum(case.tickets.count(status=status, department=department) for status in statuses)
    return ticket_id(case.settings, count)


def get_support_statuses(case: Case, fields: Fields) -> Answer:
    """Every status with its count: the cheapest probe there is."""
    chosen = {"department": fields.number("deptid")} if fields.number("deptid") else {}
    rows = [
        {"title": status, "count": case.tickets.count(status=status, **chosen), "color": _COLORS.get(status, "#333333")}
        for status in case.settings.statuses
    ]
    return Success({"totalresults": len(rows), **wrapped(case.settings, "statuses", "status", rows)})
