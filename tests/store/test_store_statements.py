"""The statements: for three engines, and none that walks through all that was ever done."""

import re
import sqlite3

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.expression import Executable

from ingestd.core.journal import Status
from ingestd.store import audit, claim, intake, ledger, look, upkeep
from ingestd.store.asked import Filter
from ingestd.store.intake import insert_ignore
from ingestd.store.look import listing
from ingestd.store.tables import entry, metadata, suit

ROOMS = (audit, claim, intake, ledger, look, upkeep)
STATEMENTS = {
    name: statement
    for room in ROOMS
    for name, statement in vars(room).items()
    if isinstance(statement, Executable) and name.isupper() and not name.startswith("_")
} | {"MOVED": intake.moved(2)}
ENGINES = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect(), "mariadb": MariaDBDialect()}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_statement_compiles_for_every_engine(engine):
    """One set of statements; only the insert that passes over what is there branches."""
    listed = listing(Filter(Status.DONE, "ann@example.org", "ABC-1", "0"))

    for statement in (*STATEMENTS.values(), listed, insert_ignore(engine, entry)):
        assert str(statement.compile(dialect=ENGINES[engine]))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_table_and_index_compiles_for_every_engine(engine):
    """The schema too, with what this engine alone understands."""
    suit(engine)

    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=ENGINES[engine]))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=ENGINES[engine]))


def test_an_insert_passes_over_what_is_there_in_each_engines_words():
    """ON CONFLICT DO NOTHING, or IGNORE."""
    words = {engine: str(insert_ignore(engine, entry).compile(dialect=ENGINES[engine])) for engine in ENGINES}

    assert words["sqlite"].endswith("ON CONFLICT DO NOTHING")
    assert words["postgresql"].endswith("ON CONFLICT DO NOTHING")
    assert words["mariadb"].startswith("INSERT IGNORE")


def test_large_values_fit_on_mariadb():
    """Its BLOB and TEXT end at 64 KB."""
    ddl = "".join(str(CreateTable(table).compile(dialect=ENGINES["mariadb"])) for table in metadata.sorted_tables)

    assert "LONGBLOB" in ddl
    assert not re.search(r"\b(BLOB|TEXT)\b", ddl)


@pytest.mark.parametrize("name", sorted(STATEMENTS))
async def test_no_statement_walks_through_all_entries(spool, url, name):
    """SQLite finds rows by an index made for it: the cost does not grow with what is done."""
    sql = re.sub(r"\(__\[POSTCOMPILE_\w+\]\)", "(?, ?)", str(STATEMENTS[name].compile(dialect=ENGINES["sqlite"])))
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))]
    connection.close()

    walks = [step for step in plan if re.match(r"SCAN (entry|chunk|line)|SEARCH.*entry_status \(status=\?\)", step)]

    # Counting counts every entry; leases are void once, at start, and an index holds just the leased ones. So it does
    # for a claim, which asks who is at work where others wait behind.
    counting = {
        "CLAIMABLE": ["SEARCH working USING INDEX entry_status (status=?)"],
        "COUNTS": ["SCAN entry USING COVERING INDEX entry_status"],
        "SUMS": ["SCAN entry USING COVERING INDEX entry_raw"],
    }
    assert walks == counting.get(name, []) or name == "VOID"
