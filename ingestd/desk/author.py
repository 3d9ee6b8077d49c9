"""Who writes: the fields of a request to an author, or the documented error."""

import re

from ingestd.desk.answer import Failure
from ingestd.desk.case import Case
from ingestd.desk.fields import Fields
from ingestd.desk.people import Client
from ingestd.desk.rows import Author

_LONGEST_ADDRESS = 254  # RFC 5321 section 4.5.3.1.3, less the brackets
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)


def find_opener(case: Case, fields: Fields) -> Author | Failure:
    """The opener of a ticket: a client, through a contact or a user of his (`userid` wins), else name and email."""
    if not fields.number("clientid"):
        return _guest(case, fields)
    client = case.people.client(fields.number("clientid"))
    if client is None:
        return Failure("Client ID Not Found")
    if not fields.number("userid"):
        return _through_contact(case, fields, client)
    user = case.people.user(fields.number("userid"))
    if user is None or client.client_id not in user.owns + user.clients:
        return Failure("The system cannot find the provided user ID.")
    kind = "Owner" if client.client_id in user.owns else "Authorized User"
    return _client_author(client, 0, user.user_id, user.fullname, user.email, kind)


def find_replier(case: Case, fields: Fields) -> Author | Failure:
    """The author of a reply: an admin by username, a client (or a contact of his), else name and email."""
    admin = case.people.admin(fields.text("adminusername"))
    if admin is not None:
        return Author(admin=admin.name, requestor_name=admin.name, requestor_type="Operator")
    if not fields.number("clientid"):
        return _guest(case, fields)
    client = case.people.client(fields.number("clientid"))
    return _through_contact(case, fields, client) if client else Failure("Client ID Not Found")


def _through_contact(case: Case, fields: Fields, client: Client) -> Author | Failure:
    if not fields.number("contactid"):
        return _client_author(client, 0, 0, client.fullname, client.email, "Owner")
    contact = case.people.contact(fields.number("contactid"))
    if contact is None or contact.client_id != client.client_id:
        return Failure("Contact ID Not Found")
    return _client_author(client, contact.contact_id, 0, contact.fullname, contact.email, "Sub-account")


def _client_author(client: Client, contact_id: int, user_id: int, name: str, email: str, kind: str) -> Author:
    return Author(
        client_id=client.client_id,
        contact_id=contact_id,
        user_id=user_id,
        name=client.fullname,
        email=client.email,
        requestor_name=name,
        requestor_email=email,
        requestor_type=kind,
    )


def _guest(case: Case, fields: Fields) -> Author | Failure:
    name, email = fields.text("name").strip(), fields.text("email").strip()
    if not name or not email:
        return Failure("Name and email address are required if not a client")
    if len(email) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(email):
        return Failure("Email Address Invalid")
    name, email = case.stored(name), case.stored(email)
    return Author(name=name, email=email, requestor_name=name, requestor_email=email, requestor_type="Guest")
