"""How many mails at once: claims entries, renews their leases, gives up those it lost, prunes what is old."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ingestd.core import ledger
from ingestd.core.errors import LeaseLost, StoreError
from ingestd.core.expiry import Expiry
from ingestd.core.journal import Entry, Gist, Index, Record, Status
from ingestd.core.model import QueueId
from ingestd.delivery.deliver import Delivery
from ingestd.delivery.telling import remind
from ingestd.delivery.tools import Tools
from ingestd.store.asked import SUSPECT, Following

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
RENEW = 15.0
POLL = 1.0
PRUNE = 3600.0
AHEAD = 4


@dataclass(slots=True)
class Held:
    """An entry under way: its delivery, and until when its lease surely lasts on our clock."""

    entry: Entry
    task: asyncio.Task[None]
    until: float


@dataclass(slots=True)
class _Holder:
    """The worker, as the delivery of one entry sees it; `heir` is who was claimed in its place."""

    worker: "Worker"
    entry: Entry
    heir: Entry | None = None

    def fresh(self) -> bool:
        return self.worker.fresh(self.entry)

    def stopping(self) -> bool:
        return self.worker.stopping

    async def finish(self, entry: Entry, records: tuple[Record, ...], index: Index, gist: Gist | None) -> None:
        self.heir = await self.worker.finish(entry, records, index, gist)


class Worker:
    """Delivers until stopped: calls for up to `slots` entries at a time, fewer after trouble.

    Some more are read ahead meanwhile, so that the helpdesk need not wait for us between two calls.
    """

    def __init__(self, tools: Tools, slots: int, retention: timedelta) -> None:
        self._tools = tools
        self._slots = slots
        self._retention = retention
        self._held: dict[QueueId, Held] = {}
        self._suspects: set[QueueId] = set()
        self._leaving = self._asked = 0
        self._wake = asyncio.Event()
        self.stopping = False
        self._out_of_reach = False

    def wake(self) -> None:
        """There may be something to claim."""
        self._wake.set()

    async def run(self) -> None:
        """Claim and deliver; returns once stopped and everything under way is done."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            keepers = [group.create_task(self._renew()), group.create_task(self._prune())]
            keepers.append(group.create_task(self._tools.circuit.run()))
            keepers.append(group.create_task(remind(self._tools.spool)))
            while not self.stopping:
                await self._claim()
                await self._rest()
            if self._held:
                await asyncio.wait([held.task for held in self._held.values()])
            for keeper in keepers:
                keeper.cancel()

    def stop(self) -> None:
        """Claim nothing more, and begin no call: who was read ahead goes back, who is in a call finishes it."""
        self.stopping = True
        self._wake.set()

    def abandon(self) -> None:
        """Cut what is still under way; it is resumed after the next start, as after a crash."""
        for held in self._held.values():
            held.task.cancel()

    async def _claim(self) -> None:
        self._wake.clear()
        if not await self._in_time() or not (free := self._free()):
            return
        asked, alone = self._tools.clock.seconds(), not self._held
        self._asked += free
        try:
            entries = await self._tools.spool.claim(self._tools.clock.now(), LEASE, free, alone=alone)
        except StoreError as error:
            self._unreachable(error)
            return
        finally:
            self._asked -= free
        self._reached()
        self._take(entries, asked)

    async def finish(self, entry: Entry, records: tuple[Record, ...], index: Index, gist: Gist | None) -> Entry | None:
        """Write the end of a delivery, and in the same commit claim who takes its place: whom its task has to deliver."""
        self._leaving += 1
        free = self._free() if not self._tools.clock.step() else 0
        asked, following = self._tools.clock.seconds(), Following(self._tools.clock.now(), LEASE, free)
        self._asked += free
        try:
            entries = await self._tools.spool.finish(entry, records, index, gist, following)
        finally:
            self._leaving -= 1
            self._asked -= free
        self._reached()
        task = self._held[entry.queue_id].task if self._holds(entry) else None
        if task is not None:
            self._leave(entry)
        self._take(entries, asked, task)
        if not (free and self._held):  # a suspect is claimed by whoever has nothing else
            self._wake.set()
        return entries[0] if entries and task is not None else None

    def _free(self) -> int:
        """How many may be claimed now, beside those that were asked for; a suspect gets nobody beside it."""
        if self._suspects or self.stopping:
            return 0
        return max(0, self._most() - len(self._held) + self._leaving - self._asked)

    def _take(self, entries: tuple[Entry, ...], asked: float, task: asyncio.Task[None] | None = None) -> None:
        """Hold these, and deliver each in a task of its own; the first in this one, where there is one."""
        for entry in entries:
            self._give_up(entry.queue_id)
            self._tools.turns.enter(entry.queue_id)
            task = task or self._group.create_task(self._deliver(entry))
            self._held[entry.queue_id] = Held(entry, task, asked + LEASE.total_seconds())
            task = None
            self._suspects.discard(entry.queue_id)
            if entry.claims > SUSPECT:
                self._suspects.add(entry.queue_id)

    def _most(self) -> int:
        """How many may be under way now. After trouble nobody is read ahead: what comes of the first is not known."""
        limit = self._tools.circuit.limit
        return self._slots + min(self._slots, AHEAD) if limit >= self._slots else limit

    async def _in_time(self) -> bool:
        """Whether our clock is that of the house. Where the wall clock was set, it follows when nothing is under way.

        The door and the commands date by the wall clock: what they made due would wait for us for hours.
        """
        step = self._tools.clock.step()
        if not step:
            return True
        if self._held:
            return False
        try:
            await self._tools.spool.rouse(self._tools.clock.now() + step)
        except StoreError as error:
            self._unreachable(error)
            return False
        self._tools.clock.follow()
        log.warning("the clock was set", by=str(step))
        return True

    def _give_up(self, queue_id: QueueId) -> None:
        """Stop who held this entry before: its lease ran out while nothing here ran."""
        before = self._held.get(queue_id)
        if before is not None:
            before.task.cancel()

    def _unreachable(self, error: StoreError, **about: str) -> None:
        """Say it once, not every second for as long as the disk is full."""
        if not self._out_of_reach:
            remedy = "see docs/operating.md, When the disk is full; mails are put off, and what was accepted waits"
            log.error("spool out of reach", reason=str(error), remedy=remedy, **about)
        self._out_of_reach = True

    def _reached(self) -> None:
        if self._out_of_reach:
            log.warning("spool in reach again")
        self._out_of_reach = False

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _deliver(self, entry: Entry) -> None:
        heir: Entry | None = entry
        while heir is not None:
            heir = await self._delivered(heir)

    async def _delivered(self, entry: Entry) -> Entry | None:
        """Deliver this one; who comes next in this task."""
        holder = _Holder(self, entry)
        try:
            await Delivery(entry, self._tools, holder).run()
        except LeaseLost:
            log.warning("lease lost", queue_id=entry.queue_id)
        except StoreError as error:
            self._unreachable(error, queue_id=entry.queue_id)
        except Exception:  # a fault of ours must not stop the other mails; claims are counted
            log.exception("delivery broke", queue_id=entry.queue_id)
            if holder.heir is None:  # else it was given back, and nobody may be waited for: the heir's lease is running
                await self._set_back(entry)
        finally:
            if self._holds(entry):
                self._leave(entry)
                self._wake.set()
        return holder.heir

    def _leave(self, entry: Entry) -> None:
        del self._held[entry.queue_id]
        self._suspects.discard(entry.queue_id)
        self._tools.turns.leave(entry.queue_id)

    async def _set_back(self, entry: Entry) -> None:
        """Give the entry back without a record, so that the claim counts against it."""
        due_at = self._tools.clock.now() + self._tools.terms.first
        index = Index(Status.DEFERRED, "a fault of ours, see the log", due_at, entry.ticket_id, entry.ticket_number)
        try:
            await self._tools.spool.record(entry, (), index, release=True, broken=True)
        except (StoreError, LeaseLost):
            log.warning("could not give back", queue_id=entry.queue_id)

    def _holds(self, entry: Entry) -> bool:
        """Whether this entry is held by this very lease."""
        held = self._held.get(entry.queue_id)
        return held is not None and held.entry.lease == entry.lease

    def fresh(self, entry: Entry) -> bool:
        """Whether this very lease surely lasts."""
        return self._holds(entry) and self._tools.clock.seconds() < self._held[entry.queue_id].until

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW)
            entries = [held.entry for held in self._held.values()]
            asked = self._tools.clock.seconds()
            try:
                lost = (
                    await self._tools.spool.renew(entries, self._tools.clock.now(), LEASE) if entries else frozenset()
                )
            except StoreError as error:
                self._unreachable(error)
                continue
            for entry in filter(self._holds, entries):
                if entry.queue_id in lost:
                    self._held[entry.queue_id].task.cancel()
                else:
                    self._held[entry.queue_id].until = asked + LEASE.total_seconds()

    async def _prune(self) -> None:
        while True:
            try:
                await self._expire()
                pruned = await self._tools.spool.prune(self._tools.clock.now() - self._retention)
                if pruned:
                    log.info("pruned", mails=pruned)
                await self._tools.spool.sweep()
            except StoreError as error:
                self._unreachable(error)
            await asyncio.sleep(PRUNE)

    async def _expire(self) -> None:
        """Discard what the policy held and nobody wanted for as long as mail is kept."""
        spool, clock = self._tools.spool, self._tools.clock
        while found := await spool.expirable(clock.now() - self._retention):
            ended = [queue_id for queue_id in found if await self._ended(queue_id)]
            if not ended:
                return

    async def _ended(self, queue_id: QueueId) -> bool:
        spool, moment = self._tools.spool, self._tools.clock.moment()
        stopped = ledger.expired(await spool.records(queue_id), moment.now, self._retention)
        if stopped is None:
            return False

        # A person may have decided in between.
        expiry = Expiry(moment, self._retention, self._tools.terms)
        if await spool.order(queue_id, Record(moment.now, stopped), expiry) is None:
            return False
        log.info("discarded", queue_id=queue_id, reason=stopped.reason)
        return True
