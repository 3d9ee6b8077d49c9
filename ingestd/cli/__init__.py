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
        from ingestd.cli.run import app  # noqa: PLC0415 - see above; the other commands would be loaded in vain
    else:
        from ingestd.cli.app import app  # noqa: PLC0415

    app()
