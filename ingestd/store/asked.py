"""What is asked of the spool: nouns without a database behind them, for whoever asks from afar."""

import copyreg
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ingestd.core.journal import Gist, Index, Record, Status
from ingestd.core.model import Envelope
from ingestd.quick import quick

CHUNK = 1 << 20
# Who came to nothing so often may take with it whoever is at work beside it.
SUSPECT = 3

Fold = Callable[[tuple[Record, ...]], Index | None]
"""The index over a whole ledger; None where its last line is a deed that cannot be done."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A spool to open: `boot` names who opens it, `pid` is the process to name to whom the lock keeps out.

    `patience` is how long to wait for another's transaction.
    """

    url: str
    create: bool
    boot: str
    patience: timedelta
    exclusive: bool
    pid: int


@quick
@dataclass(frozen=True, slots=True)
class Recipient:
    """One entry wanted. `conversation` is the key that the header block alone tells.

    `parked` is what lists show of a mail that nobody reads before it is released; None where it is to be delivered.
    """

    envelope: Envelope
    conversation: str
    parked: Gist | None = None


@quick
@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail to keep: `staged` chunks are there already under `raw_id`, `chunks` are the rest.

    All chunks but the last are exactly CHUNK long. `digest` is the fingerprint of the content, `recipients` are one
    for each route. By its `message_id` a mail is waited for before it is read.
    """

    raw_id: str
    staged: int
    chunks: tuple[bytes | memoryview, ...]
    size: int
    digest: str
    recipients: tuple[Recipient, ...]
    message_id: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Addressed:
    """For whom a mail came. `parks` where their route lets nobody read it before it is released."""

    envelope: Envelope
    parks: bool


@quick
@dataclass(frozen=True, slots=True)
class Unread:
    """A mail as it came, whole and no longer than CHUNK: it is looked through where the database is."""

    content: bytes | memoryview
    addressed: tuple[Addressed, ...]


Coming = Arrival | Unread
"""A mail to keep."""

Look = Callable[[str, Unread], Arrival]
"""What arrives with a mail that nobody has looked through, to be kept under this raw id."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; what is None does not narrow. `address` is an author, a reverse-path or a recipient."""

    status: Status | None = None
    address: str | None = None
    ticket_number: str | None = None
    queue_id: str | None = None
    ticket_id: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class Following:
    """Whom to claim after another: up to `most`, for so long a lease. A suspect is not among them."""

    now: datetime
    lease: timedelta
    most: int


@quick
@dataclass(frozen=True, slots=True)
class Put:
    """What to write of an entry that is ours by this lease, in plain values: they cost next to nothing on their way.

    `lines` are time and text of the new records. `shown`, `freed` and `read` are the columns of those names (see
    `rows`): nothing is freed while the lease is kept, nor read where that is not new. `broken`: the claim goes on
    counting.
    """

    queue_id: str
    lease: int
    lines: tuple[tuple[float, str], ...]
    shown: tuple[Any, ...]
    freed: tuple[Any, ...]
    read: tuple[Any, ...]
    broken: bool


# As `far` has it.
copyreg.add_extension(__name__, "Put", 252)


def faults(mail: Coming) -> str | None:
    """Why this mail cannot be kept as it stands; None where it can."""
    if not (mail.addressed if isinstance(mail, Unread) else mail.recipients):
        return "a mail without a recipient"
    if isinstance(mail, Unread):
        return "a mail longer than a chunk" if len(mail.content) > CHUNK else None
    return _faults_of(mail)


def _faults_of(arrival: Arrival) -> str | None:
    if any(len(data) != CHUNK for data in arrival.chunks[:-1]) or any(len(data) > CHUNK for data in arrival.chunks):
        return "a mail cut into chunks of a wrong length"
    before = arrival.size - sum(map(len, arrival.chunks))
    full = arrival.staged * CHUNK
    if before > full or before < full - (0 if arrival.chunks or not full else CHUNK - 1):
        return "a mail of another size than said"
    return None
