"""What Keliweb's API says, and what it means. Pure.

Its tickets are WHMCS's, told by WHMCS's words and shapes. In front of them stands Laravel, which answers with its own
where it lets nobody pass: 401 and 403 with a `message`, 422 with the `errors` of each field, 404 for what is not there.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ingestd.core.ticket import Deferred, Fault, Outcome, Refused, Scope
from ingestd.helpdesk.answer import Answer, Cause, Exchange, Silence, Success, Suspect, outcome_of
from ingestd.helpdesk.reading import Nothing, Reading, reading_of
from ingestd.helpdesk.words import clean

TOKEN_REFUSED: Final = "the helpdesk refuses our token: see helpdesk.oauth, or renew helpdesk.secret"  # noqa: S105 - no secret
GONE: Final = re.compile(r"no query results for model.*|ticket (id )?not found\.?", re.IGNORECASE)
# A mail has several faults at a time; what is the route's own, or gone, cannot be mended by the mail.
FIELDS: Final[Mapping[str, Scope | Fault]] = {
    "deptid": Scope.ROUTE,
    "customfields": Scope.ROUTE,
    "serviceid": Scope.ROUTE,
    "domainid": Scope.ROUTE,
    "ticketid": Fault.GONE,
    "ticketnum": Fault.GONE,
    "email": Fault.ADDRESS,
    "name": Fault.ADDRESS,
    "subject": Fault.SUBJECT,
    "message": Fault.MESSAGE,
}


def judged(exchange: Exchange, action: str, size: int) -> Success | Suspect | Outcome:
    """What came of a call that writes; `size` is its body's."""
    match exchange:
        case Silence(begun=True, whole=False, cause=cause, reason=reason) if cause is not Cause.FILE:
            # The text comes last, and nothing is written without one: half a request had no effect.
            return Deferred(reason, scope=Scope.HELPDESK if cause is Cause.LINE else Scope.MAIL)
        case Answer():
            return _refusal(exchange) or outcome_of(exchange, action, size)
        case _:
            return outcome_of(exchange, action, size)


def heard(exchange: Exchange, action: str) -> Reading:
    """What one try of a read gave."""
    match _refusal(exchange) if isinstance(exchange, Answer) else None:
        case Refused(fault=Fault.GONE):
            return Nothing()
        case Refused(reason=reason):
            return Deferred(f"{action}: {reason}", fault=Fault.OTHER)
        case Deferred() as deferred:
            return deferred
        case None:
            return reading_of(exchange, action)


def _refusal(answer: Answer) -> Refused | Deferred | None:
    """What Laravel refuses; None where it let the request pass, or somebody else answered."""
    said = _said(answer.body)
    message = clean(said["message"]) if said else ""
    match answer.status:
        case 401:
            return Deferred(TOKEN_REFUSED, scope=Scope.HELPDESK)
        case 403 if said:
            return Deferred(f"the helpdesk forbids us this call ({message}): ask Keliweb", scope=Scope.HELPDESK)
        case 404 if said and GONE.fullmatch(message):
            return Refused(message, Fault.GONE)
        case 422 if said:
            return _invalid(said, message)
        case _:
            return None


def _invalid(said: Mapping[str, Any], message: str) -> Refused | Deferred:
    """Which of our values is not taken, the first that matters."""
    errors = said.get("errors")
    errors = errors if isinstance(errors, dict) else {}
    name = next((name for name in FIELDS if name in errors), "")
    words = clean(f"{message} {_first(errors.get(name) if name else next(iter(errors.values()), ''))}")
    match FIELDS.get(name):
        case Scope():
            return Deferred(f"the helpdesk does not know what this route names ({words})", scope=Scope.ROUTE)
        case Fault() as fault:
            return Refused(words, fault)
        case None:
            return Deferred(words, fault=Fault.OTHER)


def _said(body: bytes) -> dict[str, Any] | None:
    """Laravel's words: an object with a message. One with a result too is WHMCS's."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    spoken = isinstance(data, dict) and isinstance(data.get("message"), str)
    return data if spoken else None


def _first(told: object) -> str:
    """The first complaint about a field; they come as a list, or alone."""
    first = told[0] if isinstance(told, list) and told else told
    return first if isinstance(first, str) else ""
