"""Who may connect, how many at once, what is said of them, and how it all ends."""

import asyncio
import gc
import socket
from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs

from ingestd.smtp.registry import Admission, Registry
from ingestd.smtp.session import Session

MAIL = b"Subject: Help\r\n\r\nIt broke.\r\n"
STOPPING = "421 4.3.2 Shutting down; try again later"
NOT_A_RELAY = "554 5.7.1 Not one of our relays; connect from a host in smtp.relays"
FULL = "421 4.7.0 Too many connections; try again later"
FULL_OF_ONE = "421 4.7.0 Too many connections from one peer; try again later"


class Quiet:
    """A session that never says anything."""

    busy = False
    closing = False

    def hang_up(self, status):
        pass

    def cut(self):
        pass


@pytest.mark.parametrize(
    ("peername", "relays", "refusal"),
    [
        (("192.0.2.7", 5), ["192.0.2.0/24"], ""),
        (("192.0.3.7", 5), ["192.0.2.0/24"], NOT_A_RELAY),
        (("::ffff:192.0.2.7", 5, 0, 0), ["192.0.2.0/24"], ""),
        (("fe80::1%eth0", 5, 0, 3), ["fe80::/10"], ""),
        (("2001:db8::1", 5, 0, 0), ["192.0.2.0/24", "2001:db8::/32"], ""),
        (("127.0.0.1", 5), [], NOT_A_RELAY),
        (None, ["0.0.0.0/0"], NOT_A_RELAY),
        ("", ["0.0.0.0/0"], NOT_A_RELAY),
    ],
)
def test_only_relays_may_connect(peername, relays, refusal):
    """By network, whichever way the kernel writes the address; a peer without one is nobody's relay."""
    registry = Registry(Admission(tuple(map(ip_network, relays))))

    assert registry.enter(Quiet(), peername) == refusal


async def test_a_stranger_is_refused_in_the_greeting(open_street, memory):
    """554 and the end of the connection, before anything is said."""
    street = await open_street(memory, relays=(ip_network("192.0.2.0/24"),))
    with capture_logs() as events:
        peer = await street.peer()
        replies = await peer.rest()

    assert replies == [NOT_A_RELAY]
    assert {"event": "refused", "reply": NOT_A_RELAY, "peer": "127.0.0.1", "log_level": "info"} in events


@pytest.mark.parametrize(("limit", "reply"), [("most", FULL), ("most_of_one", FULL_OF_ONE)])
async def test_too_many_connections(open_street, memory, limit, reply):
    """The one too many hears 421 and may come again when another has left."""
    street = await open_street(memory, **{limit: 2})
    first, second = [await street.peer() for _ in range(2)]
    assert (await first.hear())[:3] == (await second.hear())[:3] == "220"
    third = await street.peer()
    assert await third.rest() == [reply]

    await first.ask("QUIT")
    assert await first.rest() == []

    assert (await (await street.peer()).hear()).startswith("220 ")


async def test_peers_that_vanish_at_once_leave_no_trace(open_street, memory):
    """A reset before the greeting gives its place back."""
    street = await open_street(memory, most=2)
    for _ in range(20):
        sock = socket.create_connection(("127.0.0.1", street.port))
        # With this a close is a reset.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()

    async with asyncio.timeout(20):
        while not (await (await street.peer()).hear()).startswith("220 "):
            pass


async def test_a_silent_peer_is_timed_out(open_street, memory):
    """With a reply that says why."""
    street = await open_street(memory, timeout=0.1)
    peer = await street.peer()

    assert (await peer.rest())[1:] == ["421 4.4.2 Timeout, closing the connection"]


def sessions():
    """Those that are there, of this loop: others were left by other tests."""
    loop = asyncio.get_running_loop()
    return [each for each in gc.get_objects() if isinstance(each, Session) and each.loop is loop]


async def test_a_peer_that_does_not_listen_is_cut_off(open_street, memory, narrow_socket):
    """Replies that nobody reads hold no connection for ever."""
    street = await open_street(memory, endpoint=narrow_socket, timeout=0.1, linger=0.1)
    peer = await street.peer()
    peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.reader._transport.pause_reading()
    for _ in range(20_000):
        peer.writer.write(b"EHLO mx\r\n")

    async with asyncio.timeout(20):
        while any(each.transport for each in sessions()):
            await asyncio.sleep(0.05)


async def test_nothing_is_left_of_a_session_that_is_over(open_street, memory):
    """Not even a timer that has yet to ring: a relay may come with a connection for each mail."""
    street = await open_street(memory)
    for words in ((b"EHLO mx\r\n", b"QUIT\r\n"), (b"EHLO mx\r\n",), (b"NOOP\r\n", b"QUIT\r\n"), ()):
        peer = await street.peer()
        await peer.hear()
        for word in words:
            await peer.say(word)
            await peer.hear()
        peer.writer.close()
        await peer.writer.wait_closed()
        del peer

    async with asyncio.timeout(20):
        while True:
            gc.collect()
            if not sessions():
                return
            await asyncio.sleep(0.05)


async def test_a_session_that_ends_as_its_loop_is_to_begin_is_over(open_street, memory):
    """The peer hears why, the connection is closed, and nobody counts it any more."""
    street = await open_street(memory, linger=0.1)
    peer = await street.peer()
    await peer.hear()
    (session,) = sessions()

    session.data_received(b"NOOP\r\n")
    session.hang_up(STOPPING)

    assert [STOPPING] == await peer.rest()
    async with asyncio.timeout(20):
        while session.transport:
            await asyncio.sleep(0.02)
    await street.listener.stop(20)


async def test_stopping_tells_the_idle_and_waits_for_the_busy(open_street, memory):
    """An idle session gets 421 at once, one within a mail finishes it; nobody new comes in."""
    street = await open_street(memory)
    idle, busy = [await street.peer() for _ in range(2)]
    await idle.hear()
    await busy.up_to_data()

    stopping = asyncio.create_task(street.listener.stop(20))

    assert await idle.rest() == [STOPPING]
    await busy.say(MAIL + b".\r\nNOOP\r\n")
    accepted, last = await busy.rest()
    assert accepted.startswith("250 2.0.0 Ok: queued as ")
    assert last == STOPPING
    await stopping
    assert memory.mails == [MAIL]
    with pytest.raises(ConnectionRefusedError):
        await street.peer()


async def test_grace_ends(open_street, memory):
    """A session that does not come to an end is ended, and its half mail forgotten."""
    street = await open_street(memory)
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL)

    await street.listener.stop(0.05)

    assert await peer.rest() == [STOPPING]
    assert memory.mails == []


async def test_a_stop_in_the_middle_of_a_commit(open_street, memory):
    """What is committed within grace is told: 250, then 421."""
    memory.gate = asyncio.Event()
    street = await open_street(memory)
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL + b".\r\n")
    await memory.began.wait()
    stopping = asyncio.create_task(street.listener.stop(20))
    # Its first step ends the listening and tells the idle.
    await asyncio.sleep(0)
    assert street.listener.addresses == ()

    memory.gate.set()

    accepted, last = await peer.rest()
    assert accepted.startswith("250 2.0.0 Ok: queued as ")
    assert last == STOPPING
    await stopping


async def test_a_commit_outlasts_grace(open_street, memory):
    """What was begun is finished before stop returns, though the peer is not told any more."""
    memory.gate = asyncio.Event()
    street = await open_street(memory)
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL + b".\r\n")
    await memory.began.wait()
    stopping = asyncio.create_task(street.listener.stop(0.05))
    assert await peer.rest() == [STOPPING]

    memory.gate.set()
    await stopping

    assert memory.mails == [MAIL]


async def test_each_change_is_told_once(open_street, spool):
    """Connected, refused, accepted: with peer, size, route and queue id, and nothing of the content."""
    street = await open_street(spool, max_size=1000)
    with capture_logs() as events:
        peer = await street.peer()
        await peer.up_to_data("support@example.com", "billing@example.com")
        reply = await peer.ask(MAIL + b".")
        await peer.ask("MAIL FROM:<ann@example.org> SIZE=1001")
        await peer.ask("MAIL FROM:<ann@example.org>")
        await peer.ask("RCPT TO:<nobody@example.com>")
        await peer.ask("QUIT")

    peer_at = {"peer": "127.0.0.1"}
    info = {"log_level": "info"} | peer_at
    first, second = (event["queue_id"] for event in events if event["event"] == "accepted")
    assert reply.endswith(first)
    assert events == [
        {"event": "connected", "log_level": "debug"} | peer_at,
        {"event": "accepted", "queue_id": first, "size": len(MAIL), "route": "support@example.com"} | info,
        {"event": "accepted", "queue_id": second, "size": len(MAIL), "route": "billing@example.com"} | info,
        {"event": "refused", "reply": "552 5.3.4 Mail is larger than we take"} | info,
        {"event": "refused", "reply": "550 5.1.1 No such mailbox", "recipient": "nobody@example.com"} | info,
    ]


async def test_a_port_that_is_taken(open_street, memory):
    """OSError, and none of the other addresses stays open."""
    street = await open_street(memory)
    listener = street.listener

    with pytest.raises(OSError, match="address already in use"):
        await listener.start([("127.0.0.1", 0), ("127.0.0.1", street.port)])

    assert listener.addresses == ()


async def test_a_socket_that_was_passed(open_street, memory):
    """The listener takes a socket that somebody else bound."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()

    street = await open_street(memory, endpoint=sock)

    assert street.listener.addresses == (sock.getsockname(),)
    assert (await (await street.peer()).hear()).startswith("220 ")
