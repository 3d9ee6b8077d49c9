"""Seeds into the tables."""

from dataclasses import asdict, replace
from typing import Any, TypeVar

from ingestd.desk.case import Case
from ingestd.desk.people import Admin, Client, Contact, User
from ingestd.desk.rows import REPLY, Author, Draft
from ingestd.desk.seeds import Seed, SeedReply, SeedTicket

_Person = TypeVar("_Person", Client, Contact, User, Admin)
_TEXTS = frozenset({"firstname", "lastname", "companyname", "email", "name"})


def plant(case: Case, seed: Seed) -> list[dict[str, Any]]:
    """Keeps the people and opens the tickets; id and number of each ticket."""
    for client in seed.clients:
        case.people.keep_client(_encoded(case, client))
    for contact in seed.contacts:
        case.people.keep_contact(_encoded(case, contact))
    for user in seed.users:
        case.people.keep_user(_encoded(case, user))
    for admin in seed.admins:
        case.people.keep_admin(_encoded(case, admin))
    for service in seed.services:
        case.people.keep_service(service)
    return [_plant_ticket(case, ticket) for ticket in seed.tickets]


def _encoded(case: Case, person: _Person) -> _Person:
    """Names are stored entity-encoded like every other text."""
    texts: dict[str, Any] = {name: case.stored(value) for name, value in asdict(person).items() if name in _TEXTS}
    return replace(person, **texts)


def _plant_ticket(case: Case, ticket: SeedTicket) -> dict[str, Any]:
    author = _author(case, ticket.client_id, ticket.contact_id, ticket.name, ticket.email)
    opened = case.tickets.open(
        Draft(author, case.stored(ticket.message), case.today()),
        case.settings.mask,
        case.now,
        department=ticket.department,
        subject=case.stored(ticket.subject),
        priority=ticket.priority,
        status=ticket.status,
        cc=case.stored(",".join(ticket.cc)),
        **({"number": ticket.number} if ticket.number else {}),
    )
    for reply in ticket.replies:
        case.tickets.append(opened.ticket_id, REPLY, _reply(case, reply))
    return {"ticket_id": opened.ticket_id, "number": opened.number}


def _reply(case: Case, reply: SeedReply) -> Draft:
    admin = case.people.admin(reply.admin)
    if admin:
        author = Author(admin=admin.name, requestor_name=admin.name, requestor_type="Operator")
    else:
        author = _author(case, reply.client_id, 0, reply.name, reply.email)
    return Draft(author, case.stored(reply.message), case.today())


def _author(case: Case, client_id: int, contact_id: int, name: str, email: str) -> Author:
    """The client or contact with this id, else a guest."""
    client = case.people.client(client_id)
    if client is None:
        name, email = case.stored(name), case.stored(email)
        return Author(name=name, email=email, requestor_name=name, requestor_email=email, requestor_type="Guest")
    contact = case.people.contact(contact_id)
    speaker, kind = (contact, "Sub-account") if contact else (client, "Owner")
    return Author(client_id, contact_id, 0, client.fullname, client.email, "", speaker.fullname, speaker.email, kind)
