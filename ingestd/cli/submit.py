"""`ingestd submit`: spools mails from files, as if they had come by SMTP."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import typer
from rich.progress import track

from ingestd.cli.options import Exit
from ingestd.cli.sources import raw_mails
from ingestd.config import Config
from ingestd.core.model import Envelope, Mail
from ingestd.daemon import conversation_of, opened, router_of
from ingestd.mail.outline import Outliner
from ingestd.mail.parse import parse_headers
from ingestd.store.spool import CHUNK, Arrival, Recipient, Spool

HEAD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Addressed:
    """A raw mail with the envelope that it gets."""

    raw: bytes
    reverse_path: str
    recipient: str
    route: str


async def submitted(config: Config, names: list[str], rcpt: str | None, reverse_path: str | None) -> Exit:
    """Spool every mail of these sources; the worst that happened is the exit code."""
    worst = Exit.OK
    async with opened(config, create=True) as spool:
        for name in names:
            for raw in _shown(_read(name, config.smtp.max_size), name):
                worst = max(worst, await _one(config, spool, name, raw, rcpt, reverse_path))
    return worst


async def _one(
    config: Config, spool: Spool, name: str, raw: bytes | OSError, rcpt: str | None, reverse_path: str | None
) -> Exit:
    if isinstance(raw, OSError):
        return _refused(f"{name}: {raw.strerror or raw}", Exit.DATA)
    if not raw.strip():
        return _refused(f"{name}: no mail in it", Exit.DATA)
    if len(raw) > config.smtp.max_size:
        return _refused(f"{name}: larger than smtp.max_size", Exit.DATA)
    addressed = address(config, raw, rcpt, reverse_path)
    if isinstance(addressed, str):
        return _refused(f"{name}: {addressed}", Exit.NO_USER)
    for queue_id in await spool.accept(_arrival(spool, addressed)):
        typer.echo(queue_id)
    return Exit.OK


def address(config: Config, raw: bytes, rcpt: str | None, reverse_path: str | None) -> Addressed | str:
    """The mail with its envelope, from the command line or from its own header; or why there is no recipient."""
    mail = parse_headers(raw[:HEAD])
    route_of = router_of(config)
    found = (rcpt,) if rcpt else _recipients(mail)
    for recipient in found:
        route = route_of(recipient)
        if route is not None:
            return Addressed(raw, _path(mail) if reverse_path is None else reverse_path, recipient, route)
    return f"no route takes {', '.join(found[:5]) or 'a mail without recipients'}; name one with --rcpt"


def _recipients(mail: Mail) -> tuple[str, ...]:
    delivered = tuple(
        value.strip("<> ") for name, value in mail.headers if name.casefold() in {"delivered-to", "x-original-to"}
    )
    return (*delivered, *(box.address for box in (*mail.to, *mail.cc)))


def _path(mail: Mail) -> str:
    for name, value in mail.headers:
        if name.casefold() == "return-path":
            return value.strip("<> ")
    return mail.author.address if mail.author else ""


def _arrival(spool: Spool, addressed: Addressed) -> Arrival:
    outliner = Outliner()
    chunks = tuple(addressed.raw[at : at + CHUNK] for at in range(0, len(addressed.raw), CHUNK))
    for chunk in chunks:
        outliner.feed(chunk)
    outline = outliner.finish()
    envelope = Envelope(
        reverse_path=addressed.reverse_path,
        recipient=addressed.recipient,
        route=addressed.route,
        peer="submit",
        helo="",
        tls=False,
        received_at=datetime.now(UTC),
    )
    recipient = Recipient(envelope, conversation_of(outline, addressed.recipient))
    return Arrival(spool.new_raw_id(), 0, chunks, len(addressed.raw), outline.digest, (recipient,))


def _read(name: str, most: int) -> Iterator[bytes | OSError]:
    try:
        yield from raw_mails(name, most)
    except OSError as error:
        yield error


def _shown(mails: Iterable[bytes | OSError], name: str) -> Iterable[bytes | OSError]:
    """With a progress bar where a person watches and it takes long."""
    return track(mails, description=name) if sys.stderr.isatty() and name != "-" else mails


def _refused(why: str, code: Exit) -> Exit:
    typer.echo(why, err=True)
    return code
