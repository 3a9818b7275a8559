"""The books can be added to and nothing else, also for a hand at the database itself."""

import sqlite3
from contextlib import closing
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from infra.database import Database
from payments import books
from tests.payments.conftest import small_evening
from tests.payments.rulebooks import adopted

TABLES = ("rulebook_version", "entry", "posting")


def refused(database: Database, statement: str) -> str:
    with database.engine.connect() as connection:
        before = {table: connection.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES}
        connection.rollback()
        with pytest.raises(DBAPIError) as fault:
            connection.exec_driver_sql(statement)
        connection.rollback()
        after = {table: connection.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES}
        assert after == before
    return str(fault.value)


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_deleted(kept: Database, table: str) -> None:
    """A DELETE on any table of the books is refused by the database."""
    assert "append-only" in refused(kept, f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posting SET amount = amount + 1",
        "UPDATE posting SET destination = 'rider:1:wages'",
        "UPDATE entry SET why = 'another story'",
        "UPDATE entry SET key = key",
        "UPDATE rulebook_version SET effective_on = '2020-01-01'",
    ],
)
def test_no_row_is_changed(kept: Database, change: str) -> None:
    """An UPDATE of any table of the books is refused by the database, even one that changes nothing."""
    assert "append-only" in refused(kept, change)


@pytest.mark.parametrize("pragma", ["ON", "OFF"])
@pytest.mark.parametrize(
    "replacement",
    [
        "INSERT OR REPLACE INTO posting SELECT entry_id, position, source, destination, 1 FROM posting",
        "REPLACE INTO entry SELECT id, key, at, 'other', unit, rulebook, subject, reverses, size, body, "
        "recorded_at, prev_hash, hash FROM entry",
        "REPLACE INTO entry SELECT 99, key, at, why, unit, rulebook, subject, reverses, size, body, "
        "recorded_at, 'p', 'h' FROM entry",
        "REPLACE INTO rulebook_version SELECT id, version, digest, '', effective_on, resolution, adopted_at "
        "FROM rulebook_version",
        "INSERT INTO posting SELECT * FROM posting WHERE true ON CONFLICT DO UPDATE SET amount = 1",
    ],
)
def test_nothing_is_replaced(kept: Database, replacement: str, pragma: str) -> None:
    """INSERT OR REPLACE is refused whether or not the connection set recursive_triggers."""
    if kept.dialect != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE; its upsert is an UPDATE, tested apart")
    with kept.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"PRAGMA recursive_triggers={pragma}")
        with pytest.raises(DBAPIError, match="append-only"):
            connection.exec_driver_sql(replacement)
        assert connection.exec_driver_sql("SELECT count(*) FROM posting WHERE amount = 1").scalar() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM entry WHERE why = 'other'").scalar() == 0
        connection.exec_driver_sql("PRAGMA recursive_triggers=ON")
        connection.exec_driver_sql("BEGIN")


def plainly(kept: Database, statement: str) -> str:
    """What SQLite says to a statement on a connection that set no pragma; the books stay what they are."""
    with closing(sqlite3.connect(str(kept.engine.url.database))) as plain:
        assert plain.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        before = [plain.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]
        with pytest.raises(sqlite3.DatabaseError) as fault:
            plain.execute(statement)
        assert [plain.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES] == before
    return str(fault.value)


ANEW = (
    "SELECT {number}, {id}key || '-2', at, why, unit, rulebook, subject, NULL, size, body, recorded_at, "
    "prev_hash || '2', hash || '2' FROM entry WHERE id = 1"
)
REST = "key, at, why, unit, rulebook, subject, reverses, size, body, recorded_at, prev_hash, hash"


@pytest.mark.parametrize("number", ["rowid", "oid", "_rowid_"])
@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "posting ({number}, entry_id, position, source, destination, amount) "
            "VALUES (1, 999, 0, 'a:b', 'c:d', 5)",
            "no column named",
        ),
        ("entry ({number}, " + REST + ") " + ANEW.format(number=1, id=""), "append-only"),
        ("entry ({number}, id, " + REST + ") " + ANEW.format(number=1, id="1, "), "append-only"),
        ("entry ({number}, id, " + REST + ") " + ANEW.format(number=99, id="1, "), "append-only"),
        (
            "rulebook_version ({number}, version, digest, text, effective_on, resolution, adopted_at) "
            "SELECT id, 'v', 'd', text, effective_on, resolution, adopted_at FROM rulebook_version",
            "append-only",
        ),
    ],
)
def test_nothing_is_replaced_by_its_row_number(kept: Database, number: str, row: str, told: str) -> None:
    """On a plain SQLite connection no row is replaced by the number SQLite itself gives rows.

    An entry's id is that number: where both are written, the one that counts is the one the triggers see.
    """
    if kept.dialect != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE and no row numbers")
    assert told in plainly(kept, f"INSERT OR REPLACE INTO {row.format(number=number)}")


def test_a_posting_needs_its_entry(kept: Database) -> None:
    """A posting of an entry there is not is refused, also where SQLite looks after no foreign keys."""
    statement = "INSERT INTO posting VALUES (999, 0, 'a:b', 'c:d', 5)"
    assert "there is none" in refused(kept, statement)
    if kept.dialect == "sqlite":
        assert "there is none" in plainly(kept, statement)
        assert "append-only" in plainly(kept, "REPLACE INTO posting VALUES ('1', '0', 'a:b', 'c:d', 5)")


def test_an_upsert_is_refused(kept: Database) -> None:
    """ON CONFLICT DO UPDATE is an update and is refused."""
    assert "append-only" in refused(
        kept,
        "INSERT INTO posting SELECT * FROM posting WHERE true "
        "ON CONFLICT (entry_id, position) DO UPDATE SET amount = 1",
    )


@pytest.mark.parametrize("tables", ["posting", "entry, posting", "rulebook_version, entry, posting"])
def test_no_table_is_emptied(kept: Database, tables: str) -> None:
    """TRUNCATE, which passes by row triggers, is refused on PostgreSQL."""
    if kept.dialect != "postgresql":
        pytest.skip("SQLite has no TRUNCATE; its DELETE is tested apart")
    assert "append-only" in refused(kept, f"TRUNCATE {tables} CASCADE")


def test_a_complete_entry_takes_no_further_posting(kept: Database) -> None:
    """A posting added by hand to an entry already written is refused."""
    assert "complete" in refused(
        kept, "INSERT INTO posting VALUES (1, 5, 'co-op:wages', 'rider:1:wages', 5000)"
    )


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ("(1, 0, 'a:b', 'c:d', 0)", "ck_posting_amount"),
        ("(1, 0, 'a:b', 'c:d', -5)", "ck_posting_amount"),
        ("(1, 0, 'a:b', 'a:b', 5)", "ck_posting_moves"),
        ("(1, -1, 'a:b', 'c:d', 5)", "ck_posting_position"),
    ],
)
def test_unbalanced_money_cannot_be_written_by_hand(kept: Database, row: str, constraint: str) -> None:
    """The database itself refuses, by a named CHECK, a posting that moves nothing or goes nowhere."""
    with kept.engine.connect() as connection:
        for name in ("sealed", "no_replace"):
            if kept.dialect == "sqlite":
                connection.exec_driver_sql(f"DROP TRIGGER posting_{name}")
        with pytest.raises(DBAPIError, match=constraint):
            connection.exec_driver_sql(f"INSERT INTO posting VALUES {row}")
        connection.rollback()


def test_the_statements_may_be_run_again(database: Database) -> None:
    """A migration may set the triggers once more, and they hold as before."""
    small_evening(database)
    with database.engine.begin() as connection:
        for _ in range(2):
            for statement in books.append_only_ddl(database.dialect):
                connection.exec_driver_sql(statement)
    assert "append-only" in refused(database, "DELETE FROM posting")


def test_triggers_are_set_again_after_they_were_lost(database: Database) -> None:
    """After a table was rebuilt without its triggers, the same statements put every one back."""
    small_evening(database)
    with database.engine.begin() as connection:
        if database.dialect == "sqlite":
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all()
            assert len(names) == len(books.append_only_ddl("sqlite")) >= 3 * len(TABLES)
            for (name,) in names:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("DROP FUNCTION books_append_only() CASCADE")
        for statement in books.append_only_ddl(database.dialect):
            connection.exec_driver_sql(statement)
    for table in TABLES:
        assert "append-only" in refused(database, f"DELETE FROM {table}")


def test_an_unknown_dialect_is_refused() -> None:
    """There are no triggers for a database the books are not kept in."""
    with pytest.raises(ValueError, match="mysql"):
        books.append_only_ddl("mysql")


def test_foreign_keys_name_a_rulebook_and_an_original(session: Session, now: datetime) -> None:
    """An entry naming no rulebook, or reversing no entry, is refused by the database too."""
    version = adopted(session)
    insert = (
        "INSERT INTO entry VALUES (1, 'k', :at, 'w', 'GBP', :version, 's', :reverses, 1, 'b', :at, 'p', 'h')"
    )
    for facts in ({"version": "9-none", "reverses": None}, {"version": version, "reverses": "no such key"}):
        with pytest.raises(DBAPIError, match=r"(?i)foreign key"), session.begin_nested():
            session.connection().execute(text(insert), {"at": now.isoformat(), **facts})
