"""Migrations lead to exactly the database the models describe, on both kinds."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from infra.database import Database
from infra.migrations import current, head, initial, models, upgrade
from tests.conftest import fresh_postgres
from tests.rules.catalogue import Catalogue, catalogue, differences, seen

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Makes empty databases of each kind in turn."""
    made: list[Database] = []

    def make() -> Database:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / f'{len(made)}.db'}"
        else:
            url = fresh_postgres(request.getfixturevalue("postgres_url"))
        made.append(Database.open(url))
        return made[-1]

    yield make
    for database in made:
        database.close()


def test_migrated_equals_created(empty: Callable[[], Database]) -> None:
    """`upgrade head` gives the same catalogue as the models: columns, CHECKs, indexes, keys and triggers."""
    migrated, created = empty(), empty()
    upgrade(migrated)
    created.create_all()
    assert differences(catalogue(migrated), catalogue(created)) == []
    assert current(migrated) == head()
    assert len(models.MODULES) >= 3
    assert any(name.startswith("trigger entry.") for name in catalogue(migrated))


def test_migrating_twice_changes_nothing(empty: Callable[[], Database]) -> None:
    """A second migration of the same database leaves it as it is."""
    database = empty()
    upgrade(database)
    before = catalogue(database)
    upgrade(database)
    assert differences(before, catalogue(database)) == []


# Each change a careless migration could make, and a word the difference must contain.
SQLITE_DAMAGE = [
    (
        "a CHECK",
        "UPDATE sqlite_master SET sql = replace(sql, 'amount > 0', 'amount >= 0')",
        "ck_posting_amount",
    ),
    (
        "a column's type",
        "UPDATE sqlite_master SET sql = replace(sql, 'amount BIGINT', 'amount TEXT')",
        "amount",
    ),
    (
        "a NOT NULL",
        "UPDATE sqlite_master SET sql = replace(sql, 'why VARCHAR NOT NULL', 'why VARCHAR')",
        "why",
    ),
    (
        "an index predicate",
        "UPDATE sqlite_master SET sql = replace(sql, ' WHERE spread_at IS NULL', '')",
        "ix_event_unspread",
    ),
    (
        "a foreign key",
        "UPDATE sqlite_master SET sql = replace(sql, 'REFERENCES entry (id)', 'REFERENCES entry (key)')",
        "fk_posting",
    ),
    ("a trigger", "DROP TRIGGER entry_no_delete", "entry_no_delete"),
]
POSTGRES_DAMAGE = [
    ("a CHECK", "ALTER TABLE posting DROP CONSTRAINT ck_posting_amount", "ck_posting_amount"),
    ("a column's type", "ALTER TABLE posting ALTER amount TYPE numeric", "amount"),
    ("a NOT NULL", "ALTER TABLE entry ALTER why DROP NOT NULL", "why"),
    (
        "an index predicate",
        "DROP INDEX ix_event_unspread; CREATE INDEX ix_event_unspread ON event (id)",
        "ix_event_unspread",
    ),
    ("a foreign key", "ALTER TABLE posting DROP CONSTRAINT fk_posting_entry_id", "fk_posting"),
    ("a trigger", "DROP TRIGGER entry_append_only ON entry", "entry_append_only"),
    ("a trigger that sleeps", "ALTER TABLE entry DISABLE TRIGGER entry_append_only", "entry_append_only"),
    (
        "what a trigger does",
        "CREATE OR REPLACE FUNCTION books_append_only() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NEW; END $$",
        "books_append_only",
    ),
]


def test_every_kind_of_damage_is_seen(empty: Callable[[], Database]) -> None:
    """A lost CHECK, predicate, key, trigger, type or NOT NULL shows as a difference: the test above can fail."""
    database = empty()
    upgrade(database)
    sound = catalogue(database)
    sqlite = database.dialect == "sqlite"
    for what, statement, word in SQLITE_DAMAGE if sqlite else POSTGRES_DAMAGE:
        damaged = _damaged_copy(database, statement) if sqlite else _damaged_view(database, statement)
        assert any(word in line for line in differences(sound, damaged)), what


def _damaged_copy(database: Database, statement: str) -> Catalogue:
    # SQLite reads its schema when a file is opened, so the damage is done to a copy, which is opened again.
    database.close()
    path = Path(str(database.engine.url.database))
    copy = path.with_name("damaged.db")
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(statement)
    opened = Database.open(f"sqlite:///{copy}")
    found = catalogue(opened)
    opened.close()
    return found


def _damaged_view(database: Database, statement: str) -> Catalogue:
    # Seen within a transaction that is then given up: the next damage meets a sound database.
    with database.engine.connect() as connection:
        connection.exec_driver_sql(statement)
        found = seen(connection)
        connection.rollback()
    return found


def test_the_first_migration_is_that_of_the_models() -> None:
    """0001 is what `python -m infra.migrations.initial` writes, as long as nothing is released."""
    assert initial.WHERE.read_text() == initial.text(), "run python -m infra.migrations.initial"


def test_every_module_with_tables_is_known() -> None:
    """No table is left out of the metadata the migrations go by, wherever it is defined."""
    program = "import sys, infra.migrations.models; print(*sys.modules, sep='\\n')"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    known = ended.stdout.split()
    sources = [
        file
        for package in ("infra", "riders_app", "dispatch", "payments")
        for file in (REPOSITORY / package).rglob("*.py")
        if re.search(r"\btable=True", file.read_text())
    ]
    names = [".".join(file.relative_to(REPOSITORY).with_suffix("").parts) for file in sources]
    missing = [name for name in names if name.removesuffix(".__init__") not in known]
    assert len(names) >= 3
    assert missing == [], "add them to infra/migrations/models.py"


def test_every_check_and_index_has_a_name() -> None:
    """Every constraint is named, so that a later migration can get hold of it."""
    unnamed = [
        f"{table.name}: {constraint}"
        for table in SQLModel.metadata.tables.values()
        for constraint in table.constraints
        if constraint.name is None
    ]
    assert unnamed == []
