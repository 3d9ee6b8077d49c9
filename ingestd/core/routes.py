"""Which route a recipient belongs to."""

from collections.abc import Callable, Iterable, Sequence

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


def by_route(recipients: Iterable[str], route: Callable[[str], str | None]) -> dict[str, str]:
    """One recipient for each route that takes any: one that names a ticket wins, else the first."""
    chosen: dict[str, str] = {}
    for recipient in recipients:
        taken = route(recipient)
        if taken is not None and (taken not in chosen or (tagged(recipient) and not tagged(chosen[taken]))):
            chosen[taken] = recipient
    return chosen
