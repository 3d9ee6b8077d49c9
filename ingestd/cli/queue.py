"""`ingestd queue`: the operator's verbs, by queue id or by filter."""

import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ingestd.cli import entries, events, show
from ingestd.cli.options import AsJson, ConfigFile, Exit, configured, stop, store_errors
from ingestd.core.journal import Deed, Entry, Status

if TYPE_CHECKING:
    from ingestd.config import Config
    from ingestd.store.spool import Spool

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="See and steer the mails in the spool.")

STATUSES = ", ".join(Status)
Ids = Annotated[list[str] | None, typer.Argument(metavar="QUEUE_ID", help="Which mails.", show_default=False)]
One = Annotated[str, typer.Argument(metavar="QUEUE_ID", help="The queue id, as the 250 named it.")]
OfStatus = Annotated[Status | None, typer.Option("--status", metavar="STATUS", help=f"Only mails that are {STATUSES}.")]
OfAddress = Annotated[
    str | None,
    typer.Option("--address", metavar="ADDRESS", help="Only mails with this author, reverse-path or recipient."),
]
OfTicket = Annotated[str | None, typer.Option("--ticket", metavar="NUMBER", help="Only mails of this ticket.")]
Limit = Annotated[int, typer.Option("--limit", metavar="COUNT", min=1, help="At most so many, the newest.")]

VERBS = {
    Deed.RETRY: "Take the next step now, also with mails that are held or dead.",
    Deed.HOLD: "Park mails until they are released or retried.",
    Deed.RELEASE: "Deliver mails although policy held or discarded them.",
    Deed.DROP: "Discard mails; they can be released until retention has passed.",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which mails are meant: those with these ids, or all, that pass the filter."""

    ids: tuple[str, ...]
    status: Status | None
    address: str | None
    ticket: str | None
    limit: int

    @property
    def anything(self) -> bool:
        return bool(self.ids) or any(part is not None for part in (self.status, self.address, self.ticket))


@app.command("list")
def list_(
    status: OfStatus = None,
    address: OfAddress = None,
    ticket: OfTicket = None,
    limit: Limit = 200,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List mails, the newest first."""
    selection = Selection((), status, address, ticket, limit)
    found = _with_spool(configured(config), lambda spool: _matching(spool, selection))
    if as_json:
        show.as_json([entries.entry_json(entry) for entry in found])
    elif found:
        show.table(entries.COLUMNS, map(entries.row, found))
    if not found:
        stop("no mail matched", Exit.TROUBLE)


@app.command("show")
def show_(queue_id: One, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Show one mail and everything that happened to it."""

    async def read(spool: "Spool") -> None:
        entry = await _one(spool, queue_id)
        records = await spool.records(entry.queue_id)
        if as_json:
            ledger = [entries.record_json(record) for record in records]
            show.as_json({**entries.entry_json(entry), "records": ledger})
            return
        show.facts(entries.facts(entry))
        typer.echo()
        show.facts(
            (f"{entries.moment(record.at)}  {type(record.event).__name__.lower():<9}", events.words(record.event))
            for record in records
        )

    _with_spool(configured(config), read)


@app.command()
def dump(queue_id: One, config: ConfigFile = None) -> None:
    """Write the raw mail to stdout, byte for byte."""

    async def write(spool: "Spool") -> None:
        entry = await _one(spool, queue_id)
        async for chunk in spool.stream(entry.raw_id):
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()

    _with_spool(configured(config), write)


def _verb(deed: Deed) -> Callable[..., None]:
    def verb(
        ids: Ids = None,
        status: OfStatus = None,
        address: OfAddress = None,
        ticket: OfTicket = None,
        limit: Limit = 10_000,
        config: ConfigFile = None,
    ) -> None:
        selection = Selection(tuple(dict.fromkeys(map(str.upper, ids or ()))), status, address, ticket, limit)
        if not selection.anything:
            stop("name queue ids, or a filter: --status, --address or --ticket", Exit.CONFIG)
        settled = configured(config)
        if not _with_spool(settled, lambda spool: _ordered(settled, spool, deed, selection)):
            stop(f"no mail matched that can be told to {deed}", Exit.TROUBLE)

    return verb


for _deed, _help in VERBS.items():
    app.command(_deed.value, help=_help)(_verb(_deed))


async def _ordered(config: "Config", spool: "Spool", deed: Deed, selection: Selection) -> bool:
    """Do it to each, telling what it is now; whether it could be done to any."""
    from ingestd.daemon import order  # noqa: PLC0415 - the heavy imports only where they are used

    done = False
    for entry in await _matching(spool, selection):
        status = await order(config, spool, entry, deed, _operator())
        if status is not None:
            typer.echo(f"{entry.queue_id} {status}")
            done = True
        elif selection.ids:
            show.warn(f"{entry.queue_id}: is {entry.status}, {deed} changes nothing")
    return done


async def _matching(spool: "Spool", selection: Selection) -> tuple[Entry, ...]:
    """The entries that are meant; tells of ids that are not there, and when there are more than the limit."""
    from ingestd.store.spool import Filter  # noqa: PLC0415

    status, address, ticket = selection.status, selection.address, selection.ticket
    if not selection.ids:
        found = await spool.list(Filter(status, address, ticket), selection.limit + 1)
        if len(found) > selection.limit:
            show.warn(f"these are the newest {selection.limit}, there are more: see --limit")
        return found[: selection.limit]
    named: list[Entry] = []
    for queue_id in selection.ids:
        one = await spool.list(Filter(status, address, ticket, queue_id), 1)
        if not one:
            show.warn(f"{queue_id}: no such mail{' that passes the filter' if (status or address or ticket) else ''}")
        named += one
    return tuple(named)


async def _one(spool: "Spool", queue_id: str) -> Entry:
    entry = await spool.entry(queue_id.upper())
    if entry is None:
        stop(f"{queue_id}: no such mail in the spool", Exit.TROUBLE)
    return entry


def _with_spool(config: "Config", work: Callable[["Spool"], Coroutine[None, None, T]]) -> T:
    from ingestd.daemon import opened  # noqa: PLC0415

    async def run() -> T:
        async with opened(config, create=False) as spool:
            return await work(spool)

    with store_errors(Exit.TROUBLE):
        return asyncio.run(run())


def _operator() -> str:
    """Who orders this: with sudo, the person and not the account."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "operator"
