"""A fault on the wire: waits, broken answers, cut connections."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import assert_never

from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from ingestd.desk.answer import Failure, Written, write
from ingestd.desk.faults import Rule, Spoil

_NOTICE = (
    b"<br />\n<b>Warning</b>:  Undefined array key in <b>/var/www/includes/hooks/log.php</b> on line <b>7</b><br />\n"
)
_PAGE = (
    "<!DOCTYPE html><html><head><title>{title}</title></head>"
    "<body><h1>{title}</h1><p>Checking your browser before accessing. Ray ID: 8d1f</p></body></html>\n"
)
_TITLES = {
    200: "Just a moment...",
    403: "Forbidden",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}


class Severed(Response):
    """No answer: the connection ends, by RST or by FIN."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, _: Send) -> None:
        transport: asyncio.Transport = scope["state"]["transport"]
        if self._reset and not transport.is_closing():
            # With a linger of zero seconds the kernel drops what is unsent and sends RST instead of FIN.
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _gone(receive)


class Silent(Response):
    """No answer either, and the connection stays until the other side or the desk gives up."""

    def __init__(self, closing: asyncio.Event) -> None:
        super().__init__()
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with asyncio.TaskGroup() as waits:
            ends = {waits.create_task(_gone(receive)), waits.create_task(self._closing.wait())}
            _, rest = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for wait in rest:
                wait.cancel()
        await Severed(reset=True)(scope, receive, send)


async def _gone(receive: Receive) -> None:
    """Returns when the connection has ended."""
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()


async def pause(closing: asyncio.Event, seconds: float) -> bool:
    """Waits; False when the desk was closed meanwhile."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(closing.wait(), seconds)
    return not closing.is_set()


async def misbehave(
    rule: Rule, act: Callable[[], Awaitable[Written]], closing: asyncio.Event, action: str, peer: str
) -> Response:
    """The action with or without its effect, and the answer as the rule spoils it."""
    behaviour = rule.behaviour
    # A desk that is closed while it waits loses the action, or its answer, as a killed server would.
    if behaviour.wait_before and not await pause(closing, rule.seconds):
        return Severed(reset=True)
    written = await act() if rule.has_effect else Written(200, "application/json", b"{}")
    if behaviour.wait_after and not await pause(closing, rule.seconds):
        return Severed(reset=True)
    if behaviour.spoil is Spoil.ERROR:
        message = (rule.message or behaviour.message).replace("{peer}", peer).replace("{action}", action)
        written = write(Failure(message, rule.status or behaviour.status), "json")
    return _spoiled(rule, written, closing)


def _spoiled(rule: Rule, written: Written, closing: asyncio.Event) -> Response:
    match rule.behaviour.spoil:
        case Spoil.WHOLE | Spoil.ERROR:
            return plain(written)
        case Spoil.CUT:
            return Severed(reset=rule.reset)
        case Spoil.HANG:
            return Silent(closing)
        case Spoil.PAGE:
            return _page(rule)
        case Spoil.EMPTY:
            return Response(b"", 200, media_type="text/html")
        case Spoil.TRUNCATED:
            return plain(Written(written.status, written.content_type, written.body[: len(written.body) // 2]))
        case Spoil.NOTICE:
            return plain(Written(written.status, "text/html; charset=utf-8", _NOTICE + written.body))
        case Spoil.MARKED:
            return plain(Written(written.status, written.content_type, b"\xef\xbb\xbf" + written.body))
        case Spoil.DRIP:
            return StreamingResponse(_drip(rule, written, closing), written.status, media_type=written.content_type)
        case spoil:
            assert_never(spoil)


def plain(written: Written) -> Response:
    """The answer as it is."""
    return Response(written.body, written.status, {"content-type": written.content_type})


def _page(rule: Rule) -> Response:
    """The HTML of a proxy or a firewall in front of the helpdesk."""
    status = rule.status or rule.behaviour.status
    headers = {"retry-after": rule.retry_after} if rule.retry_after else {}
    if rule.behaviour.door:
        # The body was not read: the connection cannot be used again.
        headers["connection"] = "close"
    page = rule.message or _PAGE.format(title=_TITLES.get(status, f"Status {status}"))
    return Response(page, status, headers, media_type="text/html")


async def _drip(rule: Rule, written: Written, closing: asyncio.Event) -> AsyncIterator[bytes]:
    for at in range(len(written.body)):
        yield written.body[at : at + 1]
        if not await pause(closing, rule.seconds):
            return
