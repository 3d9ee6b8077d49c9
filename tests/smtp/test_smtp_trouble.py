"""Our trouble is never the sender's loss, and a peer that goes away loses nobody's mail."""

import asyncio

import pytest
from structlog.testing import capture_logs

MAIL = b"Subject: Help\r\n\r\nIt broke.\r\n"
TROUBLE = "451 4.3.0 Try again later"


@pytest.fixture
async def shaky(open_street, memory):
    """A door before an intake that can be told to fail."""
    return await open_street(memory)


@pytest.mark.parametrize("fault", [RuntimeError("secret größe /var/lib"), OSError(28, "No space left"), None])
async def test_trouble_is_451_and_the_session_goes_on(shaky, memory, down, fault):
    """Whatever breaks, the reply is one fixed line that leaks nothing; the next mail of the session is taken."""
    peer = await shaky.peer()
    await peer.up_to_data()
    memory.fault = fault or down
    with capture_logs() as events:
        reply = await peer.ask(MAIL + b".")
    memory.fault = None

    assert reply == TROUBLE
    assert [event["event"] for event in events] == ["not accepted"]
    assert await peer.ask("MAIL FROM:<ann@example.org>") == "250 2.0.0 OK"
    assert await peer.ask("RCPT TO:<support@example.com>") == "250 2.1.5 Ok"
    assert (await peer.ask("DATA")).startswith("354 ")
    assert (await peer.ask(MAIL + b".")).startswith("250 2.0.0 Ok: queued as ")
    assert memory.mails == [MAIL]


@pytest.mark.parametrize("fault", [RuntimeError("a fault of ours"), None])
async def test_trouble_on_the_way_in(shaky, memory, down, noise, fault):
    """A mail that cannot be staged is read to its end: nothing of it is taken for commands."""
    peer = await shaky.peer()
    await peer.up_to_data()
    memory.stage_fault = fault or down
    smuggled = b"\r\nMAIL FROM:<eve@example.org>\r\nRCPT TO:<support@example.com>\r\nDATA\r\n"

    assert await peer.ask(noise(1_500_000) + smuggled * 1000 + b"\r\n.") == TROUBLE

    assert await peer.ask("QUIT") == "221 2.0.0 Bye"
    assert memory.mails == []


async def test_staged_chunks_of_a_refused_mail_are_forgotten(open_street, memory, down, noise):
    """Neither a failed commit nor a mail too big leaves chunks behind."""
    street = await open_street(memory, max_size=2_500_000)
    memory.fault = down
    for size in (2_200_000, 2_700_000):
        peer = await street.peer()
        await peer.up_to_data()
        assert (await peer.ask(noise(size) + b"."))[:3] in ("451", "552")

    assert memory.made == 2
    assert memory.staged == {}


async def test_a_broken_router_is_trouble(open_street, memory):
    """An error in a hook is 451 too, and nobody learns which."""
    street = await open_street(memory, rules=None)
    peer = await street.peer()
    await peer.hear()
    await peer.ask("EHLO mx")
    await peer.ask("MAIL FROM:<ann@example.org>")
    with capture_logs() as events:
        reply = await peer.ask("RCPT TO:<support@example.com>")

    assert reply == TROUBLE
    assert [event["event"] for event in events] == ["session broke"]
    assert await peer.ask("MAIL FROM:<ann@example.org>") == "250 2.0.0 OK"


@pytest.mark.parametrize("way", ["close", "reset"])
async def test_a_peer_gone_after_the_dot_loses_nothing(shaky, memory, way):
    """The commit that was begun goes on: the mail is kept, and the resend will find it."""
    memory.gate = asyncio.Event()
    peer = await shaky.peer()
    await peer.up_to_data()
    await peer.say(MAIL + b".\r\n")
    await memory.began.wait()
    if way == "reset":
        peer.writer.transport.abort()
    peer.close()
    # A whole session later the door knows that this peer is gone.
    other = await shaky.peer()
    await other.hear()
    await other.ask("QUIT")

    memory.gate.set()

    await shaky.arrival()
    assert memory.mails == [MAIL]


async def test_a_large_mail_whose_peer_is_gone_is_whole(shaky, memory, noise):
    """What was staged is not forgotten while it is being accepted."""
    raw = noise(2_500_000)
    memory.gate = asyncio.Event()
    peer = await shaky.peer()
    await peer.up_to_data()
    await peer.say(raw + b".\r\n")
    await memory.began.wait()
    peer.writer.transport.abort()
    other = await shaky.peer()
    await other.hear()
    await other.ask("QUIT")

    memory.gate.set()

    await shaky.arrival()
    assert memory.mails == [raw]
    assert memory.staged == {}


async def test_a_peer_gone_at_the_dot_is_in_the_spool(street, kept):
    """The same with the real spool: sent, gone, kept."""
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL + b".\r\n")
    peer.close()

    await street.arrival()

    assert [raw for _, raw in await kept()] == [MAIL]


async def test_a_half_closed_peer_hears_the_answer(street, kept):
    """Who has said all may close its side: the answer still comes."""
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL + b".\r\nQUIT\r\n")
    peer.writer.write_eof()

    replies = await peer.rest()

    assert [reply[:9] for reply in replies] == ["250 2.0.0", "221 2.0.0"]
    assert len(await kept()) == 1


@pytest.mark.parametrize("size", [100, 3_000_000])
async def test_half_a_mail_is_no_mail(shaky, memory, noise, size):
    """A connection that ends within DATA leaves nothing behind (RFC 5321 section 4.1.1.4)."""
    peer = await shaky.peer()
    await peer.up_to_data()
    await peer.say(noise(size))
    peer.writer.write_eof()

    assert await peer.rest() == []

    await shaky.listener.stop(5)
    assert memory.mails == []
    assert memory.staged == {}


async def test_a_slow_commit_is_not_timed(open_street, memory):
    """The peer's clock stands still while we commit, and runs again after it."""
    memory.gate = asyncio.Event()
    street = await open_street(memory, timeout=0.1)
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL + b".\r\n")
    await memory.began.wait()
    # A silent peer that came later is timed out: so the first one's time is over as well.
    silent = await street.peer()
    assert (await silent.rest())[-1] == "421 4.4.2 Timeout, closing the connection"

    memory.gate.set()

    first, last = await peer.rest()
    assert first.startswith("250 2.0.0")
    assert last == "421 4.4.2 Timeout, closing the connection"


async def test_silence_after_trouble_is_timed(open_street, memory, down):
    """A 451 does not stop the clock for good."""
    memory.fault = down
    street = await open_street(memory, timeout=0.1)
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL + b".\r\n")

    assert await peer.rest() == [TROUBLE, "421 4.4.2 Timeout, closing the connection"]


async def test_silence_within_data_is_timed(open_street, memory):
    """A peer that stops in the middle of its mail is told and left."""
    street = await open_street(memory, timeout=0.1)
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(b"Subject: half\r\n")

    assert await peer.rest() == ["421 4.4.2 Timeout, closing the connection"]
    assert memory.mails == []
