"""What the commands share: where the configuration is, and how trouble ends a command."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Never

import typer

from ingestd.cli import show
from ingestd.core.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from ingestd.config import Config

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "-c", "--config", metavar="FILE", help="The configuration; else ./config.toml, then /etc/ingestd/config.toml."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Rcpt = Annotated[
    str | None, typer.Option("--rcpt", metavar="ADDRESS", help="The envelope recipient; else found in the mail.")
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="ADDRESS", help='The reverse-path, "" for none; else found in the mail.'),
]

NOT_OURS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)


class Exit(IntEnum):
    """Exit codes; 64 and above are those of sysexits.h, which pipe transports understand."""

    OK = 0
    TROUBLE = 1
    CONFIG = 2
    DATA = 65
    NO_USER = 67
    LATER = 75


class Face(StrEnum):
    """Whose API the embedded helpdesk of the demo speaks."""

    WHMCS = "whmcs"
    KELIWEB = "keliweb"


def configured(path: Path | None, *, serving: bool = False) -> "Config":
    """The configuration; every fault of it on stderr and exit 2. From here on, only warnings are logged.

    Who is `serving` needs the certificate, too.
    """
    from ingestd import telemetry  # noqa: PLC0415 - `--help` needs neither
    from ingestd.config import load  # noqa: PLC0415

    telemetry.configure(level="warning")
    with config_errors():
        return load(path, serving=serving)


@contextmanager
def config_errors() -> Iterator[None]:
    """Every fault of the configuration on stderr, and exit 2."""
    try:
        yield
    except ConfigError as error:
        for fault in error.faults:
            show.warn(fault)
        raise typer.Exit(Exit.CONFIG) from None


@contextmanager
def store_errors(code: Exit) -> Iterator[None]:
    """Trouble with the spool is one sentence on stderr and this exit code."""
    try:
        yield
    except StoreError as error:
        stop(str(error), code)


@contextmanager
def taken_address() -> Iterator[None]:
    """An address that cannot be listened at is one sentence on stderr and exit 1."""
    try:
        yield
    except OSError as error:
        if error.errno not in NOT_OURS:
            raise
        stop(f"cannot listen: {error.strerror}; give it another address", Exit.TROUBLE)


@contextmanager
def pipe_troubles(*, piped: bool) -> Iterator[None]:
    """In a pipe transport (`piped`) whatever is our own trouble, a bad configuration too, is exit 75.

    The MTA bounces a mail on any code that sysexits.h does not call temporary: Postfix's pipe(8) does so on 1 and 2.
    """
    try:
        yield
    except typer.Exit as ending:
        if piped and ending.exit_code in {Exit.TROUBLE, Exit.CONFIG}:
            raise typer.Exit(Exit.LATER) from None
        raise
    except Exception as error:
        if not piped:
            raise
        stop(f"cannot take the mail now: {type(error).__name__}: {error}", Exit.LATER)


def stop(reason: str, code: Exit) -> Never:
    """Say why on stderr and end."""
    show.warn(reason)
    raise typer.Exit(code)
