"""The snapshot bench: its evaluator against rules worked by hand and against the referee, and its command."""

import json
import os
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import snapshots
from bench.evaluate import BadRoutes, minutes
from bench.instances import problem_of, read, routes_of
from bench.snapshots import evaluate
from routing import check, greedy, price, solve

DATA = Path(os.environ.get("PANNIER_TEST_DATA", "/nowhere")) / "snapshots"
published = pytest.mark.skipif(not DATA.is_dir(), reason="PANNIER_TEST_DATA has no snapshots")


def made(seed: int, orders: int, couriers: int) -> dict[str, Any]:
    """A made-up snapshot of a small town."""
    chance = random.Random(seed)

    def xy() -> list[float]:
        return [float(chance.randrange(6000)), float(chance.randrange(6000))]

    kitchens = [xy() for _ in range(max(1, orders // 3))]
    rows = []
    for _ in range(orders):
        kitchen, placed = chance.randrange(len(kitchens)), chance.randrange(575, 601)
        rows.append(
            {
                "restaurant": kitchen,
                "pickup_xy": kitchens[kitchen],
                "drop_xy": xy(),
                "placed_min": placed,
                "ready_min": placed + chance.randrange(40),
            }
        )
    return {
        "instance": "made",
        "seed": seed,
        "now_min": 600,
        "meters_per_minute": 320.0,
        "service_half_min": 2,
        "capacity_orders": 4,
        "target_ctd_min": 40,
        "unserved_penalty_min": 150,
        "orders": rows,
        "couriers": [{"xy": xy(), "free_min": 600 + chance.randrange(16)} for _ in range(couriers)],
    }


def by_hand() -> dict[str, Any]:
    """Two kitchens on a line a kilometre long, ridden at 100 metres a minute."""
    data = made(0, 0, 1)
    data |= {"meters_per_minute": 100.0, "couriers": [{"xy": [0.0, 0.0], "free_min": 600}]}

    def order(restaurant: int, kitchen: float, door: float, ready: int) -> dict[str, Any]:
        places = {"pickup_xy": [kitchen, 0.0], "drop_xy": [door, 0.0]}
        return {"restaurant": restaurant, "placed_min": 590, "ready_min": ready, **places}

    data["orders"] = [order(0, 250.0, 1000.0, 610), order(0, 250.0, 500.0, 620), order(1, 500.0, 1000.0, 600)]
    return data


@pytest.mark.parametrize(
    ("route", "cost"),
    [
        # 600 +3 ride +2 = 605, ready 610, leave 612, +8 +2 = 622: 32 to the door, 11 ridden, two left out
        ([1, -1], 32 + 11 + 300),
        # one stop for both: 605, ready 620, leave 622, +3 +2 = 627 (37), leave 629, +5 +2 = 636 (46, 6 late)
        ([1, 2, -2, -1], 37 + 46 + 6 + 3 + 3 + 5 + 150),
        # the same stop, in the other order, waits for the later too
        ([2, 1, -2, -1], 37 + 46 + 6 + 3 + 3 + 5 + 150),
        # two kitchens: 605, ready 610, leave 612, +3 +2 = 617, leave 619, +5 +2 = 626 (36), leave 628, +0 +2 = 630 (40)
        ([1, 3, -3, -1], 36 + 40 + 3 + 3 + 5 + 150),
        ([], 450),
    ],
)
def test_worked_by_hand(route: list[int], cost: int) -> None:
    """Routes worked minute by minute from the rules cost what the evaluator says."""
    assert evaluate(by_hand(), [route])[0] == cost


@given(seed=st.integers(0, 10_000), orders=st.integers(0, 14), couriers=st.integers(1, 6))
def test_agrees_with_the_referee(seed: int, orders: int, couriers: int) -> None:
    """Sixty times the evaluator's minutes is the cost of the plan by the referee, whoever made it."""
    data = made(seed, orders, couriers)
    problem = problem_of(data)
    for plan in (greedy(problem), solve(problem, budget_s=0.02, seed=seed)):
        assert check(problem, plan) == ()
        objective, unserved = evaluate(data, routes_of(problem, plan))
        assert 60 * objective == pytest.approx(price(problem, plan).total)
        assert unserved == len(plan.unserved)


@pytest.mark.parametrize(
    ("routes", "words"),
    [
        ([], "0 routes for 1 couriers"),
        ([[4, -4]], "4 is no order of 1 to 3"),
        ([[0]], "0 is no order"),
        ([[True, -1]], "True is no order"),
        ([[-1, 1]], "order 1 is delivered and not aboard"),
        ([[1]], "order 1 is never delivered"),
        ([[1, -1, 1, -1]], "order 1 is picked up twice"),
        ([[1, -1, -1]], "order 1 is delivered and not aboard"),
    ],
)
def test_no_plan_is_refused(routes: list[list[int]], words: str) -> None:
    """What cannot be ridden is refused with the courier and the order."""
    with pytest.raises(BadRoutes, match=words):
        evaluate(by_hand(), routes)


def test_too_many_aboard_and_twice_served() -> None:
    """A fifth order aboard is refused, and so is an order on two routes."""
    data = made(1, 6, 2)
    with pytest.raises(BadRoutes, match="courier 1: carries 5 orders after picking up 5"):
        evaluate(data, [[1, 2, 3, 4, 5, -1, -2, -3, -4, -5], []])
    with pytest.raises(BadRoutes, match="courier 2: order 3 is on an earlier route too"):
        evaluate(data, [[3, -3], [3, -3]])


def test_whole_minutes_are_rounded_up() -> None:
    """A leg of exactly a minute takes one, a metre more takes two."""
    assert [minutes([0, 0], [x, 0], 320) for x in (0, 1, 320, 321)] == [0, 1, 1, 2]


def test_command_writes_what_can_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For each file the command writes a plan that anyone can evaluate again, its bound and its seconds."""
    files = []
    for seed in (0, 1):
        files.append(tmp_path / f"small{seed}.json")
        files[-1].write_text(json.dumps(made(seed, 8, 4)))
    out, best = tmp_path / "out.json", tmp_path / "best.json"
    words = [*map(str, files), "--budget-s", "0.2", "--json", str(out), "--seed", "3", "--best", str(best)]
    assert snapshots.main([*words, "--peers", "greedy"]) == 0
    rows = json.loads(out.read_text())
    assert [row["file"] for row in rows] == list(map(str, files))
    for row, file in zip(rows, files, strict=True):
        assert evaluate(read(file), row["routes"]) == (row["objective"], row["unserved"])
        assert row["wall_s"] < 5
        assert 0 < row["bound"] <= row["objective"]
        assert row["bound_kind"] == "certified"
        assert json.loads(best.read_text())[file.stem]["objective"] == row["objective"]
    assert "| small1 |" in capsys.readouterr().out


def test_best_plans_are_kept(tmp_path: Path) -> None:
    """The file of best plans keeps the better of two runs, whichever comes first."""
    file, best = tmp_path / "s.json", tmp_path / "best.json"
    file.write_text(json.dumps(made(5, 8, 4)))
    for objective in (1, 10**6):
        best.write_text(json.dumps({"s": {"objective": objective, "routes": []}}))
        snapshots.main([str(file), "--budget-s", "0.1", "--best", str(best)])
        kept = json.loads(best.read_text())["s"]
        assert kept["objective"] <= objective
        assert (kept["routes"] == []) == (objective == 1)


def test_proof_on_demand(tmp_path: Path) -> None:
    """With time for a proof, the bound of a small snapshot is the least any plan costs, and the plan's gap is told."""
    file, out, best = tmp_path / "s.json", tmp_path / "out.json", tmp_path / "best.json"
    file.write_text(json.dumps(made(6, 7, 3)))
    words = [str(file), "--budget-s", "0.3", "--json", str(out), "--best", str(best), "--prove-s", "20"]
    snapshots.main(words)
    row = json.loads(out.read_text())[0]
    least = json.loads(best.read_text())["s"]["objective"]
    assert row["bound"] == least <= row["objective"]
    assert row["gap"] == pytest.approx(100 * (row["objective"] - least) / row["objective"], abs=1e-3)
    assert row["prove_note"] == "proven best"


@pytest.mark.parametrize("peer", ["ortools", "ortools-warm", "vroom", "pyvrp"])
def test_peers_keep_the_rules(peer: str, tmp_path: Path) -> None:
    """Every peer gives a plan that can be ridden, and serves nearly everything where there is time for it."""
    module = {"vroom": "vroom", "pyvrp": "pyvrp"}.get(peer, "ortools")
    pytest.importorskip(module, reason=f"{module} is not installed")
    data = made(4, 10, 6)
    file = tmp_path / "s.json"
    file.write_text(json.dumps(data))
    answer = snapshots.peers.ask(peer, file, budget_s=1, seed=0, workers=1)
    assert not isinstance(answer, str), answer
    objective, unserved = evaluate(data, answer.routes)
    assert unserved <= 2
    assert 0 < answer.alone <= 10
    assert objective < 150 * 10


def test_a_peer_that_fails_says_so(tmp_path: Path) -> None:
    """A peer that cannot answer is a sentence in the table, not the end of the bench."""
    broken = deepcopy(made(4, 2, 1))
    del broken["meters_per_minute"]
    file = tmp_path / "s.json"
    file.write_text(json.dumps(broken))
    answer = snapshots.peers.ask("pyvrp", file, budget_s=0.1, seed=0, workers=1)
    assert isinstance(answer, str)
    assert "failed" in answer


@published
def test_published_snapshots() -> None:
    """On the published snapshot of thirty orders nothing beats the proven optimum, and one second comes near it."""
    data = read(DATA / "n30_s0.json")
    problem = problem_of(data)
    plan = solve(problem, budget_s=1.0, seed=0)
    objective, unserved = evaluate(data, routes_of(problem, plan))
    assert unserved == 0
    assert 1751 <= objective <= 1.05 * 1751
