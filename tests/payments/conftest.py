"""One database of each kind for all payments tests that throw away what they write: a new one for each is slow."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from infra.database import Database
from payments import pay, shares
from payments.pay import OrderMoney, ShiftMoney
from tests.conftest import FRIDAY_SIX, fresh_postgres
from tests.payments.rulebooks import adopted


def _opened(request: pytest.FixtureRequest, folder: Path) -> Database:
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'pannier.db'}"
    else:
        url = fresh_postgres(request.getfixturevalue("postgres_url"))
    opened = Database.open(url)
    opened.create_all()
    return opened


def small_evening(database: Database) -> None:
    """Ten entries about orders, a shift and shares, committed."""
    now = FRIDAY_SIX
    with database.writing() as session:
        adopted(session)
        pay.delivered(session, OrderMoney(1, 7, 3, 2000, 400, 250, "card"), now=now)  # 1
        pay.delivered(session, OrderMoney(2, 7, 3, 1500, 400, 100, "account"), now=now)  # 2
        pay.undelivered(session, 2, 1, why="wrong door", now=now)  # 3
        pay.delivered(session, OrderMoney(2, 7, 3, 1500, 400, 100, "account", 2), now=now)  # 4
        pay.refunded(session, 1, amount_minor=300, liable="restaurant", why="cold", attempt=1, now=now)  # 5
        pay.shift_ended(session, ShiftMoney(5, 3, now, now + timedelta(hours=5), 0, 2), now=now)  # 6, 7, 8
        shares.issue(session, 9, count=3, par_minor=100, key="share:1", why="Joined", now=now)  # 9
        pay.delivered(session, OrderMoney(3, 8, 4, 900, 350, 0, "card"), now=now)  # 10


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of each kind in turn, with every table and trigger, and nothing ever committed."""
    opened = _opened(request, tmp_path_factory.mktemp("empty"))
    yield opened
    opened.close()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The books of a small evening, committed: ten entries about orders, a shift and shares."""
    opened = _opened(request, tmp_path_factory.mktemp("kept"))
    small_evening(opened)
    yield opened
    opened.close()


@pytest.fixture
def session(empty: Database) -> Iterator[Session]:
    """A session on empty books of each kind in turn, thrown away at the end."""
    with Session(empty.engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def evening(kept: Database) -> Iterator[Session]:
    """A session on the books of a small evening, of each kind in turn; what it changes is thrown away."""
    with Session(kept.engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()
        if (
            kept.dialect == "sqlite"
        ):  # a test may have switched them off, and the connection goes back to its pool
            opened.connection().exec_driver_sql("PRAGMA ignore_check_constraints=OFF")
