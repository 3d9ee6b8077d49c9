"""Who is connected, who may be, and what must still be finished for those who went away."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Protocol, TypeVar

from ingestd.smtp import replies

T = TypeVar("T")


class Live(Protocol):
    """A session as the registry sees it."""

    busy: bool
    closing: bool

    def hang_up(self, status: str) -> None: ...

    def cut(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Admission:
    """Which peers may connect, and how many at once."""

    relays: Sequence[IPv4Network | IPv6Network]
    most: int = 1000
    most_of_one: int = 500


class Registry:
    """Every live session. Once it is stopping, nobody else comes in."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        # A relay comes again and again.
        self._is_relay = lru_cache(1024)(partial(_among, relays=admission.relays))
        self._live: dict[Live, str] = {}
        self._peers: Counter[str] = Counter()
        self._unfinished: set[asyncio.Future[Any]] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._stopping = False

    def enter(self, session: Live, peername: Any) -> str:
        """Note a connection; "" when it may speak, else the reply that refuses it."""
        peer = str(peername[0]) if isinstance(peername, tuple) and peername else ""
        refusal = self._refusal(peer)
        self._live[session] = peer
        self._peers[peer] += 1
        self._empty.clear()
        return refusal

    def leave(self, session: Live) -> None:
        """The session is over. May be repeated."""
        peer = self._live.pop(session, None)
        if peer is not None:
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]
        if not self._live:
            self._empty.set()

    def see_to(self, work: Awaitable[T], told: Callable[[asyncio.Future[T]], None] | None = None) -> asyncio.Future[T]:
        """Work that goes on to its end whatever becomes of the session; who is to be `told` hears of it then."""
        future = asyncio.ensure_future(work)
        self._unfinished.add(future)
        future.add_done_callback(partial(self._finished, told))
        return future

    def _finished(self, told: Callable[[asyncio.Future[T]], None] | None, future: asyncio.Future[T]) -> None:
        self._unfinished.discard(future)
        if told is not None:
            told(future)

    async def drain(self, grace: float) -> None:
        """End idle sessions now, busy ones after their mail, all after `grace` seconds; then finish what was begun."""
        self._stopping = True
        for session in list(self._live):
            session.closing = True
            if not session.busy:
                session.hang_up(replies.STOPPING)
        try:
            async with asyncio.timeout(grace):
                await self._empty.wait()
        except TimeoutError:
            for session in list(self._live):
                session.hang_up(replies.STOPPING)
                session.cut()
        await self._empty.wait()
        while self._unfinished:
            await asyncio.wait(self._unfinished)

    def _refusal(self, peer: str) -> str:
        if self._stopping:
            return replies.STOPPING
        if not self._is_relay(peer):
            return replies.GREETING_REFUSED
        if len(self._live) >= self._admission.most:
            return replies.TOO_MANY_CONNECTIONS
        return replies.TOO_MANY_OF_ONE if self._peers[peer] >= self._admission.most_of_one else ""


def _among(peer: str, relays: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address: IPv4Address | IPv6Address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in relay for relay in relays)
