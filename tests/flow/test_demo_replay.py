"""A benchmark day replayed over real HTTP, and its solution checked by the official rules."""

import json
import os
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli import app
from infra.simulation import official
from infra.simulation.mdrp import load

FULL = "0o50t100s1p100"


def toy(folder: Path, *, orders: int = 14, seed: int = 5) -> Path:
    """A small day in the benchmark's own format: three restaurants, four couriers, an hour of orders."""
    rng = random.Random(seed)
    folder.mkdir()

    def write(name: str, header: str, rows: list[list[object]]) -> None:
        lines = [header.replace(",", "\t"), *("\t".join(map(str, row)) for row in rows)]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")

    def spot() -> list[object]:
        return [rng.randrange(4000), rng.randrange(4000)]

    write("restaurants", "restaurant,x,y", [[f"r{i}", *spot()] for i in range(1, 4)])
    placed = sorted(rng.randrange(700, 760) for _ in range(orders))
    write(
        "orders",
        "order,x,y,placement_time,restaurant,ready_time",
        [
            [f"o{i}", *spot(), at, f"r{rng.randrange(1, 4)}", at + rng.randrange(5, 20)]
            for i, at in enumerate(placed, 1)
        ],
    )
    write("couriers", "courier,x,y,on_time,off_time", [[f"c{i}", *spot(), 690, 900] for i in range(1, 5)])
    write(
        "instance_parameters",
        "meters_per_minute,pickup service minutes,dropoff service minutes,target click-to-door,"
        "maximum click-to-door,pay per order,guaranteed pay per hour",
        [[320, 4, 4, 40, 90, 10, 15]],
    )
    return folder


def replay(folder: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Run the command and give its figures; it must end well."""
    monkeypatch.setenv("PANNIER_DATA", str(scratch / "data"))
    monkeypatch.delenv("PANNIER_DATABASE_URL", raising=False)
    figures = scratch / "figures.json"
    told = CliRunner().invoke(
        app, ["replay", str(folder), "--json", str(figures), "--solutions", str(scratch / "solution")]
    )
    assert told.exit_code == 0, told.output
    assert "no breach" in told.output
    found: dict[str, float] = json.loads(figures.read_text())
    return found


def test_a_small_day_is_replayed_to_the_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every order of a small day is delivered by the official rules, and its money agrees."""
    folder = toy(tmp_path / "toy")
    figures = replay(folder, tmp_path, monkeypatch)
    assert (figures["orders"], figures["delivered"], figures["undelivered_pct"]) == (14, 14, 0)
    assert figures["money_in_minor"] == figures["money_out_minor"] > 0
    day, solution = load(folder), official.read(tmp_path / "solution")
    assert official.check(day, solution) == []
    placed = {order.name: order.placed for order in day.orders}
    doors = [row.dropped - placed[row.order] for row in solution.orders]
    # The program's own instants and the riders' minutes tell the same story.
    assert figures["ctd_mean_min"] == pytest.approx(sum(doors) / len(doors), abs=1e-4)


def test_a_folder_that_is_no_day_is_refused(tmp_path: Path) -> None:
    """A folder without an instance is refused in a sentence."""
    told = CliRunner().invoke(app, ["replay", str(tmp_path)])
    assert told.exit_code == 1
    assert "no mdrplib day" in told.output


@pytest.mark.deep
def test_a_whole_day_beats_the_weaker_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All 252 orders of a published day arrive, sooner on average than by the weaker published policy."""
    data = os.environ.get("PANNIER_TEST_DATA", "")
    folder = Path(data) / "mdrplib" / FULL
    if not data or not folder.is_dir():
        pytest.skip("PANNIER_TEST_DATA does not name a folder with mdrplib in it")
    figures = replay(folder, tmp_path, monkeypatch)
    assert (figures["orders"], figures["delivered"]) == (252, 252)
    assert figures["ctd_mean_min"] < 33.38  # Reyes et al. 2018, re-implemented
    assert figures["money_in_minor"] == figures["money_out_minor"]
