"""How Alembic runs our migrations: all in one transaction, the books' triggers put back at its end."""

from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import infra.migrations.models  # noqa: F401  (the metadata is whole once they are imported)
from infra.database import Database
from infra.migrations import head
from infra.settings import Settings
from payments.tables import append_only_ddl


def run() -> None:
    """Migrate the database `pannier migrate` hands over, or the settings' own for the alembic command."""
    database = context.config.attributes.get("database")
    opened = database or Database.open(Settings().database)
    with opened.engine.connect() as connection:
        # A table that is rebuilt is dropped on the way: with the keys on, that would delete what points at it.
        # SQLite only listens to this outside a transaction.
        _foreign_keys(connection, on=False)
        connection = connection.execution_options(pannier_writer=True)
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()
            _finish(connection)
        connection.commit()
        _foreign_keys(connection, on=True)
    if database is None:
        opened.close()


def _finish(connection: Connection) -> None:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision == head():
        # Rebuilding a table loses its triggers without a word; these statements may be run again.
        for statement in append_only_ddl(connection.dialect.name):
            connection.execute(text(statement.replace(":", "\\:")))
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(
                f"the migration left rows that point nowhere, in {sorted({r[0] for r in broken})}"
            )


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    raw = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and raw is not None:
        raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


run()
