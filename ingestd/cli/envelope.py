"""Who sent a mail that came as a file, and to whom: by the command line, else by its own header."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestd.config import Config
from ingestd.core.model import Envelope, Mail
from ingestd.core.routes import by_route
from ingestd.daemon import router_of
from ingestd.mail.parse import parse_headers

HEAD = 256 * 1024
# What a delivering MTA writes: for whom this very copy was.
DELIVERED = frozenset({"delivered-to", "x-original-to", "envelope-to"})


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says of the envelope; None where it says nothing, "" for the null path."""

    recipient: str | None
    reverse_path: str | None


def envelopes(config: Config, raw: bytes, given: Given, peer: str) -> tuple[Envelope, ...]:
    """An envelope for each route that takes this mail; () where none does."""
    mail = parse_headers(raw[:HEAD])
    path = _path(mail) if given.reverse_path is None else given.reverse_path
    return tuple(
        Envelope(path.strip("<> "), recipient, route, peer, "", tls=False, received_at=datetime.now(UTC))
        for route, recipient in _routed(mail, given, router_of(config)).items()
    )


def recipients_of(raw: bytes) -> tuple[str, ...]:
    """The addresses that this mail says it is for."""
    mail = parse_headers(raw[:HEAD])
    return _delivered(mail) + _written(mail)


def _routed(mail: Mail, given: Given, route_of: Callable[[str], str | None]) -> dict[str, str]:
    if given.recipient is not None:
        return by_route((given.recipient.strip("<> "),), route_of)
    # To and Cc name everybody; the other copies of the mail are their own.
    return by_route(_delivered(mail), route_of) or by_route(_written(mail), route_of)


def _delivered(mail: Mail) -> tuple[str, ...]:
    return tuple(value.strip("<> ") for name, value in mail.headers if name.casefold() in DELIVERED)


def _written(mail: Mail) -> tuple[str, ...]:
    return tuple(box.address for box in (*mail.to, *mail.cc))


def _path(mail: Mail) -> str:
    written = (value for name, value in mail.headers if name.casefold() == "return-path")
    return next(written, mail.author.address if mail.author else "")
