"""A benchmark day: its solution files keep the official rules, and its figures beat the published policies."""

import bisect
import json
import math
import os
from pathlib import Path

import pytest

from bench.mdrp import command
from infra.simulation import mdrp, official

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
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, float], Path]:
    """One day ridden by the command: its row, and where its solution files are."""
    out = tmp_path_factory.mktemp("solution")
    words = [str(DATA / "mdrplib" / HALF), "--epoch-min", "2", "--iterations", "50", "--per-order", "5"]
    words += ["--workers", "1", "--json", str(out / "rows.json"), "--solutions", str(out)]
    assert command.main([*words, "--peers", str(DATA / "mdrp_peers.csv")]) == 0
    return json.loads((out / "rows.json").read_text())[0], out / HALF


def test_official_rules(day: tuple[dict[str, float], Path]) -> None:
    """The check of the rules finds nothing in the files, and finds a minute that is wrong."""
    instance = mdrp.load(DATA / "mdrplib" / HALF)
    assert official.check(instance, official.read(day[1])) == []
    orders = day[1] / "solution_info_orders.txt"
    text = orders.read_text()
    head, first, *others = text.splitlines()
    name, placed, ready, picked, dropped, courier = first.split()
    late = f"{name} {placed} {ready} {picked} {int(dropped) - 1} {courier}"
    orders.write_text("\n".join([head, late, *others]) + "\n")
    try:
        assert official.check(instance, official.read(day[1]))
    finally:
        orders.write_text(text)


def test_couriers_are_where_they_say(day: tuple[dict[str, float], Path]) -> None:
    """Followed by the clock alone, as the published evaluator does, each courier stands at every restaurant and
    door at the minute written for it.
    """
    folder, out = DATA / "mdrplib" / HALF, day[1]
    orders = {row["order"]: row for row in rows(folder / "orders.txt")}
    couriers = {row["courier"]: row for row in rows(folder / "couriers.txt")}
    places = orders | couriers | {row["restaurant"]: row for row in rows(folder / "restaurants.txt")}
    times = {name: [int(row["on_time"])] for name, row in couriers.items()}
    stands = {name: [name] for name in couriers}
    for move in rows(out / "solution_info_couriers.txt", " "):
        mine, origin, to = move["courier_id"], move["origin"], move["destination"]
        assert stands[mine][-1] == origin
        a, b = ((float(places[name]["x"]), float(places[name]["y"])) for name in (origin, to))
        leaves = int(move["departure_time"])
        times[mine] += [leaves, leaves + math.ceil(math.dist(a, b) / 320)]
        stands[mine] += ["", to]
    assert all(moments == sorted(moments) for moments in times.values())

    def at(courier: str, minute: int) -> str:
        return stands[courier][bisect.bisect_left(times[courier], minute) - 1]

    given: set[str] = set()
    for line in (out / "solution_info_assignments.txt").read_text().splitlines()[1:]:
        assigned, picked, courier, *bundle = line.split()
        assert not given & set(bundle)
        given |= set(bundle)
        assert len({orders[name]["restaurant"] for name in bundle}) == 1
        assert at(courier, int(picked)) == orders[bundle[0]]["restaurant"]
        assert int(picked) <= int(couriers[courier]["off_time"])
        for name in bundle:
            assert int(orders[name]["placement_time"]) <= int(assigned)
            assert int(orders[name]["ready_time"]) <= int(picked)
    said = rows(out / "solution_info_orders.txt", " ")
    assert given == {row["order"] for row in said}
    assert all(at(row["courier"], int(row["dropoff_time"])) == row["order"] for row in said)


def test_better_than_published(day: tuple[dict[str, float], Path]) -> None:
    """Everything is delivered, sooner and more evenly than either peer, with hardly any search."""
    got = day[0]
    peers = [row for row in command.peers(DATA / "mdrp_peers.csv") if row["instance"] == HALF]
    assert len(peers) >= 2
    assert got["undelivered_pct"] == 0
    assert set(peers[0]) | {"epoch_ms_mean", "epoch_ms_max"} == set(got)
    assert got["exact_ctd_published"] == peers[0]["exact_ctd_published"] == 29.81
    for peer in peers:
        for figure in ("ctd_mean_min", "overage_mean_min", "ready_to_pickup_mean_min", "cost_per_order"):
            assert got[figure] < float(peer[figure] or 0)
        assert got["gini_pay_per_h"] < float(peer["gini_pay_per_h"] or 0)
