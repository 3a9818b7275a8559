"""Which worker processes are alive, and how one process nudges another.

On PostgreSQL each worker holds an advisory lock on a connection of its own: the server lets go of it when the
process dies, however it dies, so the others see at once who is gone, and no clock is compared. The same
connection listens for nudges. On SQLite the lock file has already seen to it that there is only one worker.
"""

import logging
import threading
from collections.abc import Callable
from zlib import crc32

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from infra.database import Database

# The first half of the two-number advisory locks (a space of their own beside the writers' lock).
_CLASS = 7_266
_CHANNEL = "pannier_nudge"
_RETRY_S = 1.0

log = logging.getLogger("pannier.worker")


class Presence:
    """A worker's sign of life, and its ear."""

    def __init__(self, database: Database, executor: str, *, on_nudge: Callable[[], None]) -> None:
        self._database = database
        self._executor = executor
        self._on_nudge = on_nudge
        self._stopping = threading.Event()
        self._present = threading.Event()
        self._thread = threading.Thread(target=self._stay, name="pannier-presence", daemon=True)

    def start(self) -> None:
        """Return once the others can see this worker."""
        if self._database.dialect != "postgresql":
            return
        self._thread.start()
        self._present.wait()

    def stop(self) -> None:
        """Let go."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def alive(self, executors: set[str]) -> set[str]:
        """Those of the named workers that are alive, this one always among them."""
        if self._database.dialect != "postgresql":
            return executors & {self._executor}
        with self._database.reading() as session:
            held = set(
                session.connection()
                .execute(
                    text(
                        "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
                        " AND classid = :class AND objsubid = 2"
                        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    ),
                    {"class": _CLASS},
                )
                .scalars()
            )
        return {name for name in executors if name == self._executor or _number(name) in held}

    def _stay(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error as fault:
                # Until the lock is held again the others may take over what runs here: rows are safe twice.
                log.warning("worker %s lost its connection: %s", self._executor, type(fault).__name__)
                self._stopping.wait(_RETRY_S)

    def _listen(self) -> None:
        url = self._database.engine.url.set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s, %s)", (_CLASS, _signed(_number(self._executor))))
            connection.execute(f"LISTEN {_CHANNEL}")
            self._present.set()
            while not self._stopping.is_set():
                for _ in connection.notifies(timeout=0.5, stop_after=1):
                    self._on_nudge()


def tell_workers(database: Database) -> None:
    """Nudge the workers of other processes (PostgreSQL); never raises.

    What called for it is committed: its caller must not hear of a fault, and the workers find it within the second.
    """
    try:
        with database.engine.begin() as connection:
            connection.execute(text(f"NOTIFY {_CHANNEL}"))
    except SQLAlchemyError as fault:
        log.warning("the workers could not be nudged: %s", type(fault).__name__)


def _number(executor: str) -> int:
    return crc32(executor.encode())


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number
