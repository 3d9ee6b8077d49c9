"""uvicorn inside somebody else's loop: no signals taken, no ticking, and the transport within reach of the faults."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

# nginx keeps idle connections for 75 s; a shorter time makes clients write into closed ones.
KEEP_ALIVE = 75
GRACE = 2
ROUNDS = 3


class ReachableProtocol(H11Protocol):
    """Puts the connection's transport into the request's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class QuietServer(uvicorn.Server):
    """Starts, tells so, and serves until told to stop."""

    def __init__(self, app: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=ReachableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE,
            )
        )
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.ended.wait()

    async def shutdown(self, sockets: Any = None) -> None:
        """As uvicorn's, without its pauses: no new connections, a grace for answers under way, then the end."""
        for listener in [*self.servers, *(sockets or [])]:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _, late = await asyncio.wait(self.server_state.tasks, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # The loop tells a protocol of its end in the round after.
        for _ in range(ROUNDS):
            await asyncio.sleep(0)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the daemon."""
        yield
