"""Control over HTTP for tests in other processes: faults, seeds, log, mails, dump. Loopback only, where switched on."""

import ipaddress
import json
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingestd.desk.faults import Faults, read_rule
from ingestd.desk.office import Office
from ingestd.desk.seeds import read_seed
from ingestd.desk.witness import Witness

_Endpoint = Callable[[Request], Awaitable[Response]]


class Control:
    """The routes under /_desk."""

    def __init__(self, office: Office, faults: Faults, witness: Witness) -> None:
        self._office = office
        self._faults = faults
        self._witness = witness

    def routes(self) -> list[Route]:
        """To be mounted where the settings allow control."""
        table: tuple[tuple[str, str, _Endpoint], ...] = (
            ("/_desk/faults", "GET", self.faults),
            ("/_desk/faults", "POST", self.add_fault),
            ("/_desk/faults", "DELETE", self.clear_faults),
            ("/_desk/seed", "POST", self.seed),
            ("/_desk/log", "GET", self.log),
            ("/_desk/mails", "GET", self.mails),
            ("/_desk/tickets", "GET", self.tickets),
            ("/_desk/tickets/{ticket_id:int}", "DELETE", self.remove_ticket),
        )
        return [Route(path, _local_only(endpoint), methods=[method]) for path, method, endpoint in table]

    async def faults(self, _: Request) -> Response:
        return JSONResponse(self._faults.shown())

    async def add_fault(self, request: Request) -> Response:
        try:
            self._faults.add(read_rule(await request.json()))
        except (TypeError, KeyError, ValueError) as fault:
            return JSONResponse({"error": repr(fault)}, 400)
        return JSONResponse(self._faults.shown())

    async def clear_faults(self, _: Request) -> Response:
        self._faults.clear()
        return JSONResponse([])

    async def seed(self, request: Request) -> Response:
        try:
            seed = read_seed(await request.json())
            planted = await run_in_threadpool(self._office.seed, seed)
        except (TypeError, KeyError, ValueError, json.JSONDecodeError) as fault:
            return JSONResponse({"error": repr(fault)}, 400)
        return JSONResponse(planted)

    async def log(self, _: Request) -> Response:
        return JSONResponse(self._witness.requests())

    async def mails(self, _: Request) -> Response:
        return JSONResponse(self._witness.mails())

    async def tickets(self, _: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._office.dump))

    async def remove_ticket(self, request: Request) -> Response:
        removed = await run_in_threadpool(self._office.remove, request.path_params["ticket_id"])
        return JSONResponse({"removed": removed}, 200 if removed else 404)


def _local_only(endpoint: _Endpoint) -> _Endpoint:
    """Refuses peers beyond loopback, and POSTs that a web page could send without asking (no JSON type)."""

    async def guarded(request: Request) -> Response:
        peer = request.client.host if request.client else ""
        if not _is_loopback(peer):
            return JSONResponse({"error": "loopback only"}, 403)
        if request.method == "POST" and not request.headers.get("content-type", "").startswith("application/json"):
            return JSONResponse({"error": "application/json only"}, 415)
        return await endpoint(request)

    return guarded


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
