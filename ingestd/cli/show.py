"""Tables, facts and JSON on stdout; whatever a mail wrote is disarmed before a terminal sees it."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import typer
from rich.cells import cell_len, chop_cells, set_cell_size

LONGEST = 300
NARROWEST = 8
GAP = "  "
BLANKS = str.maketrans("\t\n\r\v\f\N{NEXT LINE}\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}", " " * 8)
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def disarmed(text: object) -> str:
    """One line that a terminal prints and does not obey: no control characters, nothing that turns its direction."""
    line = str(text).translate(BLANKS)
    return line if line.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A row a line. Cells are cut to fit a terminal, the first column never; in a file or pipe they are whole."""
    cells = [[_cut(disarmed(cell)) for cell in row] for row in (columns, *rows)]
    widths = _fitted([max(map(cell_len, column)) for column in zip(*cells, strict=True)], _room())
    for number, row in enumerate(cells):
        line = GAP.join(_sized(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        typer.echo(typer.style(line, bold=True) if number == 0 else line)


def facts(rows: Iterable[tuple[str, object]], indent: str = "") -> None:
    """Names and what they hold, a value a line; a value that is a tuple has a line for each. Folded on a terminal."""
    listed = [(name, value if isinstance(value, tuple) else (value,)) for name, value in rows]
    width = max((cell_len(name) for name, _ in listed), default=0)
    for name, value in listed:
        for number, line in enumerate(_folded(value, len(indent) + width + len(GAP))):
            start = disarmed(name) if number == 0 else ""
            typer.echo(f"{indent}{_sized(start, width)}{GAP}{line}".rstrip())


def as_json(value: Any) -> None:
    """One JSON document on stdout, ASCII only."""
    typer.echo(json.dumps(value, default=_jsonable, indent=2))


def warn(text: str) -> None:
    """A line on stderr, for whoever reads it beside the answer."""
    typer.echo(disarmed(text), err=True)


def _room() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + ELLIPSIS


def _fitted(widths: list[int], room: int | None) -> list[int]:
    """The widths with the widest made narrower until all fit."""
    fitted = list(widths)
    while room is not None and sum(fitted) + len(GAP) * (len(fitted) - 1) > room:
        widest = max(range(1, len(fitted)), key=fitted.__getitem__, default=0)
        if not widest or fitted[widest] <= NARROWEST:
            break
        fitted[widest] -= 1
    return fitted


def _sized(text: str, width: int) -> str:
    fits = cell_len(text) <= width
    return set_cell_size(text, width) if fits else set_cell_size(text, width - 1) + ELLIPSIS


def _folded(value: tuple[object, ...], left: int) -> Iterable[str]:
    room = _room()
    for line in map(disarmed, value):
        if room is None or not line:
            yield line
            continue
        width = max(20, room - left)
        # textwrap counts characters, and some take two columns.
        yield from (piece for part in textwrap.wrap(line, width) for piece in chop_cells(part, width))


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
