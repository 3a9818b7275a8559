"""What a simulation may touch: a database of its own, and nothing but HTTP."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import infra.simulation
from infra import install, migrations
from infra.database import Database
from infra.errors import RefusesToStart
from infra.settings import Settings
from infra.simulation.stage import check_empty, example, fresh, with_rules
from payments.rulebook import parse
from tests import factories

SIMULATION = Path(infra.simulation.__file__).parent
THE_STAGE = {"stage.py"}
BANNED = (
    "sqlmodel",
    "sqlalchemy",
    "infra.database",
    "infra.program",
    "infra.app",
    "infra.jobs",
    "dispatch.tables",
)


def test_the_simulator_is_a_client() -> None:
    """No module of the simulation but the stage imports a database, a program or an app."""
    for path in SIMULATION.glob("*.py"):
        if path.name in THE_STAGE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            for name in names:
                assert not name.startswith(BANNED), f"{path.name} imports {name}"
                assert name != "infra.simulation.stage", f"{path.name} imports the stage"


def _install(tmp_path: Path, kind: install.Kind, now: datetime) -> Settings:
    settings = Settings(data=tmp_path, database_url=f"sqlite:///{tmp_path / 'co-op.db'}")
    migrations.migrate(settings, now=now)
    database = Database.open(settings.database)
    with database.writing() as session:
        install.mark(session, kind, now=now)
    database.close()
    return settings


def test_a_live_database_is_refused(tmp_path: Path, now: datetime) -> None:
    """A live co-op's database is never played with, even an empty one, and the reason says so."""
    with pytest.raises(RefusesToStart, match="live co-op"):
        check_empty(_install(tmp_path, "live", now))


def test_a_played_demo_is_refused(tmp_path: Path, now: datetime) -> None:
    """A demo that holds people already is not played over; an unused one may be."""
    settings = _install(tmp_path, "demo", now)
    check_empty(settings)
    database = Database.open(settings.database)
    with database.writing() as session:
        factories.person(session, now, 1, "rider")
    database.close()
    with pytest.raises(RefusesToStart, match="played already"):
        check_empty(settings)


def test_somebody_elses_tables_are_refused(tmp_path: Path) -> None:
    """A database with tables that are not ours is left alone."""
    url = f"sqlite:///{tmp_path / 'other.db'}"
    database = Database.open(url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE recipes (id INTEGER)")
    database.close()
    with pytest.raises(RefusesToStart, match="not Pannier's"):
        check_empty(Settings(data=tmp_path, database_url=url))


def test_each_demo_gets_a_file_of_its_own(tmp_path: Path) -> None:
    """Without PANNIER_DATABASE_URL a new file is named each time; with it, the one named is taken."""
    first = fresh(Settings(data=tmp_path, database_url=""), "demo")
    assert first.sqlite_path is not None
    first.sqlite_path.touch()
    second = fresh(Settings(data=tmp_path, database_url=""), "demo")
    assert second.sqlite_path != first.sqlite_path
    named = Settings(data=tmp_path, database_url="sqlite:///named.db")
    assert fresh(named, "demo") == named


def test_rules_written_anew_change_nothing_else() -> None:
    """A rulebook with some lines of its own is read with just those changed."""
    before = parse(example("replay.toml"))
    after = parse(with_rules(example("replay.toml"), metres_per_minute=240, origin="[52.0, 0.5]"))
    assert (after.dispatch.metres_per_minute, after.dispatch.origin) == (240.0, (52.0, 0.5))
    assert after.pay == before.pay
    assert after.dispatch.model_copy(update={"origin": None, "metres_per_minute": None}) == (
        before.dispatch.model_copy(update={"origin": None, "metres_per_minute": None})
    )
    with pytest.raises(ValueError, match="stands 0 times"):
        with_rules(example("replay.toml"), no_such_rule=1)


def test_the_evening_is_a_friday_on_london_winter_time() -> None:
    """The demo's day is a Friday on which the clock of London is that of UTC."""
    from infra.simulation.evening import BEGINS, DAY

    assert DAY.strftime("%A") == "Friday"
    assert parse(example("finsbury-park.toml")).local(BEGINS).hour == 17
    assert datetime(2026, 11, 20, 17, 30, tzinfo=UTC) == BEGINS
