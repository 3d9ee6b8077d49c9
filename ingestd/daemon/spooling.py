"""The daemon's other process, which has the spool's database: from its start to its end."""

import ctypes
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ingestd.store.started import Started

if TYPE_CHECKING:
    from ingestd.store.asked import Look

_PDEATHSIG: Final = 1  # PR_SET_PDEATHSIG of prctl(2)


def begun() -> Started:
    """That process, which loads what it needs while the configuration is read. It ends with us."""
    return Started(f"from ingestd.daemon.spooling import main; main({os.getpid()})")


def main(parent: int) -> None:
    """Keep the spool for the process `parent`, until it asks nothing more or is gone; its first word is how to log."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # They are for the daemon: it ends us when it has finished.
        signal.signal(number, signal.SIG_IGN)
    _end_with(parent)
    from ingestd import telemetry  # noqa: PLC0415 - nothing may come before the signals are seen to
    from ingestd.daemon.heap import give_back_large_blocks  # noqa: PLC0415 - as above
    from ingestd.store.keeper import keep  # noqa: PLC0415 - as above
    from ingestd.yielding import never_interrupt  # noqa: PLC0415 - as above

    never_interrupt()
    give_back_large_blocks()
    if log := sys.stdin.readline():
        telemetry.configure(*json.loads(log))
        keep(look_of_mails, *(socket.socket(fileno=int(number)) for number in sys.argv[1:]))


def look_of_mails() -> "Look":
    """What looks through mails, loaded when it is asked for: the spool is open before."""
    from ingestd.daemon.looking import looked_through  # noqa: PLC0415 - see above

    return looked_through


def _end_with(parent: int) -> None:
    """A daemon that was killed is started again at once, and needs the lock that we hold."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
