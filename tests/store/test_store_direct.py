"""Statements on the driver's own cursor: the same rows, changes and errors as by SQLAlchemy's execution."""

import pytest
from sqlalchemy import bindparam, create_engine, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from ingestd.store import direct
from ingestd.store.tables import line, metadata

LINES = select(line.c.seq, line.c.event).where(line.c.queue_id == bindparam("id")).order_by(line.c.seq)
COUNT = select(func.count()).select_from(select(line.c.seq).where(line.c.seq >= bindparam("least")).limit(2).subquery())
MOVE = update(line).where(line.c.queue_id == bindparam("id"), line.c.seq > 1).values(event=bindparam("event"))
ROWS = [{"queue_id": "A", "seq": seq, "at": 1.5, "event": f"event {seq}"} for seq in (3, 1, 2)]


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        direct.change_each(connection, insert(line), ROWS)
        yield connection
    engine.dispose()


def test_rows_tell_their_columns_by_name(connection):
    """In the order asked for; a row that is not there is None."""
    found = direct.rows(connection, LINES, {"id": "A"})

    assert [(1, "event 1"), (2, "event 2"), (3, "event 3")] == [(each.seq, each.event) for each in found]
    assert "event 1" == direct.row(connection, LINES, {"id": "A"}).event
    assert direct.row(connection, LINES, {"id": "B"}) is None
    assert direct.value(connection, LINES, {"id": "B"}) is None


def test_values_that_stand_in_the_statement_are_kept(connection):
    """Limits and comparisons that were written into it count beside those that are given."""
    assert 2 == direct.value(connection, COUNT, {"least": 1})
    assert 1 == direct.value(connection, COUNT, {"least": 3})


def test_a_change_tells_how_many_rows_it_met(connection):
    """None is zero."""
    assert 2 == direct.change(connection, MOVE, {"id": "A", "event": "other"})
    assert 0 == direct.change(connection, MOVE, {"id": "B", "event": "other"})
    assert ["event 1", "other", "other"] == [each.event for each in direct.rows(connection, LINES, {"id": "A"})]


def test_errors_are_those_of_sqlalchemy_without_values(connection):
    """Who catches SQLAlchemy's catches these; no value of a mail is in their words."""
    with pytest.raises(DBAPIError) as caught:
        direct.change(connection, insert(line), {**ROWS[0], "event": "secret words"})

    assert "UNIQUE constraint failed" in str(caught.value.orig)
    assert "secret words" not in str(caught.value)
