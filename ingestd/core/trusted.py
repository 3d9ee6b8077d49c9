"""Which header fields our own hops wrote: those above the first Received that is not by one of them.

Every hop writes its fields above what it was given (RFC 5321 section 4.4), so what stands further down may be the
sender's. A field above may be his as well where he wrote no Received: whoever reads one believes only what hurts the
sender, or what our hops take out of mail that comes in (RFC 8601 section 5).
"""

import re
from collections.abc import Sequence
from typing import Final

Headers = tuple[tuple[str, str], ...]

# Every one counts: a HELO with "by" in it must not hide the hop that wrote it down. Who forges a Received of ours
# gains nothing, for without any Received his fields would stand here too.
_BY: Final = re.compile(r"(?<![^\s(])by\s{1,20}\[?([^\s;()\]]{1,255})", re.IGNORECASE)


def trusted_fields(headers: Headers, trusted_hosts: Sequence[str]) -> Headers:
    """The fields in their order, as far down as hosts of ours wrote them, their Received fields among them.

    `trusted_hosts` are names as they stand behind "by" in a Received field, or `*.example.com`; case does not count.
    Without any, the topmost Received counts as that of the relay: many write what they found just below their own.
    """
    hops = [(place, value) for place, (name, value) in enumerate(headers) if name.casefold() == "received"]
    if trusted_hosts:
        foreign = (place for place, value in hops if not _by_one_of(value, trusted_hosts))
    else:
        foreign = (place for place, _ in hops[1:])
    return headers[: next(foreign, len(headers))]


def _by_one_of(received: str, hosts: Sequence[str]) -> bool:
    named = [host.casefold().rstrip(".") for host in _BY.findall(received)]
    return any(_takes(pattern.casefold(), host) for pattern in hosts for host in named)


def _takes(pattern: str, host: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern.rstrip(".")
