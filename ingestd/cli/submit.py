"""`ingestd submit`: spools mails from files, as if they had come by SMTP."""

import sys
from collections.abc import Iterable, Iterator

import typer

from ingestd.cli import show
from ingestd.cli.envelope import Given, envelopes, recipients_of
from ingestd.cli.options import Exit
from ingestd.cli.sources import Found, raw_mails, total_size
from ingestd.config import Config
from ingestd.core.model import Envelope
from ingestd.daemon import opened, parking_of, wanted_of
from ingestd.mail.outline import Outliner
from ingestd.store.asked import Addressed
from ingestd.store.spool import CHUNK, Arrival, Spool

LONG = 8 * 2**20


async def submitted(config: Config, names: list[str], given: Given) -> Exit:
    """Spool every mail of these sources and print its queue ids; the worst that happened is the exit code."""
    worst = Exit.OK
    found = (mail for name in names for mail in raw_mails(name, config.smtp.max_size))
    async with opened(config, create=True) as spool:
        for mail in _watched(found, names):
            worst = max(worst, await _one(config, spool, mail, given))
    return worst


async def _one(config: Config, spool: Spool, mail: Found, given: Given) -> Exit:
    trouble = mail.trouble or fault_of(mail.raw, config.smtp.max_size) or _unsayable(given)
    if trouble:
        return _refused(mail, trouble, Exit.DATA)
    addressed = envelopes(config, mail.raw, given, "submit")
    if not addressed:
        return _refused(mail, nobody(mail.raw, given), Exit.NO_USER)
    for queue_id in await spool.accept(_arrival(config, spool, mail.raw, addressed)):
        typer.echo(queue_id)
    return Exit.OK


def fault_of(raw: bytes, most: int) -> str:
    """Why these bytes cannot be taken for a mail; "" where they can."""
    if not raw.strip():
        return "no mail in it"
    return "larger than smtp.max_size" if len(raw) > most else ""


def nobody(raw: bytes, given: Given) -> str:
    """That no route takes this mail, and what to do."""
    if given.recipient is not None:
        return f"no route takes {given.recipient}"
    named = ", ".join(recipients_of(raw)[:5])
    return f"no route takes {named or 'a mail without recipients'}; name one with --rcpt"


def _unsayable(given: Given) -> str:
    """Arguments are bytes, and an address that is no UTF-8 fits into no spool."""
    said = f"{given.recipient}{given.reverse_path}"
    return "" if said.isprintable() else "--rcpt or --from is no address"


def _arrival(config: Config, spool: Spool, raw: bytes, addressed: tuple[Envelope, ...]) -> Arrival:
    outliner = Outliner()
    chunks = tuple(raw[at : at + CHUNK] for at in range(0, len(raw), CHUNK))
    for chunk in chunks:
        outliner.feed(chunk)
    outline = outliner.finish()
    parking = parking_of(config)
    recipients = wanted_of(outline, [Addressed(each, each.route in parking) for each in addressed])
    return Arrival(spool.new_raw_id(), 0, chunks, len(raw), outline.digest, recipients, outline.message_id)


def _watched(mails: Iterable[Found], names: list[str]) -> Iterator[Found]:
    """With a progress bar on stderr where a person watches and there is much to do."""
    if not sys.stderr.isatty() or (total := total_size(names)) < LONG:
        yield from mails
        return
    from rich.console import Console  # noqa: PLC0415 - a pipe transport starts this for every mail
    from rich.progress import Progress  # noqa: PLC0415

    # The queue ids go where stdout goes, not where the bar is.
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task("spooling", total=total)
        for mail in mails:
            yield mail
            progress.advance(task, len(mail.raw))


def _refused(mail: Found, why: str, code: Exit) -> Exit:
    show.warn(f"{mail.place}: {why}")
    return code
