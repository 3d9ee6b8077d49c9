"""What the desk remembers of the requests it got."""

import contextlib
import socket

import httpx

from ingestd.desk import Rule


async def test_the_log_tells_what_became_of_each_request(call):
    """Fault, outcome, status; neither credentials nor files."""
    call.desk.add_fault(Rule("commit_then_cut", times=1))
    call.desk.add_fault(Rule("cut_before", times=1))
    for _ in range(3):
        with contextlib.suppress(httpx.TransportError):
            await call.open(attachments="W10=")

    log = call.desk.log()

    assert [(line["number"], line["fault"], line["outcome"], line["effect"]) for line in log] == [
        (1, "commit_then_cut", "success", True),
        (2, "cut_before", "no effect", False),
        (3, "", "success", True),
    ]
    assert log[0]["fields"]["subject"] == "Hello"
    assert not {"identifier", "secret", "attachments"} & set(log[0]["fields"])


async def test_half_a_request_leaves_no_trace(call):
    """A client that goes away while it sends has asked for nothing."""
    address = httpx.URL(call.desk.page_url)
    with socket.create_connection((address.host, address.port)) as half:
        half.sendall(b"POST /includes/api.php HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\naction=OpenTicket")

    await call.open()

    assert [line["action"] for line in call.desk.log()] == ["openticket"]
    assert len(call.desk.tickets()) == 1
