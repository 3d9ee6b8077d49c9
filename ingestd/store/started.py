"""The process that will have the spool's database, started: it loads what it needs while we do the same."""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Final

_LINES: Final = 3


class Started:
    """A process that runs `program`, given three sockets; ours are the other ends. By the main thread: its end is its end."""

    def __init__(self, program: str) -> None:
        pairs = [socket.socketpair() for _ in range(_LINES)]
        self.sockets = [ours for ours, _ in pairs]
        theirs = [there.fileno() for _, there in pairs]
        # Secrets may stand in our environment, and are none of its business.
        known = {name: value for name, value in os.environ.items() if not name.startswith("INGESTD_")}
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
                [sys.executable, "-P", "-c", program, *map(str, theirs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**known, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                pass_fds=theirs,
            )
        finally:
            for _, there in pairs:
                there.close()

    def tell(self, line: str) -> None:
        """A line on its stdin, the only one. Who is gone hears nothing."""
        assert self.process.stdin
        with suppress(OSError), self.process.stdin as stdin:
            stdin.write(f"{line}\n".encode())
