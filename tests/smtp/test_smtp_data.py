"""Where DATA ends, and what is kept of it (RFC 5321 section 4.5.2)."""

import asyncio
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.smtp.data import Content, Growing
from ingestd.store.asked import Unread

NEXT = b"MAIL FROM:<eve@example.org>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nhi"
PIECES = st.lists(st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"a", b"\x00", b"\xff"]), max_size=30)
LONG_PIECES = st.lists(st.sampled_from([b".", b"\n.", b"\r\n.", b"\r\n", b"a.b", b"a" * 4000, b"b." * 20]), max_size=12)


class Sink:
    """An intake that counts what it is given and keeps nothing."""

    size = 0

    def new_raw_id(self):
        return "RAWID"

    async def stage(self, raw_id, seq, data):
        self.size += len(data)

    async def discard_staged(self, raw_id):
        raise AssertionError

    async def accept(self, mail):
        self.size += len(mail.content) if isinstance(mail, Unread) else sum(map(len, mail.chunks))
        return ("QUEUEID",)


@pytest.fixture
def sink():
    return Sink()


def blocks(data, cuts):
    borders = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(borders)]


@settings(max_examples=300, deadline=None)
@given(PIECES | LONG_PIECES, st.lists(st.integers(0, 200) | st.integers(0, 50_000), max_size=8), st.binary(max_size=20))
def test_what_is_kept_while_it_grows_is_the_same(pieces, cuts, behind):
    """A mail that is kept until it is whole ends where any other ends, and says the same."""
    wire = b"".join(pieces) + b"\r\n.\r\n" + behind
    content, growing = Content(), Growing()
    told = content.feed(wire)

    ended, fed = False, b""
    for block in blocks(wire, cuts):
        fed += block
        if ended := growing.grow(block):
            break
        assert (len(fed), fed) == (growing.size, growing.as_it_came())

    assert (True, told) == (ended, growing.plain())
    assert content.rest == growing.rest() + wire[len(fed) :]


@settings(max_examples=300, deadline=None)
@given(PIECES | LONG_PIECES, st.lists(st.integers(0, 200) | st.integers(0, 50_000), max_size=8), st.binary(max_size=20))
def test_what_is_stuffed_comes_back(pieces, cuts, behind):
    """Any content, stuffed as the RFC says and cut anywhere, comes back byte for byte; what follows is not touched."""
    mail = b"".join(pieces) + b"\r\n"
    wire = (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n" + behind

    content, got, rest = Content(), b"", b""
    for block in blocks(wire, cuts):
        if content.done:
            rest += block
        else:
            got += content.feed(block)
            rest = content.rest

    assert content.done
    assert got == mail
    assert rest == behind


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"a"]), max_size=40).map(b"".join))
def test_nothing_else_ends_the_content(data):
    """Without CRLF.CRLF, the CRLF of the DATA command counted in, there is no end."""
    content = Content()

    content.feed(data)

    assert content.done == (b"\r\n.\r\n" in b"\r\n" + data)


@pytest.mark.parametrize("cut", range(1, 21))
async def test_the_end_may_be_cut_anywhere(peer, kept, cut):
    """A packet border within CRLF.CRLF, the stuffed dots or the next command makes no difference."""
    wire = b"x\r\n..dot\r\n.\r\nQUIT\r\n"
    await peer.up_to_data()

    await peer.say(wire[:cut])
    await peer.say(wire[cut:])

    assert [reply[:9] for reply in await peer.rest()] == ["250 2.0.0", "221 2.0.0"]
    [(_, raw)] = await kept()
    assert raw == b"x\r\n.dot\r\n"


@pytest.mark.parametrize(
    ("end", "stored"),
    [
        (b"\n.\n", b"\n.\n"),
        (b"\n.\r\n", b"\n.\r\n"),
        (b"\r\n.\n", b"\r\n\n"),
        (b"\r.\r", b"\r.\r"),
        (b"\r.\r\n", b"\r.\r\n"),
        (b"\r\n.\r", b"\r\n\r"),
        (b"\n.\r", b"\n.\r"),
        (b"\r\n\x00.\r\n", b"\r\n\x00.\r\n"),
    ],
)
async def test_no_mail_is_smuggled(peer, kept, end, stored):
    """Whatever another server may take for the end of DATA, here it is content: one mail, not two."""
    await peer.up_to_data()

    replies = [await peer.ask(b"first" + end + NEXT + b"\r\n."), await peer.ask("QUIT")]

    assert [reply[:9] for reply in replies] == ["250 2.0.0", "221 2.0.0"]
    [(_, raw)] = await kept()
    assert raw == b"first" + stored + NEXT + b"\r\n"


async def test_odd_bytes_are_kept(peer, kept):
    """Bare LF, bare CR, NUL and every 8-bit byte are content."""
    raw = b"Subject: odd\n\nbare\nlines\rand " + bytes(range(256)).replace(b".", b"") * 3 + b"\r\n"
    await peer.up_to_data()

    assert (await peer.ask(raw + b".")).startswith("250 2.0.0")

    [(_, stored)] = await kept()
    assert stored == raw


async def test_dots_at_the_very_beginning(peer, kept):
    """The line behind DATA is a line like any other."""
    await peer.up_to_data()

    await peer.ask(b"..a\r\n...\r\n....b\r\n.")

    [(_, raw)] = await kept()
    assert raw == b".a\r\n..\r\n...b\r\n"


async def test_a_whole_session_in_one_write(peer, kept):
    """Pipelining (RFC 2920), beyond what the RFC allows: commands behind DATA and behind the dot, in order."""
    mail = b"MAIL FROM:<ann@example.org>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: %d\r\n\r\nhi\r\n.\r\n"
    await peer.hear()

    await peer.say(b"EHLO mx\r\n" + b"".join(mail % n for n in range(5)) + b"NOOP\r\nQUIT\r\n")

    codes = [reply[:3] for reply in await peer.rest()]
    assert codes == ["250", *["250", "250", "354", "250"] * 5, "250", "221"]
    assert [raw for _, raw in await kept()] == [b"Subject: %d\r\n\r\nhi\r\n" % n for n in range(5)]


async def test_a_line_may_be_as_long_as_the_mail(open_street, spool, kept):
    """Ten megabytes without a line end are a mail."""
    street = await open_street(spool, max_size=20_000_000)
    raw = b"Subject: long\r\n\r\n" + b"0123456789" * 1_000_000 + b"\r\n"
    peer = await street.peer()
    await peer.up_to_data()

    assert (await peer.ask(raw + b".")).startswith("250 2.0.0")

    [(_, stored)] = await kept()
    assert stored == raw


async def test_memory_does_not_grow_with_a_line(open_street, sink):
    """A hundred megabytes without a line end pass by in a few."""
    street = await open_street(sink, max_size=200_000_000)
    peer = await street.peer()
    await peer.up_to_data()
    tracemalloc.start()
    try:
        for _ in range(100):
            await peer.say(b"x" * 1_000_000)
        reply = await peer.ask(b"\r\n.")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert reply == "250 2.0.0 Ok: queued as QUEUEID"
    assert sink.size == 100_000_002
    assert peak < 12_000_000


async def test_too_big_is_said_after_the_dot(street, peer, kept):
    """Undeclared surplus is consumed, answered with 552, and the session goes on."""
    await peer.up_to_data()

    reply = await peer.ask(b"x" * 5_000_001 + b"\r\n.")

    assert reply == "552 5.3.4 Mail is larger than we take"
    assert await kept() == []
    assert await peer.ask("MAIL FROM:<ann@example.org>") == "250 2.0.0 OK"
    assert await peer.ask("RCPT TO:<support@example.com>") == "250 2.1.5 Ok"
    assert (await peer.ask("DATA")).startswith("354")
    assert (await peer.ask(b"small\r\n.")).startswith("250 2.0.0 Ok: queued as ")


async def test_the_largest_mail_is_taken(open_street, memory):
    """Exactly max_size is not too big; one byte more is."""
    street = await open_street(memory, max_size=1000)
    replies = []
    for size in (1000, 1001):
        peer = await street.peer()
        await peer.up_to_data()
        replies.append((await peer.ask(b"x" * (size - 2) + b"\r\n."))[:9])

    assert replies == ["250 2.0.0", "552 5.3.4"]


async def test_far_too_big_ends_the_connection(open_street, memory):
    """Beyond twice the limit nobody listens any more, and nothing stays staged."""
    street = await open_street(memory, max_size=2_000_000, linger=0.1)
    peer = await street.peer()
    await peer.up_to_data()

    async def talk_on():
        while True:
            await peer.say(b"x" * 1_000_000)

    talking = asyncio.create_task(talk_on())
    assert await peer.rest() == ["552 5.3.4 Mail is larger than we take"]
    with pytest.raises(ConnectionError):
        await talking

    await street.listener.stop(1)
    assert memory.mails == []
    assert memory.staged == {}


@pytest.mark.parametrize("size", ["5000001", "99999999999999999999"])
async def test_a_declared_size_is_refused_at_once(peer, size):
    """SIZE over the limit never comes to DATA (RFC 1870)."""
    await peer.hear()
    await peer.ask("EHLO mx")

    assert await peer.ask(f"MAIL FROM:<a@b.example> SIZE={size}") == "552 5.3.4 Mail is larger than we take"
    assert await peer.ask("MAIL FROM:<a@b.example> SIZE=5000000") == "250 2.0.0 OK"
