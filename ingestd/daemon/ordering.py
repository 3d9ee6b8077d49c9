"""What an operator orders, done in the spool beside a daemon that may be running."""

from datetime import UTC, datetime

from ingestd.config import Config
from ingestd.core import deeds, ledger
from ingestd.core.journal import Deed, Entry, Index, Ordered, Record, Status
from ingestd.core.ledger import Moment
from ingestd.daemon.settings import terms_of
from ingestd.store.spool import Spool


async def order(config: Config, spool: Spool, entry: Entry, deed: Deed, by: str) -> Status | None:
    """Do an operator's deed on an entry; its status now, None where the deed makes no sense there."""
    now = datetime.now(UTC)
    moment = Moment(now, "", now)

    def fold(records: tuple[Record, ...]) -> Index | None:
        before = ledger.index(records[:-1], moment, terms_of(config))
        return ledger.index(records, moment, terms_of(config)) if deeds.possible(deed, before) else None

    index = await spool.order(entry.queue_id, Record(now, Ordered(deed, by)), fold)
    return index.status if index else None
