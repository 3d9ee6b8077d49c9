"""`ingestd`: one program, its commands."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ingestd.cli import queue
from ingestd.cli.options import (
    AsJson,
    ConfigFile,
    Exit,
    Face,
    From,
    Rcpt,
    configured,
    pipe_troubles,
    store_errors,
    taken_address,
)
from ingestd.cli.run import app
from ingestd.cli.sources import STDIN

__all__ = ["app"]

app.add_typer(queue.app, name="queue")

MailFile = Annotated[str, typer.Argument(metavar="FILE", help="A mail as a file, or - for stdin.")]
MailFiles = Annotated[list[str], typer.Argument(metavar="FILE", help="Mails, mbox files, Maildirs, or - for stdin.")]


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Exit after the last ticket.")] = False,
    kind: Annotated[Face, typer.Option("--kind", help="Whose API the helpdesk of the demo speaks.")] = Face.WHMCS,
    config: Annotated[
        Path | None, typer.Option("-c", "--config", metavar="FILE", help="Limits and addresses; else the defaults.")
    ] = None,
) -> None:
    """Send sample mails through everything, and show their tickets."""
    from ingestd import telemetry  # noqa: PLC0415 - the heavy imports only where they are used

    telemetry.configure(level="warning")
    settled = configured(config) if config else None
    from ingestd.cli.demo import demonstrate  # noqa: PLC0415

    with store_errors(Exit.TROUBLE):
        raise typer.Exit(asyncio.run(demonstrate(settled, kind, once=once)))


@app.command()
def check(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Check config, spool, helpdesk, API role and departments."""
    settled = configured(config)
    from ingestd.cli.check import checked, told  # noqa: PLC0415

    findings = asyncio.run(checked(settled))
    raise typer.Exit(told(findings, as_json=as_json))


@app.command("try")
def try_(
    file: MailFile,
    rcpt: Rcpt = None,
    from_: From = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the helpdesk who wrote and which ticket is meant.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Tell what would be done with a mail, and why; write nothing."""
    settled = configured(config)
    from ingestd.cli.envelope import Given  # noqa: PLC0415
    from ingestd.cli.explain import explain  # noqa: PLC0415

    with store_errors(Exit.TROUBLE):
        raise typer.Exit(asyncio.run(explain(settled, file, Given(rcpt, from_), online=online, as_json=as_json)))


@app.command()
def submit(
    files: MailFiles,
    rcpt: Rcpt = None,
    from_: From = None,
    config: ConfigFile = None,
) -> None:
    """Spool mails from files; may be repeated safely.

    Exits as a pipe transport wants it: 65 no mail or too large, 67 no route for it, 75 try again later.
    """
    with pipe_troubles(piped=STDIN in files), store_errors(Exit.LATER):
        settled = configured(config)
        from ingestd.cli.envelope import Given  # noqa: PLC0415
        from ingestd.cli.submit import submitted  # noqa: PLC0415

        raise typer.Exit(asyncio.run(submitted(settled, files, Given(rcpt, from_))))


@app.command()
def status(
    as_json: AsJson = False,
    max_age: Annotated[
        str | None,
        typer.Option("--max-age", metavar="DURATION", help="Exit 1 when the oldest waiting mail is older: 15m."),
    ] = None,
    max_dead: Annotated[
        int | None, typer.Option("--max-dead", metavar="COUNT", min=0, help="Exit 1 when more mails are dead.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Count mails per status, and tell the age of the oldest."""
    settled = configured(config)
    from ingestd.cli.status import Alarm, told  # noqa: PLC0415

    alarm = Alarm.of(max_age, max_dead)
    with store_errors(Exit.TROUBLE):
        raise typer.Exit(asyncio.run(told(settled, alarm, as_json=as_json)))


@app.command()
def audit(
    online: Annotated[
        bool, typer.Option("--online", help="Ask the helpdesk for each ticket and for what was written there.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DURATION", help="Ask only for mails accepted so lately: 7days."),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Prove that each accepted mail is accounted for; writes nothing."""
    settled = configured(config)
    from ingestd.cli.audit import audited  # noqa: PLC0415

    with store_errors(Exit.TROUBLE):
        raise typer.Exit(asyncio.run(audited(settled, online=online, since=since, as_json=as_json)))


@app.command()
def desk(config: ConfigFile = None) -> None:
    """Run the embedded helpdesk alone, until Ctrl-C."""
    settled = configured(config)
    from ingestd import daemon, telemetry  # noqa: PLC0415

    telemetry.configure(settled.log.format, settled.log.level)
    with store_errors(Exit.TROUBLE), taken_address():
        asyncio.run(daemon.run_desk(settled, typer.echo))
