"""The database: one engine, reading and writing transactions, the same on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, SQLModel

# Any constant will do: every writer of one database takes the same lock.
_WRITER_LOCK = 7_266_437
# How long PostgreSQL waits for a writer's next word before it ends its transaction, and so its turn. A machine that
# lost its power or network, or a process that was stopped, says nothing more, and the server would not know for hours.
SILENT_S = 60
# The most connections of one process to PostgreSQL, and how long a thread waits for one: its server takes a hundred
# from all of them. Writers have a few of their own, for one of them works while the others wait: who waits for a turn
# need not stand at the server, and who has it finds a connection to look with.
_READERS, _WRITERS = (24, 30), (4, 60)


class Database:
    """One co-op's database.

    SQLite runs in WAL mode with foreign keys on, and a writer says BEGIN IMMEDIATE; on PostgreSQL a writer
    first takes one advisory lock. Either way writers go one after another, so that a check made inside a
    writing transaction still holds when it commits. Who only looks waits for nobody and looks at one moment.
    On PostgreSQL a writer that says nothing for `silent_s` seconds loses its turn, and all it did in it.
    """

    def __init__(self, engine: Engine, *, writers: Engine | None = None, silent_s: int = SILENT_S) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self._writers = writers or engine
        self._writer = self._writers.execution_options(pannier_writer=True, pannier_silent_s=silent_s)
        self._reader = engine
        if self.dialect == "postgresql":
            self._reader = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @classmethod
    def open(cls, url: str, *, silent_s: int = SILENT_S) -> "Database":
        """Open the database at an SQLAlchemy URL; a plain `postgresql://` means the psycopg 3 driver."""
        # hide_parameters: what is bound may be a name, a number or a text, and errors end up in logs.
        target = make_url(url)
        if target.drivername in ("postgresql", "postgres"):
            target = target.set(drivername="postgresql+psycopg")
        if target.get_backend_name() == "sqlite":
            if target.database and target.database != ":memory:":
                _private(Path(target.database))
            engine = create_engine(
                target, hide_parameters=True, connect_args={"timeout": 30, "check_same_thread": False}
            )
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine, writers = (_pooled(target, most, wait_s) for most, wait_s in (_READERS, _WRITERS))
            return cls(engine, writers=writers, silent_s=silent_s)
        return cls(engine, silent_s=silent_s)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only looks, at one moment, however long it looks and whatever is written meanwhile.

        On SQLite every transaction does; PostgreSQL is asked to, and refuses a write here.
        """
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that may write: committed when the block ends well, rolled back when it raises.

        It takes its turn among the writers at its first statement, so that the turn is only ever held by a
        thread that is running: a request still waiting for a thread holds up nobody.
        """
        with Session(self._writer, expire_on_commit=False) as session:
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    def create_all(self) -> None:
        """Create every table and trigger as the models say; real installs migrate instead."""
        with self.engine.begin() as connection:
            SQLModel.metadata.create_all(connection)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self._writers.dispose()


def _pooled(target: URL, most: int, wait_s: int) -> Engine:
    """An engine with that many connections at most; who finds none free waits that long for one."""
    engine = create_engine(
        target,
        hide_parameters=True,
        # Whatever the server's own default: a writer that waited must see what was written meanwhile.
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=most // 2,
        max_overflow=most - most // 2,
        pool_timeout=wait_s,
    )
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _private(path: Path) -> None:
    """Make the file, and a folder made for it, readable by this user alone: names and texts stand in it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600, exist_ok=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        # Without it INSERT OR REPLACE deletes rows past the append-only triggers.
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_postgres(connection: Any) -> None:
    said = connection.get_execution_options()
    if said.get("pannier_writer", False):
        silent_s = int(said.get("pannier_silent_s", SILENT_S))
        connection.exec_driver_sql(
            f"SELECT set_config('idle_in_transaction_session_timeout', '{silent_s}s', true),"
            f" pg_advisory_xact_lock({_WRITER_LOCK})"
        )


def _begin_sqlite(connection: Any) -> None:
    writer = connection.get_execution_options().get("pannier_writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
