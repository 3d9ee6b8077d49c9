"""The way to a WHMCS: one address for every action, the credentials as the last bytes of each body."""

from ingestd.core.payload import Fields
from ingestd.helpdesk.answer import Exchange
from ingestd.helpdesk.body import Body
from ingestd.helpdesk.line import EMPTY, Load
from ingestd.helpdesk.settings import WhmcsSettings
from ingestd.helpdesk.wire import Wire


class WhmcsLine:
    """See `Line` for the promises."""

    def __init__(self, settings: WhmcsSettings) -> None:
        self._url = settings.url
        self._credentials = _credentials(settings)
        self._wire = Wire(settings)

    async def send(self, fields: Fields, until: float, load: Load = EMPTY) -> tuple[Exchange, int]:
        """One request, its body built for this one try."""
        body = Body((*fields, ("responsetype", "json")), self._credentials, load.files, load.read, load.guard)
        return await self._wire.exchange(fields[0][1], self._url, body, until), body.size

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()


def _credentials(settings: WhmcsSettings) -> Fields:
    access = (("accesskey", settings.access_key),) if settings.access_key else ()
    return (*access, ("identifier", settings.identifier), ("secret", settings.secret))
