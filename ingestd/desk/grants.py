"""OAuth as Laravel Passport grants it (RFC 6749): by password, and by a refresh token that serves once."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from ingestd.desk.fields import Fields
from ingestd.desk.settings import KeliwebFace

Told = tuple[int, dict[str, Any]]
"""A status and the JSON that goes with it."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """An access token and its refresh token, which ends it when it is used."""

    access: str
    refresh: str
    access_ends: datetime
    refresh_ends: datetime


class Grants:
    """The tokens that are out, in memory; any thread may ask."""

    def __init__(self, face: KeliwebFace, clock: Callable[[], datetime]) -> None:
        self._face, self._clock = face, clock
        self._lock = threading.Lock()
        self._pairs: list[_Pair] = []

    def grant(self, fields: Fields) -> Told:
        """What `/oauth/token` says to these fields."""
        if not self._is(fields, "client_id") or not self._is(fields, "client_secret"):
            return _refusal(401, "invalid_client", "Client authentication failed")
        with self._lock:
            match fields.text("grant_type"):
                case "password":
                    good = self._is(fields, "username") and self._is(fields, "password")
                    return self._granted() if good else _refusal(400, "invalid_grant", "Invalid credentials.")
                case "refresh_token":
                    used = self._pair(refresh=fields.text("refresh_token"))
                    return self._granted(used) if used else _refusal(401, "invalid_request", "Token has expired")
                case _:
                    return _refusal(400, "unsupported_grant_type", "The grant type is not supported.")

    def good(self, authorization: str) -> bool:
        """Whether this header bears a token that is not over."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return False
        with self._lock:
            fixed = bool(self._face.token) and compare_digest(self._face.token.encode(), token.encode())
            return fixed or self._pair(access=token) is not None

    def revoke(self) -> None:
        """Every access token ends; the refresh tokens serve on."""
        with self._lock:
            self._pairs = [_Pair("", pair.refresh, pair.access_ends, pair.refresh_ends) for pair in self._pairs]

    def forget(self) -> None:
        """No token that is out serves any longer."""
        with self._lock:
            self._pairs = []

    def _granted(self, used: _Pair | None = None) -> Told:
        now, face = self._clock(), self._face
        pair = _Pair(
            secrets.token_urlsafe(32),
            f"def50200{secrets.token_hex(32)}",
            now + timedelta(seconds=face.access_seconds),
            now + timedelta(seconds=face.refresh_seconds),
        )
        self._pairs = [each for each in self._pairs if each is not used and each.refresh_ends > now] + [pair]
        tokens = {"access_token": pair.access, "refresh_token": pair.refresh}
        return 200, {"token_type": "Bearer", "expires_in": int(face.access_seconds), **tokens}

    def _pair(self, access: str = "", refresh: str = "") -> _Pair | None:
        now = self._clock()
        for pair in self._pairs:
            if access and compare_digest(pair.access.encode(), access.encode()) and pair.access_ends > now:
                return pair
            if refresh and compare_digest(pair.refresh.encode(), refresh.encode()) and pair.refresh_ends > now:
                return pair
        return None

    def _is(self, fields: Fields, name: str) -> bool:
        expected: str = getattr(self._face, name)
        return bool(expected) and compare_digest(expected.encode(), fields.raw(name))


def _refusal(status: int, code: str, words: str) -> Told:
    return status, {"error": code, "error_description": words, "message": words}
