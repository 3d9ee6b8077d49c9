"""What an adapter needs to know. Secrets never show in a repr."""

from dataclasses import dataclass, field
from datetime import UTC, tzinfo


@dataclass(frozen=True, slots=True)
class WhmcsSettings:
    """Where a WHMCS is and how to speak to it.

    `timeout` in seconds; `concurrency` connections at once; `ca_file` a private CA instead of the system's, "" for
    none; `zone` is the helpdesk's own; `pause` is the first pause before a read is asked again.
    """

    url: str
    identifier: str = field(repr=False)
    secret: str = field(repr=False)
    access_key: str = field(default="", repr=False)
    timeout: float = 30.0
    concurrency: int = 4
    ca_file: str = ""
    zone: tzinfo = UTC
    pause: float = 0.25


@dataclass(frozen=True, slots=True)
class Oauth:
    """Who may have a token (RFC 6749 section 4.3), and where: `url` is the token endpoint."""

    url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeliwebSettings:
    """Where Keliweb's API is; `access` is the token itself, or who may have one. The rest as for WHMCS."""

    url: str
    access: str | Oauth = field(repr=False)
    timeout: float = 30.0
    concurrency: int = 4
    ca_file: str = ""
    pause: float = 0.25
