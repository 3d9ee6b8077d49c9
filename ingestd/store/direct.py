"""The statements of the hot path on the driver's own cursor: written in SQLAlchemy's words, compiled once.

To execute them by SQLAlchemy costs several times what the database takes. Errors are those that SQLAlchemy would raise.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Statement = Select[Any] | Insert | Update
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement in one dialect: its text, the values by position or by name, and what its rows are made of."""

    text: str
    names: tuple[str, ...] | None
    fixed: Values
    row: Callable[[Sequence[Any]], Any]

    def told(self, values: Values) -> Any:
        all_of_them = {**self.fixed, **values}
        return all_of_them if self.names is None else [all_of_them[name] for name in self.names]


def rows(connection: Connection, statement: Statement, values: Values) -> list[Any]:
    """The rows, their columns by name."""
    ready = _ready(statement, connection.dialect)
    cursor = _executed(connection, ready.text, ready.told(values))
    try:
        return [ready.row(found) for found in cursor.fetchall()]
    finally:
        cursor.close()


def row(connection: Connection, statement: Statement, values: Values) -> Any:
    """The first row; None where there is none."""
    found = rows(connection, statement, values)
    return found[0] if found else None


def value(connection: Connection, statement: Statement, values: Values) -> Any:
    """The first column of the first row; None where there is none."""
    found = row(connection, statement, values)
    return None if found is None else found[0]


def change(connection: Connection, statement: Statement, values: Values) -> int:
    """How many rows were changed."""
    ready = _ready(statement, connection.dialect)
    cursor = _executed(connection, ready.text, ready.told(values))
    try:
        return int(cursor.rowcount)
    finally:
        cursor.close()


def change_each(connection: Connection, statement: Statement, all_values: Sequence[Values]) -> None:
    """The same statement with each of these values."""
    for values in all_values:
        change(connection, statement, values)


def say(connection: Connection, text: str) -> None:
    """A statement in the driver's own words."""
    _executed(connection, text, ()).close()


@lru_cache(256)
def _ready(statement: Statement, dialect: Dialect) -> _Ready:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    names = tuple(compiled.positiontup) if compiled.positiontup is not None else None
    keys = statement.selected_columns.keys() if isinstance(statement, Select) else []
    # A column without a name, such as a count, is found by its place.
    made = namedtuple("Row", keys, rename=True)  # type: ignore[misc]  # noqa: PYI024 - its fields are the statement's
    return _Ready(str(compiled), names, compiled.params, made._make)


def _executed(connection: Connection, text: str, told: Any) -> Any:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, told)
    except connection.dialect.loaded_dbapi.Error as error:
        cursor.close()
        raise DBAPIError(text, None, error, hide_parameters=True) from error
    return cursor
