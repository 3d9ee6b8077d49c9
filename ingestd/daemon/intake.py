"""From a configuration to what must be known of a mail before it is kept."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from ingestd.config import Config
from ingestd.core.journal import Gist
from ingestd.core.refs import conversation_key
from ingestd.core.routes import route_of
from ingestd.mail.addresses import mailboxes
from ingestd.mail.outline import Outline

_KEPT: Final = 512
# Nobody fills our memory with names.
_SHORT: Final = 256


def router_of(config: Config) -> Callable[[str], str | None]:
    """Which route takes a recipient."""
    patterns = tuple(route.recipient for route in config.route)
    # Asked of every recipient twice, and nearly all mail is for a few.
    return lru_cache(_KEPT)(lambda recipient: route_of(recipient, patterns))


def parked_of(config: Config) -> Callable[[Outline, str], Gist | None]:
    """What lists show of a mail that its route parks; None where the route does not."""
    parking = frozenset(route.recipient for route in config.route if route.hold)
    return lambda outline, route: _gist_of(outline) if route in parking else None


def _gist_of(outline: Outline) -> Gist:
    """What the header block says. Nobody has graded the author yet."""
    address = _address if len(outline.author) <= _SHORT else _address.__wrapped__
    return Gist(address(outline.author), outline.subject[:200], outline.message_id[:400], grade="")


# Those who write write again.
@lru_cache(_KEPT)
def _address(author: bytes) -> str:
    return next((box.address for box in mailboxes(author)), "")


def conversation_of(outline: Outline, recipient: str) -> str:
    """The key under which a mail waits for the earlier ones, as the door can tell it."""
    return conversation_key(outline.subject, recipient, outline.root, outline.digest)
