"""The commands, as people type them."""


def main() -> None:
    """Run the command line."""
    from ingestd.cli.app import app  # noqa: PLC0415 - `python -c` and the parser's processes import this package cheaply

    app()
