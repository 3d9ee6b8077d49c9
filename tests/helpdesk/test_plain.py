"""What is read at a glance is what h11 reads; whatever h11 reads otherwise, or not at all, is not read at a glance."""

import h11
import pytest

from ingestd.helpdesk.plain import head_of, whole

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PLAIN = {
    "the least": OK,
    "nothing in it": b"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n",
    "no reason": b"HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno",
    "blanks": b"HTTP/1.1 200 All is well\r\nX:\r\nY: \t \r\ncontent-length:\t2 \r\nZ: a  b\t\r\n\r\nok",
    "kept": b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nConnection: Keep-Alive\r\nCONTENT-LENGTH: 2\r\n\r\nok",
    "a body like a head": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\r\n\r\n",
    "a coding": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
}
OTHERWISE = {
    "nothing": b"",
    "half a head": OK[:20],
    "half a body": OK[:-1],
    "more": OK + b"H",
    "another answer": OK + OK,
    "no length": b"HTTP/1.1 200 OK\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "a list of lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
    "a length below nothing": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
    "a length with a sign": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "close among others": b"HTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n\r\nok",
    "before the answer": b"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
    "switching": b"HTTP/1.1 101 Switching\r\nContent-Length: 0\r\n\r\n",
    "no content": b"HTTP/1.1 204 None\r\nContent-Length: 2\r\n\r\nok",
    "not modified": b"HTTP/1.1 304 Same\r\nContent-Length: 2\r\n\r\nok",
    "an old server": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "another protocol": b"220 mx.example.com ESMTP\r\n\r\n",
    "a folded line": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
    "a blank before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "a bare line feed": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "beyond ASCII": b"HTTP/1.1 200 OK\r\nX: \xe9\r\nContent-Length: 2\r\n\r\nok",
    "NUL": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok",
    "a line before": b"\r\n" + OK,
}


def by_h11(data):
    """Status, fields and body, as h11 has them."""
    state = h11.Connection(h11.CLIENT)
    state.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
    state.send(h11.EndOfMessage())
    state.receive_data(data)
    head, body = state.next_event(), b""
    while isinstance(event := state.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    state.start_next_cycle()
    return head.status_code, list(head.headers.raw_items()), body


@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_a_plain_answer_is_what_h11_says(data):
    """Status, fields and body; and the connection may be used again."""
    found = whole(data)

    assert by_h11(data) == (found.status, found.headers, found.body)


@pytest.mark.parametrize("data", OTHERWISE.values(), ids=OTHERWISE)
def test_everything_else_is_left_to_h11(data):
    """Where it ends, and whether the connection stays, would take more than a glance."""
    assert whole(data) is None


@pytest.mark.parametrize("size", [30_000, 1_000_000])
def test_a_hostile_answer_takes_no_time(size):
    """Whatever it repeats."""
    for piece in (b" ", b"\t", b"a", b"a:", b"X: a\r\n", b"\r\n"):
        assert whole(b"HTTP/1.1 200 OK\r\nX: " + piece * (size // len(piece)) + b"\xff") is None


def test_a_head_is_told_as_h11_tells_it():
    """The length last, where every request has it."""
    fields = ((b"Host", b"desk.example.com"), (b"Authorization", b"Bearer t"))
    told = [
        h11.Connection(h11.CLIENT).send(
            h11.Request(method="POST", target="/api.php", headers=[*fields, (b"Content-Length", size)])
        )
        for size in (b"7", b"0", b"7")
    ]

    assert told == [head_of(b"/api.php", fields, size) for size in (7, 0, 7)]


@pytest.mark.parametrize(
    "fields",
    [
        ((b"Host", b"x"), (b"Content-Length", b"1")),
        ((b"Host", b"x"), (b"content-length", b"2")),
        ((b"Host", b"x"), (b"Authorization", b"a\r\nb: c")),
        (),
    ],
    ids=["two lengths", "two that differ", "a forged line", "no host"],
)
def test_a_head_that_cannot_be_told_is_not(fields):
    """What h11 refuses, and what would have two lengths to hold a body to."""
    with pytest.raises(h11.LocalProtocolError):
        head_of(b"/", fields, 1)
