"""The process dies at each await of a three-call plan; whoever comes after it makes the plan true, once."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import timedelta
from inspect import isasyncgenfunction, iscoroutinefunction

import pytest
from delivering import bench_of, mail, sha256

from ingestd.core.journal import Status
from ingestd.desk import Rule

# The worker asks these for all its mails, also when there is none: a death there is a death before or after a mail.
IDLE = frozenset({"claim", "renew", "prune", "probe", "counts"})
MINUTE = timedelta(minutes=1)
AT_ONCE = 4
# Room for one of the files in a body, not for two.
LIMIT = 130_000
FILES = tuple((f"{n}.bin", bytes([n]) * 40_000) for n in range(3))
RAW = mail("Help", "Please help.", headers=("Cc: bob@example.net",), files=FILES)


class Died(BaseException):
    """The process is no more: not an Exception, so that nothing tidies up behind it."""


@dataclass
class Fate:
    """The process dies at the `last`-th await, before or after what was awaited is done."""

    last: int
    after: bool
    count: int = 0

    def strikes(self, *, after):
        self.count += not after
        if self.count >= self.last and self.after == after:
            raise Died


class Mortal:
    """A spool or a helpdesk as a process has it that may die whenever it waits for them."""

    def __init__(self, fate, part):
        self._fate = fate
        self._part = part

    def __getattr__(self, name):
        part = getattr(self._part, name)
        if name in IDLE:
            return part
        if isasyncgenfunction(part):
            return self._streaming(part)
        return self._awaiting(part) if iscoroutinefunction(part) else part

    def _awaiting(self, part):
        async def awaited(*args, **named):
            self._fate.strikes(after=False)
            done = await part(*args, **named)
            self._fate.strikes(after=True)
            return done

        return awaited

    def _streaming(self, part):
        async def streamed(*args):
            async for piece in part(*args):
                self._fate.strikes(after=False)
                yield piece
                self._fate.strikes(after=True)

        return streamed


async def died(bench, fate, ahead):
    """Deliver until the process dies; False where it did not."""
    dead = []
    try:
        await bench.deliver(frail=lambda part: Mortal(fate, part), ahead=ahead)
    except* Died as group:
        dead.append(group)
    return bool(dead)


async def delivered_after_deaths(desk, settings, folder, fates, max_post, ends):
    """Deliver a mail by processes that die like this, and a last one that lives; whether each of the others died.

    Each process starts a minute after the one before, so that no time is spent on waiting for its last call.
    """
    folder.mkdir()
    bench = bench_of(folder, desk, settings)
    bench.timeout = 1.0
    bench.terms = replace(bench.terms, settle=timedelta(milliseconds=50))
    bench.policy(max_post=max_post)
    (queue_id,) = await bench.accept(RAW.replace(b"Help", folder.name.encode()))
    deaths = [await died(bench, fate, place * MINUTE) for place, fate in enumerate(fates)]
    await bench.deliver(ahead=len(fates) * MINUTE)
    (entry,) = await bench.entries()
    assert queue_id == entry.queue_id
    assert entry.status in ends, folder.name
    return all(deaths)


def told(ticket):
    """What matters of a ticket: posts, files in order, Cc, notes."""
    files = tuple((f["name"], f["sha256"]) for post in ticket["posts"] for f in post["files"])
    return len(ticket["posts"]), files, tuple(ticket["cc"]), len(ticket["notes"])


WHOLE = (3, tuple((name, sha256(data)) for name, data in FILES), ("bob@example.net",), 0)


DONE = frozenset({Status.DONE})


async def each_await(bench, tmp_path, *, step=1, after=False, more=lambda _: (), max_post=LIMIT, ends=DONE):
    """Try every `step`-th await in turn until a process lives to the end of the plan; how many deaths there were.

    After one await and before the next is the same to whoever comes later: nothing is written in between.
    """
    slots = asyncio.Semaphore(AT_ONCE)
    reached = asyncio.Event()

    async def case(number):
        async with slots:
            if reached.is_set():
                return False
            fates = (Fate(number, after), *more(number))
            folder = tmp_path / f"await-{number:03}"
            one = await delivered_after_deaths(bench.desk, bench.settings, folder, fates, max_post, ends)
            if not one:
                reached.set()
            return one

    async with asyncio.TaskGroup() as group:
        cases = [group.create_task(case(number)) for number in range(1, 200, step)]
    return sum(case.result() for case in cases)


def assert_whole(bench):
    """Every ticket that there is has everything once; no subject has two."""
    subjects = [ticket["subject"] for ticket in bench.tickets()]
    assert sorted(set(subjects)) == sorted(subjects)
    assert {WHOLE} == {told(ticket) for ticket in bench.tickets()}


async def test_dying_at_every_third_await_leaves_everything_once(bench, tmp_path):
    """One ticket, its further replies, its files in order, its Cc, whenever the process died."""
    deaths = await each_await(bench, tmp_path, step=3)

    assert deaths > 8
    assert deaths <= len(bench.tickets())
    assert_whole(bench)


@pytest.mark.storm
async def test_dying_at_each_await_leaves_everything_once(bench, tmp_path):
    """The same at every single one."""
    deaths = await each_await(bench, tmp_path)

    # The plan reads the mail, asks who wrote, and makes six calls, each between two records.
    assert deaths > 25
    assert deaths <= len(bench.tickets())
    assert_whole(bench)


@pytest.mark.storm
async def test_dying_twice_leaves_everything_once(bench, tmp_path):
    """A process that resumes dies as easily as one that begins."""
    deaths = await each_await(bench, tmp_path, step=3, more=lambda number: (Fate(1 + number % 7, after=True),))

    assert deaths > 8
    assert_whole(bench)


@pytest.mark.storm
async def test_dying_while_answers_are_lost_leaves_everything_once(bench, tmp_path):
    """What the dead process did not see, and what nobody was told, are looked up all the same."""
    for name, seed in (("commit_then_cut", 1), ("commit_then_502", 2), ("cut_before", 3), ("empty", 4)):
        for action in ("openticket", "addticketreply", "updateticket"):
            bench.desk.add_fault(Rule(name, action=action, probability=0.15, seed=seed))

    deaths = await each_await(bench, tmp_path, step=3, after=True)

    assert deaths > 8
    assert_whole(bench)


@pytest.mark.storm
async def test_dying_while_a_plan_is_amended_leaves_everything_once(bench_with, tmp_path):
    """A limit that is found out on the way splits the plan: whoever resumes goes on with the split one, or splits it too."""
    bench = await bench_with(post_max_size=LIMIT)

    deaths = await each_await(bench, tmp_path, step=3, max_post=0)

    assert deaths > 8
    assert_whole(bench)


async def test_a_process_that_dies_with_its_claim_holds_up_nobody(bench):
    """A lease dies with its process: the next one delivers at once."""
    await bench.accept(mail())
    spool = bench.spool()
    await spool.open(exclusive=True)
    (entry,) = await spool.claim(max(e.due_at for e in await bench.entries()), MINUTE, 10)
    await spool.close()

    await bench.deliver(patience=20)

    assert [entry.queue_id] == [each.queue_id for each in await bench.entries() if each.status is Status.DONE]
    assert 1 == len(bench.tickets())


async def test_restarts_while_a_mail_waits_are_no_fault_of_the_mail(bench):
    """However often the process begins anew while an answer is waited for: the mail is neither held nor sent twice."""
    await bench.accept(mail(message_id="m1@example.net"))
    await bench.deliver()
    bench.terms = replace(bench.terms, settle=timedelta(minutes=1))
    bench.desk.add_fault(Rule("commit_then_cut", action="openticket", times=1))
    await bench.accept(mail(message_id="m2@example.net"))
    # Each begins when the one before would have looked, and has to wait as long again.
    for place in range(13):
        with contextlib.suppress(TimeoutError):
            await bench.deliver(patience=0.4, ahead=2 * place * MINUTE)
    bench.terms = replace(bench.terms, settle=timedelta())

    await bench.deliver(ahead=30 * MINUTE)

    assert {Status.DONE} == {entry.status for entry in await bench.entries()}
    assert 2 == len(bench.tickets())
