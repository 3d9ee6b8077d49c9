"""The nouns of the helpdesk: a ticket as it is read, and the calls that change it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ingestd.core.model import Sender, Source
from ingestd.quick import quick


class Priority(StrEnum):
    """The helpdesk's three, lowest first (OpenTicket, `priority`)."""

    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"


@dataclass(frozen=True, slots=True)
class Post:
    """One text on a ticket. `post_id` 0 is the opening post; `author` is an address or ""; text is entity-decoded."""

    post_id: int
    author: str
    client_id: int
    contact_id: int
    staff: bool
    text: str
    files: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as GetTicket tells it. `client_id` is 0 for a guest's; `number` is what people see (GetTicket `tid`).

    `flag` is the admin it is assigned to, 0 for nobody.
    """

    ticket_id: int
    number: str
    department: int
    client_id: int
    contact_id: int
    name: str
    email: str
    cc: tuple[str, ...]
    subject: str
    status: str
    priority: str
    posts: tuple[Post, ...]
    notes: tuple[Post, ...]
    flag: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of GetTickets: a ticket without its posts."""

    ticket_id: int
    number: str
    client_id: int
    email: str
    subject: str
    at: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of a client (GetContacts)."""

    contact_id: int
    client_id: int


@dataclass(frozen=True, slots=True)
class User:
    """A login of the helpdesk (GetUsers, 8.1) with the clients it may speak for; `owns` are those it owns."""

    user_id: int
    clients: tuple[int, ...]
    owns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a call; `size` is the exact count of its bytes."""

    name: str
    size: int
    source: Source


@quick
@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A new ticket. `message` is without the marker, which the payload adds. `created` only where delivery is late.

    `service` and `domain` are ids of the client's (OpenTicket `serviceid`, `domainid`), at most one of them.
    """

    department: int
    subject: str
    message: str
    sender: Sender
    priority: Priority
    files: tuple[File, ...] = ()
    custom_fields: tuple[tuple[int, str], ...] = ()
    noemail: bool = False
    markdown: bool = False
    created: datetime | None = None
    service: int | None = None
    domain: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class AddTicketReply:
    """A reply. `ticket_id` None means the ticket that this plan opens."""

    ticket_id: int | None
    message: str
    sender: Sender
    files: tuple[File, ...] = ()
    custom_fields: tuple[tuple[int, str], ...] = ()
    noemail: bool = False
    markdown: bool = False
    created: datetime | None = None


@quick
@dataclass(frozen=True, slots=True)
class UpdateTicket:
    """A difference, computed against GetTicket when performed: addresses to add to Cc, a priority to raise to.

    `flag` is the id of the admin to whom a ticket is assigned that nobody has yet (UpdateTicket `flag`).
    """

    ticket_id: int | None
    cc: tuple[str, ...] = ()
    priority: Priority | None = None
    flag: int | None = None


@dataclass(frozen=True, slots=True)
class AppendToTicket:
    """Text below the opening post, where the API role lacks AddTicketReply: UpdateTicket with the whole of it.

    A difference: what stands there is read when it is performed, and a post that holds this text is left alone.
    `message` opens with a line that names its author and the time. `status` is what the ticket's becomes.
    """

    ticket_id: int
    message: str
    status: str


@dataclass(frozen=True, slots=True)
class AddTicketNote:
    """A note for staff. With `unless_files` it is written only if the post of call `of_call` holds fewer files.

    `public`: the customer may read it too; a helpdesk without notes says it in the ticket.
    """

    ticket_id: int | None
    message: str
    unless_files: int | None = None
    of_call: int = 0
    public: bool = False


Call = OpenTicket | AddTicketReply | UpdateTicket | AppendToTicket | AddTicketNote


class Scope(StrEnum):
    """Whose fault a deferral is: the one mail's, its route's, or the helpdesk's (or our configuration's)."""

    MAIL = "mail"
    ROUTE = "route"
    HELPDESK = "helpdesk"


class Fault(StrEnum):
    """What a helpdesk's refusal was about, where that decides what comes next."""

    OTHER = "other"
    ADDRESS = "address"
    MESSAGE = "message"
    SUBJECT = "subject"
    DATE = "date"
    SERVICE = "service"
    GONE = "gone"
    BLOCKED = "blocked"
    DROPPED = "dropped"
    ROLE = "role"


@quick
@dataclass(frozen=True, slots=True)
class Done:
    """It happened. `ticket_number` is "" where the answer does not name it."""

    ticket_id: int
    ticket_number: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not yet, and surely without effect. `retry_after` in seconds where the helpdesk said so.

    BLOCKED: this mail's text or size is refused on the way. DROPPED: PHP threw the body away; `size` is its bytes.
    OTHER: the helpdesk's own words that nobody lists.
    """

    reason: str
    retry_after: float | None = None
    scope: Scope = Scope.MAIL
    fault: Fault | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """It never will. `fault` ADDRESS, MESSAGE, SUBJECT, DATE and SERVICE can be mended once; GONE means plan anew."""

    reason: str
    fault: Fault = Fault.OTHER


@dataclass(frozen=True, slots=True)
class Unknown:
    """It cannot be told: look before trying again. `late` where the helpdesk may still be at work on it."""

    reason: str
    late: bool = True
    retry_after: float | None = None


Outcome = Done | Deferred | Refused | Unknown
