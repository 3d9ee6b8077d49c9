"""One connection, one request at a time: kept while it is good, closed where anything is in doubt."""

import asyncio
import gc
import re
import ssl
import warnings
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from ingestd.helpdesk.link import linked
from ingestd.helpdesk.plain import Whole
from ingestd.helpdesk.transport import Transport, response_of, target_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PIECE = bytes(1 << 16)


class Server:
    """Hears requests whole, as many as come on a connection, and says `answers` in turn; None closes without a word."""

    def __init__(self):
        self.answers = []
        self.heard = []
        self.connections = 0
        self.writers = []
        self.ended = asyncio.Event()

    async def serve(self, reader, writer):
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heard.append(head + await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head)[1])))
                answer = self.answers.pop(0) if self.answers else OK
                if answer is None:
                    break
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.ended.set()
            writer.close()


@asynccontextmanager
async def listening(serve):
    """The address of a server that does so with each connection; all are closed in the end."""
    writers = []

    async def served(reader, writer):
        writers.append(writer)
        await serve(reader, writer)

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api.php"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


async def mute(_reader, _writer):
    """Says nothing, and hears nothing."""


@pytest.fixture
async def server():
    server = Server()
    async with listening(server.serve) as server.url:
        yield server


@pytest.fixture
async def transport():
    transport = Transport(NOBODY, 5.0, 60.0)
    yield transport
    await transport.aclose()


class Told:
    """A body in these pieces, of `size` bytes as it says of itself; a number among them is a pause in seconds."""

    def __init__(self, pieces, size):
        self.pieces, self.size = pieces, size

    async def __aiter__(self):
        for piece in self.pieces:
            if isinstance(piece, float):
                await asyncio.sleep(piece)
            else:
                yield piece


async def asked(transport, url, pieces=(b"a=1",), size=None):
    """The answer to one request: status and body."""
    body = Told(pieces, sum(map(len, pieces)) if size is None else size)
    address = httpx.URL(url)
    said = await transport.ask(target_of(address), ((b"Host", address.netloc),), body)
    response = response_of(said) if isinstance(said, Whole) else said
    try:
        return response.status_code, b"".join([piece async for piece in response.aiter_bytes()])
    finally:
        await response.aclose()


async def test_a_connection_serves_one_request_after_another(server, transport):
    """Nobody connects twice for two requests; each is heard whole."""
    for _ in range(3):
        assert (200, b"ok") == await asked(transport, server.url, (b"a=1&", b"b=2"))

    assert (1, 3) == (server.connections, len(server.heard))
    assert all(heard.endswith(b"\r\n\r\na=1&b=2") for heard in server.heard)


async def test_one_that_the_server_closed_is_not_used_again(server, transport):
    """A request on it would be lost, and would have to be looked for."""
    await asked(transport, server.url)
    server.writers[0].close()
    await server.writers[0].wait_closed()

    assert (200, b"ok") == await asked(transport, server.url)
    assert (2, 2) == (server.connections, len(server.heard))


async def test_one_leads_to_its_own_host_only(server, transport):
    """A request to another host is heard there: the token endpoint need not be where the helpdesk is."""
    other = Server()
    async with listening(other.serve) as url:
        for body in (b"a=1", b"b=2"):
            await asked(transport, server.url, (body,))
            await asked(transport, url, (b"password=" + body,))

    assert [b"a=1", b"b=2"] == [heard.partition(b"\r\n\r\n")[2] for heard in server.heard]
    assert [b"password=a=1", b"password=b=2"] == [heard.partition(b"\r\n\r\n")[2] for heard in other.heard]


async def test_one_that_was_idle_for_too_long_is_not_used_again(server):
    """The server may be closing it at this moment."""
    transport = Transport(NOBODY, 5.0, 0.0)

    await asked(transport, server.url)
    await asked(transport, server.url)
    await transport.aclose()

    assert 2 == server.connections


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"HTTP/1.1 408 Timeout\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
    ids=["more than was asked", "close", "HTTP/1.0"],
)
async def test_one_that_is_not_to_be_kept_is_not(server, transport, answer):
    """Where the server says that it closes, or says more than the answer, the next request has a fresh connection."""
    server.answers = [answer]

    assert (200, b"ok") == await asked(transport, server.url)
    assert (200, b"ok") == await asked(transport, server.url)
    assert 2 == server.connections


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3\r\n, so\r\n0\r\nX: y\r\n\r\n"[:-10], None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n2\r\nay\r\n0\r\nX: y\r\n\r\n", b"okay"),
        (b"HTTP/1.1 204 None\r\n\r\n", b""),
    ],
    ids=["informational", "torn chunks", "chunked", "no body"],
)
async def test_answers_of_every_shape(server, transport, answer, body):
    """What comes before the answer is passed over, and its end is where HTTP says; one that is torn is no answer."""
    server.answers = [answer, None]

    if body is None:
        with pytest.raises(httpx.RemoteProtocolError):
            async with asyncio.timeout(5):
                await asked(transport, server.url)
        return
    assert body == (await asked(transport, server.url))[1]


async def test_an_answer_that_only_its_end_bounds(transport):
    """Without a length the answer goes on until the server closes, and the connection is gone with it."""

    async def serve(reader, writer):
        await reader.readuntil(b"a=1")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(40):
            writer.write(PIECE)
        await writer.drain()
        writer.close()

    async with listening(serve) as url:
        status, body = await asked(transport, url)

    assert (200, 40 * len(PIECE)) == (status, len(body))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        b"220 mx ESMTP\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
    ids=["silence", "cut", "endless head", "no HTTP", "another protocol"],
)
async def test_what_is_no_answer(server, transport, answer):
    """It is an error of httpx's; the next request has a fresh connection and passes."""
    server.answers = [answer, None] if answer else [None]

    with pytest.raises(httpx.TransportError):
        async with asyncio.timeout(5):
            await _closing(server, asked(transport, server.url))
    server.answers = []

    assert (200, b"ok") == await asked(transport, server.url)


async def _closing(server, request):
    """The request, while the server closes once it has answered."""
    task = asyncio.create_task(request)
    while not server.heard and not task.done():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    for writer in server.writers:
        writer.close()
    return await task


async def test_an_answer_before_the_request_is_whole(transport):
    """Who refuses a large body unread and closes is heard all the same."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        writer.write_eof()
        while await reader.read(1 << 16):
            pass
        writer.close()

    async with listening(serve) as url:
        assert (413, b"no") == await asked(transport, url, (PIECE,) * 200)


async def test_an_answer_before_anything_was_asked(transport):
    """What a server says again while a body is still being read is no answer to it: nothing is sent after that."""

    async def serve(reader, writer):
        await reader.readuntil(b"a=1")
        writer.write(OK)
        await asyncio.sleep(0.1)
        writer.write(OK.replace(b"ok", b"no"))

    async with listening(serve) as url:
        assert (200, b"ok") == await asked(transport, url)
        with pytest.raises(httpx.RemoteProtocolError):
            await asked(transport, url, (0.3, b"a=1"), 3)

        assert (200, b"ok") == await asked(transport, url)


async def test_one_that_was_answered_early_is_not_used_again(transport):
    """Who answers before all was said may answer again once all is there, or take the rest for a request."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK.replace(b"ok", b"no"))

    async with listening(serve) as url:
        for _ in range(2):
            assert (200, b"ok") == await asked(transport, url, (b"a=1&", 0.1, b"b=2"), 7)


async def test_a_piece_is_asked_for_when_those_before_have_left(transport):
    """Nothing piles up here while the other side is slow: what is checked before the last piece is checked late."""
    taken = []

    def pieces():
        for number in range(4000):
            taken.append(number)
            yield PIECE

    async with listening(mute) as url:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asked(transport, url, pieces(), 4000 * len(PIECE))

    assert len(taken) < 400


async def test_a_request_that_is_cancelled_closes_its_connection(server, transport):
    """The other side sees the end of it; the next request has a fresh connection."""
    server.answers = [b""]
    request = asyncio.create_task(asked(transport, server.url))
    while not server.heard:
        await asyncio.sleep(0.01)

    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    async with asyncio.timeout(5):
        await server.ended.wait()

    assert (200, b"ok") == await asked(transport, server.url)


async def test_a_body_that_is_not_as_long_as_announced_is_not_sent_to_its_end(server, transport):
    """A length that does not hold would make the next request a part of this one."""
    with pytest.raises(httpx.LocalProtocolError):
        await asked(transport, server.url, (b"a=1",), size=9)
    async with asyncio.timeout(5):
        await server.ended.wait()

    assert [] == server.heard


async def test_no_connection_is_told_apart(transport, free_url):
    """Nothing was sent where nobody listens, or where the handshake comes to no end."""
    with pytest.raises(httpx.ConnectError):
        await asked(transport, free_url)

    async with listening(mute) as url:
        with pytest.raises(httpx.ConnectTimeout):
            await asked(Transport(NOBODY, 0.2, 1.0), url.replace("http:", "https:"))


async def test_a_connection_that_is_given_up_at_any_moment_leaves_no_socket():
    """Not while it is made, and not just as it is there: descriptors are few, and nobody else closes it."""
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", ResourceWarning)
            for steps in (*range(12), *range(12)):
                connecting = asyncio.create_task(linked("127.0.0.1", port, None, 5.0))
                for _ in range(steps):
                    await asyncio.sleep(0)
                connecting.cancel()
                with suppress(asyncio.CancelledError):
                    (await connecting).close()
            await asyncio.sleep(0.05)
            gc.collect()

    assert [] == [str(warning.message) for warning in warned]
