"""The way to Keliweb: an address for each call, a Bearer token with each request, and the text as its last bytes.

There are no credentials in the body whose absence would tell a whole request from one that was cut. But no ticket and
no reply is written without its text, so the text comes last.
"""

from typing import Final

from ingestd.core.payload import Fields
from ingestd.core.ticket import Deferred
from ingestd.helpdesk.answer import Answer, Exchange
from ingestd.helpdesk.body import Body
from ingestd.helpdesk.keliweb_tokens import FixedToken, OauthTokens, Tokens
from ingestd.helpdesk.line import EMPTY, Load
from ingestd.helpdesk.settings import KeliwebSettings, Oauth
from ingestd.helpdesk.wire import Wire

ENDPOINTS: Final = {"OpenTicket": "open-ticket", "AddTicketReply": "add-ticket-reply", "GetTicket": "get-ticket"}


class KeliwebLine:
    """See `Line` for the promises."""

    def __init__(self, settings: KeliwebSettings) -> None:
        self._url = settings.url.rstrip("/")
        self._wire = Wire(settings)
        self._tokens: Tokens = (
            OauthTokens(self._wire, settings.access, settings.timeout)
            if isinstance(settings.access, Oauth)
            else FixedToken(settings.access)
        )

    async def send(self, fields: Fields, until: float, load: Load = EMPTY) -> tuple[Exchange, int]:
        """One request; once more with another token where the first was refused, which is without effect."""
        token = await self._tokens.current()
        if isinstance(token, Deferred):
            return token, 0
        exchange, size = await self._sent(fields, token, until, load)
        if not isinstance(exchange, Answer) or exchange.status != 401:
            return exchange, size
        another = await self._tokens.renewed(token)
        match another:
            case None:
                return exchange, size
            case Deferred():
                return another, size
            case str():
                return await self._sent(fields, another, until, load)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _sent(self, fields: Fields, token: str, until: float, load: Load) -> tuple[Answer | Exchange, int]:
        (_, action), *rest = fields
        last = tuple(pair for pair in rest if pair[0] == "message") or tuple(rest[:1])
        first = tuple(pair for pair in rest if pair not in last)
        body = Body(first, last, load.files, load.read, load.guard)
        headers = {"Authorization": f"Bearer {token}"}
        return await self._wire.exchange(action, f"{self._url}/{ENDPOINTS[action]}", body, until, headers), body.size
