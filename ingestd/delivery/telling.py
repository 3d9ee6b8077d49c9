"""What the log tells of a mail's end, and of those that wait for a person."""

import asyncio
from typing import Any

import structlog
from structlog.typing import FilteringBoundLogger

from ingestd.core.errors import StoreError
from ingestd.core.journal import Index, Status
from ingestd.core.model import QueueId
from ingestd.store.spool import Spool

log = structlog.get_logger()

DAY = 86_400.0


def tell_end(told: FilteringBoundLogger, queue_id: QueueId, index: Index) -> None:
    """One event for a delivery that has ended for now, told by its own logger; what waits for a person says what he can do."""
    about: dict[str, Any] = {"reason": index.reason, "ticket_number": index.ticket_number}
    match index.status:
        case Status.DEAD:
            remedy = f"mend the cause, then `ingestd queue retry {queue_id}`; or `ingestd queue drop {queue_id}`"
            told.error("dead", **about, remedy=remedy)
        case Status.HELD:
            look = f"`ingestd queue show {queue_id}`"
            remedy = f"{look}, then `ingestd queue release {queue_id}` or `ingestd queue drop {queue_id}`"
            told.warning("held", **about, remedy=remedy)
        case Status.DEFERRED:
            told.info(index.status.value, **about, due_at=index.due_at.isoformat())
        case _:
            told.info(index.status.value, **about)


async def remind(spool: Spool, every: float = DAY) -> None:
    """At the start and once a day, for as long as there are dead letters; never returns."""
    while True:
        try:
            dead = (await spool.counts())[Status.DEAD]
        except StoreError as error:
            log.error("spool out of reach", reason=str(error))
        else:
            if dead:
                remedy = (
                    "`ingestd queue list --status dead`; then `queue retry` or `queue drop`, also with --status dead"
                )
                log.error("dead letters wait", mails=dead, remedy=remedy)
        await asyncio.sleep(every)
