"""The commands, as people type them."""

import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a mail is written in every script, a terminal need not know it

    # Imported here: `python -c` and the parser's processes import this package cheaply.
    if sys.argv[1:2] == ["run"]:
        _run()
    else:
        from ingestd.cli.app import app  # noqa: PLC0415 - see above

        app()


def _run() -> None:
    """Without the other commands. The process of the spool takes as long to load as we do, and does so beside us."""
    from ingestd.daemon.spooling import begun  # noqa: PLC0415 - see `main`

    spooling = None if {"-h", "--help"} & set(sys.argv) else begun()
    from ingestd.cli.run import app  # noqa: PLC0415 - see `main`

    app(obj=spooling)
