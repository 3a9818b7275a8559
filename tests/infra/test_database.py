"""What a session promises, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InternalError
from sqlmodel import Session, func, select

from infra.database import Database
from infra.tables import Sweep
from tests.infra.test_worker import until

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)


def swept(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Sweep)).one()


def test_who_looks_sees_one_moment(database: Database) -> None:
    """What is written while somebody looks is not in what they see next; whoever looks after it sees it."""
    with database.reading() as looking:
        assert swept(looking) == 0
        with database.writing() as session:
            session.add(Sweep(executor="a", swept_at=NOW))
        assert swept(looking) == 0
    with database.reading() as looking:
        assert swept(looking) == 1


@pytest.mark.parametrize("made_url", ["postgresql"], indirect=True)
def test_who_only_looks_writes_nothing(database: Database) -> None:
    """A write where one only looks is refused, not lost; the connection writes again afterwards."""
    with database.reading() as looking:
        looking.add(Sweep(executor="a", swept_at=NOW))
        with pytest.raises(InternalError, match="read-only transaction"):
            looking.flush()
    with database.writing() as session:
        session.add(Sweep(executor="a", swept_at=NOW))
    with database.engine.begin() as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar_one() == "read committed"


@pytest.mark.parametrize("made_url", ["postgresql"], indirect=True)
def test_a_writer_that_falls_silent_loses_its_turn(database: Database, made_url: str) -> None:
    """A writer that stops in the middle, as on a machine without power, holds nobody up for long and leaves nothing."""
    stopped = Database.open(made_url, silent_s=1)
    waiting = Database.open(f"{made_url}{'&' if '?' in made_url else '?'}options=-c%20lock_timeout%3D20s")

    def falls_silent() -> None:
        with stopped.writing() as silent:
            silent.add(Sweep(executor="silent", swept_at=NOW))
            silent.flush()
            with waiting.writing() as session:
                session.add(Sweep(executor="next", swept_at=NOW))

    with pytest.raises(DBAPIError):
        falls_silent()
    with database.reading() as looking:
        assert looking.exec(select(Sweep.executor)).all() == ["next"]
    with stopped.writing() as session:  # it comes back, and writes again
        session.add(Sweep(executor="silent", swept_at=NOW))
    stopped.close()
    waiting.close()


@pytest.mark.parametrize("made_url", ["postgresql"], indirect=True)
def test_who_waits_for_a_turn_does_not_stand_at_the_server(database: Database) -> None:
    """Of forty who write at once a few are connected: a server's hundred connections are enough for many processes."""
    standing = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    at_once = threading.Barrier(40)

    def write(number: int) -> int:
        at_once.wait()
        with database.writing() as session:
            session.add(Sweep(executor=f"w{number}", swept_at=NOW))
            session.flush()
            return int(session.connection().scalar(standing) or 0)

    with ThreadPoolExecutor(40) as pool:
        assert max(pool.map(write, range(40))) <= 6
    with database.reading() as looking:
        assert swept(looking) == 40


@pytest.mark.parametrize("made_url", ["postgresql"], indirect=True)
def test_a_writer_sees_what_the_one_before_it_wrote(database: Database, made_url: str) -> None:
    """Whatever a server takes for granted: a writer that waited for its turn sees all that was written until then."""
    stricter = "options=-c%20default_transaction_isolation%3Dserializable"
    opened = Database.open(f"{made_url}{'&' if '?' in made_url else '?'}{stricter}")
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    def look() -> int:
        with opened.writing() as session:
            return swept(session)

    with ThreadPoolExecutor(1) as pool:
        with opened.writing() as session:
            session.add(Sweep(executor="a", swept_at=NOW))
            session.flush()
            second = pool.submit(look)
            until(lambda: bool(session.connection().scalar(waits)))
        assert second.result() == 1
    opened.close()
