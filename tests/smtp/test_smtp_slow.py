"""Slow senders and large mails: the one is timed by its rate, the other waits for memory, and neither harms the rest."""

import asyncio

import pytest

from ingestd.smtp.pace import Pace
from ingestd.smtp.shares import Shares

MAIL = b"Subject: Help\r\n\r\nIt broke.\r\n"
TIMED_OUT = "421 4.4.2 Timeout, closing the connection"
NO_MEMORY = "452 4.3.1 Too many large mails at once; try again later"
MEBIBYTE = 2**20


def test_silence_uses_the_timeout_up():
    """Waiting spends what there is; nothing more is given."""
    pace = Pace(timeout=300, rate=500)

    pace.went(60, 0)

    assert pace.left == 240


def test_an_honest_slow_line_brings_the_largest_mail():
    """25 MiB at 600 bytes a second take half a day, and are taken."""
    pace = Pace(timeout=300, rate=500)

    for _ in range(25 * MEBIBYTE // 6000):
        pace.went(10, 6000)

    assert pace.left == 300


def test_a_byte_a_minute_is_no_mail():
    """It is left after hardly more than the timeout."""
    pace, minutes = Pace(timeout=300, rate=500), 0

    while pace.left > 0:
        pace.went(60, 1)
        minutes += 1

    assert minutes == 6


def test_haste_earns_no_rest():
    """What came fast is no credit for a trickle: more than the timeout is never saved."""
    pace = Pace(timeout=300, rate=500)

    pace.went(1, 10 * MEBIBYTE)

    assert pace.left == 300


async def test_a_trickle_within_data_is_ended(open_street, memory):
    """Never silent for as long as the timeout, and still ended: 421 4.4.2 at the door itself."""
    street = await open_street(memory, timeout=0.4, min_rate=10_000)
    peer = await street.peer()
    await peer.up_to_data()

    assert await peer.while_saying(b"x", 0.02) == [TIMED_OUT]
    assert memory.mails == []


async def test_a_slow_mail_may_take_longer_than_the_timeout(open_street, memory):
    """While the rate is honest, the timeout is a timeout of silence."""
    street = await open_street(memory, timeout=0.5, min_rate=100)
    peer = await street.peer()
    await peer.up_to_data()
    began = asyncio.get_running_loop().time()

    for _ in range(30):
        await peer.say(b"0123456789" * 5 + b"\r\n")
        await asyncio.sleep(0.04)

    assert (await peer.ask(b".")).startswith("250 2.0.0 Ok: queued as ")
    assert asyncio.get_running_loop().time() - began > 1


async def test_waiting_for_us_is_not_the_peers_time(open_street, memory, noise):
    """While a mail waits for memory its peer is not timed; then it goes on as if nothing had been."""
    street = await open_street(memory, timeout=0.2, shares=Shares(MEBIBYTE))
    first, second = [await street.peer() for _ in range(2)]
    await first.up_to_data()
    await first.say(noise(200_000))
    memory.gate = asyncio.Event()
    await second.up_to_data()
    await second.say(noise(200_000) + b".\r\n")
    await first.say(b".\r\n")
    await memory.began.wait()
    # A silent peer that came later is timed out: the second one's time would be over as well.
    assert (await (await street.peer()).rest())[-1] == TIMED_OUT

    memory.gate.set()

    assert (await first.hear()).startswith("250 2.0.0 Ok: queued as ")
    assert (await second.hear()).startswith("250 2.0.0 Ok: queued as ")


async def test_large_mails_share_the_memory(open_street, memory, noise):
    """One over the bound waits, and is answered 452 after its dot if it waited in vain; its session goes on."""
    street = await open_street(memory, shares=Shares(2 * MEBIBYTE, patience=0.1))
    holders = [await street.peer() for _ in range(2)]
    for holder in holders:
        await holder.up_to_data()
        await holder.say(noise(300_000))
    third = await street.peer()
    await third.up_to_data()

    assert await third.ask(noise(300_000) + b".") == NO_MEMORY

    assert (await third.bring(MAIL)).startswith("250 2.0.0 Ok: queued as ")
    for holder in holders:
        assert (await holder.ask(b".")).startswith("250 2.0.0 Ok: queued as ")
    assert (await third.bring(noise(300_000))).startswith("250 2.0.0 Ok: queued as ")
    assert [len(raw) for raw in memory.mails] == [len(MAIL), 300_000, 300_000, 300_000]


async def test_small_mails_need_no_share(open_street, memory, noise):
    """However the large ones crowd, a small one comes in."""
    street = await open_street(memory, shares=Shares(MEBIBYTE, patience=60))
    holder, waiting, small = [await street.peer() for _ in range(3)]
    for peer in (holder, waiting):
        await peer.up_to_data()
        await peer.say(noise(300_000))
    await small.hear()
    await small.ask("EHLO mx")

    assert (await small.bring(noise(60_000))).startswith("250 2.0.0 Ok: queued as ")


@pytest.mark.parametrize("way", ["whole", "gone", "too big", "trouble", "staged"])
async def test_a_share_is_given_back(open_street, memory, noise, down, way):
    """Whatever becomes of a mail, the next one has its share."""
    street = await open_street(memory, max_size=3_000_000, shares=Shares(MEBIBYTE, patience=20))
    for _ in range(3):
        memory.fault = down if way == "trouble" else None
        memory.stage_fault = down if way == "staged" else None
        peer = await street.peer()
        await peer.up_to_data()
        await peer.say(noise(3_200_000 if way == "too big" else 2_000_000))
        if way == "gone":
            peer.writer.transport.abort()
        else:
            assert (await peer.ask(b"."))[:3] == {"whole": "250", "too big": "552"}.get(way, "451")
    memory.fault = memory.stage_fault = None

    last = await street.peer()
    await last.up_to_data()
    assert (await last.ask(noise(2_000_000) + b".")).startswith("250 2.0.0 Ok: queued as ")
    assert memory.staged == {}


async def test_a_refused_mail_holds_nothing(open_street, memory, noise):
    """Beyond max_size a mail goes on to its dot without a share: others have it."""
    street = await open_street(memory, max_size=1_000_000, shares=Shares(MEBIBYTE, patience=20))
    large, other = [await street.peer() for _ in range(2)]
    await large.up_to_data()
    await large.say(noise(1_200_000))
    await other.up_to_data()

    assert (await other.ask(noise(500_000) + b".")).startswith("250 2.0.0 Ok: queued as ")
    assert await large.ask(b".") == "552 5.3.4 Mail is larger than we take"


async def test_many_large_mails_at_once_come_in_one_after_the_other(open_street, memory, noise):
    """Waiting is no deadlock: who has a share can always finish."""
    street = await open_street(memory, shares=Shares(2 * MEBIBYTE))
    raw = noise(2_500_000)

    async def deliver(peer):
        await peer.up_to_data()
        for start in range(0, len(raw), 100_000):
            await peer.say(raw[start : start + 100_000])
        return await peer.ask(b".")

    replies = await asyncio.gather(*[deliver(await street.peer()) for _ in range(12)])

    assert [reply[:9] for reply in replies] == ["250 2.0.0"] * 12
    assert memory.mails == [raw] * 12
