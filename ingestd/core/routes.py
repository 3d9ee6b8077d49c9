"""Which route a recipient belongs to."""

from collections.abc import Sequence

from ingestd.core.refs import address_number

POSTMASTER = "postmaster"


def route_of(recipient: str, patterns: Sequence[str]) -> str | None:
    """The pattern that takes this recipient, None where no route knows it.

    Exact addresses come before `*@domain`, and either takes any +tag of its addresses (RFC 5233). Case does not count.
    A bare `postmaster` (RFC 5321 section 4.5.1) belongs to the first route.
    """
    if recipient.casefold() == POSTMASTER:
        return patterns[0] if patterns else None
    address = bare(recipient)
    if address in patterns:
        return address
    anyone = "*@" + address.rpartition("@")[2]
    return anyone if anyone in patterns else None


def bare(address: str) -> str:
    """The address in lower case, without its +tag."""
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def tagged(recipient: str) -> bool:
    """Whether the recipient names a ticket."""
    return bool(address_number(recipient))
