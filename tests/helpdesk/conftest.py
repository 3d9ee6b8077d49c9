"""Two helpdesks to speak to: one that says what it is told to, byte for byte, and the embedded one."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
from scripted import Script

from ingestd.core.model import Literal
from ingestd.desk import Client, Contact, Desk, DeskSettings, Seed, User
from ingestd.helpdesk.settings import WhmcsSettings
from ingestd.helpdesk.whmcs import Whmcs

IDENTIFIER = "i" * 32
SECRET = "s3cr3t" * 5


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


@pytest.fixture
def free_url():
    """An address on loopback where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/includes/api.php"
