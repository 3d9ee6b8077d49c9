"""What an operator may order of a mail that stands where it stands."""

from typing import assert_never

from ingestd.core.journal import Deed, Index, Status

WAITING = frozenset({Status.INCOMING, Status.ACTIVE, Status.DEFERRED})


def possible(deed: Deed, index: Index) -> bool:
    """Whether this deed makes sense here; what is done stays done, and who holds what is held keeps it from expiring."""
    status = index.status
    match deed:
        case Deed.RETRY:
            return status in WAITING | {Status.HELD, Status.DEAD}
        case Deed.HOLD:
            return status in WAITING | {Status.DEAD} or index.expires
        case Deed.RELEASE:
            return status in {Status.HELD, Status.DEAD, Status.DISCARDED}
        case Deed.DROP:
            return status not in {Status.DONE, Status.DISCARDED}
        case _ as never:
            assert_never(never)
