"""The Bearer token of Keliweb's API: a fixed one, or one that OAuth gives (RFC 6749). In memory only, never in a word.

A token is renewed before it expires, on a clock that does not jump, by whoever comes first: the others wait for what
comes of that one request, be it a token or trouble.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, assert_never

from ingestd.core.payload import Fields
from ingestd.core.ticket import Deferred, Scope
from ingestd.helpdesk.answer import Answer, Silence
from ingestd.helpdesk.body import Body
from ingestd.helpdesk.settings import Oauth
from ingestd.helpdesk.shapes import number
from ingestd.helpdesk.wire import Wire

# RFC 6750 section 2.1; what is no token must not become a header.
TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,8192}=*")
CODE: Final = re.compile(r"[a-z_]{1,40}")
REMEDY: Final = "see helpdesk.oauth: client_id, client_secret, username and password"
AJAX: Final = {"X-Requested-With": "XMLHttpRequest"}
MARGIN = 60.0
UNTOLD, LONGEST = 600.0, 365 * 86400.0


class Tokens(Protocol):
    """Where a token comes from."""

    async def current(self) -> str | Deferred:
        """A token that is believed to be good."""
        ...

    async def renewed(self, refused: str) -> str | Deferred | None:
        """Another token than this one, which was refused; None where there is no other."""
        ...


@dataclass(frozen=True, slots=True)
class FixedToken:
    """The one that is configured."""

    token: str = field(repr=False)

    async def current(self) -> str | Deferred:
        return self.token

    async def renewed(self, refused: str) -> None:  # noqa: ARG002 - there is no other, whichever was refused
        return None


@dataclass(frozen=True, slots=True)
class Granted:
    """An answer of the token endpoint: renew it at `renew`, it ends at `end`, both in seconds of our clock."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    renew: float
    end: float


@dataclass(frozen=True, slots=True)
class NotGranted:
    """The grant is refused (RFC 6749 section 5.2)."""

    code: str


def boot_clock() -> float:
    """Seconds that neither step nor stop while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class OauthTokens:
    """Tokens by the password grant, renewed by the refresh grant while that lasts."""

    def __init__(self, wire: Wire, oauth: Oauth, timeout: float, clock: Callable[[], float] = boot_clock) -> None:
        self._wire, self._oauth, self._timeout, self._clock = wire, oauth, timeout, clock
        self._granted: Granted | None = None
        self._lock = asyncio.Lock()
        self._turn = 0
        self._last: str | Deferred = Deferred("no token yet", scope=Scope.HELPDESK)

    async def current(self) -> str | Deferred:
        """A token that is believed to be good; one near its end serves where it cannot be renewed."""
        granted = self._granted
        if granted is not None and self._clock() < granted.renew:
            return granted.access
        got = await self._renew()
        still = self._granted
        return still.access if isinstance(got, Deferred) and still and self._clock() < still.end else got

    async def renewed(self, refused: str) -> str | Deferred:
        """Another token than this one; somebody may have got it already."""
        granted = self._granted
        return granted.access if granted is not None and granted.access != refused else await self._renew()

    async def _renew(self) -> str | Deferred:
        seen = self._turn
        async with self._lock:
            # Whoever waited here has the answer of the one that asked: a wrong password is not tried once a mail.
            if self._turn == seen:
                self._last = await self._ask()
                self._turn += 1
            return self._last

    async def _ask(self) -> str | Deferred:
        got = await self._refreshed() or await self._grant("password", *self._person())
        match got:
            case Granted(access=access):
                self._granted = got
                return access
            case NotGranted(code):
                return Deferred(f"the helpdesk gives us no token ({code}): {REMEDY}", scope=Scope.HELPDESK)
            case Deferred():
                return got
            case _:
                assert_never(got)

    async def _refreshed(self) -> Granted | Deferred | None:
        """By the refresh token; None where there is none, or it is no longer good."""
        granted = self._granted
        if granted is None or not granted.refresh:
            return None
        got = await self._grant("refresh_token", ("refresh_token", granted.refresh))
        if not isinstance(got, NotGranted):
            return got
        self._granted = replace(granted, refresh="")
        return None

    def _person(self) -> Fields:
        return ("username", self._oauth.username), ("password", self._oauth.password)

    async def _grant(self, kind: str, *secrets: tuple[str, str]) -> Granted | NotGranted | Deferred:
        loop = asyncio.get_running_loop()
        asked = self._clock()
        fields = (("grant_type", kind), ("client_id", self._oauth.client_id))
        body = Body(fields, (*secrets, ("client_secret", self._oauth.client_secret)))
        until = loop.time() + self._timeout
        return granted_of(await self._wire.exchange("token", self._oauth.url, body, until, AJAX), asked)


def granted_of(exchange: Answer | Silence, asked: float) -> Granted | NotGranted | Deferred:
    """What the token endpoint said to a request of this time."""
    match exchange:
        case Silence(reason=reason):
            return Deferred(reason, scope=Scope.HELPDESK)
        case Answer(status=429, retry_after=pause):
            return Deferred("the token endpoint asks us to slow down (429)", pause, Scope.HELPDESK)
        case Answer(status=status, body=body, retry_after=pause):
            data = _json(body)
            if 200 <= status < 300 and (granted := _granted(data, asked)):
                return granted
            if status in {400, 401, 403, 422} and data:
                code = data.get("error")
                return NotGranted(code if isinstance(code, str) and CODE.fullmatch(code) else f"status {status}")
            return Deferred(f"the token endpoint answered with status {status}, no token", pause, Scope.HELPDESK)
        case _:
            assert_never(exchange)


def _granted(data: dict[str, Any], asked: float) -> Granted | None:
    access, refresh = data.get("access_token"), data.get("refresh_token")
    if not isinstance(access, str) or not TOKEN.fullmatch(access):
        return None
    # `expires_in` is only RECOMMENDED (RFC 6749 section 5.1).
    told = float(number(data.get("expires_in")))
    life = min(told, LONGEST) if told > 0 else UNTOLD
    return Granted(
        access, refresh if isinstance(refresh, str) else "", asked + life - min(MARGIN, life / 4), asked + life
    )


def _json(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
