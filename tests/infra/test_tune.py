"""`pannier tune`, as a treasurer uses it: past evenings in, a line for the rulebook out."""

import json
import re
import sqlite3
import xml.etree.ElementTree as ElementTree
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra import curve
from infra.cli import app
from infra.cli.tune import advice
from infra.database import Database
from infra.install import mark
from infra.migrations import migrate
from infra.settings import Settings
from payments.rulebook import parse
from routing.tuning import choose
from tests import factories, past
from tests.routing.test_tuning import BASE, at

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def co_op(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> Database:
    """A co-op's installed database with its rules, and the folder commands look for it in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANNIER_DATA", str(tmp_path))
    monkeypatch.delenv("PANNIER_DATABASE_URL", raising=False)
    settings = Settings()
    migrate(settings, now=now)
    database = Database.open(settings.database)
    with database.writing() as session:
        mark(session, "live", now=now)
        factories.adopt(session, now - timedelta(days=30))
    return database


def lately() -> datetime:
    """Six in the evening three days ago, by the clock the command goes by, at an hour the kitchens are open."""
    from infra.clock import WallClock

    return (WallClock().now() - timedelta(days=3)).replace(hour=18, minute=0, second=0, microsecond=0)


def tune(*arguments: str) -> tuple[int, str]:
    """Run the command: its exit code and its words."""
    ended = CliRunner().invoke(app, ["tune", *arguments], env={"COLUMNS": "120"})
    return ended.exit_code, ended.output


def test_past_evenings_give_a_table_a_curve_and_a_line(co_op: Database, kernel: None, tmp_path: Path) -> None:
    """Two evenings are ridden again: every weight has its figures, one is marked, nothing in the books changes."""
    began_at = lately()
    with co_op.writing() as session:
        places, riders = past.kitchens(session, began_at), past.crew(session, began_at)
        for ahead in range(2):
            past.evening(session, began_at + timedelta(days=ahead), places, riders, orders=22, seed=ahead)
    before = _kept(co_op)
    code, said = tune("--may-cost-p90-min", "2", "--svg", "curve.svg", "--json", "curve.json")
    assert code == 0, said
    assert "2 evenings" in said
    assert re.search(r"fairness_weight = \d", said)
    told = json.loads((tmp_path / "curve.json").read_text())
    assert (told["orders"], told["fairness_basis"], len(told["evenings"])) == (44, "effort", 2)
    weights = [point["weight"] for point in told["points"]]
    assert weights[0] == 0
    assert told["fairness_weight_now"] in weights
    assert told["chosen"] in weights
    by_weight = {point["weight"]: point for point in told["points"]}
    assert by_weight[told["chosen"]]["ctd_p90_min"] <= by_weight[0]["ctd_p90_min"] + 2
    assert by_weight[told["chosen"]]["gini"] <= by_weight[0]["gini"]
    assert ElementTree.parse(tmp_path / "curve.svg").getroot().tag == f"{SVG}svg"  # noqa: S314 - our own file
    assert _kept(co_op) == before


def _kept(database: Database) -> list[str]:
    """Every row there is, as SQL."""
    path = database.engine.url.database
    assert path is not None
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_without_evenings_it_says_so(co_op: Database) -> None:
    """A new co-op is told to come back."""
    assert tune() == (1, "There are no past evenings yet: come back after the first one is over.\n")


def test_with_too_few_orders_it_says_so(co_op: Database) -> None:
    """Evenings of a handful of orders are not enough, and the fullest is named."""
    began_at = lately()
    with co_op.writing() as session:
        places, riders = past.kitchens(session, began_at), past.crew(session, began_at)
        past.evening(session, began_at, places, riders, orders=7)
    code, said = tune()
    assert code == 1
    assert "had 20 orders (the fullest had 7)" in said


def test_with_one_rider_it_says_so(co_op: Database) -> None:
    """Where nobody else was out there is nothing to even."""
    began_at = lately()
    with co_op.writing() as session:
        places, riders = past.kitchens(session, began_at), past.crew(session, began_at, 1)
        past.evening(session, began_at, places, riders)
    code, said = tune()
    assert code == 1
    assert "nothing to even" in said


def test_without_rules_or_with_a_wrong_basis_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime, co_op: Database
) -> None:
    """No rulebook, and a basis nobody knows, get a sentence each."""
    code, said = tune("--basis", "luck")
    assert (code, "choose one of orders, pay" in said) == (1, True)
    monkeypatch.setenv("PANNIER_DATA", str(tmp_path / "other"))
    settings = Settings()
    migrate(settings, now=now)
    database = Database.open(settings.database)
    with database.writing() as session:
        mark(session, "live", now=now)
    database.close()
    code, said = tune()
    assert code == 1
    assert "rulebook" in said.lower()
    assert "Traceback" not in said


def test_the_advice_says_what_to_write_and_why() -> None:
    """Each kind of choice has its words, and the line that is the rulebook's already is said to be."""
    rulebook = parse(factories.RULEBOOK)
    better = choose([BASE, at(640, 40.5, 0.1)], 1.0)
    assert "fairness_weight = 640" in advice(better, rulebook)
    assert "0.5 minutes slower" in advice(better, rulebook)
    now = rulebook.dispatch.fairness_weight
    assert "says so already" in advice(choose([BASE, at(now, 40.5, 0.1)], 1.0), rulebook)
    assert "costs more than 1 minutes" in advice(choose([BASE, at(640, 44, 0.1)], 1.0), rulebook)
    assert "No weight makes" in advice(choose([BASE, at(640, 40, 0.3)], 1.0), rulebook)


@pytest.mark.parametrize(
    "points",
    [
        [BASE],
        [BASE, replace(BASE, weight=10)],
        [BASE, at(10, 40.0001, 0.2999), at(1e6, 95, 0.0)],
        [at(weight, 40 + weight / 1000, 0.3 - weight / 10_000) for weight in range(0, 2000, 100)],
    ],
)
def test_the_curve_keeps_within_its_frame(points: list) -> None:  # type: ignore[type-arg]
    """Whatever the figures, every mark is inside the picture, all weights are drawn, and the choice is written."""
    choice = choose(points, 1.0)
    root = ElementTree.fromstring(curve.svg(points, choice, basis="orders", title="A & B <c>"))  # noqa: S314
    marks = root.findall(f"{SVG}circle")
    assert len(marks) == len(points)
    for mark_ in marks:
        assert curve.LEFT <= float(mark_.attrib["cx"]) <= curve.WIDTH - curve.RIGHT
        assert curve.TOP <= float(mark_.attrib["cy"]) <= curve.HEIGHT - curve.BOTTOM
    said = [text.text for text in root.findall(f"{SVG}text")]
    assert "A & B <c>" in said
    assert f"weight {choice.point.weight:g}" in said
