"""`ingestd`: one program, its commands."""

import asyncio
import os
from importlib.metadata import version as version_of
from typing import Annotated

import typer

from ingestd.cli import queue, show
from ingestd.cli.options import AsJson, ConfigFile, Exit, config_errors, configured, stop, store_errors

app = typer.Typer(
    name="ingestd",
    help="Email-to-ticket gateway: keeps every mail safely and makes exactly one ticket of it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with locals would print secrets
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(queue.app, name="queue")

MailFile = Annotated[str, typer.Argument(metavar="FILE", help="A mail as a file, or - for stdin.")]
Rcpt = Annotated[str | None, typer.Option("--rcpt", help="The envelope recipient; else found in the mail.")]
From = Annotated[str | None, typer.Option("--from", help='The reverse-path, "" for none; else found in the mail.')]


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"ingestd {version_of('ingestd')}")
        raise typer.Exit


@app.callback()
def _all(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda wanted: _version(wanted=wanted), is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def run(config: ConfigFile = None) -> None:
    """Run the daemon in the foreground; tells systemd when it is ready, what it does, and that it lives."""
    settled = configured(config)
    from ingestd import daemon, telemetry  # noqa: PLC0415 - the heavy imports only where they are used

    _forget_secrets()
    telemetry.configure(settled.log.format, settled.log.level)
    with store_errors(Exit.TROUBLE), config_errors():
        try:
            asked = asyncio.run(daemon.run(settled))
        except OSError as error:
            stop(f"cannot listen: {error.strerror or error}; is another program on that address?", Exit.TROUBLE)
    raise typer.Exit(Exit.OK if asked else Exit.TROUBLE)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Exit after the last ticket.")] = False,
) -> None:
    """Show the main job: sample mails by SMTP become tickets at the embedded helpdesk, all in a temporary folder."""
    from ingestd.cli.demo import demonstrate  # noqa: PLC0415

    raise typer.Exit(asyncio.run(demonstrate(once=once)))


@app.command()
def check(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Check the configuration, the spool, and that the helpdesk knows us, allows what we need and has our departments."""
    from ingestd.cli.check import checked  # noqa: PLC0415

    settled = configured(config)
    findings = asyncio.run(checked(settled))
    if as_json:
        show.as_json([{"check": f.name, "good": f.good, "says": f.says} for f in findings])
    else:
        marks = {True: "good", False: "BAD", None: "note"}
        show.table(("", "check", ""), ((marks[f.good], f.name, f.says) for f in findings), width=400)
    raise typer.Exit(Exit.TROUBLE if any(f.good is False for f in findings) else Exit.OK)


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
    """Tell what would be done with a mail, and why, down to the request fields; writes nothing."""
    from ingestd.cli.explain import explain  # noqa: PLC0415

    settled = configured(config)
    with store_errors(Exit.TROUBLE):
        raise typer.Exit(asyncio.run(explain(settled, file, rcpt, from_, online=online, as_json=as_json)))


@app.command()
def submit(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Mails, mbox files, Maildirs, or - for stdin.")],
    rcpt: Rcpt = None,
    from_: From = None,
    config: ConfigFile = None,
) -> None:
    """Spool mails from files; may be repeated safely. Exits as a pipe transport wants it: 0, 65, 67, 75."""
    from ingestd.cli.submit import submitted  # noqa: PLC0415

    settled = configured(config)
    with store_errors(Exit.LATER):
        raise typer.Exit(asyncio.run(submitted(settled, files, rcpt, from_)))


@app.command()
def status(
    as_json: AsJson = False,
    max_age: Annotated[
        str | None, typer.Option("--max-age", help="Exit 1 when the oldest waiting mail is older, such as 15m.")
    ] = None,
    max_dead: Annotated[int | None, typer.Option("--max-dead", help="Exit 1 when more mails are dead.")] = None,
    config: ConfigFile = None,
) -> None:
    """Count mails per status, and tell the age of the oldest that waits."""
    from ingestd.cli.status import Alarm, told  # noqa: PLC0415

    settled = configured(config)
    with store_errors(Exit.TROUBLE):
        alarm = Alarm.of(max_age, max_dead)
        raise typer.Exit(asyncio.run(told(settled, alarm, as_json=as_json)))


@app.command()
def desk(config: ConfigFile = None) -> None:
    """Run the embedded helpdesk alone, until Ctrl-C."""
    from ingestd import daemon, telemetry  # noqa: PLC0415

    settled = configured(config)
    telemetry.configure(settled.log.format, settled.log.level)
    asyncio.run(daemon.run_desk(settled, typer.echo))


def _forget_secrets() -> None:
    """The parser's processes inherit the environment; what they need not know is not there."""
    for name in [name for name in os.environ if name.startswith("INGESTD_")]:
        del os.environ[name]
