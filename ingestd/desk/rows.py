"""What the tables hold, as nouns: tickets, their posts, who wrote them, their files."""

from collections.abc import Mapping
from dataclasses import dataclass

from ingestd.desk.files import Upload

OPENING, REPLY, NOTE = "ticket", "reply", "note"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a post. `name` and `email` are the columns; `requestor_*` is whom 8.0 shows."""

    client_id: int = 0
    contact_id: int = 0
    user_id: int = 0
    name: str = ""
    email: str = ""
    admin: str = ""
    requestor_name: str = ""
    requestor_email: str = ""
    requestor_type: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A post before it is stored; `created` is server-local text."""

    author: Author
    message: str
    created: str
    markdown: bool = False
    custom_fields: tuple[tuple[str, str], ...] = ()
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A row of tickets. `client_id` is 0 for a guest's; `service` is "S3" or "D4", a service or a domain by its id."""

    ticket_id: int
    number: str
    code: str
    department: int
    client_id: int
    contact_id: int
    name: str
    email: str
    cc: str
    subject: str
    status: str
    priority: str
    created: str
    last_reply: str
    flag: int
    service: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file without its bytes."""

    file_id: int
    stored_name: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The name without the random digits in front."""
        return self.stored_name.partition("_")[2]


@dataclass(frozen=True, slots=True)
class Post:
    """One text on a ticket; `own_id` counts within its kind, and is the ticket's id for the opening post."""

    post_id: int
    kind: str
    own_id: int
    author: Author
    message: str
    markdown: bool
    created: str
    custom_fields: Mapping[str, str]
    files: tuple[File, ...]
