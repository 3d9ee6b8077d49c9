"""The nouns of the ledger: a verdict, the records of what happened, and the queue row that indexes them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ingestd.core.model import Envelope, QueueId
from ingestd.core.ticket import Call, Outcome, Scope
from ingestd.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Deliver:
    """Make these calls, in this order. `ticket_number` is that of a ticket that is there already."""

    calls: tuple[Call, ...]
    reason: str
    ticket_number: str = ""


@dataclass(frozen=True, slots=True)
class Discard:
    """No effect on the helpdesk; kept with its reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Parked until a person decides; one that `expires` is discarded where nobody does for as long as mail is kept."""

    reason: str
    expires: bool = False


Verdict = Deliver | Discard | Hold


ROUTE_HOLDS = "the route holds its mail"


class Status(StrEnum):
    """Where a mail stands. Waiting: INCOMING, ACTIVE, DEFERRED. DEAD waits for a person and never expires by itself."""

    INCOMING = "incoming"
    ACTIVE = "active"
    DEFERRED = "deferred"
    HELD = "held"
    DONE = "done"
    DISCARDED = "discarded"
    DEAD = "dead"


class Deed(StrEnum):
    """What an operator orders."""

    RETRY = "retry"
    HOLD = "hold"
    RELEASE = "release"
    DROP = "drop"


@quick
@dataclass(frozen=True, slots=True)
class Accepted:
    """The first line of every ledger: the mail is ours."""

    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Parked:
    """The route parks its mail: nobody has read it, and nobody will before a person releases it."""


@quick
@dataclass(frozen=True, slots=True)
class Planned:
    """What will be done. `keeps` leading calls of the plan before stay as settled: the rest was mended or split."""

    verdict: Verdict
    keeps: int = 0
    why: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Started:
    """Written before call `number` leaves. `boot` names the process: its clock is not another's."""

    number: int
    boot: str
    timeout: float


@quick
@dataclass(frozen=True, slots=True)
class Settled:
    """What came of call `number`."""

    number: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Absent:
    """We looked for call `number` in the helpdesk, and it was not there."""

    number: int
    boot: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """No call was made: what had to be known could not be (a look-up that failed, a mail that broke the parser)."""

    reason: str
    retry_after: float | None = None
    scope: Scope = Scope.MAIL


@dataclass(frozen=True, slots=True)
class Stopped:
    """Ended by rule: past the queue lifetime, too many claims, a hold that expired."""

    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """An operator's deed, by whom."""

    deed: Deed
    by: str


Event = Accepted | Parked | Planned | Started | Settled | Absent | Postponed | Stopped | Ordered


@quick
@dataclass(frozen=True, slots=True)
class Record:
    """One line of the ledger, append-only."""

    at: datetime
    event: Event


@quick
@dataclass(frozen=True, slots=True)
class Index:
    """What the queue row shows of the ledger; `core.ledger` computes it, the store writes both in one transaction.

    `expires`: it is held, and not for ever.
    """

    status: Status
    reason: str
    due_at: datetime
    ticket_id: int | None = None
    ticket_number: str = ""
    expires: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Gist:
    """What lists show of a mail once it was parsed."""

    author: str
    subject: str
    message_id: str
    grade: str = "trusted"


@quick
@dataclass(frozen=True, slots=True)
class Entry:
    """The queue row. `lease` is the number that fences its records; `claims` counts those that came to nothing.

    `pruned`: the raw mail is no longer kept. `gist` is empty, its grade too, until the mail was read. `lines` counts
    the records, the acceptance among them.
    """

    queue_id: QueueId
    envelope: Envelope
    raw_id: str
    size: int
    conversation: str
    status: Status
    reason: str
    due_at: datetime
    lease: int
    claims: int
    gist: Gist
    ticket_id: int | None
    ticket_number: str
    pruned: bool = False
    lines: int = 1


@quick
@dataclass(frozen=True, slots=True)
class Decide:
    """Parse, identify, decide; record Planned. `released`: the policy's hold no longer counts.

    `unparked`: nor does the route's, which alone kept the mail until now.
    """

    released: bool = False
    unparked: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Perform:
    """Record Started; call; record Settled."""

    number: int
    call: Call


@dataclass(frozen=True, slots=True)
class Verify:
    """Look it up in the helpdesk; record Settled or Absent."""

    number: int
    call: Call


@dataclass(frozen=True, slots=True)
class Amend:
    """Record this plan instead of the one before: mended, split, or with its text as a file."""

    planned: Planned


@quick
@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before this time."""

    until: datetime
    reason: str


@quick
@dataclass(frozen=True, slots=True)
class Finish:
    """It is over, or with a person: DONE, DISCARDED, HELD or DEAD."""

    status: Status
    reason: str


Step = Decide | Perform | Verify | Amend | Wait | Finish
