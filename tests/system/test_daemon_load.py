"""The door under load: floods and slow senders from one peer, and everybody else is served as ever."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from running import SUPPORT, mail, told, written

IN_FLIGHT = 32
HOSTILE, HONEST, MAILS = 500, 50, 8
# What a connection may hold beside the shared memory, in the worst case: small content, a block, and what is unread.
EACH = (64 + 64 + 192) / 1024
# The loopback has a whole network: two peers on one host.
ENEMY, FRIEND = "127.0.0.9", "127.0.0.1"
TO_DATA = b"EHLO x\r\nMAIL FROM:<eve@example.org>\r\nRCPT TO:<support@example.com>\r\nDATA\r\n"


async def connected(port, local):
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(local, 0), limit=2**20)


async def enemy(port, number, over):
    """One of 500: it floods, stalls, dribbles or sits there, and comes again when it is thrown out."""
    while not over.is_set():
        with contextlib.suppress(ConnectionError, OSError):
            _, writer = await connected(port, ENEMY)
            try:
                await mischief(number % 10, writer, over)
            finally:
                writer.transport.abort()
        await asyncio.sleep(0.2)


async def mischief(kind, writer, over):
    if kind == 1:  # a mail that grows as large as one may in memory, and stops
        writer.write(TO_DATA + b"x" * 900_000)
    if kind in {2, 5, 6}:  # a byte at a time
        writer.write(TO_DATA)
    while not over.is_set() and not writer.transport.is_closing():
        if kind in {2, 5, 6}:
            writer.write(b"x")
        if kind == 3:
            writer.write(b"NOOP\r\n" * 1000)
        if kind == 4:
            writer.write(b"x" * 20_000)
        await writer.drain()
        await asyncio.sleep(0.1)


async def friend(port, number):
    """One of 50, as an MX: a small mail is taken at once; a large one may have to wait for memory and to come again."""
    reader, writer = await connected(port, FRIEND)
    await reader.readline()
    writer.write(b"EHLO mx\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass
    for each in range(MAILS):
        text = "large\r\n" * 20_000 if each == MAILS - 1 else "small"
        while not (reply := await answered(reader, writer, mail(f"Load {number} {each}", text))).startswith(b"250 "):
            assert (text[:5], reply[:9]) == ("large", b"452 4.3.1")
    writer.write(b"QUIT\r\n")
    assert (await reader.readline()).startswith(b"221")
    writer.close()


async def answered(reader, writer, raw):
    """What is answered to a mail after its dot; all before it must be as it should be."""
    writer.write(f"MAIL FROM:<gina@shop.example.net>\r\nRCPT TO:<{SUPPORT}>\r\nDATA\r\n".encode())
    assert [(await reader.readline())[:3] for _ in range(3)] == [b"250", b"250", b"354"]
    writer.write(raw + b".\r\n")
    return await reader.readline()


def resident(process, what="VmRSS"):
    """Megabytes, by what the kernel says."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


@pytest.mark.storm
@pytest.mark.timeout(300)
def test_the_honest_are_served_while_one_peer_storms(starting, tmp_path):
    """500 connections of one peer flood, stall and dribble: 50 sessions bring all their mails, each 250 at once."""
    smtp = {"max_connections": 600, "max_connections_per_peer": HOSTILE - 20, "max_in_flight": f"{IN_FLIGHT} MiB"}
    written(
        tmp_path,
        None,
        smtp={**smtp, "timeout": "10s", "max_commands": 200},
        route=({"recipient": SUPPORT, "department": 1, "hold": True},),
    )
    daemon = starting(tmp_path)
    before = resident(daemon.process)

    async def storm():
        over = asyncio.Event()
        enemies = [asyncio.create_task(enemy(daemon.port, number, over)) for number in range(HOSTILE)]
        await asyncio.sleep(2)
        await asyncio.gather(*[friend(daemon.port, number) for number in range(HONEST)])
        over.set()
        await asyncio.gather(*enemies)

    asyncio.run(storm())

    heard = {event["reply"] for event in daemon.log if isinstance(event, dict) and event["event"] == "refused"}
    counts = told(tmp_path, "status")
    assert HONEST * MAILS == sum(counts[status] for status in ("incoming", "active", "deferred", "held"))
    assert {
        "421 4.7.0 Too many connections from one peer; try again later",
        "421 4.7.0 Too many commands without a mail",
        "421 4.4.2 Timeout, closing the connection",
    } <= heard
    assert resident(daemon.process, "VmHWM") < before + IN_FLIGHT + (HOSTILE + HONEST) * EACH
    assert daemon.stop() == 0
