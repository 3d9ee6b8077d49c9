"""The statements of the hot path on the driver's own cursor: written in SQLAlchemy's words, compiled once.

To execute them by SQLAlchemy costs several times what the database takes. Errors are those that SQLAlchemy would raise.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

_MOST_ROWS = 32

Statement = Select[Any] | Insert | Update
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement in one dialect: its text, the values as the driver wants them, and what its rows are made of."""

    text: str
    told: Callable[[Values], Any]
    row: Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class _Many:
    """A statement for several rows, by position: of which row and column each value is."""

    text: str
    places: tuple[tuple[int, str], ...]


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


def insert_all(connection: Connection, statement: Insert, all_values: Sequence[Values]) -> int:
    """Insert these rows, which have the same columns, many at a time; how many of them were inserted."""
    inserted, left = 0, all_values
    while left:
        # Few sizes, so that each statement is soon one of those that the driver keeps prepared.
        size = min(1 << len(left).bit_length() - 1, _MOST_ROWS)
        some, left = left[:size], left[size:]
        many = _many(statement, tuple(some[0]), size, connection.dialect)
        cursor = _executed(connection, many.text, [some[row][name] for row, name in many.places])
        inserted += cursor.rowcount
        cursor.close()
    return inserted


def say(connection: Connection, text: str) -> None:
    """A statement in the driver's own words."""
    _executed(connection, text, ()).close()


@lru_cache(256)
def _ready(statement: Statement, dialect: Dialect) -> _Ready:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    keys = statement.selected_columns.keys() if isinstance(statement, Select) else []
    # A column without a name, such as a count, is found by its place.
    made = namedtuple("Row", keys, rename=True)  # type: ignore[misc]  # noqa: PYI024 - its fields are the statement's
    return _Ready(str(compiled), _told(compiled), made._make)


def _told(compiled: SQLCompiler) -> Callable[[Values], Any]:
    """The values by position or by name, with those that stand in the statement."""
    fixed = {name: bound.effective_value for name, bound in compiled.binds.items() if not bound.required}
    names = compiled.positiontup
    if names is None:
        return lambda values: {**fixed, **values}
    in_order = itemgetter(*names) if len(names) > 1 else lambda values: tuple([values[name] for name in names])
    return (lambda values: in_order({**fixed, **values})) if fixed else in_order


@lru_cache(128)
def _many(statement: Insert, names: tuple[str, ...], size: int, dialect: Dialect) -> _Many:
    places = {f"{name}_{row}": (row, name) for row in range(size) for name in names}
    rows_of_it: list[dict[str, Any]] = [{name: bindparam(f"{name}_{row}") for name in names} for row in range(size)]
    compiled = statement.values(rows_of_it).compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    order = compiled.positiontup if compiled.positiontup is not None else list(places)
    return _Many(str(compiled), tuple(places[name] for name in order))


def _executed(connection: Connection, text: str, told: Any) -> Any:
    # What the pool puts around it has nothing to add to one statement.
    driver = connection.connection.dbapi_connection
    assert driver is not None
    cursor = driver.cursor()
    try:
        cursor.execute(text, told)
    except connection.dialect.loaded_dbapi.Error as error:
        cursor.close()
        raise DBAPIError(text, None, error, hide_parameters=True) from error
    return cursor
