"""A door to the street on a free port, a spool behind it, and peers that speak over real sockets."""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest

from ingestd.core.errors import StoreError
from ingestd.core.model import QueueId
from ingestd.core.routes import route_of
from ingestd.daemon.looking import looked_through, wanted_of
from ingestd.smtp.door import Capacity, Door, Rules
from ingestd.smtp.registry import Admission
from ingestd.smtp.server import Listener
from ingestd.smtp.session import SessionSettings
from ingestd.store.asked import Coming, Unread
from ingestd.store.spool import Filter, Spool

ROUTES = ("support@example.com", "billing@example.com")
RULES = Rules(route=lambda recipient: route_of(recipient, ROUTES), recipients=wanted_of)
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
PEM = Path(__file__).parent / "localhost.pem"
PATIENCE = 20


@dataclass
class Memory:
    """An intake that keeps bytes, with trouble on request: a fault to raise, a gate to wait at."""

    fault: BaseException | None = None
    stage_fault: BaseException | None = None
    gate: asyncio.Event | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)
    staged: dict[str, list[bytes]] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    made: int = 0

    def new_raw_id(self) -> str:
        self.made += 1
        return f"RAW{self.made}"

    async def stage(self, raw_id: str, seq: int, data: bytes) -> None:
        if self.stage_fault:
            raise self.stage_fault
        chunks = self.staged.setdefault(raw_id, [])
        assert len(chunks) == seq
        chunks.append(data)

    async def discard_staged(self, raw_id: str) -> None:
        self.staged.pop(raw_id, None)

    async def accept(self, mail: Coming) -> tuple[QueueId, ...]:
        arrival = looked_through("", mail) if isinstance(mail, Unread) else mail
        self.began.set()
        if self.gate:
            await self.gate.wait()
        if self.fault:
            raise self.fault
        raw = b"".join((*self.staged.pop(arrival.raw_id, ()), *arrival.chunks))
        assert len(raw) == arrival.size
        self.mails.append(raw)
        return tuple(QueueId(f"Q{len(self.mails)}{n}") for n, _ in enumerate(arrival.recipients))


class Peer:
    """A peer that sends exactly these bytes and reads whole replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self) -> str:
        """One reply, all its lines; "" at the end of the connection."""
        lines = []
        async with asyncio.timeout(PATIENCE):
            while line := (await self.reader.readline()).decode():
                lines.append(line.removesuffix("\r\n"))
                assert line.endswith("\r\n")
                if line[3:4] != "-":
                    break
        return "\n".join(lines)

    async def ask(self, line: str | bytes) -> str:
        await self.say((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.hear()

    async def rest(self) -> list[str]:
        """Every reply until the connection ends."""
        return [reply async for reply in self._replies()]

    async def _replies(self) -> AsyncIterator[str]:
        while reply := await self.hear():
            yield reply

    async def up_to_data(self, *recipients: str) -> None:
        """Greeting to DATA, each step as it should be."""
        await self.hear()
        assert (await self.ask("EHLO mx.example.net")).startswith("250-")
        assert await self.ask("MAIL FROM:<ann@example.org>") == "250 2.0.0 OK"
        for recipient in recipients or ("support@example.com",):
            assert await self.ask(f"RCPT TO:<{recipient}>") == "250 2.1.5 Ok"
        assert (await self.ask("DATA")).startswith("354 ")

    async def bring(self, raw: bytes) -> str:
        """A mail in a session that has greeted; the reply behind its dot."""
        await self.say(b"MAIL FROM:<ann@example.org>\r\nRCPT TO:<support@example.com>\r\nDATA\r\n" + raw + b".\r\n")
        *steps, last = [await self.hear() for _ in range(4)]
        assert [step[:3] for step in steps] == ["250", "250", "354"]
        return last

    async def while_saying(self, words: bytes, pause: float) -> list[str]:
        """Every reply to who says the same again and again, until the connection ends."""

        async def talk() -> None:
            with suppress(ConnectionError):
                while True:
                    await self.say(words)
                    await asyncio.sleep(pause)

        talking = asyncio.create_task(talk())
        replies = await self.rest()
        talking.cancel()
        return replies

    def close(self) -> None:
        self.writer.close()

    async def starttls(self) -> None:
        context = ssl.create_default_context(cafile=PEM)
        await self.writer.start_tls(context, server_hostname="localhost")


@dataclass
class Street:
    """A listening door."""

    listener: Listener
    port: int
    taken: asyncio.Queue[None]
    peers: list[Peer]

    async def peer(self) -> Peer:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.port))
        self.peers.append(peer)
        return peer

    async def arrival(self) -> None:
        """Until the next mail was accepted."""
        async with asyncio.timeout(PATIENCE):
            await self.taken.get()


@pytest.fixture
async def spool(tmp_path) -> AsyncIterator[Spool]:
    spool = Spool(f"sqlite:///{tmp_path}/spool.db", create=True, boot="this", look=looked_through)
    await spool.open(exclusive=True)
    yield spool
    await spool.close()


@pytest.fixture
def rules() -> Rules:
    """Two routes, and nothing that is refused."""
    return RULES


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
async def loop_faults() -> AsyncIterator[list]:
    """What nobody caught: must be nothing."""
    faults = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    yield faults
    assert not faults


@pytest.fixture
async def open_street(loop_faults) -> AsyncIterator[Callable]:
    streets = []

    async def open_street(intake, *, endpoint=("127.0.0.1", 0), relays=LOOPBACK, rules=RULES, **more):
        limits = {key: more.pop(key) for key in ("most", "most_of_one") if key in more}
        capacity = Capacity(**{key: more.pop(key) for key in ("most_recipients", "shares", "refusal") if key in more})
        taken = asyncio.Queue()
        door = Door(intake, rules, lambda: taken.put_nowait(None), capacity)
        settings = SessionSettings(**{"hostname": "mail.example.com", "max_size": 5_000_000} | more)
        listener = Listener(door, settings, Admission(relays, **limits))
        await listener.start([endpoint])
        street = Street(listener, listener.addresses[0][1], taken, [])
        streets.append(street)
        return street

    yield open_street
    for street in streets:
        for peer in street.peers:
            peer.close()
        await street.listener.stop(PATIENCE)


@pytest.fixture
async def street(open_street, spool) -> Street:
    """The door before a real spool."""
    return await open_street(spool)


@pytest.fixture
async def peer(street) -> Peer:
    return await street.peer()


@pytest.fixture
def kept(spool):
    """The raw mails in the spool, oldest first, with their entries."""

    async def kept():
        entries = sorted(await spool.list(Filter(), 1000), key=lambda entry: entry.queue_id)
        return [(entry, b"".join([part async for part in spool.stream(entry.raw_id)])) for entry in entries]

    return kept


@pytest.fixture
def down() -> StoreError:
    return StoreError("database or disk is full at /var/lib/ingestd")


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(PEM)
    return context


@pytest.fixture
def noise() -> Callable[[int], bytes]:
    """So many bytes of mail in lines, the same each time, no two chunks alike."""

    def noise(size: int) -> bytes:
        lines = (hashlib.sha256(b"%d" % n).hexdigest().encode() + b"\r\n" for n in range(size // 66))
        text = b"Subject: noise\r\n\r\n" + b"".join(lines)
        return text[: size - 2].rstrip(b"\r\n").ljust(size - 2, b"x") + b"\r\n"

    return noise


@pytest.fixture
def narrow_socket() -> socket.socket:
    """A bound socket, for a listener to own, whose connections hold little that was not read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    sock.bind(("127.0.0.1", 0))
    return sock
