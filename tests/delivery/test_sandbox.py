"""Who serves a mail: a process as good as a new one, whatever the mails before it did, and again where time was short."""

import asyncio
import base64
import os
import resource
import signal
from pathlib import Path

import pytest

from ingestd.delivery.box import is_spent
from ingestd.delivery.message import Limits, Request
from ingestd.delivery.pool import Pool, Process
from ingestd.delivery.sandbox import Sandbox
from ingestd.delivery.wire import Died

PLAIN = b"From: Ada <ada@example.net>\r\nSubject: Help\r\n\r\nPlease help.\r\n"
# Encoded mails are read whole: unlike files, which stay where they are.
LARGE = (
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    + base64.b64encode(b"Subject: x\n\n" + b"a line of text\n" * 3_000_000)
)


@pytest.fixture
def pool():
    pool = Pool()
    yield pool
    pool.close()


async def parsed(box, raw):
    async def chunks():
        yield raw

    return await box.parse(chunks(), len(raw))


async def started(box, pool):
    """A process that waits for its first mail."""
    await box.warm()
    process = pool.take()
    pool.give(process)
    return process


async def test_a_process_is_used_again(pool):
    """An ordinary mail leaves it as good as new."""
    box = Sandbox(Limits(), 1, pool)
    process = await started(box, pool)

    assert ["Please help.", "Please help."] == [(await parsed(box, PLAIN)).text for _ in range(2)]
    assert process is pool.take()
    process.kill()


async def test_who_ran_out_of_memory_serves_no_other(pool):
    """The mail that needs more than there is is attached as it came; the next one finds another process."""
    box = Sandbox(Limits(memory=100 << 20), 1, pool)
    process = await started(box, pool)

    large, plain = await parsed(box, LARGE), await parsed(box, PLAIN)

    assert ["message.eml"] == [file.name for file in large.attachments]
    assert "Please help." == plain.text
    assert not process.alive


async def test_who_is_close_to_its_cpu_limit_serves_no_other(pool):
    """Where somebody else has limited the time of a process for good, it goes before that is used up."""
    box = Sandbox(Limits(), 1, pool)
    process = await started(box, pool)
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (15, 15))

    assert "Please help." == (await parsed(box, PLAIN)).text
    assert pool.take() is None
    assert not process.alive


@pytest.mark.parametrize(
    ("space", "cpu_left", "spent"),
    [(100, 100.0, False), (501, 100.0, True), (100, 20.9, True), (500, 21.0, False), (100, float("inf"), False)],
)
def test_half_the_memory_and_all_the_time_are_as_good_as_new(space, cpu_left, spent):
    """Less of either, and the process is spent."""
    assert spent is is_spent(Limits(seconds=20.0, memory=1000), space, cpu_left)


async def test_the_limit_on_cpu_moves_with_the_mails(pool):
    """It counts from each mail anew: the hard limit is never touched."""
    box = Sandbox(Limits(seconds=5.0), 1, pool)
    process = await started(box, pool)

    await parsed(box, PLAIN)

    soft, hard = resource.prlimit(process.pid, resource.RLIMIT_CPU)
    assert 6 <= soft <= 10
    assert resource.getrlimit(resource.RLIMIT_CPU)[1] == hard


async def test_a_mail_that_got_no_time_is_tried_again(pool):
    """A process that stands still, as on a machine with too much to do, is killed, and a fresh one reads the mail."""
    box = Sandbox(Limits(seconds=2.0), 1, pool)
    process = await started(box, pool)
    os.kill(process.pid, signal.SIGSTOP)

    assert "Please help." == (await parsed(box, PLAIN)).text
    assert not process.alive


async def test_waiting_for_a_turn_is_not_a_mails_time(pool):
    """Behind one that uses up its limit, the next mails are read in full."""
    box = Sandbox(Limits(seconds=2.0), 1, pool)
    process = await started(box, pool)
    os.kill(process.pid, signal.SIGSTOP)

    mails = await asyncio.gather(*(parsed(box, PLAIN) for _ in range(3)))

    assert ["Please help."] * 3 == [mail.text for mail in mails]


async def test_a_dead_process_is_passed_over(pool):
    """Whatever ended it while it was idle costs no mail a try."""
    box = Sandbox(Limits(), 1, pool)
    process = await started(box, pool)
    os.kill(process.pid, signal.SIGKILL)

    assert "Please help." == (await parsed(box, PLAIN)).text


async def test_a_cancelled_parse_leaves_no_process(pool):
    """Stopping the daemon ends what runs for it."""
    box = Sandbox(Limits(), 1, pool)
    process = await started(box, pool)
    os.kill(process.pid, signal.SIGSTOP)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(parsed(box, PLAIN))
        while (idle := pool.take()) is not None:
            pool.give(idle)
            await asyncio.sleep(0)
        task.cancel()

    assert not process.alive


async def test_a_parser_knows_no_secrets(monkeypatch):
    """The environment of the daemon holds credentials; a process that reads mails of strangers gets none of it."""
    monkeypatch.setenv("INGESTD_HELPDESK__SECRET", "secret")
    process = Process()
    try:
        await process.ready()
        assert b"INGESTD" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    finally:
        process.kill()


async def test_asking_a_dead_process_is_told():
    """A process that is gone answers with Died, never with silence."""
    process = Process()
    process.kill()

    with pytest.raises(Died):
        await process.ask([Request(PLAIN, headers_only=False, limits=Limits())])
