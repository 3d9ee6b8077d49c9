"""`ingestd queue`: the operator's verbs, by queue id or by filter."""

import asyncio
import getpass
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ingestd.cli import show
from ingestd.cli.options import AsJson, ConfigFile, Exit, configured, stop, store_errors
from ingestd.config import Config
from ingestd.core.journal import Deed, Entry, Status
from ingestd.core.model import QueueId

if TYPE_CHECKING:
    from ingestd.store.spool import Spool

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="See and steer the mails in the spool.")

Ids = Annotated[list[str] | None, typer.Argument(metavar="[QUEUE_ID]...", help="Queue ids.", show_default=False)]
One = Annotated[str, typer.Argument(metavar="QUEUE_ID", help="The queue id, as the 250 named it.")]
OfStatus = Annotated[Status | None, typer.Option("--status", help="Only mails of this status.")]
OfAddress = Annotated[str | None, typer.Option("--address", help="Only mails with this author, sender or recipient.")]
OfTicket = Annotated[str | None, typer.Option("--ticket", help="Only mails of this ticket number.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest.")]

VERBS = {
    Deed.RETRY: "Take the next step now, whatever the backoff says; dead mails are tried again.",
    Deed.HOLD: "Park mails until they are released or retried.",
    Deed.RELEASE: "Deliver mails although policy held or discarded them.",
    Deed.DROP: "Discard mails; they stay in the spool until retention takes their content.",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which mails are meant: these ids, else all that pass the filter."""

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
    entries = _with_spool(config, lambda spool: _matching(spool, Selection((), status, address, ticket, limit)))
    if as_json:
        show.as_json([show.entry_json(entry) for entry in entries])
    elif entries:
        show.table(("queue id", "status", "age", "author", "subject", "ticket", "reason"), map(show.entry_row, entries))
    raise typer.Exit(Exit.OK if entries else Exit.TROUBLE)


@app.command("show")
def show_(queue_id: One, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Show one mail and everything that happened to it."""

    async def read(spool: "Spool") -> None:
        entry = await _one(spool, queue_id)
        records = await spool.records(entry.queue_id)
        facts = show.entry_json(entry)
        if as_json:
            show.as_json({**facts, "records": [show.record_json(record) for record in records]})
            return
        envelope = facts.pop("envelope")
        show.table(("mail", ""), facts.items())
        show.table(("envelope", ""), envelope.items())
        rows = ((f"{r.at:%Y-%m-%d %H:%M:%S}", type(r.event).__name__, show.told(r)) for r in records)
        show.table(("at", "event", ""), rows)

    _with_spool(config, read)


@app.command()
def dump(queue_id: One, config: ConfigFile = None) -> None:
    """Write the raw mail to stdout, byte for byte."""

    async def write(spool: "Spool") -> None:
        entry = await _one(spool, queue_id)
        async for chunk in spool.stream(entry.raw_id):
            sys.stdout.buffer.write(chunk)

    _with_spool(config, write)


def _verb(deed: Deed) -> Callable[..., None]:
    def verb(
        ids: Ids = None,
        status: OfStatus = None,
        address: OfAddress = None,
        ticket: OfTicket = None,
        limit: Limit = 10_000,
        config: ConfigFile = None,
    ) -> None:
        selection = Selection(tuple(ids or ()), status, address, ticket, limit)
        if not selection.anything:
            stop("name queue ids, or a filter: --status, --address or --ticket", Exit.CONFIG)
        settled = configured(config)
        ordered = _with_spool(config, lambda spool: _ordered(settled, spool, deed, selection))
        for queue_id, now in ordered:
            typer.echo(f"{queue_id} {now}")
        if not ordered:
            stop(f"no mail matched that can be told to {deed.value}", Exit.TROUBLE)

    return verb


for _deed, _help in VERBS.items():
    app.command(_deed.value, help=_help)(_verb(_deed))


async def _ordered(config: Config, spool: "Spool", deed: Deed, selection: Selection) -> list[tuple[QueueId, str]]:
    from ingestd.daemon import order  # noqa: PLC0415 - the heavy imports only where they are used

    done = [
        (entry.queue_id, await order(config, spool, entry, deed, _operator()))
        for entry in await _matching(spool, selection)
    ]
    return [(queue_id, status.value) for queue_id, status in done if status is not None]


async def _matching(spool: "Spool", selection: Selection) -> tuple[Entry, ...]:
    from ingestd.store.spool import Filter  # noqa: PLC0415

    if selection.ids:
        found = [await spool.entry(queue_id) for queue_id in selection.ids]
        return tuple(entry for entry in found if entry is not None)
    wanted = Filter(status=selection.status, address=selection.address, ticket_number=selection.ticket)
    return await spool.list(wanted, selection.limit)


async def _one(spool: "Spool", queue_id: str) -> Entry:
    entry = await spool.entry(queue_id)
    if entry is None:
        stop(f"no mail {queue_id} in the spool", Exit.TROUBLE)
    return entry


def _with_spool(config: Path | None, work: Callable[["Spool"], Coroutine[None, None, T]]) -> T:
    from ingestd.daemon import opened  # noqa: PLC0415

    async def run() -> T:
        async with opened(configured(config), create=False) as spool:
            return await work(spool)

    with store_errors(Exit.TROUBLE):
        return asyncio.run(run())


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
