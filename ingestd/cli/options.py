"""What the commands share: where the configuration is, and how trouble ends a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Never

import typer

from ingestd import telemetry
from ingestd.config import Config, load
from ingestd.core.errors import ConfigError, StoreError

ConfigFile = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="The configuration; else ./config.toml, then /etc/ingestd/config.toml."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


class Exit(IntEnum):
    """Exit codes; 64 and above are those of sysexits.h, which pipe transports understand."""

    OK = 0
    TROUBLE = 1
    CONFIG = 2
    DATA = 65
    NO_USER = 67
    LATER = 75


def configured(path: Path | None) -> Config:
    """The configuration; every fault of it on stderr and exit 2. From here on, only warnings are logged."""
    telemetry.configure(level="warning")
    with config_errors():
        return load(path)


@contextmanager
def config_errors() -> Iterator[None]:
    """Every fault of the configuration on stderr, and exit 2."""
    try:
        yield
    except ConfigError as error:
        for fault in error.faults:
            typer.echo(fault, err=True)
        raise typer.Exit(Exit.CONFIG) from None


@contextmanager
def store_errors(code: Exit) -> Iterator[None]:
    """Trouble with the spool is one sentence on stderr and this exit code."""
    try:
        yield
    except StoreError as error:
        stop(str(error), code)


def stop(reason: str, code: Exit) -> Never:
    """Say why on stderr and end."""
    typer.echo(reason, err=True)
    raise typer.Exit(code)
