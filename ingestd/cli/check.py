"""`ingestd check`: each thing that must be right before a mail can become a ticket, named with its remedy."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestd.cli import show
from ingestd.cli.options import Exit
from ingestd.config import Config, Unusable, certified
from ingestd.core.errors import StoreError
from ingestd.core.ticket import Deferred
from ingestd.daemon import departments_of, helpdesk_for_commands, opened
from ingestd.helpdesk.keliweb import Keliweb
from ingestd.helpdesk.port import Denied
from ingestd.helpdesk.whmcs import OPTIONAL, Whmcs

SOON = timedelta(days=30)
MARKS = {True: "good", False: "BAD ", None: "note"}


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
        *_tls(config),
    ]
    found.append(await _spool(config))
    try:
        found += [finding async for finding in _helpdesk(config)]
    except StoreError as error:
        found.append(Finding("helpdesk", False, str(error)))
    return tuple(found)


def _trust(config: Config) -> Finding:
    if config.smtp.authserv_id:
        return Finding("authentication", True, "believes " + ", ".join(config.smtp.authserv_id))
    return Finding("authentication", None, "From is believed as it stands, as WHMCS does: smtp.authserv_id is empty")


def _tls(config: Config) -> Iterator[Finding]:
    match certified(config.smtp.tls_certificate, config.smtp.tls_key):
        case None:
            return
        case Unusable(key=key, saying=saying):
            yield Finding("STARTTLS", False, f"smtp.{key}: {saying}")
        case found:
            yield _good_for(found.good_until - datetime.now(UTC), f"{found.good_until:%Y-%m-%d}")


def _good_for(left: timedelta, day: str) -> Finding:
    if left < timedelta(0):
        return Finding(
            "STARTTLS", False, f"the certificate expired on {day}: renew it, then `systemctl reload ingestd`"
        )
    if left < SOON:
        says = f"the certificate expires on {day}, in {left.days} days: renew it, then `systemctl reload ingestd`"
        return Finding("STARTTLS", None, says)
    return Finding("STARTTLS", True, f"the certificate is good until {day}")


def told(findings: tuple[Finding, ...], *, as_json: bool) -> Exit:
    """Print the findings; the exit code says whether one of them is a fault."""
    if as_json:
        show.as_json([{"check": f.name, "good": f.good, "says": f.says} for f in findings])
    else:
        show.facts((f"{MARKS[f.good]}  {f.name}", f.says) for f in findings)
    return Exit.TROUBLE if any(f.good is False for f in findings) else Exit.OK


async def _spool(config: Config) -> Finding:
    if (missing := _missing(Path(config.spool.url.removeprefix("sqlite:///")))) is not None:
        return missing
    try:
        async with opened(config, create=False) as spool:
            counts = await spool.counts()
    except StoreError as error:
        return Finding("spool", False, str(error))
    return Finding(
        "spool", True, ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "empty"
    )


def _missing(path: Path) -> Finding | None:
    """Before the first mail there is no spool: a fault only where none can be made."""
    if os.access(path, os.F_OK):
        return None
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return Finding(
            "spool", False, f"there is none at {path}, and none can be made: {path.parent} is not there or not ours"
        )
    return Finding("spool", None, f"there is none yet at {path}: `ingestd run` creates it")


async def _helpdesk(config: Config) -> AsyncIterator[Finding]:
    async with helpdesk_for_commands(config) as helpdesk:
        trouble = await helpdesk.probe()
        if trouble is not None:
            yield Finding("helpdesk", False, trouble.reason)
            return
        where = "embedded" if config.helpdesk.kind == "embedded" else config.helpdesk.url
        yield Finding("helpdesk", True, f"{where}: reachable, and our credentials are good")
        if isinstance(helpdesk, Keliweb):
            for finding in _unlisted(config):
                yield finding
            return
        yield await _permissions(config, helpdesk)
        async for finding in _departments(config, helpdesk):
            yield finding


def _unlisted(config: Config) -> Iterator[Finding]:
    how = "by helpdesk.oauth, renewed before it ends" if config.helpdesk.oauth else "helpdesk.secret"
    yield Finding("token", True, how)
    for route in config.route:
        says = f"department {route.department}: taken as it stands, for Keliweb lists no departments"
        yield Finding(f"route {route.recipient}", None, says)


async def _permissions(config: Config, helpdesk: Whmcs) -> Finding:
    told = await helpdesk.permissions()
    if isinstance(told, Deferred):
        return Finding("API role", False, told.reason)
    needless = {"AddTicketReply"} if config.helpdesk.follow_up == "update" else set()
    lacking = [action for action in told if action not in needless]
    if required := [action for action in lacking if action not in OPTIONAL]:
        return Finding("API role", False, f"lacks {', '.join(required)}: allow them under API Roles")
    if lacking:
        return Finding("API role", None, f"lacks {', '.join(lacking)}: what they are for is not done")
    return Finding("API role", True, "allows every action that we need")


async def _departments(config: Config, helpdesk: Whmcs) -> AsyncIterator[Finding]:
    known = await helpdesk.departments()
    if isinstance(known, Deferred | Denied):
        yield Finding("departments", False, known.reason)
        return
    names = {department.department_id: department.name for department in known}
    for who, department in departments_of(config):
        name = names.get(department)
        there = ", ".join(f"{number} {text}" for number, text in sorted(names.items()))
        says = (
            f"department {department}, {name}" if name else f"department {department} is not there; there are {there}"
        )
        yield Finding(who, name is not None, says)
