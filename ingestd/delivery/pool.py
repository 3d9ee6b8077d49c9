"""The processes that parse: started when they are needed, used again while they are as good as new, killed otherwise."""

import asyncio
import atexit
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from typing import Final

from ingestd.delivery.message import Answer, Request
from ingestd.delivery.wire import Died, Wire

# Nothing else of our environment is a parser's business, credentials least of all.
_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONHOME")
# Imported, not run as a module: what it sends is pickled under the names that we know.
_PROGRAM: Final = "from ingestd.delivery.box import main; main()"


class Process:
    """One parsing process, asked one thing after the other."""

    def __init__(self) -> None:
        """Start it; raises OSError where the system has no room for a process."""
        ours, theirs = socket.socketpair()
        self._wire = Wire(ours)
        try:
            self._child = _started(theirs)
        except BaseException:
            self._wire.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    @property
    def answered(self) -> bool:
        """Whether the next answer is here, and `answer` waits for nothing."""
        return self._wire.answered

    async def ready(self) -> None:
        """Wait until it has loaded everything; raises Died."""
        await self._wire.receive()

    async def ask(self, requests: Sequence[Request]) -> None:
        """Ask for these, each of which has an `answer`; raises Died. Who is cancelled here or there must end it."""
        await self._wire.ask(requests)

    async def answer(self) -> Answer:
        """What it says to the next of those that it was asked for; raises Died."""
        answer = await self._wire.answer()
        if not isinstance(answer, Answer):
            raise Died
        return answer

    async def end(self) -> None:
        """Kill it at once; others go on while it goes, which takes its time for what held gigabytes."""
        self._strike()
        # Whoever is cancelled meanwhile leaves the waiting to its thread.
        await asyncio.shield(asyncio.to_thread(self._child.wait))

    def kill(self) -> None:
        """End it at once, whatever it does, and wait until it is gone; again without effect."""
        self._strike()
        self._child.wait()

    def _strike(self) -> None:
        self._child.kill()
        self._wire.close()


def _started(stdin: socket.socket) -> subprocess.Popen[bytes]:
    inherited = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
        [sys.executable, "-P", "-c", _PROGRAM],
        stdin=stdin.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**inherited, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


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
