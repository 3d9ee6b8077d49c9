"""`ingestd run`, and what stands before every command. A daemon starts without the other commands."""

import asyncio
import gc
import os
from importlib.metadata import version as version_of
from typing import Annotated

import typer

from ingestd.cli.options import ConfigFile, Exit, config_errors, configured, store_errors, taken_address

app = typer.Typer(
    name="ingestd",
    help="Takes mail for support@ addresses and makes exactly one ticket of each.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with locals would print secrets
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
def run(context: typer.Context, config: ConfigFile = None) -> None:
    """Run the daemon in the foreground; SIGHUP makes it read its certificate again."""
    gc.disable()  # a start makes much and drops nothing; the daemon enables it once it is ready
    settled = configured(config, serving=True)
    from ingestd import daemon, telemetry  # noqa: PLC0415 - the heavy imports only where they are used

    _forget_secrets()
    telemetry.configure(settled.log.format, settled.log.level)
    with store_errors(Exit.TROUBLE), config_errors(), taken_address():
        asked = asyncio.run(daemon.run(settled, context.obj))
    raise typer.Exit(Exit.OK if asked else Exit.TROUBLE)


def _forget_secrets() -> None:
    """The parser's processes inherit the environment; what they need not know is not there."""
    for name in [name for name in os.environ if name.startswith("INGESTD_")]:
        del os.environ[name]
