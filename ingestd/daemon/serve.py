"""Everything that runs, from the listening socket to the helpdesk, and its end."""

import asyncio
import contextlib
import gc
import json
import secrets
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

import structlog

from ingestd import notify, telemetry
from ingestd.config import Certified, Config, Tcp
from ingestd.core.errors import ConfigError, StoreError
from ingestd.core.journal import Status
from ingestd.daemon.beside import spool_of
from ingestd.daemon.heap import give_back_large_blocks
from ingestd.daemon.listening import certificate_of, endpoints_of
from ingestd.daemon.spooling import begun, look_of_mails
from ingestd.delivery.pool import Process
from ingestd.helpdesk.trust import context_of
from ingestd.store.started import Started

if TYPE_CHECKING:
    from ingestd.daemon.deliveries import Deliveries
    from ingestd.daemon.embedded import Embedded
    from ingestd.desk import Desk, Seed
    from ingestd.smtp.gauge import Gauge
    from ingestd.smtp.server import Endpoint, Listener

log = structlog.get_logger()

STATUS_EVERY = 10.0
# Loaded in threads, beside what waits for a disk or for peers.
DOOR = "ingestd.daemon.door"
DELIVERIES = "ingestd.daemon.deliveries"


class Daemon:
    """Everything that runs, from listening socket to helpdesk; with `own_desk` that is ours, whatever its kind.

    With a `program` the spool's database is in a process of its own, which runs it.
    """

    def __init__(
        self, config: Config, seed: "Seed | None" = None, *, own_desk: bool = False, program: str | Started = ""
    ) -> None:
        self._config = config
        self._own_desk = own_desk or config.helpdesk.kind == "embedded"
        self._seed = seed
        self._stack = contextlib.AsyncExitStack()
        self.desk: Desk | None = None
        self._embedded: Embedded | None = None
        look = None if program else look_of_mails()
        self.spool = spool_of(config, create=True, boot=secrets.token_hex(8), program=program, look=look)
        self.listener: Listener
        self._gauge: Gauge
        self._gauging: asyncio.Task[None]
        self._losing: asyncio.Task[None]
        self._parser: Process | None = None
        self._deliveries: Deliveries | None = None
        self._working: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take mails in, and deliver them; ConfigError, StoreError and OSError where that cannot be."""
        await self.open()
        await self.deliver()

    async def open(self) -> None:
        """Take mails in from now on, and keep them; whatever may be wrong with the way out is found out before.

        ConfigError, StoreError and OSError where that cannot be.
        """
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise

    async def _open(self) -> None:
        config = self._config
        endpoints = endpoints_of(config, notify.passed_sockets())
        certificate = certificate_of(config)
        if config.helpdesk.ca_file and not self._own_desk:
            context_of(config.helpdesk.url, config.helpdesk.ca_file)
        self._stack.push_async_callback(self.spool.close)
        await asyncio.gather(self.spool.open(exclusive=True), asyncio.to_thread(import_module, DOOR))
        self._losing = asyncio.create_task(self.spool.lost())
        self._parser = self._parser_ahead()
        if self._own_desk:
            self._embedded = await self._start_desk()
        _warn_of(certificate)
        await self._listen(endpoints, certificate)
        log.info("started", listen=[str(Tcp(*address)) for address in self.listener.addresses])

    async def _listen(self, endpoints: "list[Endpoint]", certificate: Certified | None) -> None:
        from ingestd.daemon.door import gauge_of, listener_of, may_refuse  # noqa: PLC0415 - see DOOR

        refusal = (await self._made()).refusal if may_refuse(self._config) else None
        self._gauge = gauge_of(self._config, self.spool)
        await self._gauge.refresh()
        self._gauging = asyncio.create_task(self._gauge.run())
        self.listener = listener_of(self._config, self.spool, self._gauge, certificate, refusal, self._wake)
        await self.listener.start(endpoints)

    async def deliver(self) -> None:
        """Deliver from now on what was taken in. It is loaded in a thread: who brings mail meanwhile is served."""
        self._working = (await self._made()).begin(self._parser)

    async def _made(self) -> "Deliveries":
        if self._deliveries is None:
            await asyncio.to_thread(import_module, DELIVERIES)
            from ingestd.daemon.deliveries import Deliveries  # noqa: PLC0415 - see `deliver`

            self._deliveries = Deliveries(self._config, self.spool, self._embedded)
        return self._deliveries

    def _wake(self) -> None:
        if self._deliveries is not None:
            self._deliveries.wake()

    def _parser_ahead(self) -> Process | None:
        """It loads what it needs while we do."""
        try:
            parser = Process()
        except OSError:
            return None  # it is tried again, and then it is told
        self._stack.callback(parser.kill)
        return parser

    async def _start_desk(self) -> "Embedded":
        from ingestd.daemon.embedded import desk_of, embedded_of  # noqa: PLC0415 - heavy, and rarely wanted

        embedded = embedded_of(desk_of(self._config))
        self.desk = embedded.desk
        if self._seed:
            self.desk.seed(self._seed)
        await self.desk.start()
        self._stack.push_async_callback(self.desk.stop)
        return embedded

    def reload(self) -> None:
        """Read the certificate again: sessions from now on show the new one. One that cannot be used changes nothing."""
        try:
            certificate = certificate_of(self._config)
        except ConfigError as error:
            remedy = "mend it and reload again; until then the one before is shown"
            log.error("certificate not reloaded", reason="; ".join(error.faults), remedy=remedy)
            return
        if certificate:
            self.listener.renew(certificate.context)
            _warn_of(certificate)
        log.info("reloaded", certificate_good_until=str(certificate.good_until) if certificate else "there is none")

    async def stop(self) -> None:
        """Close the door, let what is under way finish, within `smtp.stop_timeout`."""
        grace = self._config.smtp.stop_timeout.total_seconds()
        if self._deliveries is not None:
            self._deliveries.stop()
        await self.listener.stop(grace / 2)
        if self._deliveries is not None:
            await self._deliveries.end(grace / 2)
        beside = {self._gauging, self._losing}
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
        await self._stack.aclose()
        log.info("stopped")

    @property
    def smtp_address(self) -> tuple[str, int]:
        """Where we listen for SMTP, the first of it."""
        return self.listener.addresses[0]

    async def broken(self) -> None:
        """Return only if the work has ended by itself, which it must not."""
        own = {self._gauging, self._losing, *filter(None, [self._working])}
        ended, _ = await asyncio.wait(own, return_when=asyncio.FIRST_COMPLETED)
        if self._losing in ended:
            log.critical("spool ended by itself", remedy="see what ended its process; what was accepted is safe")
        for task in ended - {self._losing}:
            log.critical("work ended by itself", exc_info=task.exception())

    async def told(self) -> str:
        """What goes on, in a line."""
        counts = await self.spool.counts()
        said = ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status]) or "empty"
        shut = f"; no mail is taken in: {self._gauge.trouble}" if self._gauge.trouble else ""
        outward = await self._deliveries.trouble(counts[Status.DEFERRED]) if self._deliveries else ""
        return telemetry.printable(f"{said}{shut}{outward}")


def _warn_of(certificate: Certified | None) -> None:
    if certificate and certificate.good_until < datetime.now(UTC):
        remedy = "renew it, then reload; an MX that looks at it will not deliver"
        log.warning("certificate expired", good_until=str(certificate.good_until), remedy=remedy)


async def run(config: Config, spooling: Started | None = None) -> bool:
    """The daemon in the foreground until SIGTERM or SIGINT; False where it ended by itself, which it must not.

    SIGHUP makes it read its certificate again. `spooling` is the spool's process where it has `begun` already.
    """
    give_back_large_blocks()
    stop, hangup = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number, event in ((signal.SIGTERM, stop), (signal.SIGINT, stop), (signal.SIGHUP, hangup)):
        loop.add_signal_handler(number, event.set)
    spooling = spooling or begun()
    spooling.tell(json.dumps((config.log.format, config.log.level)))
    daemon = Daemon(config, program=spooling)
    await daemon.open()
    notify.ready(await daemon.told())
    telling = asyncio.create_task(_tell(daemon))
    reloading = asyncio.create_task(_reload(daemon, hangup))
    await daemon.deliver()
    # What is here now stays: the collector need not walk through it again and again, which holds up the loop.
    gc.freeze()
    gc.enable()
    stopping = asyncio.create_task(stop.wait())
    broken = asyncio.create_task(daemon.broken())
    await asyncio.wait({stopping, broken}, return_when=asyncio.FIRST_COMPLETED)
    asked = stopping.done()
    notify.stopping("finishing what is under way")
    for task in (telling, reloading, stopping, broken):
        task.cancel()
    await daemon.stop()
    return asked


async def _tell(daemon: Daemon) -> None:
    """Signs of life from this very loop, and the status line."""
    interval = notify.watchdog_interval()
    pause = min(interval or STATUS_EVERY, STATUS_EVERY)
    while True:
        notify.watchdog()
        with contextlib.suppress(StoreError):
            notify.status(await daemon.told())
        await asyncio.sleep(pause)


async def _reload(daemon: Daemon, hangup: asyncio.Event) -> None:
    while True:
        await hangup.wait()
        hangup.clear()
        notify.reloading()
        daemon.reload()
        notify.reloaded()


async def run_desk(config: Config, say: Callable[[str], None]) -> None:
    """The embedded helpdesk alone until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    from ingestd.daemon.embedded import desk_of, embedded_of  # noqa: PLC0415 - heavy, and rarely wanted

    desk = embedded_of(desk_of(config)).desk
    await desk.start()
    say(f"tickets      {desk.page_url}")
    say(f"API          {desk.url}")
    say(f"credentials  {_credentials_of(config)}")
    await stop.wait()
    await desk.stop()


def _credentials_of(config: Config) -> str:
    """Where the credentials stand that the embedded helpdesk takes."""
    if config.helpdesk.kind == "keliweb":
        return "helpdesk.oauth" if config.helpdesk.oauth else "helpdesk.secret"
    known = config.helpdesk.identifier.get_secret_value() and config.helpdesk.secret.get_secret_value()
    return "helpdesk.identifier and helpdesk.secret" if known else "made up: set helpdesk.identifier and .secret"
