"""Every noun of the house: frozen, made of tuples and aware UTC times, taken apart with `match`.

The nouns of a mail stand here; those of a ticket are in `ticket.py`, those of the ledger in `journal.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from ingestd.quick import quick

QueueId = NewType("QueueId", str)


@quick
@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP said (RFC 5321): trusted for routing. `reverse_path` is "" for the null path; `route` names the route."""

    reverse_path: str
    recipient: str
    route: str
    peer: str
    helo: str
    tls: bool
    received_at: datetime


@quick
@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as written (RFC 5322 section 3.4), decoded; `name` may be empty, `address` never is."""

    name: str
    address: str


class Coding(StrEnum):
    """How bytes stand in the raw mail (RFC 2045 section 6); IDENTITY covers 7bit, 8bit and binary.

    SIGNED is what an opaque S/MIME signature encloses (RFC 8551 section 3.5.2).
    """

    IDENTITY = "identity"
    BASE64 = "base64"
    QUOTED_PRINTABLE = "quoted-printable"
    UUENCODE = "uuencode"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class Cut:
    """Take `length` bytes from `offset` of what the steps before gave."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes that stay in the raw mail: raw[offset:offset + length], taken through `steps` in order."""

    offset: int
    length: int
    steps: tuple[Coding | Cut, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that stand nowhere in the raw mail as such (a long text as a file): small, bounded by the parser."""

    data: bytes


Source = Slice | Literal


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the mail. `size` is the exact count of decoded bytes; `name` is safe and unique within its mail."""

    name: str
    content_type: str
    size: int
    source: Source
    written_name: str = ""
    content_id: str = ""
    inline: bool = False


class Kind(StrEnum):
    """What sort of mail this is; ORDINARY unless a sign says otherwise."""

    ORDINARY = "ordinary"
    BOUNCE = "bounce"
    DELAYED = "delayed"
    FEEDBACK = "feedback"
    AUTO_REPLY = "auto-reply"
    AUTO_GENERATED = "auto-generated"
    LIST = "list"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report says (RFC 3464): whose mail, which status, the other side's words, what was returned."""

    recipient: str
    status: str
    diagnostic: str
    original_message_id: str
    original_subject: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Mail:
    """What the content said: trusted for nothing. All text is clean Unicode without lone surrogates or C0 controls.

    `author` is the From mailbox, None where From holds none. Message-IDs stand without angle brackets; `references`
    is oldest first. `text` is the whole text, `reply` the same with the quoted history cut, `markdown` the text as
    Markdown where the mail had HTML, `html` the HTML as written. `hops` counts Received fields; `headers` are the
    decoded fields in their order, bounded. `enclosed` is the one mail that an ordinary mail has among its files.
    `sole_author` where there is one From field with one mailbox in it. `trace` are the first Received and
    Authentication-Results fields in their order, names in lower case, values not decoded: an encoded word in them is a
    piece of an address.
    """

    message_id: str
    author: Mailbox | None
    reply_to: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    subject: str
    date: datetime | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    kind: Kind
    sign: str
    text: str
    reply: str
    html: str
    markdown: str
    attachments: tuple[Attachment, ...]
    hops: int
    headers: tuple[tuple[str, str], ...]
    bounce: Bounce | None = None
    defects: tuple[str, ...] = ()
    sole_author: bool = False
    trace: tuple[tuple[str, str], ...] = ()
    enclosed: "Mail | None" = None


@quick
@dataclass(frozen=True, slots=True)
class Client:
    """A client of the helpdesk, or one of its contacts or users."""

    client_id: int
    contact_id: int | None = None
    user_id: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody whom the helpdesk does not know: name and email go with the ticket."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Staff:
    """One of us: replies as the admin with this username."""

    admin: str


Sender = Client | Guest | Staff


class Grade(StrEnum):
    """How sure we are of the author. TRUSTED: nothing authenticates here and From is believed."""

    TRUSTED = "trusted"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    FORGED = "forged"
