"""Who waits for what came of his question hears it."""

import asyncio
from typing import Any

from ingestd.core.errors import LeaseLost, StoreError


def tell(future: asyncio.Future[Any], result: Any) -> None:
    """The result, or a LeaseLost or StoreError to raise; nothing where the caller was cancelled."""
    if future.done():
        return
    if isinstance(result, LeaseLost | StoreError):
        future.set_exception(result)
    else:
        future.set_result(result)
