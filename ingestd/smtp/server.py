"""Listens for SMTP on addresses and on sockets that were passed to us."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace

from ingestd.smtp.door import Door
from ingestd.smtp.express import Express
from ingestd.smtp.registry import Admission, Registry
from ingestd.smtp.session import SessionSettings

BACKLOG = 512

Endpoint = tuple[str, int] | socket.socket
"""A host and a port, or a listening socket."""


class Listener:
    """The door to the street, from start to stop."""

    def __init__(self, door: Door, settings: SessionSettings, admission: Admission) -> None:
        self._door = door
        self._settings = settings
        self._registry = Registry(admission)
        self._servers: list[asyncio.Server] = []

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Where we listen, ports resolved."""
        sockets = [sock for server in self._servers for sock in server.sockets]
        return tuple((str(sock.getsockname()[0]), int(sock.getsockname()[1])) for sock in sockets)

    async def start(self, endpoints: Sequence[Endpoint]) -> None:
        """Listen on all of them; OSError, and on none, where one cannot be had."""
        # It logs commands as the peer wrote them, line breaks and all.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        try:
            for endpoint in endpoints:
                self._servers.append(await self._listen(endpoint))
        except OSError:
            self._close()
            raise

    def renew(self, tls: ssl.SSLContext) -> None:
        """Sessions that begin from now on show this certificate; those that go on keep theirs."""
        self._settings = replace(self._settings, tls=tls)

    async def stop(self, grace: float) -> None:
        """Listen no more, let mails under way come in, end every session within `grace` seconds."""
        self._close()
        await self._registry.drain(grace)

    def _close(self) -> None:
        for server in self._servers:
            server.close()

    async def _listen(self, endpoint: Endpoint) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        if isinstance(endpoint, socket.socket):
            # asyncio does so only for sockets that it makes itself; without, each answer waits for a delayed ACK.
            with contextlib.suppress(OSError):
                endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return await loop.create_server(self._session, sock=endpoint, backlog=BACKLOG)
        host, port = endpoint
        return await loop.create_server(self._session, host, port, backlog=BACKLOG)

    def _session(self) -> Express:
        return Express(self._door, self._settings, self._registry)
