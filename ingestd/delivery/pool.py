"""The processes that parse: started when they are needed, used again while they are as good as new, killed otherwise."""

import atexit
import contextlib
import os
import subprocess
import sys
from collections import deque
from typing import IO, Final

from ingestd.delivery.message import Answer, Request, receive, send

# Nothing else of our environment is a parser's business, credentials least of all.
_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONHOME")
# Imported, not run as a module: what it sends is pickled under the names that we know.
_PROGRAM: Final = "from ingestd.delivery.box import main; main()"


class Died(Exception):  # noqa: N818 - what happened, not whose error it is
    """The process ended before it answered: killed by a limit, or by a fault of a compiled library."""


class Process:
    """One parsing process. Its methods block: they are for a thread, all but `kill` and `alive`."""

    def __init__(self) -> None:
        """Start it; raises OSError where the system has no room for a process."""
        inherited = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._child = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**inherited, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def await_ready(self) -> None:
        """Wait until it has loaded everything; raises Died."""
        self._received()

    def ask(self, request: Request) -> Answer:
        """Its answer; raises Died."""
        try:
            send(self._pipes[0], request)
        except (OSError, ValueError) as error:  # the pipe is broken, or closed by `kill`
            raise Died from error
        answer = self._received()
        if not isinstance(answer, Answer):
            raise Died
        return answer

    def kill(self) -> None:
        """End it at once, whatever it does; again without effect."""
        self._child.kill()
        self._child.wait()
        for pipe in self._pipes:
            with contextlib.suppress(OSError):  # what was not written yet has no reader any more
                pipe.close()

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        return self._child.stdin, self._child.stdout

    def _received(self) -> object:
        try:
            return receive(self._pipes[1])
        except (EOFError, OSError, ValueError) as error:
            raise Died from error


class Pool:
    """Idle processes, the last used first. They outlive an event loop, and end with this program."""

    def __init__(self) -> None:
        self._idle: deque[Process] = deque()
        atexit.register(self.close)

    def take(self) -> Process | None:
        """An idle process that lives; None where one must be started."""
        while self._idle:
            process = self._idle.pop()
            if process.alive:
                return process
            process.kill()
        return None

    def give(self, process: Process) -> None:
        """Keep this process for the next mail."""
        self._idle.append(process)

    def close(self) -> None:
        """End all that are idle."""
        while self._idle:
            self._idle.pop().kill()
