"""Statements on the driver's own cursor: the same rows, changes and errors as by SQLAlchemy's execution."""

import pytest
from sqlalchemy import bindparam, create_engine, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from ingestd.store import direct
from ingestd.store.intake import insert_ignore
from ingestd.store.tables import entry, line, metadata

LINES = select(line.c.seq, line.c.event).where(line.c.queue_id == bindparam("id")).order_by(line.c.seq)
COUNT = select(func.count()).select_from(select(line.c.seq).where(line.c.seq >= bindparam("least")).limit(2).subquery())
MOVE = update(line).where(line.c.queue_id == bindparam("id"), line.c.seq > 1).values(event=bindparam("event"))
COUNT_ALL = select(func.count(line.c.queue_id.distinct()))
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


@pytest.mark.parametrize("count", [0, 1, 2, 3, 31, 32, 33, 70])
def test_many_rows_go_in_with_few_statements(connection, count):
    """However many they are, each is there once, with its own values, and is counted."""
    rows = [{"queue_id": f"B{n:03}", "seq": n, "at": n + 0.5, "event": f"event {n}"} for n in range(count)]

    assert count == direct.insert_all(connection, insert(line), rows)

    found = connection.execute(select(line).where(line.c.queue_id != "A").order_by(line.c.queue_id)).mappings().all()
    assert rows == [dict(row) for row in found]


def test_rows_that_are_passed_over_are_not_counted(connection):
    """One that is there, and one that comes twice in the same statement."""
    passing = insert_ignore("sqlite", line)
    rows = [{**ROWS[0], "queue_id": queue_id} for queue_id in ("A", "C", "C", "D")]

    assert 2 == direct.insert_all(connection, passing, rows)
    assert 3 == direct.value(connection, COUNT_ALL, {})


def test_columns_that_are_not_given_have_their_defaults(connection):
    """As with one row a statement."""
    given = {
        "queue_id": "Q", "raw_id": "R", "size": 1, "reverse_path": "", "recipient": "", "route": "", "peer": "",
        "helo": "", "tls": False, "received_at": 1.0, "root": "r", "conversation": "r", "due_at": 1.0,
    }  # fmt: skip
    rows = [{**given, "queue_id": f"Q{n}", "fingerprint": str(n)} for n in range(2)]

    assert 2 == direct.insert_all(connection, insert(entry), rows)
    assert [("incoming", 1), ("incoming", 1)] == list(connection.execute(select(entry.c.status, entry.c.lines)))
