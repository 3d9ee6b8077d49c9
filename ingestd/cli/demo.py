"""`ingestd demo`: the whole way of a mail on one machine, in a temporary folder, with tickets to look at."""

import asyncio
import secrets
import signal
import smtplib
import socket
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import typer
from pydantic import SecretStr

from ingestd.cli import samples, show
from ingestd.cli.options import Exit, Face, taken_address
from ingestd.config import Config, Desk, Helpdesk, Oauth, Route, Spool, Tcp
from ingestd.core.deeds import WAITING
from ingestd.core.journal import Status
from ingestd.daemon import Daemon
from ingestd.desk import Client, Seed
from ingestd.store.spool import Filter

PATIENCE = 120.0
MOST = 50
ROUTES = (Route(recipient=samples.SUPPORT, department=1),)
CLIENT = Client(1, "Ines", "Weber", "ines@client.example.net", companyname="Client GmbH")


async def demonstrate(config: Config | None, face: Face, *, once: bool) -> Exit:
    """Send the samples, show what became of them, leave the pages open unless `once`; OK if all became tickets."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="ingestd-demo-") as folder:
        at_home = _at_home(config or Config(route=ROUTES), face, Path(folder))
        daemon = Daemon(at_home, Seed(clients=(CLIENT,)), own_desk=True)
        with taken_address():
            await daemon.start()
        try:
            good = await _unless(stop, daemon, face)
            if not once and not stop.is_set():
                typer.echo(f"\nThe tickets: {typer.style(_page(daemon), bold=True)}  (until Ctrl-C)")
                await stop.wait()
        finally:
            await daemon.stop()
    return Exit.OK if good else Exit.TROUBLE


def _at_home(config: Config, face: Face, folder: Path) -> Config:
    """The same with everything that could reach outside put into this folder and on free ports of loopback."""
    return config.model_copy(
        update={
            "smtp": config.smtp.model_copy(
                update={"listen": (Tcp("127.0.0.1", 0),), "tls_certificate": "", "tls_key": ""}
            ),
            # A few samples fit everywhere.
            "spool": Spool(url=f"sqlite:///{folder}/ingestd.db", min_free=0),
            "helpdesk": _helpdesk(face, marker=config.helpdesk.marker),
            "desk": Desk(listen=_free(config.desk.listen), database=f"{folder}/desk.db"),
            "route": ROUTES,
        }
    )


def _helpdesk(face: Face, *, marker: bool) -> Helpdesk:
    """The embedded helpdesk behind this face, with credentials that nobody else knows."""
    if face is Face.WHMCS:
        return Helpdesk(marker=marker)
    who, word = SecretStr("demo"), SecretStr(secrets.token_hex(16))
    return Helpdesk(
        kind="keliweb", marker=marker, oauth=Oauth(client_id=who, client_secret=word, username=who, password=word)
    )


def _free(wanted: Tcp) -> Tcp:
    """The address as it is where it is free, else with any port."""
    family = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET
    try:
        socket.create_server((wanted.host, wanted.port), family=family).close()
    except OSError:
        return Tcp(wanted.host, 0)
    return wanted


async def _unless(stop: asyncio.Event, daemon: Daemon, face: Face) -> bool:
    """Whether all went well; False at once when it was interrupted."""
    showing = asyncio.create_task(_shown(daemon, face))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({showing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if showing.done():
        stopping.cancel()
        return await showing
    showing.cancel()
    with suppress(asyncio.CancelledError):
        await showing
    return False


async def _shown(daemon: Daemon, face: Face) -> bool:
    host, port = daemon.smtp_address
    show.facts((("SMTP", f"{host}:{port}"), ("helpdesk", f"{_page(daemon)} (embedded, {face})")))
    first = samples.first_mails()
    typer.echo(f"\nSending {len(first)} mails, and an answer to the first ticket:")
    await asyncio.to_thread(_send, host, port, first)
    good = await _finished(daemon, len(first))
    number = await _number_of(daemon, samples.FIRST)
    if number:
        await asyncio.to_thread(_send, host, port, (samples.reply(number),))
        good = await _finished(daemon, len(first) + 1)
    typer.echo("\nWhat became of them:")
    await _tabled(daemon)
    return good and bool(number)


def _page(daemon: Daemon) -> str:
    assert daemon.desk is not None
    return daemon.desk.page_url


def _send(host: str, port: int, mails: Sequence[samples.Sample]) -> None:
    with smtplib.SMTP(host, port) as client:
        client.ehlo()
        for mail in mails:
            client.mail(mail.reverse_path)
            client.rcpt(samples.SUPPORT)
            code, said = client.data(mail.raw)
            typer.echo(f"  {mail.reverse_path:<26} {len(mail.raw):>6} bytes  {code} {said.decode()}")


async def _finished(daemon: Daemon, expected: int) -> bool:
    """Whether so many mails were ticketed or appended, once nothing waits any more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while await _waiting(daemon):  # noqa: ASYNC110 - the spool has no bell
                await asyncio.sleep(0.05)
    return (await daemon.spool.counts())[Status.DONE] == expected


async def _waiting(daemon: Daemon) -> bool:
    counts = await daemon.spool.counts()
    return any(counts[status] for status in WAITING)


async def _number_of(daemon: Daemon, message_id: str) -> str:
    """The number of the ticket that this mail became; "" where it became none."""
    entries = await daemon.spool.list(Filter(), MOST)
    return next((entry.ticket_number for entry in entries if entry.gist.message_id == message_id), "")


async def _tabled(daemon: Daemon) -> None:
    entries = await daemon.spool.list(Filter(), MOST)
    rows = (
        (entry.status.value, entry.ticket_number, entry.gist.author, entry.gist.subject, entry.reason)
        for entry in reversed(entries)
    )
    show.table(("status", "ticket", "author", "subject", "reason"), rows)
