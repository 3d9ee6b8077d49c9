"""Which key stands in which line: tomllib tells values but not places."""

import tomllib
from typing import Any

Path = tuple[str | int, ...]


def key_lines(text: str) -> dict[Path, int]:
    """The line of each table and key of a TOML document that tomllib has read without a fault.

    A statement ends where tomllib can read it alone, so strings and lists over several lines need no grammar here.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    statement, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        statement, start = (statement + "\n" + line, start) if statement else (line, number)
        try:
            said = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if statement.lstrip().startswith("["):
            table = _table(said, counts)
            found.setdefault(table, start)
        else:
            for path in _paths(said):
                found.setdefault(table + path, start)
        statement = ""
    return found


def _table(said: dict[str, Any], counts: dict[Path, int]) -> Path:
    """The path that a header opens: [a.b] below the last [[a]], if a is a list."""
    path: Path = ()
    here: Any = said
    while here:
        if isinstance(here, list):
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        key, here = next(iter(here.items()))
        path = (*path, key)
        if path in counts and isinstance(here, dict):
            path = (*path, counts[path])
    return path


def _paths(said: Any) -> list[Path]:
    """Every key of a statement, those of inline tables too, each after the one it stands in."""
    if not isinstance(said, dict | list):
        return []
    entries = said.items() if isinstance(said, dict) else enumerate(said)
    return [path for key, below in entries for path in [(key,), *((key, *deeper) for deeper in _paths(below))]]
