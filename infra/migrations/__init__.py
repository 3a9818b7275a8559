"""Migrations: bringing a database to the tables this version expects, after a backup."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from infra import backup
from infra.database import Database
from infra.lock import hold
from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: from which revision to which, and where the copy from before it is."""

    before: str | None
    after: str
    backup: Path | None


def migrate(settings: Settings, *, now: datetime) -> Migrated:
    """Bring the settings' database to the newest tables; on SQLite alone on it, and after a backup."""
    path = settings.sqlite_path
    if path is None:
        return _migrate(settings, None)
    with hold(path):
        kept = backup.take(settings, now=now) if _has_tables(settings) else None
        return _migrate(settings, kept)


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations a database has not had yet."""
    config = _config()
    config.attributes["database"] = database
    command.upgrade(config, revision)


def current(database: Database) -> str | None:
    """The revision a database is at."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The revision this version expects."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _migrate(settings: Settings, kept: Path | None) -> Migrated:
    database = Database.open(settings.database)
    try:
        before = current(database)
        upgrade(database)
        return Migrated(before, head(), kept)
    finally:
        database.close()


def _has_tables(settings: Settings) -> bool:
    path = settings.sqlite_path
    if path is None or not path.exists():
        return False
    database = Database.open(settings.database)
    try:
        return current(database) not in (None, head())
    finally:
        database.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
