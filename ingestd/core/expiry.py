"""What ends a hold that nobody decided on: told apart from who is at work, since it is asked where the ledger is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ingestd.core import ledger
from ingestd.core.journal import Index, Record
from ingestd.core.ledger import Terms
from ingestd.core.patience import Moment


@dataclass(frozen=True, slots=True)
class Expiry:
    """The index over a ledger whose last line discards what was held for `retention`; None where somebody decided."""

    moment: Moment
    retention: timedelta
    terms: Terms

    def __call__(self, records: Sequence[Record]) -> Index | None:
        """As the fold of an order."""
        still = ledger.expired(records[:-1], self.moment.now, self.retention)
        return ledger.index(records, self.moment, self.terms) if still else None
