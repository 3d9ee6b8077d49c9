"""One mail from claim to end: ask the ledger for the next step, do it, record it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from ingestd.core import ledger
from ingestd.core.facts import Facts, Policy
from ingestd.core.history import History, add
from ingestd.core.journal import (
    Absent,
    Accepted,
    Amend,
    Decide,
    Entry,
    Event,
    Finish,
    Gist,
    Index,
    Perform,
    Planned,
    Postponed,
    Record,
    Settled,
    Started,
    Status,
    Step,
    Stopped,
    Verify,
    Wait,
)
from ingestd.core.marker import marker_of
from ingestd.core.model import Mail
from ingestd.core.refs import NUMBER_KEY, Named, named, number_key, ticket_key, untagged_key
from ingestd.core.ticket import Call, Deferred, Done, Fault, Outcome, Refused, Scope, Ticket, Unknown
from ingestd.core.untold import writers_to
from ingestd.delivery.clock import Clock
from ingestd.delivery.holder import Holder
from ingestd.delivery.judge import judged_on
from ingestd.delivery.telling import tell_end
from ingestd.delivery.tools import Tools

MOST_CLAIMS = 10


class Delivery:
    """One claimed entry. Records that no call depends on are written together with the next that one does."""

    def __init__(self, entry: Entry, tools: Tools, holder: Holder) -> None:
        self._entry = entry
        self._tools = tools
        self._holder = holder
        self._history = History()
        self._unwritten: tuple[Record, ...] = ()
        self._gist: Gist | None = None
        # Of the last record, at first of the claim: what follows from it is dated alike.
        self._moment = tools.clock.moment()
        self._log = tools.log.bind(queue_id=entry.queue_id)

    async def run(self) -> None:
        """Deliver until there is nothing to do now; raises StoreError and LeaseLost."""
        for record in await self._ledger():
            add(self._history, record)
        if self._entry.claims > MOST_CLAIMS:
            self._note(Stopped(Status.HELD, f"claimed {MOST_CLAIMS} times without getting on"))
        step = self._next()
        if not isinstance(step, Decide):
            self._tools.turns.leave(self._entry.queue_id)
        while await self._done(step):
            step = self._next()

    async def _ledger(self) -> tuple[Record, ...]:
        """What was recorded so far; of an entry that was never at work the queue row says it."""
        entry = self._entry
        if entry.lines == 1:
            return (Record(entry.envelope.received_at, Accepted(entry.envelope)),)
        return await self._tools.spool.records(entry.queue_id)

    async def _done(self, step: Step) -> bool:
        """Do this step; False when it was the last for now."""
        match step:
            case Decide() as asked:
                return await self._decide(asked)
            case Perform(number):
                return await self._perform(number)
            case Verify(number, call):
                return await self._verify(number, call)
            case Amend(planned):
                self._note(planned)
                return True
            case Wait() | Finish():
                await self._leave(step)
                return False
            case _ as never:
                assert_never(never)

    async def _decide(self, asked: Decide) -> bool:
        mail = await self._read_mail()
        names = named(mail, self._entry.envelope.recipient)
        if await self._behind(names):
            await self._give_back("the mail that it answers comes first", timedelta())
            return False
        facts = await self._facts(mail, names, released=asked.released)
        if not isinstance(facts, Facts):
            await self._stay(names)
            return await self._paused() if facts is None else self._postpone(facts)
        self._gist = Gist(facts.author, mail.subject[:200], mail.message_id[:400], facts.grade.value)
        settled = await self._in_turn(mail, facts)
        if settled is None:
            await self._give_back("an earlier mail of the same ticket comes first", timedelta())
            return False
        if self._tools.budget.spent:
            settled = replace(settled, crowded=True)
        verdict = judged_on(mail, self._entry.envelope, settled, self._policy(asked)).verdict
        self._tools.budget.note(verdict)
        self._note(Planned(verdict))
        return True

    async def _facts(self, mail: Mail, names: Named, *, released: bool) -> Facts | Deferred | None:
        """What is known once a line is free; None where nobody may speak any more."""
        identifier = self._tools.identifier
        async with self._tools.lines:
            if not self._may_speak():
                return None
            meant = await identifier.meant(names)
            if isinstance(meant, Deferred):
                return meant
            return await identifier.facts(self._entry, mail, meant, released=released)

    async def _read_mail(self) -> Mail:
        raw = self._tools.spool.stream(self._entry.raw_id)
        return await self._tools.sandbox.parse(raw, self._entry.size)

    async def _behind(self, names: Named) -> bool:
        """Whether a mail waits that this one names: what that becomes decides what this one means."""
        ids = names.message_ids
        spool = self._tools.spool
        # That mail may move to its ticket's conversation between the two: then it still waits, elsewhere.
        while ids and (conversation := await spool.waiting_with(ids, self._entry)) is not None:
            if not await spool.join(self._entry, conversation):
                return True
        return False

    async def _stay(self, names: Named) -> None:
        """Wait in line for the ticket that the spool knows by these names; by a number it is found as it is."""
        ids, spool = () if names.numbers else names.message_ids, self._tools.spool
        for ticket_id, _ in (await spool.tickets_of(ids))[:1] if ids else ():
            await spool.join(self._entry, ticket_key(ticket_id))

    async def _in_turn(self, mail: Mail, facts: Facts) -> Facts | None:
        """The facts once this is the first waiting mail of its conversation; None while an earlier one is."""
        turns, queue_id = self._tools.turns, self._entry.queue_id
        await self._part(mail, facts)
        if facts.ticket is None or not facts.participant:
            turns.leave(queue_id)
            return facts
        await turns.wait(queue_id)
        first = await self._joined(facts.ticket)
        turns.leave(queue_id)
        if not first:
            return None
        return replace(facts, sibling=await self._tools.identifier.sibling(self._entry, facts.ticket))

    async def _joined(self, ticket: Ticket) -> bool:
        """Whether this is the first waiting mail of all that are known to mean this ticket, by whatever sign.

        An earlier one whose look-up failed has not joined by itself yet, and one that wrote to the ticket without an
        answer does not know it yet.
        """
        spool, writers = self._tools.spool, writers_to(ticket, self._entry.queue_id, markers=self._tools.marker)
        keys = (*await spool.keys_of(ticket.ticket_id, writers), number_key(ticket.number))
        return await spool.join(self._entry, ticket_key(ticket.ticket_id), keys)

    async def _part(self, mail: Mail, facts: Facts) -> None:
        """A tag that names no ticket makes no conversation: the mails to `support+shop@` need not wait in one line."""
        key, ticket = self._entry.conversation, facts.ticket
        if key.startswith(NUMBER_KEY) and not (ticket and key == number_key(ticket.number)):
            await self._tools.spool.part(self._entry, untagged_key(mail, self._entry.queue_id))

    async def _perform(self, number: int) -> bool:
        """Make the call once a line is free: from its record on its time runs."""
        async with self._tools.lines:
            if self._may_speak():
                await self._called(number)
                return True
        return await self._paused()

    def _may_speak(self) -> bool:
        """Whether the helpdesk may be asked for something now that a line is free."""
        return self._tools.circuit.passing and not self._holder.stopping()

    async def _paused(self) -> bool:
        reason = "ingestd is stopped" if self._holder.stopping() else "deliveries are paused"
        await self._give_back(reason, timedelta())
        return False

    async def _called(self, number: int) -> None:
        performer, plan = self._tools.performer, self._history.calls
        began, timeout = self._tools.clock.seconds(), performer.deadline(plan[number])
        self._note(Started(number, self._tools.clock.boot, timeout))
        await self._write()
        guard = _guard(self._tools.clock, began + timeout, self._holder.fresh)
        outcome = await performer.perform(self._entry, plan, number, self._ticket_id(), self._marker, guard)
        self._note(Settled(number, outcome))
        self._tell(plan[number], outcome)

    async def _verify(self, number: int, call: Call) -> bool:
        async with self._tools.lines:
            if self._holder.stopping():
                return await self._paused()
            found = await self._tools.verifier.look(self._entry, call, self._ticket_id(), self._marker(number))
        if isinstance(found, Deferred):
            return self._postpone(found)
        if found is None:
            self._note(Absent(number, self._tools.clock.boot))
        else:
            self._note(Settled(number, found))
            self._tools.circuit.answered()
        self._log.info("looked up", call=type(call).__name__, found=found is not None)
        return True

    def _postpone(self, deferred: Deferred) -> bool:
        self._note(Postponed(deferred.reason, deferred.retry_after, deferred.scope))
        self._trip(deferred)
        return True

    def _tell(self, call: Call, outcome: Outcome) -> None:
        told, name = self._log, type(call).__name__
        match outcome:
            case Done(ticket_id, number):
                told.info("called", call=name, ticket_id=ticket_id, ticket_number=number)
                self._tools.circuit.answered()
            case Deferred(reason=reason):
                told.info("put off", call=name, reason=reason)
                self._trip(outcome)
            case Refused(reason=reason):
                told.warning("refused", call=name, reason=reason)
                self._tools.circuit.answered()
            case Unknown(reason=reason):
                told.warning("unanswered", call=name, reason=reason)
                self._tools.circuit.failed(self._entry.queue_id, reason)
            case _ as never:
                assert_never(never)

    def _trip(self, deferred: Deferred) -> None:
        if deferred.scope is Scope.HELPDESK:
            self._tools.circuit.trip(deferred.reason, deferred.retry_after)
        elif deferred.fault is Fault.BLOCKED:
            self._tools.circuit.failed(self._entry.queue_id, deferred.reason)
        elif deferred.fault is Fault.DROPPED:
            self._log.warning("body dropped", size=deferred.size, remedy="set helpdesk.max_post to PHP's post_max_size")

    def _policy(self, asked: Decide) -> Policy:
        policy = self._tools.policies[self._entry.envelope.route]
        if policy.hold and asked.unparked:
            policy = replace(policy, hold=False)
        ceiling = self._tools.performer.ceiling
        return replace(policy, max_post=min(policy.max_post or ceiling, ceiling)) if ceiling else policy

    def _marker(self, number: int) -> str:
        return marker_of(self._entry.queue_id, number) if self._tools.marker else ""

    def _ticket_id(self) -> int | None:
        ticket = self._history.ticket
        return ticket.ticket_id if ticket else None

    def _next(self) -> Step:
        return ledger.step_of(self._history, self._moment, self._tools.terms)

    def _meanwhile(self) -> Index:
        """What the queue row shows while there is a next step."""
        return ledger.shown(self._history, self._next(), self._moment)

    def _note(self, event: Event) -> None:
        self._moment = self._tools.clock.moment()
        record = Record(self._moment.now, event)
        add(self._history, record)
        self._unwritten += (record,)

    async def _write(self) -> None:
        spool, news = self._tools.spool, self._unwritten
        self._entry = await spool.record(self._entry, news, self._meanwhile(), self._gist, release=False)
        self._unwritten, self._gist = (), None

    async def _leave(self, step: Wait | Finish) -> None:
        index = ledger.shown(self._history, step, self._moment)
        await self._holder.finish(self._entry, self._unwritten, index, self._gist)
        tell_end(self._log, self._entry.queue_id, index)

    async def _give_back(self, reason: str, pause: timedelta) -> None:
        """Let go of the entry though the ledger knows a next step: what it needs is not there yet."""
        due_at = self._tools.clock.now() + pause
        index = replace(self._meanwhile(), status=Status.DEFERRED, reason=reason, due_at=due_at)
        await self._holder.finish(self._entry, self._unwritten, index, self._gist)
        self._log.info("deferred", reason=reason, due_at=due_at.isoformat())


def _guard(clock: Clock, deadline: float, fresh: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: clock.seconds() < deadline and fresh()
