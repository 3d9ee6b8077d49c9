"""Tickets, posts and files in SQLite. Text is stored as given here; who calls has encoded it."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from ingestd.desk.numbers import access_code, stored_name, ticket_number
from ingestd.desk.rows import OPENING, REPLY, Author, Draft, File, Post, Ticket

_AUTHOR_COLUMNS = tuple(field.name for field in fields(Author))


class Tickets:
    """The tickets, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def open(self, opening: Draft, mask: str, now: datetime, **columns: Any) -> Ticket:
        """A new ticket with its opening post; raises sqlite3.IntegrityError where the mask's numbers are used up."""
        author = opening.author
        row = {
            "code": access_code(),
            "client_id": author.client_id,
            "contact_id": author.contact_id,
            "name": author.name,
            "email": author.email,
            "cc": "",
            "status": "Open",
            "created": opening.created,
            "last_reply": opening.created,
            "flag": 0,
            **columns,
        }
        # The number may hold the id, and the id is known only when the row is there.
        row["number"] = f"new-{access_code()}"
        ticket_id = self._insert("ticket", row)
        number = columns.get("number") or self._free_number(mask, ticket_id, now)
        self.change(ticket_id, number=number)
        self._post(ticket_id, OPENING, ticket_id, opening)
        return self._get("ticket_id", ticket_id)

    def _free_number(self, mask: str, ticket_id: int, now: datetime) -> str:
        """A number that no ticket has; after many tries one that fails the insert, as WHMCS gives up too."""
        number = ticket_number(mask, ticket_id, now)
        for _ in range(100):
            if not self.find(number):
                break
            number = ticket_number(mask, ticket_id, now)
        return number

    def append(self, ticket_id: int, kind: str, draft: Draft) -> int:
        """A reply or a note; its own id."""
        highest = self._connection.execute("SELECT COALESCE(MAX(own_id), 0) FROM post WHERE kind = ?", (kind,))
        own_id: int = highest.fetchone()[0] + 1
        self._post(ticket_id, kind, own_id, draft)
        return own_id

    def _post(self, ticket_id: int, kind: str, own_id: int, draft: Draft) -> None:
        row = {
            "ticket_id": ticket_id,
            "kind": kind,
            "own_id": own_id,
            "message": draft.message,
            "markdown": draft.markdown,
            "created": draft.created,
            "custom_fields": json.dumps(dict(draft.custom_fields)),
            **asdict(draft.author),
        }
        post_id = self._insert("post", row)
        for upload in draft.uploads:
            digest = hashlib.sha256(upload.data).hexdigest()
            name = stored_name(upload.name)
            self._insert(
                "file",
                {
                    "post_id": post_id,
                    "stored_name": name,
                    "size": len(upload.data),
                    "sha256": digest,
                    "data": upload.data,
                },
            )

    def _insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Table and columns are this module's own words; values are bound."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - see above
        return self._connection.execute(statement, tuple(row.values())).lastrowid or 0

    def change(self, ticket_id: int, **columns: Any) -> None:
        """Sets these columns of a ticket, if any."""
        if columns:
            names = ", ".join(f"{name} = ?" for name in columns)
            statement = f"UPDATE ticket SET {names} WHERE ticket_id = ?"  # noqa: S608 - names are keywords of callers
            self._connection.execute(statement, (*columns.values(), ticket_id))

    def rewrite_opening(self, ticket_id: int, **columns: Any) -> None:
        """Sets these columns of the opening post, if any."""
        if columns:
            names = ", ".join(f"{name} = ?" for name in columns)
            statement = f"UPDATE post SET {names} WHERE kind = ? AND own_id = ?"  # noqa: S608 - as above
            self._connection.execute(statement, (*columns.values(), OPENING, ticket_id))

    def remove(self, ticket_id: int) -> bool:
        """Deletes a ticket with its posts and files; whether it was there."""
        return self._connection.execute("DELETE FROM ticket WHERE ticket_id = ?", (ticket_id,)).rowcount > 0

    def get(self, ticket_id: int) -> Ticket | None:
        rows = self._connection.execute("SELECT * FROM ticket WHERE ticket_id = ?", (ticket_id,))
        return _ticket(rows.fetchone())

    def find(self, number: str) -> Ticket | None:
        """By number, in any case and without trailing spaces: MySQL's collation compares so."""
        rows = self._connection.execute("SELECT * FROM ticket WHERE number = ?", (number.rstrip(" "),))
        return _ticket(rows.fetchone())

    def _get(self, column: str, value: int) -> Ticket:
        found = self.get(value)
        assert found is not None, column
        return found

    def search(self, **columns: Any) -> Sequence[Ticket]:
        """All tickets whose columns have these values."""
        where = " AND ".join(f"{name} = ?" for name in columns) or "1"
        statement = f"SELECT * FROM ticket WHERE {where}"  # noqa: S608 - names are keywords of callers
        rows = self._connection.execute(statement, tuple(columns.values())).fetchall()
        return [Ticket(**row) for row in rows]

    def posts(self, ticket_id: int) -> Sequence[Post]:
        """Opening post first, then replies and notes in the order in which they came."""
        rows = self._connection.execute(
            "SELECT * FROM post WHERE ticket_id = ? ORDER BY post_id", (ticket_id,)
        ).fetchall()
        return [self._as_post(row) for row in rows]

    def opening(self, ticket_id: int) -> Post:
        rows = self._connection.execute("SELECT * FROM post WHERE kind = ? AND own_id = ?", (OPENING, ticket_id))
        return self._as_post(rows.fetchone())

    def post(self, kind: str, own_id: int) -> Post | None:
        rows = self._connection.execute("SELECT * FROM post WHERE kind = ? AND own_id = ?", (kind, own_id)).fetchone()
        return self._as_post(rows) if rows else None

    def _as_post(self, row: sqlite3.Row) -> Post:
        statement = "SELECT file_id, stored_name, size, sha256 FROM file WHERE post_id = ? ORDER BY file_id"
        files = self._connection.execute(statement, (row["post_id"],)).fetchall()
        return Post(
            row["post_id"],
            row["kind"],
            row["own_id"],
            Author(**{name: row[name] for name in _AUTHOR_COLUMNS}),
            row["message"],
            bool(row["markdown"]),
            row["created"],
            json.loads(row["custom_fields"]),
            tuple(File(**file) for file in files),
        )

    def file(self, file_id: int) -> tuple[File, bytes] | None:
        row = self._connection.execute(
            "SELECT file_id, stored_name, size, sha256, data FROM file WHERE file_id = ?", (file_id,)
        ).fetchone()
        return (File(*tuple(row)[:4]), row["data"]) if row else None

    def beginning(self, file_id: int) -> bytes:
        """The first bytes of a file: enough to know its kind."""
        row = self._connection.execute("SELECT substr(data, 1, 16) FROM file WHERE file_id = ?", (file_id,)).fetchone()
        return bytes(row[0]) if row else b""

    def message(self, post_id: int) -> str | None:
        """The text of one post."""
        row = self._connection.execute("SELECT message FROM post WHERE post_id = ?", (post_id,)).fetchone()
        return str(row[0]) if row else None

    def newest(self, limit: int, offset: int) -> Sequence[Ticket]:
        statement = "SELECT * FROM ticket ORDER BY ticket_id DESC LIMIT ? OFFSET ?"
        return [Ticket(**row) for row in self._connection.execute(statement, (limit, offset)).fetchall()]

    def tally(self, ticket_id: int) -> tuple[int, int]:
        """How many replies and how many files a ticket has."""
        statement = """
            SELECT (SELECT COUNT(*) FROM post WHERE ticket_id = ?1 AND kind = ?2),
                   (SELECT COUNT(*) FROM file JOIN post USING (post_id) WHERE ticket_id = ?1)
        """
        replies, files = self._connection.execute(statement, (ticket_id, REPLY)).fetchone()
        return replies, files

    def count(self, **columns: Any) -> int:
        """How many tickets have these values."""
        where = " AND ".join(f"{name} = ?" for name in columns) or "1"
        statement = f"SELECT COUNT(*) FROM ticket WHERE {where}"  # noqa: S608 - names are keywords of callers
        found: int = self._connection.execute(statement, tuple(columns.values())).fetchone()[0]
        return found


def _ticket(row: sqlite3.Row | None) -> Ticket | None:
    return Ticket(**row) if row else None
