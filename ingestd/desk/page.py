"""The page: tickets to look at and files to take. Everything on it is hostile and shown as text."""

from collections.abc import Callable
from concurrent.futures import Executor
from importlib.resources import files
from typing import Any, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestd.desk.case import Case
from ingestd.desk.download import disposition, image_type
from ingestd.desk.office import Office
from ingestd.desk.settings import DeskSettings
from ingestd.desk.view import PAGE_SIZE, list_view, ticket_view, whole_text

_Seen = TypeVar("_Seen")

# No script, no frame, no form; pictures and style from here only.
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
# A file opened by mistake can do nothing either.
_FILE_HEADERS = {**_HEADERS, "content-security-policy": "default-src 'none'; sandbox"}
_STATIC = {"desk.css": "text/css; charset=utf-8", "desk.svg": "image/svg+xml"}
_LAST_PAGE = 1_000_000


class Page:
    """The routes of the page."""

    def __init__(self, settings: DeskSettings, office: Office, threads: Executor) -> None:
        self._settings = settings
        self._office = office
        self._threads = threads
        loader = PackageLoader("ingestd.desk", "templates")
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        static = files("ingestd.desk") / "static"
        self._static = {name: (static / name).read_bytes() for name in _STATIC}

    def routes(self) -> list[Route]:
        """To be mounted at the root."""
        return [
            Route("/", self.overview),
            Route("/ticket/{number:path}", self.ticket),
            Route("/file/{file_id:int}", self.file),
            Route("/file/{file_id:int}/image", self.image),
            Route("/post/{post_id:int}/text", self.text),
            Route("/static/{name}", self.static),
        ]

    async def overview(self, request: Request) -> Response:
        """The newest tickets first, page by page."""
        wanted = request.query_params.get("page", "1")
        number = min(int(wanted), _LAST_PAGE) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 1
        view = await self._look(lambda case: list_view(case, max(number, 1)))
        return self._render("list.html", view=view, page_size=PAGE_SIZE)

    async def ticket(self, request: Request) -> Response:
        """One ticket with its thread."""
        number = request.path_params["number"]
        view = await self._look(lambda case: ticket_view(case, number))
        return self._render("ticket.html", view=view) if view else self._missing()

    async def file(self, request: Request) -> Response:
        """A file to be saved, never shown."""
        found = await self._look(lambda case: case.tickets.file(request.path_params["file_id"]))
        if found is None:
            return self._missing()
        file, data = found
        headers = {**_FILE_HEADERS, "content-disposition": disposition(file.name)}
        return Response(data, headers=headers, media_type="application/octet-stream")

    async def image(self, request: Request) -> Response:
        """A picture, if its bytes say that it is one of four kinds."""
        found = await self._look(lambda case: case.tickets.file(request.path_params["file_id"]))
        kind = image_type(found[1]) if found else None
        if found is None or kind is None:
            return self._missing()
        return Response(found[1], headers=_FILE_HEADERS, media_type=kind)

    async def text(self, request: Request) -> Response:
        """The whole text of a post, to be saved: the page shows the beginning of long ones."""
        post_id = request.path_params["post_id"]
        text = await self._look(lambda case: whole_text(case, post_id))
        if text is None:
            return self._missing()
        headers = {**_FILE_HEADERS, "content-disposition": disposition(f"post-{post_id}.txt")}
        return Response(text, headers=headers, media_type="application/octet-stream")

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            return self._missing()
        return Response(self._static[name], headers={**_HEADERS, "content-type": _STATIC[name]})

    async def _look(self, look: Callable[[Case], _Seen]) -> _Seen:
        return await self._office.look(self._threads, look)

    def _missing(self) -> Response:
        return self._render("missing.html", status=404)

    def _render(self, template: str, status: int = 200, **values: Any) -> Response:
        page = self._templates.get_template(template).render(**values)
        return Response(page, status, _HEADERS, media_type="text/html")
