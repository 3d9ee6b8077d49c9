"""What is in the helpdesk before the first mail comes: people and older tickets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ingestd.desk.people import Admin, Client, Contact, Service, User

_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class SeedReply:
    """A reply of an older ticket: by an admin (username), by a client (of the ticket), or by name and email."""

    message: str
    admin: str = ""
    client_id: int = 0
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class SeedTicket:
    """An older ticket: a client's (`client_id`, `contact_id`) or a guest's (`name`, `email`); number "" takes one."""

    subject: str
    message: str = "First words"
    department: int = 1
    number: str = ""
    client_id: int = 0
    contact_id: int = 0
    name: str = ""
    email: str = ""
    cc: tuple[str, ...] = ()
    status: str = "Open"
    priority: str = "Medium"
    replies: tuple[SeedReply, ...] = ()


@dataclass(frozen=True, slots=True)
class Seed:
    """Everything at once; rows with a known id are replaced, tickets are added."""

    clients: tuple[Client, ...] = ()
    contacts: tuple[Contact, ...] = ()
    users: tuple[User, ...] = ()
    admins: tuple[Admin, ...] = ()
    tickets: tuple[SeedTicket, ...] = ()
    services: tuple[Service, ...] = ()


def read_seed(tree: Mapping[str, Any]) -> Seed:
    """The seed that this JSON object says; TypeError or KeyError where it says none."""
    return Seed(
        clients=_each(tree, "clients", Client),
        contacts=_each(tree, "contacts", Contact),
        users=_each(tree, "users", User),
        admins=_each(tree, "admins", Admin),
        tickets=_each(tree, "tickets", _seed_ticket),
        services=_each(tree, "services", Service),
    )


def _each(tree: Mapping[str, Any], key: str, make: Callable[..., _Thing]) -> tuple[_Thing, ...]:
    return tuple(make(**item) for item in tree.get(key, ()))


def _seed_ticket(replies: Any = (), cc: Any = (), **fields: Any) -> SeedTicket:
    return SeedTicket(replies=tuple(SeedReply(**reply) for reply in replies), cc=tuple(cc), **fields)
