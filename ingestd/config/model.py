"""Every key there is, with its default. The file's sections are frozen models that refuse a key they do not know.

A key whose feature is not built yet is refused, never ignored: who sets it relies on it.
"""

from typing import Any

from pydantic import ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from ingestd.config.helpdesk import Helpdesk
from ingestd.config.rules import Rule
from ingestd.config.section import Section
from ingestd.config.sections import Console, Desk, Identify, Log, Policy, Retry, Route, Smtp, Spool
from ingestd.config.values import decoded

MOST_RULES = 500
NO_NOTES = '"note" needs AddTicketNote, which Keliweb has not'


class Config(Section):
    """The whole file. Built by hand it is exactly its arguments; only `load` reads environment and credentials."""

    smtp: Smtp = Smtp()
    spool: Spool = Spool()
    helpdesk: Helpdesk = Helpdesk()
    retry: Retry = Retry()
    route: tuple[Route, ...]
    rule: tuple[Rule, ...] = ()
    identify: Identify = Identify()
    policy: Policy = Policy()
    console: Console = Console()
    desk: Desk = Desk()
    log: Log = Log()

    @field_validator("policy")
    @classmethod
    def _possible(cls, policy: Policy, info: ValidationInfo) -> Policy:
        if policy.strangers == "note" and _noteless(info):
            fault = _wrong(("strangers",), f'{NO_NOTES}; leave it "ticket"', policy.strangers)
            raise ValidationError.from_exception_data("policy", [fault])
        return policy

    @field_validator("route", "rule", mode="before")
    @classmethod
    def _tables(cls, value: Any) -> Any:
        return decoded(value)

    @field_validator("route")
    @classmethod
    def _distinct(cls, routes: tuple[Route, ...], info: ValidationInfo) -> tuple[Route, ...]:
        if not routes:
            raise ValueError("is empty; add a [[route]] with recipient and department")
        recipients = [route.recipient for route in routes]
        doubles = [_double(n, name) for n, name in enumerate(recipients) if name in recipients[:n]]
        said = f'{NO_NOTES}; write "ticket", "discard" or "hold"'
        notes = [_wrong((n, key), said, "note") for n, route in enumerate(routes) for key in _noted(route)]
        if faults := [*doubles, *(notes if _noteless(info) else ())]:
            raise ValidationError.from_exception_data("route", faults)
        return routes

    @field_validator("rule")
    @classmethod
    def _named(cls, rules: tuple[Rule, ...], info: ValidationInfo) -> tuple[Rule, ...]:
        if len(rules) > MOST_RULES:
            raise ValueError(f"are more than {MOST_RULES}; join some of them: a condition may hold several values")
        names = [rule.name.casefold() for rule in rules]
        doubles = [_namesake(n, rules[n].name) for n, name in enumerate(names) if name in names[:n]]
        notes = [
            _wrong((n, "note"), f"{NO_NOTES}; take it away", rule.note) for n, rule in enumerate(rules) if rule.note
        ]
        if faults := [*doubles, *(notes if _noteless(info) else ())]:
            raise ValidationError.from_exception_data("rule", faults)
        return rules


def _namesake(number: int, name: str) -> InitErrorDetails:
    fault = PydanticCustomError("double", "{name} is another rule's name too; give each its own", {"name": name})
    return InitErrorDetails(type=fault, loc=(number, "name"), input=name)


def _noteless(info: ValidationInfo) -> bool:
    helpdesk = info.data.get("helpdesk")
    return helpdesk is not None and helpdesk.kind == "keliweb"


def _noted(route: Route) -> tuple[str, ...]:
    """The keys by which this route makes notes."""
    return tuple(key for key in ("bounces", "auto_replies", "auto_generated", "lists") if getattr(route, key) == "note")


def _wrong(loc: tuple[int | str, ...], said: str, value: object) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("said", "{said}", {"said": said}), loc=loc, input=value)


def _double(number: int, recipient: str) -> InitErrorDetails:
    fault = PydanticCustomError("double", "{recipient} has a route already; keep one", {"recipient": recipient})
    return InitErrorDetails(type=fault, loc=(number, "recipient"), input=recipient)
