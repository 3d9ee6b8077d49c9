"""Where there is no room for another mail, MAIL hears 452 4.3.1 before a body comes, and the operator why."""

import asyncio
import os
import shutil
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from ingestd.core.journal import Deed, Index, Ordered, Record, Status
from ingestd.smtp.gauge import Bounds, Gauge, Level, shut_by

MAIL = b"Subject: Help\r\n\r\nIt broke.\r\n"
BOUNDS = Bounds(min_free=1000, max_waiting=100, max_age=60.0)
NO_DISK = "452 4.3.1 Not enough disk space; try again later"
FULL = "452 4.3.1 Too many mails wait here; try again later"
OLD = "452 4.3.1 Mails have waited here for too long; try again later"
PLENTY = 10**12


@pytest.mark.parametrize(
    ("level", "already", "reply"),
    [
        (Level(1000, 100, 60.0), False, None),
        (Level(999, 0, 0.0), False, NO_DISK),
        (Level(PLENTY, 101, 0.0), False, FULL),
        (Level(PLENTY, 0, 60.1), False, OLD),
        # Shut already, it must be better by a tenth.
        (Level(1099, 0, 0.0), True, NO_DISK),
        (Level(1101, 0, 0.0), True, None),
        (Level(PLENTY, 91, 0.0), True, FULL),
        (Level(PLENTY, 90, 0.0), True, None),
        (Level(PLENTY, 0, 54.1), True, OLD),
        (Level(PLENTY, 0, 54.0), True, None),
    ],
)
def test_what_shuts_the_door(level, already, reply):
    """Beyond a bound it is shut, and not opened before there is some room again."""
    shut = shut_by(level, BOUNDS, already=already)

    assert (shut and shut.reply) == reply


def test_without_bounds_nothing_shuts_it():
    """Zero is no bound."""
    assert shut_by(Level(0, 10**9, 10.0**9), Bounds(), already=False) is None


@pytest.fixture
def gauge(spool, tmp_path):
    """A gauge at the spool of the street, with the bounds of one disk and queue."""

    def gauge(**bounds):
        return Gauge(spool, str(tmp_path), Bounds(**bounds))

    return gauge


@pytest.fixture
async def greeted(open_street, spool):
    """A peer that has said EHLO, at a door with this gauge."""

    async def greeted(gauge):
        peer = await (await open_street(spool, refusal=gauge.refusal)).peer()
        await peer.hear()
        await peer.ask("EHLO mx")
        return peer

    return greeted


async def test_a_full_disk_is_told_at_mail(gauge, greeted, tmp_path):
    """Whatever the mail declares; the session goes on, and says the same until there is room."""
    low = gauge(min_free=2 * shutil.disk_usage(tmp_path).total)
    peer = await greeted(low)
    with capture_logs() as events:
        await low.refresh()
        await low.refresh()
        replies = [await peer.ask(f"MAIL FROM:<ann@example.org>{size}") for size in ("", " SIZE=1")]

    assert replies == [NO_DISK, NO_DISK]
    assert await peer.ask("RCPT TO:<support@example.com>") == "503 5.5.1 need MAIL command"
    closed, *refused = events
    assert (closed["event"], closed["log_level"]) == ("door closed", "error")
    assert closed["reason"] == low.trouble
    assert "spool.min_free" in closed["reason"]
    assert "make room" in closed["remedy"]
    assert [event["event"] for event in refused] == ["refused", "refused"]


async def test_a_mail_that_would_fill_the_disk_is_told_at_mail(gauge, greeted, tmp_path):
    """It is written twice: so much must be left beyond the bound. A smaller one is taken."""
    disk = os.statvfs(tmp_path)
    tight = gauge(min_free=max(1, disk.f_bavail * disk.f_frsize - 300 * 2**20))
    peer = await greeted(tight)
    with capture_logs() as events:
        await tight.refresh()

    assert await peer.ask("MAIL FROM:<ann@example.org> SIZE=4000000") == "250 2.0.0 OK"
    assert tight.refusal(10**9) == NO_DISK
    assert tight.trouble == ""
    assert events == []


@pytest.mark.parametrize(("of_bound", "shut"), [(0.4, True), (0.6, False), (1.1, False)])
async def test_room_within_the_file_counts(tmp_path, of_bound, shut):
    """What pruning left takes mail before the file grows; but half of the bound must be free on the disk itself."""

    class Pruned:
        async def waiting(self):
            return 0

        async def oldest(self, now):
            return 0.0

        async def spare(self):
            return PLENTY

    free = shutil.disk_usage(tmp_path).free
    gauge = Gauge(Pruned(), str(tmp_path), Bounds(min_free=int(free / of_bound)))
    with capture_logs():
        await gauge.refresh()

    assert bool(gauge.trouble) is shut


async def test_a_full_queue_shuts_and_opens_the_door(gauge, greeted, spool, kept):
    """Only what waits counts, not what is held; one line when it shuts and one when it opens."""
    full = gauge(max_waiting=1)
    peer = await greeted(full)

    async def brought(subject):
        await full.refresh()
        if (reply := await peer.ask("MAIL FROM:<ann@example.org>")) == "250 2.0.0 OK":
            await peer.ask("RCPT TO:<support@example.com>")
            await peer.ask("DATA")
            reply = await peer.ask(b"Subject: " + subject + b"\r\n\r\n\r\n.")
        return reply[:9]

    with capture_logs() as events:
        assert [await brought(subject) for subject in (b"1", b"2", b"3")] == ["250 2.0.0", "250 2.0.0", "452 4.3.1"]
        for entry, _ in await kept():
            await parked(spool, entry.queue_id)
        assert await brought(b"4") == "250 2.0.0"

    told = [(event["event"], event["log_level"]) for event in events if event["event"].startswith("door")]
    assert told == [("door closed", "error"), ("door opened", "warning")]


async def parked(spool, queue_id):
    """Held, and so nothing that waits."""
    now = datetime.now(UTC)
    held = Index(Status.HELD, "by hand", now)
    assert await spool.order(queue_id, Record(now, Ordered(Deed.HOLD, "ann")), lambda _: held) == held


async def test_an_old_queue_shuts_the_door(gauge, greeted, spool):
    """A queue that does not move is no place for more."""
    old = gauge(max_age=0.001)
    peer = await greeted(old)
    await old.refresh()
    await peer.ask("MAIL FROM:<ann@example.org>")
    await peer.ask("RCPT TO:<support@example.com>")
    await peer.ask("DATA")
    await peer.ask(MAIL + b".")

    while not await spool.oldest(datetime.now(UTC)) > 0.001:
        pass
    await old.refresh()

    assert await peer.ask("MAIL FROM:<ann@example.org>") == OLD


async def test_what_cannot_be_looked_at_stays_as_it_was(spool, tmp_path):
    """A folder that is gone and a spool that is closed change nothing: whether a mail can be kept is its accept's word."""
    low = Gauge(spool, str(tmp_path), Bounds(min_free=2 * shutil.disk_usage(tmp_path).total))
    gone = Gauge(spool, str(tmp_path / "gone"), Bounds(min_free=1))
    await low.refresh()
    low._folder = str(tmp_path / "gone")

    await low.refresh()
    await gone.refresh()

    assert (low.refusal(0), gone.refusal(0)) == (NO_DISK, "")


async def test_it_is_looked_at_again_and_again(gauge, tmp_path):
    """The task keeps the level fresh by itself."""
    low = gauge(min_free=2 * shutil.disk_usage(tmp_path).total)
    looking = asyncio.create_task(low.run())
    async with asyncio.timeout(20):
        while not low.trouble:
            await asyncio.sleep(0.01)

    looking.cancel()
    assert low.refusal(0) == NO_DISK
