"""The spool's database in a process of its own: the same promises, and the end of either process harms nobody."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingestd.core.errors import LeaseLost, StoreError
from ingestd.core.journal import Deed, Gist, Index, Ordered, Record, Status
from ingestd.core.model import Envelope
from ingestd.frames import Frames
from ingestd.store.asked import CHUNK, Arrival, Filter, Following, Recipient
from ingestd.store.frames import frame
from ingestd.store.spool import Spool

KEEPER = (
    "import socket, sys; from ingestd.store.keeper import keep; "
    "keep(lambda: None, *(socket.socket(fileno=int(each)) for each in sys.argv[1:]))"
)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DONE = Index(Status.DONE, "test", NOON)


@dataclass(frozen=True)
class Dropped:
    """The fold of an order that is possible once."""

    def __call__(self, records: Sequence[Record]) -> Index | None:
        return Index(Status.DISCARDED, "dropped", NOON) if len(records) == 2 else None


def apart(url: str, **more) -> Spool:
    return Spool(url, create=True, boot="this", program=KEEPER, **more)


@pytest.fixture
async def spool(url):
    spool = apart(url)
    await spool.open(exclusive=True)
    yield spool
    await spool.close()


def process_of(spool: Spool) -> subprocess.Popen[bytes]:
    return spool._place._process


async def test_a_mail_goes_from_its_arrival_to_its_end(spool, post):
    """Accepted, claimed, read, recorded, finished; who follows is claimed with it."""
    first, second = [await post.accept(raw=b"mail %d" % n) for n in (1, 2)]
    (entry,) = await spool.claim(NOON + MINUTE, MINUTE, 1)
    assert (first, b"mail 1") == (entry.queue_id, b"".join([chunk async for chunk in spool.stream(entry.raw_id)]))
    note = Record(NOON, Ordered(Deed.RETRY, "test"))
    gist = Gist("ann@example.org", "Help", "m1@example.org", "trusted")
    entry = await spool.record(entry, (note,), Index(Status.ACTIVE, "", NOON), gist, release=False)
    assert (gist, 2) == (entry.gist, entry.lines)

    (next_one,) = await spool.finish(entry, (note,), DONE, None, Following(NOON + MINUTE, MINUTE, 1))

    assert second == next_one.queue_id
    assert [note, note] == list(await spool.records(first))[1:]
    assert {Status.DONE: 1, Status.ACTIVE: 1} == {key: n for key, n in (await spool.counts()).items() if n}
    assert [first] == [each.queue_id for each in await spool.list(Filter(status=Status.DONE), 9)]


async def test_a_lost_lease_is_told_as_such(spool, post):
    """Whatever is raised there is raised here, and the process goes on."""
    await post.accept()
    (entry,) = await spool.claim(NOON + MINUTE, MINUTE, 1)
    await spool.record(entry, (), Index(Status.INCOMING, "", NOON), release=True)

    with pytest.raises(LeaseLost, match=f"the lease of {entry.queue_id} is lost"):
        await spool.record(entry, (), DONE, release=True)
    with pytest.raises(StoreError, match="there is no such mail in the spool"):
        await spool.read("0" * 20, 0, 1)

    assert await spool.claim(NOON + MINUTE, MINUTE, 1)


async def test_an_order_is_folded_there(spool, post):
    """The fold goes to where the ledger is; the order that it refuses is not written."""
    queue_id = await post.accept()
    deed = Record(NOON, Ordered(Deed.DROP, "test"))

    assert Status.DISCARDED == (await spool.order(queue_id, deed, Dropped())).status
    assert await spool.order(queue_id, deed, Dropped()) is None


async def test_a_large_mail_goes_through_in_chunks(spool, post):
    """Chunk by chunk in, chunk by chunk out, and byte for byte the same."""
    raw = os.urandom(3 * CHUNK + 17)
    await post.accept(raw=raw)
    (entry,) = await spool.claim(NOON + MINUTE, MINUTE, 1)

    assert raw == b"".join([chunk async for chunk in spool.stream(entry.raw_id)])
    assert raw[CHUNK - 5 : CHUNK + 5] == await spool.read(entry.raw_id, CHUNK - 5, 10)


async def test_what_is_asked_at_once_is_answered_each_his_own(spool, post):
    """Many mails and many questions, mixed: everybody hears what he asked."""
    ids = [queue_id for (queue_id,) in await asyncio.gather(*(spool.accept(post.mail()) for _ in range(200)))]

    entries = await asyncio.gather(*(spool.entry(queue_id) for queue_id in ids))

    assert sorted(set(ids)) == ids == [entry.queue_id for entry in entries]


async def test_more_is_asked_at_once_than_one_call_of_the_system_takes(spool, post):
    """In pieces and in bytes."""
    mails = [post.mail(raw=os.urandom(9_000)) for _ in range(600)]

    await asyncio.gather(*map(spool.accept, mails))

    for mail in mails:
        assert mail.chunks == (await spool.read(mail.raw_id, 0, CHUNK),)


async def test_whoever_stops_waiting_is_served_all_the_same(spool, post):
    """What was handed over is done, and nobody else's answer is taken for his."""
    asked = [asyncio.ensure_future(spool.accept(post.mail())) for _ in range(3)]
    await asyncio.sleep(0)
    asked[0].cancel()

    assert 2 == len({queue_id for (queue_id,) in await asyncio.gather(*asked[1:])})
    assert 3 == await spool.waiting()


async def test_who_cannot_be_heard_is_told_so_and_nobody_else(spool, post):
    """Where there is no memory for a question, or it cannot be put into a frame: nobody waits for ever."""
    queue_id = await post.accept()
    deed = Record(NOON, Ordered(Deed.DROP, "test"))
    asked = [
        asyncio.ensure_future(spool.accept(post.mail())),
        asyncio.create_task(spool.order(queue_id, deed, lambda _: None)),
        asyncio.ensure_future(spool.accept(post.mail())),
    ]

    first, second, third = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(second, StoreError)
    assert "the spool cannot be asked now" in str(second)
    assert 3 == len({queue_id, *first, *third}) == await spool.waiting()


async def test_closing_finishes_what_was_handed_over(url, posting):
    """And the process is gone, the lock free."""
    spool = apart(url)
    await spool.open(exclusive=True)
    asked = [asyncio.ensure_future(spool.accept(posting(spool).mail(raw=b"%d" % n))) for n in range(20)]
    await asyncio.sleep(0)

    await spool.close()

    assert 20 == len(await asyncio.gather(*asked))
    again = apart(url)
    await again.open(exclusive=True)
    assert 20 == await again.waiting()
    await again.close()
    with pytest.raises(StoreError, match="the spool is closed"):
        await again.waiting()


async def test_a_spool_that_cannot_be_opened_says_why(url, spool):
    """In the words that it has here; no process is left."""
    second = apart(url)

    with pytest.raises(StoreError, match=f"another ingestd .process {os.getpid()}. works on .*spool.db: stop it"):
        await second.open(exclusive=True)

    with pytest.raises(StoreError, match="the spool must be a file"):
        await apart("sqlite://").open(exclusive=True)


async def test_the_lock_of_one_who_is_just_ending_is_waited_for(url):
    """A daemon that was killed leaves a process that takes a moment to go; the next start is none the worse for it."""
    before, after = apart(url), apart(url)
    await before.open(exclusive=True)
    opening = asyncio.create_task(after.open(exclusive=True))
    await asyncio.sleep(0.3)
    assert not opening.done()

    await before.close()

    await opening
    await after.close()


async def test_when_its_process_is_killed_everybody_is_told(spool, post):
    """Who waits for an answer, and who asks later; what was committed is there at the next start."""
    await post.accept()
    lost = asyncio.create_task(spool.lost())
    process_of(spool).send_signal(signal.SIGSTOP)
    waiting = asyncio.create_task(post.accept())
    await asyncio.sleep(0)
    assert not lost.done()

    process_of(spool).kill()

    with pytest.raises(StoreError, match="the spool's process has ended"):
        await waiting
    await lost
    with pytest.raises(StoreError, match="the spool's process has ended"):
        await spool.waiting()


async def test_a_program_that_does_not_start_is_a_store_error(url):
    """The reason is on stderr; nobody waits for ever."""
    spool = Spool(url, create=True, boot="this", program="raise SystemExit(3)")

    with pytest.raises(StoreError, match="the spool's process has ended"):
        await spool.open(exclusive=True)


def lives(pid: int) -> bool:
    """Whether it is there, and not only not yet waited for."""
    with contextlib.suppress(OSError):
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


ORPHAN = """
import asyncio, sys
from ingestd.store.spool import Spool
from test_spool_apart import KEEPER

async def main():
    spool = Spool(sys.argv[1], create=True, boot="this", program=KEEPER)
    await spool.open(exclusive=True)
    print(spool._place._process.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_it_ends_with_the_process_that_asks(url):
    """However that ended: nobody would ever ask again, and the lock is another's to take."""
    asking = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, url], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
    )
    pid = int(await asyncio.to_thread(asking.stdout.readline))
    asking.kill()
    asking.wait()
    asking.stdout.close()

    async with asyncio.timeout(20):
        while lives(pid):
            await asyncio.sleep(0.02)


def arrival(*chunks: bytes) -> Arrival:
    recipients = (Recipient(TO, "id:1@example.org"), Recipient(TO, "ticket:7", GIST))
    return Arrival("r" * 20, 2, chunks, sum(map(len, chunks)), "d" * 64, recipients, "1@example.org")


NOW = NOON + timedelta(microseconds=123_457)
TO = Envelope("ann@example.org", "help@example.com", "*@example.com", "192.0.2.1", "mx", True, NOW)
GIST = Gist("ann@example.org", "Help", "1@example.org", "")
MESSAGES = [
    [(1, Filter(status=Status.HELD))],
    [(2, Following(NOON, timedelta(seconds=60), 3)), (3, arrival(b"small"))],
    [(4, b"x" * 70_000)],
    [(5, arrival(b"l" * CHUNK, b"end")), (6, arrival(b"m" * 9_000)), (7, arrival(b"n" * 20_000))],
    [(8, arrival())],
]
SENT = b"".join(piece for message in MESSAGES for piece in frame(message))


def test_frames_come_together_however_they_were_cut():
    """By the byte, in halves, several at once; nouns of the house are the same on the other side."""
    for step in (7, 1000, 65_536, len(SENT)):
        frames = Frames()
        assert MESSAGES == [told for at in range(0, len(SENT), step) for told in frames.feed(SENT[at : at + step])]
    small, frames = b"".join(frame(MESSAGES[0])), Frames()
    assert MESSAGES[:1] == [told for at in range(len(small)) for told in frames.feed(small[at : at + 1])]


def test_frames_can_be_received_into_their_place():
    """Once a message has begun to come; the next one may begin anywhere."""
    for step in (1000, 65_536):
        frames, told, at = Frames(), [], 0
        while at < len(SENT):
            if missing := frames.missing:
                count = min(len(missing), step)
                missing[:count] = SENT[at : at + count]
                told += frames.filled(count)
            else:
                count = step
                told += frames.feed(SENT[at : at + count])
            at += count
        assert told == MESSAGES


def test_the_mail_itself_is_not_copied_on_its_way():
    """What is sent is the mail that was given; what is received lies where it came in."""
    mail = b"m" * 100_000
    pieces = frame([(1, arrival(mail))])
    assert any(isinstance(piece, memoryview) and piece.obj is mail for piece in pieces)

    frames, sent = Frames(), b"".join(pieces)
    frames.feed(sent[:1000])
    place = frames.missing.obj
    frames.missing[:] = sent[1000:]
    (((_, came),),) = frames.filled(len(sent) - 1000)

    assert came.chunks[0].obj is place


def test_nothing_is_kept_of_what_was_told():
    """A large mail is not in memory twice, nor until the next message comes."""
    frames, sent = Frames(), b"".join(frame([(1, b"m" * 100_000)]))

    told = [frames.feed(sent[:1000]), frames.feed(sent[1000:])]

    assert [[], [[(1, b"m" * 100_000)]]] == told
    assert not frames.missing.obj
