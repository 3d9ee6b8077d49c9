"""The spool as the commands open it, beside a daemon that may be running."""

import contextlib
import secrets
from collections.abc import AsyncIterator

from ingestd.config import Config
from ingestd.store.asked import Look
from ingestd.store.spool import Spool
from ingestd.store.started import Started


def spool_of(
    config: Config, *, create: bool, boot: str = "", program: str | Started = "", look: Look | None = None
) -> Spool:
    """The spool of this configuration, not opened yet."""
    return Spool(config.spool.url, create=create, boot=boot or secrets.token_hex(8), program=program, look=look)


@contextlib.asynccontextmanager
async def opened(config: Config, *, create: bool) -> AsyncIterator[Spool]:
    """The spool, open beside a daemon that may be running."""
    spool = spool_of(config, create=create)
    await spool.open(exclusive=False)
    try:
        yield spool
    finally:
        await spool.close()
