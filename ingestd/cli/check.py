"""`ingestd check`: each thing that must be right before a mail can become a ticket, named with its remedy."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from ingestd.config import Config
from ingestd.core.errors import StoreError
from ingestd.core.ticket import Deferred
from ingestd.helpdesk.port import Denied
from ingestd.helpdesk.whmcs import Whmcs


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `good` None is a remark that is no fault."""

    name: str
    good: bool | None
    says: str


async def checked(config: Config) -> tuple[Finding, ...]:
    """Everything that can be found out without writing."""
    found = [
        Finding("configuration", True, f"{len(config.route)} route{'s' if len(config.route) > 1 else ''}"),
        _trust(config),
    ]
    found.append(await _spool(config))
    found += [finding async for finding in _helpdesk(config)]
    return tuple(found)


def _trust(config: Config) -> Finding:
    if config.smtp.authserv_id:
        return Finding("authentication", True, "believes " + ", ".join(config.smtp.authserv_id))
    return Finding("authentication", None, "From is believed as it stands, as WHMCS does: smtp.authserv_id is empty")


async def _spool(config: Config) -> Finding:
    from ingestd.daemon import opened  # noqa: PLC0415 - the heavy imports only where they are used

    try:
        async with opened(config, create=False) as spool:
            counts = await spool.counts()
    except StoreError as error:
        return Finding("spool", False, str(error))
    return Finding(
        "spool", True, ", ".join(f"{count} {status.value}" for status, count in counts.items() if count) or "empty"
    )


async def _helpdesk(config: Config) -> AsyncIterator[Finding]:
    from ingestd.daemon import helpdesk_for_commands  # noqa: PLC0415

    async with helpdesk_for_commands(config) as helpdesk:
        trouble = await helpdesk.probe()
        if trouble is not None:
            yield Finding("helpdesk", False, trouble.reason)
            return
        yield Finding("helpdesk", True, "reachable, and our credentials are good")
        yield await _permissions(helpdesk)
        async for finding in _departments(config, helpdesk):
            yield finding


async def _permissions(helpdesk: Whmcs) -> Finding:
    lacking = await helpdesk.permissions()
    if isinstance(lacking, Deferred):
        return Finding("API role", False, lacking.reason)
    if lacking:
        return Finding("API role", False, f"lacks {', '.join(lacking)}: allow them under API Roles")
    return Finding("API role", True, "allows every action that we need")


async def _departments(config: Config, helpdesk: Whmcs) -> AsyncIterator[Finding]:
    known = await helpdesk.departments()
    if isinstance(known, Deferred | Denied):
        yield Finding("departments", False, known.reason)
        return
    names = {department.department_id: department.name for department in known}
    for route in config.route:
        name = names.get(route.department)
        there = ", ".join(f"{number} {text}" for number, text in sorted(names.items()))
        says = (
            f"department {route.department}, {name}"
            if name
            else f"department {route.department} is not there; there are {there}"
        )
        yield Finding(f"route {route.recipient}", name is not None, says)
