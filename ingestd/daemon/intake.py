"""From a configuration to whom mail is taken for."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from ingestd.config import Config
from ingestd.core.routes import route_of

_KEPT: Final = 512


def router_of(config: Config) -> Callable[[str], str | None]:
    """Which route takes a recipient."""
    patterns = tuple(route.recipient for route in config.route)
    # Asked of every recipient twice, and nearly all mail is for a few.
    return lru_cache(_KEPT)(lambda recipient: route_of(recipient, patterns))


def parking_of(config: Config) -> frozenset[str]:
    """The routes whose mails nobody reads before they are released."""
    return frozenset(route.recipient for route in config.route if route.hold)
