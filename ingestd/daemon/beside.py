"""The spool as the commands open it, beside a daemon that may be running."""

import contextlib
import secrets
from collections.abc import AsyncIterator

from ingestd.config import Config
from ingestd.daemon.looking import looked_through
from ingestd.store.spool import Spool
from ingestd.store.started import Started


def spool_of(config: Config, *, create: bool, boot: str = "", program: str | Started = "") -> Spool:
    """The spool of this configuration, not opened yet."""
    boot = boot or secrets.token_hex(8)
    return Spool(config.spool.url, create=create, boot=boot, program=program, look=looked_through)


@contextlib.asynccontextmanager
async def opened(config: Config, *, create: bool) -> AsyncIterator[Spool]:
    """The spool, open beside a daemon that may be running."""
    spool = spool_of(config, create=create)
    await spool.open(exclusive=False)
    try:
        yield spool
    finally:
        await spool.close()
