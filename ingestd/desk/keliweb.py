"""Keliweb's face of the same helpdesk: three of its actions behind Laravel, a Bearer token, and `/oauth/token`."""

import json
from collections.abc import Mapping

from starlette.requests import Request

from ingestd.desk.answer import Written, write
from ingestd.desk.face import Asked, Said, announced, peer_of, said
from ingestd.desk.fields import Fields
from ingestd.desk.grants import Grants
from ingestd.desk.office import Office
from ingestd.desk.settings import DeskSettings

KELIWEB_PATH = "/api/v2/keliweb"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
TOKEN = "token"  # noqa: S105 - the name of what is asked there

_ACTIONS: Mapping[str, str] = {
    "open-ticket": "openticket",
    "add-ticket-reply": "addticketreply",
    "get-ticket": "getticket",
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "openticket": ("deptid", "subject", "message"),
    "addticketreply": ("ticketid", "message"),
    "getticket": (),
}
# What its pages document, or show in an example; WHMCS's other fields go unheard.
_HEARD = frozenset(
    {"deptid", "subject", "message", "ticketid", "ticketnum", "repliessort", "name", "email", "contactid", "serviceid"}
    | {"domainid", "priority", "markdown", "customfields", "attachments"}
)


class KeliwebFaced:
    """`POST /api/v2/keliweb/<name>`, and the tokens for it."""

    paths = (TOKEN_PATH, *(f"{KELIWEB_PATH}/{name}" for name in _ACTIONS))

    def __init__(self, settings: DeskSettings, office: Office, grants: Grants) -> None:
        self._limit = settings.post_max_size
        self._office, self._grants = office, grants

    def asked(self, request: Request, fields: Fields) -> Asked:
        name = request.url.path.rpartition("/")[2]
        bearer = request.headers.get("authorization", "")
        return Asked(_ACTIONS.get(name, TOKEN), fields, announced(request), peer_of(request), bearer)

    def act(self, asked: Asked) -> Said:
        if asked.size > self._limit:
            # Laravel compares what is announced with post_max_size before anything else.
            return _laravel(413, {"message": ""}, "too large")
        if asked.action == TOKEN:
            status, told = self._grants.grant(asked.fields)
            return _laravel(status, told, told.get("error", "success"))
        if not self._grants.good(asked.bearer):
            return _laravel(401, {"message": "Unauthenticated."}, "Unauthenticated.")
        heard = asked.fields.only(_HEARD)
        missing = [name for name in _REQUIRED[asked.action] if not heard.raw(name)]
        if missing:
            return _laravel(422, _invalid(missing), f"missing {', '.join(missing)}")
        answer = self._office.act(asked.action, heard)
        return said(answer, write(answer, "json"))


def _laravel(status: int, told: Mapping[str, object], outcome: str) -> Said:
    written = Written(status, "application/json", json.dumps(told).encode())
    return Said(written, str(outcome), effect=False)


def _invalid(missing: list[str]) -> Mapping[str, object]:
    errors = {name: [f"The {name} field is required."] for name in missing}
    return {"message": "The given data was invalid.", "errors": errors}
