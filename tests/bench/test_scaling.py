"""The scaling bench: snapshots of any size, events that change one thing, and its command end to end."""

import json
import random
from pathlib import Path

import pytest

from bench import scaling
from bench.evaluate import evaluate
from bench.events import KINDS, LATE_S
from bench.instances import make, problem_of, routes_of
from routing import Plan, Problem, check, greedy, solve


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A made-up mdrplib day: three restaurants, thirty orders, six couriers."""
    chance = random.Random(8)
    folder = tmp_path / "9o100t100s1p100"
    folder.mkdir()

    def rows(name: str, head: str, lines: list[list[object]]) -> None:
        text = "\n".join("\t".join(map(str, line)) for line in lines)
        (folder / name).write_text(f"{head}\n{text}\n".replace(",", "\t"))

    def xy() -> list[object]:
        return [chance.randrange(5000), chance.randrange(5000)]

    rows("restaurants.txt", "restaurant,x,y", [[f"r{i}", *xy()] for i in range(3)])
    orders: list[list[object]] = []
    for i in range(30):
        placed = 500 + 5 * i
        orders.append([f"o{i}", *xy(), placed, f"r{i % 3}", placed + 5 + i % 20])
    rows("orders.txt", "order,x,y,placement_time,restaurant,ready_time", orders)
    rows("couriers.txt", "courier,x,y,on_time,off_time", [[f"c{i}", *xy(), 480, 900] for i in range(6)])
    head = "meters_per_minute,pickup service,dropoff service,target click-to-door,maximum,per order,per hour"
    rows("instance_parameters.txt", head, [[320, 4, 4, 40, 90, 10, 15]])
    return folder


@pytest.mark.parametrize("size", [4, 30, 75])
def test_snapshots_of_any_size(day: Path, size: int) -> None:
    """As many orders as asked for and half as many couriers, placed in the last minutes, the same for a seed."""
    data = make(day, size, 3)
    assert data == make(day, size, 3) != make(day, size, 4)
    assert (len(data["orders"]), len(data["couriers"])) == (size, size // 2)
    now = data["now_min"]
    assert all(now - 25 <= order["placed_min"] <= now for order in data["orders"])
    assert all(5 <= order["ready_min"] - order["placed_min"] < 25 for order in data["orders"])
    assert all(now <= courier["free_min"] <= now + 15 for courier in data["couriers"])
    problem = problem_of(data)
    plan = greedy(problem)
    assert check(problem, plan) == ()
    assert 60 * evaluate(data, routes_of(problem, plan))[0] == pytest.approx(plan.cost.total)


def changed(day: Path, kind: str) -> tuple[Problem, Plan, Problem]:
    """A problem, its plan, and the problem after the event."""
    whole = problem_of(make(day, 12, 1))
    base = Problem(
        whole.now_s, whole.couriers, whole.requests[:-1], whole.travel_s, whole.distance_m, whole.rules
    )
    plan = solve(base, budget_s=0.1, seed=0)
    return base, plan, KINDS[kind](base, plan, whole.requests[-1], random.Random(2))


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_event_changes_one_thing(day: Path, kind: str) -> None:
    """Each event changes what its name says and nothing else, and the old plan still starts a sound new one."""
    base, plan, after = changed(day, kind)
    before = {request.id: request for request in base.requests}
    now = {request.id: request for request in after.requests}
    holder = {stop.request: route.courier for route in plan.routes for stop in route.stops}
    gone = {c.id for c in base.couriers} - {c.id for c in after.couriers}
    differ = [name for name in before.keys() & now.keys() if before[name] != now[name]]
    assert (len(now) - len(before), len(gone)) == {
        "order placed": (1, 0),
        "order cancelled": (-1, 0),
        "rider gone": (0, 1),
    }.get(kind, (0, 0))
    if kind == "rider passed":
        assert [now[name].never for name in differ] == [{holder[differ[0]]}]
    elif kind == "kitchen late":
        assert {before[name].restaurant for name in differ} == {now[differ[0]].restaurant}
        assert all(now[name].ready_s - before[name].ready_s == LATE_S for name in differ)
    else:
        assert differ == []
    assert gone <= set(holder.values())
    assert check(after, solve(after, budget_s=0.05, warm=plan)) == ()


def test_quantiles_say_never() -> None:
    """A quantile is in milliseconds, and `never` where it falls on an event that did not get there."""
    assert scaling._quantile([0.1, 0.2, 0.3, 0.4], 0.5) == "200"
    assert scaling._quantile([0.1, 0.2, 0.3, None], 0.95) == "never"
    assert scaling._quantile([0.1, 0.2, 0.3, None], 0.75) == "300"


@pytest.mark.deep
def test_command(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cold starts, every kind of event and zones come out as JSON and as tables; snapshots are left for others."""
    out, made = tmp_path / "out.json", tmp_path / "made"
    words = f"--day {day} --sizes 6,10 --budgets 0.1,0.2 --target-s 0.02 --events 1 --zones 2".split()
    words += f"--zones-budget-s 0.2 --workers 1 --json {out} --write {made}".split()
    assert scaling.main(words) == 0
    said = json.loads(out.read_text())
    assert [(row["orders"], row["couriers"]) for row in said["cold"]] == [(6, 3), (10, 5)]
    for row in said["cold"]:
        assert row["runs"][-1]["peak_mb"] >= row["idle_mb"] > 10
        assert row["runs"][-1]["objective"] <= row["runs"][0]["objective"]
    assert [(row["orders"], row["event"]) for row in said["warm"]] == [(n, e) for n in (6, 10) for e in KINDS]
    assert all(row["best"] > 0 for row in said["warm"])
    assert [row["zones"] for row in said["zones"]] == [1, 2]
    assert sorted(path.name for path in made.iterdir()) == ["n10_s0.json", "n6_s0.json"]
    text = capsys.readouterr().out
    assert "| 10 | all | 5 |" in text
    assert text.count("|---|") >= 3


def test_a_day_must_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a day the command says which folder it missed."""
    with pytest.raises(SystemExit):
        scaling.main(["--day", str(tmp_path / "none")])
    assert "is no mdrplib day" in capsys.readouterr().err
