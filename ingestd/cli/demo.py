"""`ingestd demo`: the whole way of a mail on one machine, in a temporary folder, with tickets to look at."""

import asyncio
import signal
import smtplib
import socket
import tempfile
from pathlib import Path

from rich.console import Console

from ingestd import telemetry
from ingestd.cli import samples, show
from ingestd.cli.options import Exit
from ingestd.config import Config, Desk, Helpdesk, Log, Route, Smtp, Spool, Tcp
from ingestd.core.journal import Status
from ingestd.daemon import Daemon
from ingestd.desk import Client, Seed
from ingestd.store.spool import Filter

WAITING = (Status.INCOMING, Status.ACTIVE, Status.DEFERRED)
PATIENCE = 120.0
FIRST = "plain-1@shop.example.net"
CLIENT = Client(1, "Ines", "Weber", "ines@client.example.net", companyname="Client GmbH")

screen = Console(highlight=False)


async def demonstrate(*, once: bool) -> Exit:
    """Send the samples, show what became of them, leave the pages open unless `once`; OK if all became tickets."""
    telemetry.configure("auto", "warning")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="ingestd-demo-") as folder:
        daemon = Daemon(_config(Path(folder)), Seed(clients=(CLIENT,)))
        await daemon.start()
        try:
            good = await _shown(daemon)
            if not once:
                screen.print(f"\nThe tickets are at [bold]{_page(daemon)}[/bold] until you press Ctrl-C.")
                await stop.wait()
        finally:
            await daemon.stop()
    return Exit.OK if good else Exit.TROUBLE


def _config(folder: Path) -> Config:
    return Config(
        smtp=Smtp(listen=(Tcp("127.0.0.1", 0),)),
        spool=Spool(url=f"sqlite:///{folder}/ingestd.db"),
        helpdesk=Helpdesk(),
        desk=Desk(listen=Tcp("127.0.0.1", _port(8027)), database=f"{folder}/desk.db"),
        route=(Route(recipient=samples.SUPPORT, department=1),),
        log=Log(),
    )


def _port(wanted: int) -> int:
    """The usual port where it is free, else any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


async def _shown(daemon: Daemon) -> bool:
    host, port = daemon.smtp_address
    screen.print(f"ingestd listens for SMTP at {host}:{port}, the embedded helpdesk answers at {_page(daemon)}\n")
    first = samples.first_mails()
    await asyncio.to_thread(_send, host, port, first)
    good = await _finished(daemon, len(first))
    opened = [entry for entry in await daemon.spool.list(Filter(), 50) if entry.gist.message_id == FIRST]
    if opened:
        await asyncio.to_thread(_send, host, port, (samples.reply(opened[0].ticket_number),))
        good = await _finished(daemon, len(first) + 1)
    await _tabled(daemon)
    return good and bool(opened)


def _page(daemon: Daemon) -> str:
    assert daemon.desk is not None
    return daemon.desk.page_url


def _send(host: str, port: int, mails: tuple[samples.Sample, ...]) -> None:
    with smtplib.SMTP(host, port) as client:
        for mail in mails:
            client.sendmail(mail.reverse_path, [samples.SUPPORT], mail.raw)
            screen.print(f"  sent {len(mail.raw):>6} bytes from {mail.reverse_path}: 250, it is on disk")


async def _finished(daemon: Daemon, expected: int) -> bool:
    """Whether so many mails were ticketed or appended, once nothing waits any more."""
    try:
        async with asyncio.timeout(PATIENCE):
            while await _waiting(daemon):  # noqa: ASYNC110 - the spool has no bell
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return (await daemon.spool.counts())[Status.DONE] == expected


async def _waiting(daemon: Daemon) -> bool:
    counts = await daemon.spool.counts()
    return any(counts[status] for status in WAITING)


async def _tabled(daemon: Daemon) -> None:
    entries = await daemon.spool.list(Filter(), 50)
    screen.print()
    rows = (
        (entry.status.value, entry.ticket_number, entry.gist.author, entry.gist.subject, entry.reason)
        for entry in reversed(entries)
    )
    show.table(("mail is", "ticket", "author", "subject", "because"), rows)
