"""Random streams of commands over a real socket: never a hanging, an odd reply, or a mail that nobody ended."""

import re
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WELL_FORMED = re.compile(r"(?:\d{3}-[ -~]*\n)*[2-5]\d\d [ -~]+")
LINES = st.sampled_from(
    [
        b"EHLO mx", b"HELO mx", b"EHLO", b"MAIL FROM:<ann@example.org>", b"MAIL FROM:<>", b"MAIL FROM:<a@b> SIZE=9",
        b"RCPT TO:<support@example.com>", b"RCPT TO:<nobody@example.com>", b"RCPT TO:<>", b"DATA", b"DATA x", b"RSET",
        b"NOOP", b"VRFY x", b"HELP", b"EXPN x", b"AUTH PLAIN", b"STARTTLS", b"BDAT 3 LAST", b"", b".", b"..", b"hello",
        b"\x00", b"\xff\xfe", b"MAIL", b"RCPT TO:", b"x" * 5000, b"FROM:<a@b>", b"mail from:<x@y>", b"QUIT",
    ]
)  # fmt: skip
BREAKS = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b"\r\n.\r\n", b"\n.\n", b"\r\n.\r", b"\x00\r\n"])
STREAMS = st.lists(st.tuples(LINES, BREAKS), max_size=40).map(lambda pairs: b"".join(map(b"".join, pairs)))


def ended_mails(stream):
    """The contents that a stream holds behind a DATA on a line, each up to CRLF.CRLF: nothing else may be a mail."""
    found = set()
    for data in re.finditer(rb"(?i)(?:^|\n)DATA[ \t]*\r*\n", stream):
        rest = b"\r\n" + stream[data.end() :]
        if (end := rest.find(b"\r\n.\r\n")) >= 0:
            found.add(rest[: end + 2].replace(b"\r\n.", b"\r\n")[2:])
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(stream=STREAMS, cuts=st.lists(st.integers(0, 3000), max_size=6))
async def test_any_stream_of_commands(open_street, memory, stream, cuts):
    """Whatever is said: every reply is well formed, the connection ends, and no mail comes in that was not ended."""
    memory.mails.clear()
    street = await open_street(memory)
    peer = await street.peer()
    borders = sorted({0, *(cut % (len(stream) + 1) for cut in cuts), len(stream)})
    for begin, end in pairwise(borders):
        await peer.say(stream[begin:end])
    peer.writer.write_eof()

    replies = await peer.rest()

    assert [reply for reply in replies if not WELL_FORMED.fullmatch(reply)] == []
    assert set(memory.mails) <= ended_mails(stream)
    assert sum(reply.startswith("250 2.0.0 Ok: queued") for reply in replies) == len(memory.mails)
    await street.listener.stop(0)
