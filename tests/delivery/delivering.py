"""A bench for deliveries: the real spool, the embedded helpdesk over a real socket, and nothing in between faked."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestd.core.abilities import KELIWEB, Abilities
from ingestd.core.facts import Policy
from ingestd.core.journal import Entry, Record, Status
from ingestd.core.ledger import Terms
from ingestd.core.model import Envelope, QueueId
from ingestd.core.refs import conversation_key
from ingestd.core.routes import bare
from ingestd.core.ticket import Priority
from ingestd.delivery.author import People
from ingestd.delivery.budget import Budget
from ingestd.delivery.circuit import Circuit
from ingestd.delivery.clock import Clock
from ingestd.delivery.grading import Grader, Trust
from ingestd.delivery.identify import Identifier
from ingestd.delivery.lookup import Lookup
from ingestd.delivery.perform import Performer
from ingestd.delivery.pool import Pool
from ingestd.delivery.sandbox import Limits, Sandbox
from ingestd.delivery.tools import Tools
from ingestd.delivery.turns import Turns
from ingestd.delivery.verify import Verifier
from ingestd.delivery.worker import Worker
from ingestd.desk import Desk, DeskSettings, KeliwebFace
from ingestd.helpdesk.keliweb import Keliweb
from ingestd.helpdesk.settings import KeliwebSettings, Oauth, WhmcsSettings
from ingestd.helpdesk.whmcs import Whmcs
from ingestd.mail.outline import Outliner
from ingestd.store.spool import Arrival, Filter, Recipient, Spool

SUPPORT = "support@example.com"
PARSERS = Pool()
# What is promised whichever the helpdesk is.
over_both = pytest.mark.parametrize("kind", ["whmcs", "keliweb"])
Frail = Callable[[Any], Any]
WAITING = {Status.INCOMING, Status.ACTIVE, Status.DEFERRED}

POLICY = Policy(
    department=1,
    priority=Priority.MEDIUM,
    hold=False,
    custom_fields=(),
    own=frozenset({SUPPORT, "billing@example.com"}),
    nobody="nobody@example.com",
    unverified="guest",
    strangers="ticket",
    attachment_types=frozenset(),
    max_post=0,
    markdown=False,
    most_hops=50,
    most_per_hour=1000,
    answers_per_hour=1000,
    late=timedelta(minutes=10),
)
TERMS = Terms(
    first=timedelta(milliseconds=50),
    longest=timedelta(milliseconds=200),
    lifetime=timedelta(days=5),
    settle=timedelta(milliseconds=300),
    nobody="nobody@example.com",
)


def mail(
    subject: str = "Help",
    text: str = "Please help.",
    author: str = "Ada <ada@example.net>",
    message_id: str = "m1@example.net",
    headers: tuple[str, ...] = (),
    files: tuple[tuple[str, bytes], ...] = (),
) -> bytes:
    """A raw mail of these parts."""
    head = [f"From: {author}", f"To: <{SUPPORT}>", f"Subject: {subject}", *headers, "MIME-Version: 1.0"]
    if message_id:
        head.append(f"Message-ID: <{message_id}>")
    if not files:
        return "\r\n".join((*head, "Content-Type: text/plain; charset=utf-8", "", text, "")).encode()
    parts = [f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"]
    for name, data in files:
        encoded = base64.encodebytes(data).decode().replace("\n", "\r\n")
        parts.append(
            f'--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="{name}"\r\n'
            f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}"
        )
    head.append('Content-Type: multipart/mixed; boundary="b"')
    return ("\r\n".join((*head, "", "")) + "".join(parts) + "--b--\r\n").encode()


def _sound(part: Any) -> Any:
    return part


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Before:
    """Stands before the helpdesk: what it does not do itself, the helpdesk does."""

    part: Any = None

    def before(self, part: Any) -> Any:
        """To be put before each part of a bench; only the helpdesk is taken."""
        if not hasattr(part, "perform"):
            return part
        self.part = part
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self.part, name)


@dataclass
class Bench:
    """Accepts mails, delivers until nothing waits, and looks at the helpdesk."""

    folder: Path
    desk: Desk
    settings: DeskSettings
    terms: Terms = TERMS
    policies: dict[str, Policy] = field(default_factory=lambda: {SUPPORT: POLICY})
    staff: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    trust: Trust = field(default_factory=Trust)
    per_hour: int = 10_000
    timeout: float = 5.0
    marker: bool = True
    slots: int = 4
    limits: Limits = field(default_factory=Limits)
    boots: int = 0

    def spool(self, boot: str = "bench") -> Spool:
        return Spool(f"sqlite:///{self.folder}/spool.db", create=True, boot=boot)

    def can(self, abilities: Abilities) -> None:
        """Plan within this."""
        self.policy(abilities=abilities)
        self.terms = replace(self.terms, abilities=abilities)

    def helpdesk(self) -> Whmcs | Keliweb:
        face = self.settings.keliweb
        if face is not None:
            oauth = Oauth(self.desk.token_url, face.client_id, face.client_secret, face.username, face.password)
            return Keliweb(KeliwebSettings(self.desk.url, oauth, timeout=self.timeout, pause=0.01))
        return Whmcs(
            WhmcsSettings(
                url=self.desk.url,
                identifier=self.settings.identifier,
                secret=self.settings.secret,
                timeout=self.timeout,
                pause=0.01,
            )
        )

    def people(self) -> People:
        own = frozenset(address for policy in self.policies.values() for address in policy.own)
        return People("nobody@example.com", self.staff, self.reply_to, tuple(own))

    def tools(self, spool: Spool, helpdesk: Any, clock: Clock) -> Tools:
        return Tools(
            spool=spool,
            sandbox=Sandbox(self.limits, 2, PARSERS),
            identifier=Identifier(helpdesk, Lookup(helpdesk, clock), spool, clock, self.people(), Grader(self.trust)),
            performer=Performer(helpdesk, spool),
            verifier=Verifier(helpdesk, spool),
            circuit=Circuit(helpdesk.probe, self.slots, first=0.05),
            budget=Budget(self.per_hour, clock),
            turns=Turns(),
            lines=asyncio.Semaphore(self.slots),
            clock=clock,
            terms=self.terms,
            policies=self.policies,
            marker=self.marker,
        )

    async def accept(
        self,
        *raws: bytes,
        recipient: str = SUPPORT,
        reverse_path: str = "ada@example.net",
        at: datetime | None = None,
        also: tuple[str, ...] = (),
    ) -> list[QueueId]:
        """Spool mails as the door does."""
        spool = self.spool()
        await spool.open(exclusive=False)
        try:
            accepted = []
            for raw in raws:
                outliner = Outliner()
                outliner.feed(raw)
                outline = outliner.finish()
                recipients = tuple(
                    Recipient(
                        Envelope(reverse_path, to, bare(to), "127.0.0.1", "mx", False, at or datetime.now(UTC)),
                        conversation_key(outline.subject, to, outline.root, outline.digest),
                    )
                    for to in (recipient, *also)
                )
                chunks = tuple(raw[i : i + (1 << 20)] for i in range(0, len(raw), 1 << 20))
                raw_id, ids = spool.new_raw_id(), (outline.digest, recipients, outline.message_id)
                arrival = Arrival(raw_id, 0, chunks, len(raw), *ids)
                accepted.extend(await spool.accept(arrival))
            return accepted
        finally:
            await spool.close()

    async def deliver(self, patience: float = 30.0, frail: Frail = _sound, ahead: timedelta = timedelta()) -> None:
        """Run a worker, as a fresh process would, until nothing waits.

        `frail` makes something that may fail of the spool and of the helpdesk; the clock is `ahead` of the wall's.
        """
        self.boots += 1
        spool, adapter = self.spool(), self.helpdesk()
        await spool.open(exclusive=True)
        clock = Clock(f"boot {self.boots}")
        clock.since += ahead
        worker = Worker(self.tools(frail(spool), frail(adapter), clock), self.slots, timedelta(days=30))
        running = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(patience):
                while await self._waiting(spool) and not running.done():
                    await asyncio.sleep(0.05)
                    worker.wake()
        finally:
            worker.stop()
            worker.abandon()
            try:
                await running
            finally:
                await adapter.aclose()
                await spool.close()

    async def _waiting(self, spool: Spool) -> int:
        counts = await spool.counts()
        return sum(counts[status] for status in WAITING)

    async def entries(self) -> list[Entry]:
        spool = self.spool()
        await spool.open(exclusive=False)
        try:
            return sorted(await spool.list(Filter(), 10_000), key=lambda entry: entry.queue_id)
        finally:
            await spool.close()

    async def records(self, queue_id: QueueId) -> tuple[Record, ...]:
        spool = self.spool()
        await spool.open(exclusive=False)
        try:
            return await spool.records(queue_id)
        finally:
            await spool.close()

    def tickets(self) -> list[dict[str, Any]]:
        return self.desk.tickets()

    def policy(self, **changes: Any) -> None:
        self.policies = {route: replace(policy, **changes) for route, policy in self.policies.items()}


FACE = KeliwebFace(client_id="7", client_secret="c" * 32, username="us@example.com", password="p" * 16)


def settings(kind: str = "whmcs", **changes: Any) -> DeskSettings:
    face = FACE if kind == "keliweb" else None
    return DeskSettings(identifier="i" * 32, secret="s" * 32, control=True, keliweb=face, **changes)


def bench_of(folder: Path, desk: Desk, made: DeskSettings) -> Bench:
    """A bench that plans within what this desk can do."""
    bench = Bench(folder, desk, made)
    if made.keliweb is not None:
        bench.can(KELIWEB)
    return bench
