"""Whose turn it is: entries are claimed on a lease, in order within their conversation, and fenced by its number."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, exists, select, update

from ingestd.core.errors import LeaseLost
from ingestd.core.journal import Entry, Status
from ingestd.core.model import QueueId
from ingestd.store import direct
from ingestd.store.asked import SUSPECT, Put
from ingestd.store.rows import CLAIMED, conversation_key, epoch, moment
from ingestd.store.tables import entry

_earlier = entry.alias("earlier")
_NO_EARLIER = ~exists().where(
    _earlier.c.conversation == entry.c.conversation,
    _earlier.c.queue_id < entry.c.queue_id,
    _earlier.c.wake_at.is_not(None),
)

# Whoever comes to wait before one that is at work, released by a person or moved to his ticket, lets that one finish.
# Asked only where somebody waits behind, and by the status: few are at work, and a conversation may have thousands.
_later, _working = entry.alias("later"), entry.alias("working")
_SOME_LATER = exists().where(
    _later.c.conversation == entry.c.conversation, _later.c.queue_id > entry.c.queue_id, _later.c.wake_at.is_not(None)
)
_AT_WORK = exists().where(
    _working.c.status == Status.ACTIVE.value,
    _working.c.conversation.concat("") == entry.c.conversation,
    _working.c.wake_at > bindparam("now"),
)

# The longest due come first; a mail is due when it was received, so new ones come in their order. SKIP LOCKED lets
# two nodes share the queue; SQLite has one writer at a time and leaves the words out.
CLAIMABLE = (
    select(*(entry.c[name] for name in CLAIMED))
    .where(entry.c.wake_at <= bindparam("now"), _NO_EARLIER, ~and_(_SOME_LATER, _AT_WORK))
    .order_by(entry.c.wake_at, entry.c.queue_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
LEASE = (
    update(entry)
    .where(entry.c.queue_id == bindparam("id"))
    .values(lease=entry.c.lease + 1, claims=entry.c.claims + 1, status=Status.ACTIVE.value, wake_at=bindparam("until"))
)
RENEW = (
    update(entry)
    .where(entry.c.queue_id == bindparam("id"), entry.c.lease == bindparam("number"))
    .where(entry.c.status == Status.ACTIVE.value)
    .values(wake_at=bindparam("until"))
)
NEXT_DUE = select(entry.c.wake_at).where(entry.c.wake_at.is_not(None), _NO_EARLIER).order_by(entry.c.wake_at).limit(1)
ROW = select(entry).where(entry.c.queue_id == bindparam("id")).with_for_update()
# Of an entry that is ours we know the rest.
FENCE = (
    select(
        entry.c.queue_id,
        entry.c.conversation,
        entry.c.status,
        entry.c.lease,
        entry.c.claims,
        entry.c.lines,
        entry.c.message_key,
    )
    .where(entry.c.queue_id == bindparam("id"))
    .with_for_update()
)
# Another ticket's mail may have taken along who waited under a name that is this ticket's too.
WENT = (
    select(entry.c.conversation)
    .where(entry.c.root.in_(bindparam("roots", expanding=True)), entry.c.wake_at.is_not(None))
    .distinct()
)
JOIN = (
    update(entry)
    .where(entry.c.conversation.in_(bindparam("old", expanding=True)), entry.c.wake_at.is_not(None))
    .values(conversation=bindparam("new"))
)
PART = (
    update(entry)
    .where(entry.c.queue_id == bindparam("id"))
    .values(conversation=bindparam("new"), root=bindparam("new"))
)
BEFORE = select(
    exists().where(
        entry.c.conversation == bindparam("key"),
        entry.c.queue_id < bindparam("id"),
        entry.c.wake_at.is_not(None),
    )
)
_DUE_BY_NOW = case((entry.c.due_at > bindparam("now"), bindparam("now")), else_=entry.c.due_at)
VOID = (
    update(entry)
    .where(entry.c.status == Status.ACTIVE.value)
    .values(status=Status.DEFERRED.value, due_at=_DUE_BY_NOW, wake_at=_DUE_BY_NOW)
)
FAR = update(entry).where(entry.c.wake_at > bindparam("far")).values(due_at=bindparam("now"), wake_at=bindparam("now"))
# Who is claimed too early is told by its ledger to wait on.
_FAR = timedelta(hours=1)


def claim(connection: Connection, now: float, until: float, most: int, *, alone: bool) -> list[Any]:
    """Lease up to so many entries that are due, with no earlier one waiting and none at work; their rows since.

    A suspect goes by itself, and only where its claimant is `alone`: so that a mail that ends a process, again and
    again, does not make suspects of others. Those behind it wait until it is gone.
    """
    due = direct.rows(connection, CLAIMABLE, {"now": now, "most": most})
    rows = list(takewhile(lambda row: row.claims < SUSPECT, due)) or (due[:1] if alone else [])
    direct.change_each(connection, LEASE, [{"id": row.queue_id, "until": until} for row in rows])
    return [row._replace(lease=row.lease + 1, claims=row.claims + 1) for row in rows]


def renew(connection: Connection, entries: Sequence[Entry], now: datetime, lease: timedelta) -> frozenset[QueueId]:
    """Make these leases last until `lease` from now; the ids of those that are lost."""
    until = epoch(now + lease)
    return frozenset(
        each.queue_id
        for each in entries
        if not direct.change(connection, RENEW, {"id": each.queue_id, "number": each.lease, "until": until})
    )


def held(connection: Connection, ours: Entry | Put) -> Any:
    """What may have changed in the row of an entry that is ours by its lease, locked; LeaseLost where it is not."""
    row = direct.row(connection, FENCE, {"id": ours.queue_id})
    if row is None or row.lease != ours.lease or row.status != Status.ACTIVE.value:
        raise LeaseLost(f"the lease of {ours.queue_id} is lost")
    return row


def join(connection: Connection, ours: Entry, conversation: str, also: Sequence[str] = ()) -> bool:
    """Give this key to all that waits in the entry's conversation, under the other keys, or where those went.

    True where no earlier entry waits under the key.
    """
    new = conversation_key(conversation)
    names = set(map(conversation_key, also))
    went = connection.scalars(WENT, {"roots": sorted(names)}) if names else ()
    old = {held(connection, ours).conversation, *names, *went} - {new}
    if old:
        connection.execute(JOIN, {"old": sorted(old), "new": new})
    return not connection.scalar(BEFORE, {"key": new, "id": ours.queue_id})


def part(connection: Connection, ours: Entry, conversation: str) -> None:
    """Give this key to the entry alone; whoever waited behind it need not."""
    held(connection, ours)
    connection.execute(PART, {"id": ours.queue_id, "new": conversation_key(conversation)})


def next_due(connection: Connection) -> datetime | None:
    """When the next entry may be claimed: due, or its lease at an end; None where nothing waits."""
    found = connection.scalar(NEXT_DUE)
    return None if found is None else moment(found)


def void(connection: Connection, now: datetime) -> None:
    """Take back every lease: who held them is dead, or is we, and holds none. What was at work is due now.

    So is what is due far from now: the clock may have been set back since, and nobody should wait for it to catch up.
    """
    connection.execute(VOID, {"now": epoch(now)})
    connection.execute(FAR, {"now": epoch(now), "far": epoch(now + _FAR)})
