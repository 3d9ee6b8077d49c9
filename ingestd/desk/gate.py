"""Who may ask for what, checked in WHMCS's order: address, credentials, action, role."""

import hmac
from collections.abc import Collection

from ingestd.desk.answer import Failure
from ingestd.desk.fields import Fields
from ingestd.desk.settings import DeskSettings


def admit_request(settings: DeskSettings, peer: str, fields: Fields, known: Collection[str]) -> Failure | None:
    """None when the request may go on; `known` holds the action names in lower case."""
    # A probe with bogus credentials from a foreign address hears of the address: it is looked at first.
    if peer not in settings.allowed_ips and not _has_access_key(settings, fields):
        return Failure(f"Invalid IP {peer}", 403)
    checks = [_credentials(settings, fields), _action_given(fields)]
    if settings.action_before_credentials:
        checks.reverse()
    return checks[0] or checks[1] or _action_allowed(settings, fields.text("action").lower(), known)


def _has_access_key(settings: DeskSettings, fields: Fields) -> bool:
    return bool(settings.access_key) and _same(settings.access_key, fields.raw("accesskey"))


def _credentials(settings: DeskSettings, fields: Fields) -> Failure | None:
    """The pair is taken in its own fields and in the old ones."""
    pairs = (("identifier", "secret"), ("username", "password"))
    good = any(
        _same(settings.identifier, fields.raw(name)) and _same(settings.secret, fields.raw(word))
        for name, word in pairs
    )
    return None if good else Failure("Authentication Failed", 403)


def _same(expected: str, given: bytes) -> bool:
    return hmac.compare_digest(expected.encode(), given)


def _action_given(fields: Fields) -> Failure | None:
    return None if fields.text("action") else Failure("Empty action request", 400)


def _action_allowed(settings: DeskSettings, action: str, known: Collection[str]) -> Failure | None:
    if action not in known:
        return Failure(f'Invalid API Action: "{action}" is not a valid API action')
    if settings.role is not None and action not in {name.lower() for name in settings.role}:
        return Failure(f'Invalid Permissions: API action "{action}" is not allowed', 403)
    return None
