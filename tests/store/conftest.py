"""An open spool on each engine there is, and mails to put into it."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from ingestd.core.journal import Deed, Index, Ordered, Record, Status
from ingestd.core.model import Envelope, QueueId
from ingestd.store.spool import CHUNK, Arrival, Recipient, Spool

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Post:
    """Writes arrivals: each has a content of its own unless it is given one."""

    spool: Spool
    sent: int = 0

    def mail(self, conversation="", *, raw=None, at=NOON, routes=("support",), **envelope) -> Arrival:
        self.sent += 1
        raw = b"mail %d" % self.sent if raw is None else raw
        said = {"reverse_path": "ann@example.org", "recipient": "support@example.com", "helo": "mx"} | envelope
        key = conversation or f"root-{self.sent}@example.org"
        return Arrival(
            raw_id=self.spool.new_raw_id(),
            staged=0,
            chunks=tuple(raw[start : start + CHUNK] for start in range(0, len(raw), CHUNK)),
            size=len(raw),
            digest=hashlib.sha256(raw).hexdigest(),
            recipients=tuple(
                Recipient(Envelope(route=route, peer="192.0.2.1", tls=False, received_at=at, **said), key)
                for route in routes
            ),
        )

    async def accept(self, conversation="", **more) -> QueueId:
        (queue_id, *_) = await self.spool.accept(self.mail(conversation, **more))
        return queue_id


@dataclass
class Doors:
    """Keeps the writer at work until it is let go, so that what is asked meanwhile waits together."""

    at_work: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def fold(self, _):
        self.at_work.set()
        self.go_on.wait(20)


@pytest.fixture(params=["sqlite"])
def url(request, tmp_path) -> str:
    """A new database of an engine. Another engine joins the suite by another parameter."""
    return f"sqlite:///{tmp_path}/spool.db"


@pytest.fixture
async def spool(url) -> AsyncIterator[Spool]:
    spool = Spool(url, create=True, boot="this")
    await spool.open(exclusive=True)
    yield spool
    await spool.close()


@pytest.fixture
def post(spool) -> Post:
    return Post(spool)


@pytest.fixture
def posting() -> Callable[[Spool], Post]:
    return Post


@pytest.fixture
def busy(spool, post):
    """While this lasts the writer is at work; at its end it finds everything that was asked meanwhile."""

    @asynccontextmanager
    async def during():
        doors = Doors()
        queue_id = await post.accept()
        deed = Record(NOON, Ordered(Deed.HOLD, "test"))
        blocked = asyncio.create_task(spool.order(queue_id, deed, doors.fold))
        await asyncio.to_thread(doors.at_work.wait, 20)
        yield
        # Whoever was asked to start has handed over by the time the loop comes round.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        doors.go_on.set()
        await blocked

    return during


@pytest.fixture
def finish(spool):
    """Claims what is due, ends this entry with a status and gives the others back."""

    async def finish(queue_id, status=Status.DONE, *, ticket_id=None, ticket_number="", at=NOON, gist=None):
        claims = {each.queue_id: each for each in await spool.claim(NOON + MINUTE, MINUTE, 200)}
        entry = claims.pop(queue_id)
        for other in claims.values():
            await spool.record(other, (), Index(Status.INCOMING, "", other.due_at), release=True)
        deed = Record(at, Ordered(Deed.DROP, "test"))
        index = Index(status, "test", at, ticket_id, ticket_number)
        return await spool.record(entry, (deed,), index, gist, release=True)

    return finish
