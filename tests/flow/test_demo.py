"""The demo's evening, over real HTTP: served by uvicorn, played by a client, added up from what pages show."""

from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest
from typer.testing import CliRunner

from infra import rest
from infra.cli import app
from infra.settings import Settings
from infra.simulation import evening
from infra.simulation.client import Server
from infra.simulation.evening import Evening
from infra.simulation.outcome import Outcome, of_evening
from infra.simulation.report import keys
from infra.simulation.stage import example, stage, with_rules
from payments.books.plaintext import FORMS
from payments.rulebook import parse
from tests.judges import POUNDS, judge

KEYS = [
    "orders",
    "delivered",
    "cancelled",
    "refunded",
    "undelivered_pct",
    "ctd_mean_min",
    "ctd_p90_min",
    "overage_mean_min",
    "ready_to_pickup_mean_min",
    "cost_per_order",
    "gini_pay_per_h",
    "gini_orders_per_h",
    "gini_effort_per_h",
    "p10_pay_per_h",
    "zero_order_couriers",
    "texts_sent",
    "segments",
    "money_in_minor",
    "money_out_minor",
    "wall_s",
    "pay_run_minor",
    "settlements_minor",
    "findings",
    "texts_cost_minor",
]


def play(folder: Path, url: str, *, orders: int, hours: float, seed: int) -> tuple[Evening, Outcome]:
    """Play an evening on a fresh database and look back at it."""
    began = perf_counter()
    text = with_rules(example("finsbury-park.toml"), solve_budget_ms=20)
    with (
        stage(
            Settings(data=folder, database_url=url),
            rulebook=text,
            effective_on=evening.DAY.replace(day=1),
            start=evening.OPENS,
            administrator=evening.ADMINISTRATOR,
        ) as staged,
        Server(staged.url) as server,
    ):
        played = Evening(server, parse(text), seed=seed, orders=orders, hours=hours)
        played.set_up()
        played.play()
        outcome = of_evening(played, parse(text), began)
        with staged.program.database.reading() as session:
            assert rest.broken(session) == ()
        return played, outcome


def check(played: Evening, outcome: Outcome) -> None:
    """What holds of every evening."""
    assert outcome.sums.findings == ()
    assert outcome.sums.in_minor == outcome.sums.out_minor > 0
    figures = outcome.figures
    assert figures.delivered == figures.orders == len(played.plans) - figures.cancelled
    assert figures.cancelled >= 3
    assert figures.refunded >= 2
    assert [rider.puzzled for rider in played.riders if rider.puzzled] == []
    assert list(keys(outcome)) == KEYS
    assert outcome.texts.segments >= outcome.texts_sent  # of four pence each
    assert outcome.texts.cost_minor == 4 * outcome.texts.segments
    assert outcome.treasury is not None
    assert outcome.treasury.pay_run_minor > 0
    assert outcome.treasury.settlements_minor != 0
    assert outcome.treasury.paid_on_minor > outcome.treasury.vat_minor
    assert outcome.treasury.findings == ()


def judged(folder: Path, url: str, form: str) -> None:
    """The books of the evening and its Monday, written out by the command: accepted, and refused a penny off."""
    file = folder / f"books.{form}"
    where = {"PANNIER_DATA": str(folder), "PANNIER_DATABASE_URL": url}
    told = CliRunner().invoke(app, ["export", form, str(file)], env=where)
    assert told.exit_code == 0, told.output
    check = judge(form)
    verdict = check(file)
    assert (verdict.returncode, verdict.stdout + verdict.stderr) == (0, "")
    text = file.read_text()
    places = list(POUNDS.finditer(text))
    for place in (places[0], places[len(places) // 2], places[-1]):
        penny_more = str(Decimal(place[0]) + Decimal("0.01"))
        file.write_text(text[: place.start()] + penny_more + text[place.end() :])
        assert check(file).returncode != 0, text[text.rindex("\n", 0, place.start()) : place.end()]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_short_evening_comes_out_right(tmp_path: Path, database_url: str) -> None:
    """Every order of a short evening is delivered or cancelled, and its money agrees to the penny."""
    played, outcome = play(tmp_path, database_url, orders=14, hours=0.5, seed=3)
    check(played, outcome)
    assert any("forgotten OFF" in said for said in played.happened)
    assert any("late" in said for said in played.happened)
    assert any("paid online" in said for said in played.happened)
    for form in FORMS:
        judged(tmp_path, database_url, form)


@pytest.mark.deep
def test_the_whole_evening_comes_out_right(tmp_path: Path, database_url: str) -> None:
    """A hundred and twenty orders, with all that goes wrong of an evening, on either database."""
    played, outcome = play(tmp_path, database_url, orders=120, hours=4.0, seed=1)
    check(played, outcome)
    for surprise in ("passed on", "did not hear", "UNDO", "forgotten OFF", "late", "by phone"):
        assert any(surprise in said for said in played.happened), surprise
    assert outcome.figures.on_time_pct > 70
    assert outcome.figures.ctd_mean_min < 45
    assert outcome.figures.zero_order_couriers == 0
    assert outcome.texts_sent > 3 * outcome.figures.orders
    assert outcome.figures.gini_orders_per_h < 0.15
    for form in FORMS:
        judged(tmp_path, database_url, form)
