"""Clients, contacts, users (logins) and admins in SQLite: they come by seeding only."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Client:
    """A client account."""

    client_id: int
    firstname: str
    lastname: str
    email: str
    companyname: str = ""
    status: str = "Active"

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of a client."""

    contact_id: int
    client_id: int
    firstname: str
    lastname: str
    email: str
    companyname: str = ""

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()


@dataclass(frozen=True, slots=True)
class User:
    """A login; `owns` and `clients` are client ids, `clients` those it does not own."""

    user_id: int
    firstname: str
    lastname: str
    email: str
    owns: tuple[int, ...] = ()
    clients: tuple[int, ...] = ()

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody of the staff."""

    username: str
    name: str


@dataclass(frozen=True, slots=True)
class Service:
    """What a client has bought: `code` is "S3" for the service 3, "D4" for the domain 4."""

    code: str
    client_id: int


class People:
    """Everybody, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep_client(self, client: Client) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO client (client_id, firstname, lastname, companyname, email, status)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (client.client_id, client.firstname, client.lastname, client.companyname, client.email, client.status),
        )

    def keep_contact(self, contact: Contact) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO contact (contact_id, client_id, firstname, lastname, companyname, email)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                contact.contact_id,
                contact.client_id,
                contact.firstname,
                contact.lastname,
                contact.companyname,
                contact.email,
            ),
        )

    def keep_user(self, user: User) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO login (user_id, firstname, lastname, email) VALUES (?, ?, ?, ?)",
            (user.user_id, user.firstname, user.lastname, user.email),
        )
        self._connection.execute("DELETE FROM login_client WHERE user_id = ?", (user.user_id,))
        self._connection.executemany(
            "INSERT OR REPLACE INTO login_client (user_id, client_id, is_owner) VALUES (?, ?, ?)",
            [(user.user_id, client_id, 0) for client_id in user.clients]
            + [(user.user_id, client_id, 1) for client_id in user.owns],
        )

    def keep_admin(self, admin: Admin) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO admin (username, name) VALUES (?, ?)", (admin.username, admin.name)
        )

    def keep_service(self, service: Service) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO service (code, client_id) VALUES (?, ?)", (service.code, service.client_id)
        )

    def has_service(self, client_id: int, code: str) -> bool:
        """Whether this client has bought it."""
        rows = self._connection.execute(
            "SELECT 1 FROM service WHERE code = ? AND client_id = ? AND client_id > 0", (code, client_id)
        )
        return rows.fetchone() is not None

    def clients(self) -> Sequence[Client]:
        return [Client(**row) for row in self._connection.execute("SELECT * FROM client ORDER BY client_id").fetchall()]

    def contacts(self) -> Sequence[Contact]:
        return [
            Contact(**row) for row in self._connection.execute("SELECT * FROM contact ORDER BY contact_id").fetchall()
        ]

    def users(self) -> Sequence[User]:
        rows = self._connection.execute("SELECT * FROM login ORDER BY user_id").fetchall()
        return [
            User(**row, owns=self._links(row["user_id"], 1), clients=self._links(row["user_id"], 0)) for row in rows
        ]

    def _links(self, user_id: int, is_owner: int) -> tuple[int, ...]:
        rows = self._connection.execute(
            "SELECT client_id FROM login_client WHERE user_id = ? AND is_owner = ? ORDER BY client_id",
            (user_id, is_owner),
        )
        return tuple(row["client_id"] for row in rows)

    def client(self, client_id: int) -> Client | None:
        row = self._connection.execute("SELECT * FROM client WHERE client_id = ?", (client_id,)).fetchone()
        return Client(**row) if row else None

    def client_at(self, email: str) -> Client | None:
        """The oldest client with this address, in any case."""
        rows = self._connection.execute("SELECT * FROM client WHERE email = ? ORDER BY client_id LIMIT 1", (email,))
        row = rows.fetchone()
        return Client(**row) if row else None

    def contact(self, contact_id: int) -> Contact | None:
        row = self._connection.execute("SELECT * FROM contact WHERE contact_id = ?", (contact_id,)).fetchone()
        return Contact(**row) if row else None

    def user(self, user_id: int) -> User | None:
        return next((user for user in self.users() if user.user_id == user_id), None)

    def admin(self, username: str) -> Admin | None:
        row = self._connection.execute("SELECT * FROM admin WHERE username = ?", (username,)).fetchone()
        return Admin(**row) if row else None
