"""The spool as the commands open it, beside a daemon that may be running."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from ingestd.config import Config
from ingestd.core import deeds, ledger
from ingestd.core.journal import Deed, Entry, Index, Ordered, Record, Status
from ingestd.core.ledger import Moment
from ingestd.daemon.settings import terms_of
from ingestd.store.spool import Spool


def spool_of(config: Config, *, create: bool, boot: str = "", program: str = "") -> Spool:
    """The spool of this configuration, not opened yet."""
    return Spool(config.spool.url, create=create, boot=boot or secrets.token_hex(8), program=program)


@contextlib.asynccontextmanager
async def opened(config: Config, *, create: bool) -> AsyncIterator[Spool]:
    """The spool, open beside a daemon that may be running."""
    spool = spool_of(config, create=create)
    await spool.open(exclusive=False)
    try:
        yield spool
    finally:
        await spool.close()


async def order(config: Config, spool: Spool, entry: Entry, deed: Deed, by: str) -> Status | None:
    """Do an operator's deed on an entry; its status now, None where the deed makes no sense there."""
    now = datetime.now(UTC)
    moment = Moment(now, "", now)

    def fold(records: tuple[Record, ...]) -> Index | None:
        before = ledger.index(records[:-1], moment, terms_of(config))
        return ledger.index(records, moment, terms_of(config)) if deeds.possible(deed, before) else None

    index = await spool.order(entry.queue_id, Record(now, Ordered(deed, by)), fold)
    return index.status if index else None
