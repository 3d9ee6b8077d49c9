"""The way from the spool to the helpdesk, made as a whole. Heavy: a daemon takes mails in before it is loaded."""

import asyncio
import secrets
from importlib import import_module
from typing import TYPE_CHECKING

import structlog

from ingestd.config import Config
from ingestd.core.journal import Status
from ingestd.daemon.wiring import doorkeeper_of, helpdesk_of, tools_of, trust_of
from ingestd.delivery.clock import Clock
from ingestd.delivery.grading import Grader
from ingestd.delivery.lookup import Lookup
from ingestd.delivery.pool import Pool, Process
from ingestd.delivery.sandbox import Sandbox
from ingestd.delivery.worker import Worker
from ingestd.helpdesk.wire import POST
from ingestd.store.spool import Filter, Spool

if TYPE_CHECKING:
    from ingestd.daemon.embedded import Embedded

log = structlog.get_logger()


class Deliveries:
    """Everything that delivers, from its making to its end."""

    def __init__(self, config: Config, spool: Spool, desk: "Embedded | None") -> None:
        self._spool = spool
        self._helpdesk = helpdesk_of(config, desk)
        clock = Clock(secrets.token_hex(8))
        lookup = Lookup(self._helpdesk, clock)
        self._grader = Grader(trust_of(config))
        tools = tools_of(config, spool, self._helpdesk, clock, lookup, self._grader, Pool())
        self._sandbox, self._circuit = tools.sandbox, tools.circuit
        self._worker = Worker(tools, config.helpdesk.concurrency, config.spool.retention)
        self.wake = self._worker.wake
        doorkeeper = doorkeeper_of(config, lookup)
        self.refusal = doorkeeper.refusal if doorkeeper else None
        self._warming: asyncio.Task[None] | None = None
        self._working: asyncio.Task[None] | None = None

    def begin(self, parser: Process | None) -> asyncio.Task[None]:
        """Deliver from now on, by a task that ends once stopped; `parser` is a process that was started ahead."""
        self._warming = asyncio.create_task(_warm(self._sandbox, parser))
        self._working = asyncio.create_task(self._worker.run())
        return self._working

    def stop(self) -> None:
        """Begin with nothing more."""
        self._worker.stop()

    async def end(self, grace: float) -> None:
        """Let what is under way finish, within so many seconds, and close the connections."""
        if self._working and self._warming:
            done, _ = await asyncio.wait({self._working}, timeout=grace)
            if not done:
                self._worker.abandon()
                await asyncio.wait({self._working}, timeout=5)
            self._warming.cancel()
            await asyncio.wait({self._warming})
        await self._helpdesk.aclose()

    async def trouble(self, deferred: int) -> str:
        """What is wrong on the way out, with `deferred` entries on it; "" for nothing."""
        untold = f"; {self._grader.trouble}" if self._grader.alarmed else ""
        if not self._circuit.passing:
            return f"{untold}; deliveries paused: {self._circuit.reason}"
        newest = await self._spool.list(Filter(status=Status.DEFERRED), 1) if deferred else ()
        return f"{untold}; the newest deferred: {newest[0].reason}" if newest else untold


async def _warm(sandbox: Sandbox, parser: Process | None) -> None:
    """Nobody waits for this: a mail that is there first starts a process, and loads what it needs, by itself."""
    try:
        await sandbox.warm(parser)
        await asyncio.to_thread(import_module, POST)
    except (OSError, TimeoutError) as error:
        log.warning("parser not started ahead", reason=str(error), remedy="see whether the host has room for processes")
