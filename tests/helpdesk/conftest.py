"""Two helpdesks to speak to: one that says what it is told to, byte for byte, and the embedded one."""

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from ingestd.core.model import Literal
from ingestd.desk import Client, Contact, Desk, DeskSettings, Seed, User
from ingestd.helpdesk.settings import WhmcsSettings
from ingestd.helpdesk.whmcs import Whmcs

IDENTIFIER = "i" * 32
SECRET = "s3cr3t" * 5
OK = b'{"result":"success"}'


def http(status, body=b"", *headers):
    """An HTTP answer as it stands on the line."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Script:
    """A server that reads whole requests and answers from `answers`, then with `rest`; b"" closes without a word."""

    answers: list = field(default_factory=list)
    rest: bytes = http(200, OK)
    heads: list = field(default_factory=list)
    bodies: list = field(default_factory=list)
    url: str = ""
    cut_at: int | None = None

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            self.heads.append(head.decode())
            if self.cut_at is not None:
                await reader.read(self.cut_at)
                writer.transport.abort()
                return
            self.bodies.append(await reader.readexactly(length))
            answer = self.answers.pop(0) if self.answers else self.rest
            if answer is None:
                await reader.read()
            elif answer:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.bodies.append(None)
        finally:
            writer.close()


@pytest.fixture
async def script():
    """A scripted server on a free port of loopback."""
    script = Script()
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/includes/api.php"
    yield script
    server.close()


@asynccontextmanager
async def speaking(url, secret=SECRET, **settings):
    """An adapter that speaks to this address."""
    whmcs = Whmcs(WhmcsSettings(url, IDENTIFIER, secret, **{"pause": 0.0, "timeout": 20.0, **settings}))
    try:
        yield whmcs
    finally:
        await whmcs.aclose()


@pytest.fixture
async def whmcs(script):
    """An adapter that speaks to the scripted server."""
    async with speaking(script.url) as whmcs:
        yield whmcs


@pytest.fixture
def hire():
    """Starts an embedded helpdesk of the given kind, with an adapter that speaks to it."""

    @asynccontextmanager
    async def hire(**settings):
        desk = Desk(DeskSettings(IDENTIFIER, SECRET, **settings))
        desk.seed(SEED)
        await desk.start()
        try:
            async with speaking(desk.url) as whmcs:
                yield desk, whmcs
        finally:
            await desk.stop()

    return hire


@pytest.fixture
def connect():
    """Makes adapters for any address."""
    return speaking


async def literal(source):
    """A reader for files whose bytes stand in the plan."""
    assert isinstance(source, Literal)
    for start in range(0, len(source.data), 10_000):
        yield source.data[start : start + 10_000]


@pytest.fixture
def read():
    """Reads literal sources, in pieces."""
    return literal


SEED = Seed(
    clients=(Client(1, "Carla", "Verdi", "carla@example.org"), Client(2, "Dino", "Blu", "dino@example.org")),
    contacts=(Contact(3, 1, "Ciro", "Rossi", "ciro@example.org"), Contact(4, 2, "Ciro", "Rossi", "ciro@example.org")),
    users=(User(5, "Ugo", "Neri", "ugo@example.org", owns=(1,), clients=(2,)),),
)
