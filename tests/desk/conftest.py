"""A desk on a real socket, and a client that speaks as a PHP script would."""

import base64
import json
import ssl
from datetime import UTC, datetime

import httpx
import pytest

from ingestd.desk import Admin, Client, Contact, Desk, DeskSettings, Seed, User

# Loading the list of authorities for each client would take longer than the test.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
PEOPLE = Seed(
    clients=(
        Client(1, "Cynthia", "Reilly", "cynthia@example.com", "Reilly & Sons"),
        Client(2, "Tom", "O'Neil", "tom@example.com", status="Closed"),
    ),
    contacts=(
        Contact(5, 1, "Karl", "Contact", "karl@example.com"),
        Contact(6, 2, "Karl", "Twice", "karl@example.com"),
    ),
    users=(
        User(9, "Ursula", "User", "ursula@example.net", owns=(1,), clients=(2,)),
        User(10, "Ulf", "User", "ulf@example.net", clients=(1,)),
    ),
    admins=(Admin("dana", "Dana Admin"),),
)


class Caller:
    """Calls a desk with good credentials; fields that are given win over them."""

    def __init__(self, desk: Desk, client: httpx.AsyncClient) -> None:
        self.desk = desk
        self.http = client

    async def post(self, action, **fields):
        good = {"action": action, "identifier": "id", "secret": "word", "responsetype": "json"}
        return await self.http.post(self.desk.url, data={**good, **fields})

    async def __call__(self, action, **fields):
        return (await self.post(action, **fields)).json()

    async def open(self, **fields):
        """A guest's ticket, unless the fields say otherwise; its answer."""
        plain = {"deptid": 1, "subject": "Hello", "message": "Some words", "name": "Gina", "email": "gina@example.org"}
        answer = await self("OpenTicket", **{**plain, **fields})
        assert answer["result"] == "success", answer
        return answer


@pytest.fixture
async def serve():
    """Starts desks with the settings asked for, and ends them."""
    started = []

    async def start(seed=PEOPLE, **settings):
        desk = Desk(DeskSettings("id", "word", **settings), clock=lambda: NOW)
        client = httpx.AsyncClient(timeout=10, trust_env=False, verify=NO_TLS)
        started.append((desk, client))
        desk.seed(seed)
        await desk.start()
        return Caller(desk, client)

    yield start
    for desk, client in started:
        await client.aclose()
        await desk.stop()


@pytest.fixture
async def call(serve):
    """A desk as it comes."""
    return await serve()


@pytest.fixture
def attached():
    """Writes the `attachments` field: base64 of JSON of names and base64 data."""

    def write(*files):
        listed = [{"name": name, "data": base64.b64encode(data).decode()} for name, data in files]
        return base64.b64encode(json.dumps(listed).encode()).decode()

    return write
