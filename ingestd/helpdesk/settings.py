"""What the WHMCS adapter needs to know."""

from dataclasses import dataclass, field
from datetime import UTC, tzinfo


@dataclass(frozen=True, slots=True)
class WhmcsSettings:
    """Where the helpdesk is and how to speak to it; secrets never show in a repr.

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
