"""DNS rebinding: a page and a control that answer only to names which cannot be pointed here from outside."""

import ipaddress
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class LoopbackHosts:
    """Refuses requests whose Host is neither loopback nor listed; the API, which has credentials, is left alone."""

    def __init__(self, app: ASGIApp, allowed: tuple[str, ...], exempt: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(name.lower() for name in allowed)
        self._exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._exempt or self._good(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse("This page answers to localhost only.\n", 421)
        await refusal(scope, receive, send)

    def _good(self, headers: Headers) -> bool:
        host = host_name(headers.get("host", ""))
        return is_loopback_name(host) or host in self._allowed


def host_name(host: str) -> str:
    """The name of a Host field, without port and brackets, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def is_loopback_name(host: str) -> bool:
    """localhost, 127.0.0.0/8 or ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
