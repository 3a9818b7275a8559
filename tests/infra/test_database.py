"""What a session promises, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import InternalError
from sqlmodel import Session, func, select

from infra.database import Database
from infra.tables import Sweep

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
