"""A benchmark day: its solution files keep the official rules, and its figures beat the published policies."""

import csv
import math
import os
from pathlib import Path

import pytest

from bench.mdrp import figures, load, ride, rules, write_solution

DATA = Path(os.environ.get("PANNIER_TEST_DATA", "/nowhere"))
HALF = "0o50t100s1p100"

pytestmark = pytest.mark.skipif(
    not (DATA / "mdrplib" / HALF).is_dir(), reason="PANNIER_TEST_DATA has no mdrplib"
)


def rows(path: Path, split: str | None = "\t") -> list[dict[str, str]]:
    """A table with a header as dictionaries."""
    head, *body = path.read_text().splitlines()
    return [dict(zip(head.split(split), line.split(split), strict=True)) for line in body]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, float | str], Path]:
    """One day ridden, and where its solution files are."""
    out = tmp_path_factory.mktemp("solution")
    ridden = load(DATA / "mdrplib" / HALF)
    ride(ridden, step=1, budget_s=0.08, using=rules())
    write_solution(ridden, out)
    return figures(ridden), out


def test_official_rules(day: tuple[dict[str, float | str], Path]) -> None:
    """Recomputed from the instance's files alone, every bundle keeps the official rules to the minute."""
    folder, out = DATA / "mdrplib" / HALF, day[1]
    orders = {row["order"]: row for row in rows(folder / "orders.txt")}
    restaurants = {row["restaurant"]: row for row in rows(folder / "restaurants.txt")}
    couriers = {row["courier"]: row for row in rows(folder / "couriers.txt")}
    said = {row["order"]: row for row in rows(out / "solution_info_orders.txt", " ")}

    def minutes(a: dict[str, str], b: dict[str, str]) -> int:
        gap = math.dist((float(a["x"]), float(a["y"])), (float(b["x"]), float(b["y"])))
        return math.ceil(gap / 320 - 1e-9)

    at = dict(couriers)
    free = {name: int(row["on_time"]) for name, row in couriers.items()}
    seen: set[str] = set()
    for line in (out / "solution_info_assignments.txt").read_text().splitlines()[1:]:
        assigned, picked, courier, *bundle = line.split()
        places = [orders[name]["restaurant"] for name in bundle]
        assert len(set(places)) == 1
        assert all(int(orders[name]["placement_time"]) <= int(assigned) for name in bundle)
        assert not seen & set(bundle)
        seen |= set(bundle)
        kitchen = restaurants[places[0]]
        arrive = max(free[courier], int(assigned)) + minutes(at[courier], kitchen) + 2
        pickup = max(arrive, *(int(orders[name]["ready_time"]) for name in bundle))
        assert int(picked) == pickup <= int(couriers[courier]["off_time"])
        now, here = pickup + 2, kitchen
        for name in bundle:
            now += minutes(here, orders[name]) + 2
            assert (int(said[name]["dropoff_time"]), said[name]["courier"]) == (now, courier)
            now, here = now + 2, orders[name]
        at[courier], free[courier] = here, now
    assert seen == set(said)


def test_moves_are_ridden_in_order(day: tuple[dict[str, float | str], Path]) -> None:
    """Each courier's moves start where the one before ended, and not before it."""
    last: dict[str, tuple[int, str]] = {}
    for row in rows(day[1] / "solution_info_couriers.txt", " "):
        before = last.get(row["courier_id"])
        if before is not None:
            assert before[1] == row["origin"]
            assert before[0] <= int(row["departure_time"])
        last[row["courier_id"]] = (int(row["departure_time"]), row["destination"])


def test_better_than_published(day: tuple[dict[str, float | str], Path]) -> None:
    """Everything is delivered, sooner and more evenly than either peer, and the day takes under a minute."""
    got = day[0]
    with (DATA / "mdrp_peers.csv").open() as lines:
        peers = [row for row in csv.DictReader(lines) if row["instance"] == HALF]
    assert len(peers) >= 2
    assert got["undelivered_pct"] == 0
    for peer in peers:
        assert float(got["ctd_mean_min"]) < float(peer["ctd_mean_min"])
        assert float(got["gini_pay_per_h"]) < float(peer["gini_pay_per_h"])
    assert float(got["wall_s"]) < 60
