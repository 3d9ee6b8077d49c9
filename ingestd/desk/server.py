"""The desk as a whole: binds its socket, serves in the loop that starts it, and is looked at from any thread."""

import asyncio
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from ingestd.desk.api import Api
from ingestd.desk.control import Control
from ingestd.desk.database import Database
from ingestd.desk.face import API_PATH, Face, WhmcsFace
from ingestd.desk.faults import Faults, Rule
from ingestd.desk.grants import Grants
from ingestd.desk.hosts import LoopbackHosts
from ingestd.desk.keliweb import KELIWEB_PATH, TOKEN_PATH, KeliwebFaced
from ingestd.desk.office import Office
from ingestd.desk.page import Page
from ingestd.desk.seeds import Seed
from ingestd.desk.settings import DeskSettings
from ingestd.desk.wire import QuietServer
from ingestd.desk.witness import Witness

BACKLOG = 512
# A test looks at everything that happened; a daemon's desk keeps no more than a glance.
KEPT_FOR_TESTS, KEPT = 50_000, 200
# Whoever listens everywhere is reached here too.
_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def _now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """The embedded helpdesk. The database is open from the beginning, so it can be seeded before it serves.

    `start` and `stop` belong to one event loop; everything else may be called from any thread.
    """

    def __init__(self, settings: DeskSettings, clock: Callable[[], datetime] = _now) -> None:
        self._settings = settings
        self._clock = clock
        self._database = Database(settings.database)
        self._witness = Witness(KEPT_FOR_TESTS if settings.control else KEPT)
        self._faults = Faults(time.monotonic)
        self._office = Office(settings, self._database, self._witness, clock)
        self._grants = Grants(settings.keliweb, clock) if settings.keliweb else None
        self._address = ("", 0)
        self._server: QuietServer | None = None
        self._serving: asyncio.Task[None] | None = None
        self._closing: asyncio.Event | None = None
        self._threads: ThreadPoolExecutor | None = None

    @property
    def url(self) -> str:
        """Where the API answers, once started; Keliweb's, where that is its face, without the name of a call."""
        return f"{self.page_url.rstrip('/')}{KELIWEB_PATH if self._grants else API_PATH}"

    @property
    def token_url(self) -> str:
        """Where Keliweb's face gives tokens, once started."""
        return f"{self.page_url.rstrip('/')}{TOKEN_PATH}"

    @property
    def page_url(self) -> str:
        """Where the page is, once started."""
        host, port = self._address
        host = _REACHED_AT.get(host, host)
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    async def start(self) -> None:
        """Binds and serves; returns when requests are answered. OSError where the address is taken."""
        listening = self._bind()
        self._address = listening.getsockname()[:2]
        self._closing = asyncio.Event()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="desk")
        self._server = QuietServer(self._app(self._closing, self._threads))
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]), name="desk")
        ready = asyncio.ensure_future(self._server.ready.wait())
        await asyncio.wait({ready, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await self._serving

    def _bind(self) -> socket.socket:
        """The port of the settings; after a suspension the one that was taken before."""
        family = socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET
        port = self._settings.port or self._address[1]
        listening = socket.create_server((self._settings.host, port), family=family, backlog=BACKLOG)
        # asyncio sets this only on sockets that name their protocol; without it every answer waits 40 ms for an ACK.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening

    def _app(self, closing: asyncio.Event, threads: ThreadPoolExecutor) -> Starlette:
        settings = self._settings
        face = self._face()
        api = Api(settings, face, self._faults, self._witness, threads, closing, self._clock)
        routes: list[BaseRoute] = [Route(path, api.answer, methods=["POST"]) for path in face.paths]
        if settings.control:
            routes += Control(self._office, self._faults, self._witness).routes()
        if settings.page:
            routes += Page(settings, self._office, threads).routes()
        guard = Middleware(LoopbackHosts, allowed=settings.page_hosts, exempt=face.paths)
        return Starlette(routes=routes, middleware=[guard])

    def _face(self) -> Face:
        if self._grants:
            return KeliwebFaced(self._settings, self._office, self._grants)
        return WhmcsFace(self._settings, self._office)

    async def suspend(self) -> None:
        """Ends every connection and stops listening; `start` serves again, on the same port, with the same tickets.

        Actions that a fault delays are lost, as a killed server would lose them.
        """
        if self._server and self._serving and self._closing and self._threads:
            self._closing.set()
            self._server.ended.set()
            await self._serving
            await asyncio.to_thread(self._threads.shutdown)
            self._server = None

    async def stop(self) -> None:
        """Suspends, and closes the database. May be called twice."""
        await self.suspend()
        self._database.close()

    def seed(self, seed: Seed) -> list[dict[str, Any]]:
        """Plants people and tickets; id and number of each ticket, in order."""
        return self._office.seed(seed)

    def revoke_tokens(self, *, refresh: bool = False) -> None:
        """Ends every access token of Keliweb's face, and the refresh tokens too where asked for."""
        if self._grants and refresh:
            self._grants.forget()
        elif self._grants:
            self._grants.revoke()

    def add_fault(self, rule: Rule) -> None:
        """Puts a fault in force, behind those that are."""
        self._faults.add(rule)

    def clear_faults(self) -> None:
        """All is well from here on."""
        self._faults.clear()

    def tickets(self) -> list[dict[str, Any]]:
        """Every ticket with posts, notes and files."""
        return self._office.dump()

    def remove_ticket(self, ticket_id: int) -> bool:
        """Deletes a ticket; whether it was there."""
        return self._office.remove(ticket_id)

    def log(self) -> list[dict[str, Any]]:
        """The API requests, in the order in which they came."""
        return self._witness.requests()

    def mails(self) -> list[dict[str, Any]]:
        """The mails that would have been sent."""
        return self._witness.mails()
