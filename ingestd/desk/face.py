"""The face that the desk shows: which paths it answers, what is asked there, and how its answers look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from ingestd.desk.answer import Answer, Written, write
from ingestd.desk.fields import Fields
from ingestd.desk.gate import admit_request
from ingestd.desk.office import ACTIONS, Office
from ingestd.desk.settings import DeskSettings

API_PATH = "/includes/api.php"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was read. `action` is WHMCS's name for it, in lower case; `size` is the one announced.

    `peer` and `bearer`, the Authorization header, say who asks.
    """

    action: str
    fields: Fields
    size: int
    peer: str
    bearer: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer ready to be sent; `outcome` is "success" or the complaint, `effect` whether anything was done."""

    written: Written
    outcome: str
    effect: bool


class Face(Protocol):
    """One API in front of the office."""

    @property
    def paths(self) -> Sequence[str]:
        """Every path that it answers."""
        ...

    def asked(self, request: Request, fields: Fields) -> Asked:
        """What this request asks for."""
        ...

    def act(self, asked: Asked) -> Said:
        """Gate, action, answer; in a thread."""
        ...


class WhmcsFace:
    """`POST /includes/api.php`: the action is a field, and so are the credentials."""

    paths = (API_PATH,)

    def __init__(self, settings: DeskSettings, office: Office) -> None:
        self._settings, self._office = settings, office

    def asked(self, request: Request, fields: Fields) -> Asked:
        return Asked(fields.text("action").lower(), fields, announced(request), peer_of(request))

    def act(self, asked: Asked) -> Said:
        refused = admit_request(self._settings, asked.peer, asked.fields, ACTIONS)
        answer = refused or self._office.act(asked.action, asked.fields)
        return said(answer, write(answer, asked.fields.text("responsetype")))


def said(answer: Answer, written: Written) -> Said:
    """An answer of the office, as it was written."""
    outcome = answer.outcome
    return Said(written, outcome, outcome == "success")


def announced(request: Request) -> int:
    """The bytes of the body as Content-Length tells them."""
    return Fields({"size": request.headers.get("content-length", "0").encode()}).number("size")


def peer_of(request: Request) -> str:
    """The address that the request came from."""
    return request.client.host if request.client else ""
