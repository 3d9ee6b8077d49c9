"""The page."""

from collections.abc import Callable
from datetime import datetime

from starlette.routing import Route

from ingestd.desk.office import Office
from ingestd.desk.settings import DeskSettings


class Page:
    """The routes of the page."""

    def __init__(self, settings: DeskSettings, office: Office, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._office = office
        self._clock = clock

    def routes(self) -> list[Route]:
        return []
