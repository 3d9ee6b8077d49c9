"""The endpoint: a request is read, perhaps spoiled, checked, done in a thread, answered."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ingestd.desk.answer import Written
from ingestd.desk.body import parse_body, parse_urlencoded
from ingestd.desk.face import Asked, Face, announced, peer_of
from ingestd.desk.faults import Faults, Rule
from ingestd.desk.fields import Fields
from ingestd.desk.misbehave import Severed, misbehave, pause, plain
from ingestd.desk.settings import DeskSettings
from ingestd.desk.witness import Request as Noted
from ingestd.desk.witness import Witness

_Made = TypeVar("_Made")


class Api:
    """Every path of the face."""

    def __init__(
        self,
        settings: DeskSettings,
        face: Face,
        faults: Faults,
        witness: Witness,
        threads: Executor,
        closing: asyncio.Event,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._face = face
        self._faults = faults
        self._witness = witness
        self._threads = threads
        self._closing = closing
        self._clock = clock

    async def answer(self, request: Request) -> Response:
        """The answer to one request, or what a fault leaves of it."""
        size = announced(request)
        door = self._faults.at_the_door(size)
        if door and not door.behaviour.slow_read:
            return await misbehave(door, self._nothing, self._closing, "", peer_of(request))
        try:
            body = await self._read(request, door)
        except ClientDisconnect:
            return Severed(reset=True)
        fields = await self._in_thread(lambda: _fields(request, body))
        asked = self._face.asked(request, fields)
        response = await self._respond(asked, len(body) if body is not None else size)
        return self._warned(response, size) if body is None else response

    async def _read(self, request: Request, door: Rule | None) -> bytes | None:
        """The body; None when it is over post_max_size: PHP then reads it and throws it away."""
        pieces: list[bytes] = []
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size <= self._settings.post_max_size:
                pieces.append(piece)
            else:
                pieces.clear()
            if door:
                await pause(self._closing, door.seconds)
        return b"".join(pieces) if size <= self._settings.post_max_size else None

    async def _respond(self, asked: Asked, size: int) -> Response:
        fields = asked.fields
        noted = self._witness.arrived(asked.action, self._clock(), size, fields.shown())
        rule = self._faults.choose(asked.action, f"{fields.text('subject')}\n{fields.text('message')}", size)

        async def act() -> Written:
            return await self._in_thread(lambda: self._act(asked, noted))

        if rule is None:
            return plain(await act())
        noted.fault = rule.fault
        noted.outcome = "" if rule.has_effect else "no effect"
        return await misbehave(rule, act, self._closing, asked.action, asked.peer)

    def _act(self, asked: Asked, noted: Noted) -> Written:
        """What the face makes of it, noted; in a thread."""
        said = self._face.act(asked)
        noted.effect, noted.outcome, noted.status = said.effect, said.outcome, said.written.status
        return said.written

    async def _in_thread(self, work: Callable[[], _Made]) -> _Made:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _nothing(self) -> Written:
        return Written(200, "application/json", b"{}")

    def _warned(self, response: Response, size: int) -> Response:
        """With display_errors on, PHP prints its warning before the answer."""
        if not self._settings.post_warning or isinstance(response, Severed):
            return response
        warning = (
            f"<br />\n<b>Warning</b>:  Unknown: POST Content-Length of {size} bytes exceeds the limit of "
            f"{self._settings.post_max_size} bytes in <b>Unknown</b> on line <b>0</b><br />\n"
        )
        return Response(warning.encode() + bytes(response.body), response.status_code, media_type="text/html")


def _fields(request: Request, body: bytes | None) -> Fields:
    """The query string and, over it, the body: PHP's $_REQUEST."""
    query = parse_urlencoded(request.url.query.encode())
    return Fields(query | (parse_body(request.headers.get("content-type", ""), body) if body is not None else {}))
