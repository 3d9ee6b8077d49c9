"""How a process of ours lets the one that answers peers go first."""

import os
from contextlib import suppress


def never_interrupt() -> None:
    """From now on this process waits for its turn where it is woken by who is at work, and takes no processor from him.

    It has its share all the same. Where the system knows no such policy, or forbids it, nothing changes (sched(7),
    SCHED_BATCH).
    """
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
