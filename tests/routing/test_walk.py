"""A compiled search with CP-SAT over the routes it has walked through."""

import math

import numpy as np
import pytest

from routing import Courier, Plan, Problem, Request, Rules, Weights, check, solve
from routing.plan.numbers import Sequence
from routing.solver import master
from routing.solver.pool import MOST, Pool


def crowded(seed: int, orders: int = 40) -> Problem:
    """So many orders of eight kitchens in a town of eight kilometres, and half as many couriers."""
    chance = np.random.default_rng(seed)
    kitchens = chance.integers(0, 8000, (8, 2))
    doors = chance.integers(0, 8000, (orders, 2))
    riders = chance.integers(0, 8000, (orders // 2, 2))
    points = np.concatenate([kitchens, doors, riders]).astype(float)
    gap = points[:, None, :] - points[None, :, :]
    metres = np.hypot(gap[..., 0], gap[..., 1]).astype(np.int32)
    placed = chance.integers(-1200, 1, orders).tolist()
    return Problem(
        now_s=0,
        couriers=tuple(Courier(f"c{c}", 8 + orders + c, 0, 4, 100_000) for c in range(orders // 2)),
        requests=tuple(
            Request(
                f"r{r}", r % 8, 8 + r, placed[r], placed[r] + 900, placed[r] + 2400, restaurant=str(r % 8)
            )
            for r in range(orders)
        ),
        travel_s=metres // 5,
        distance_m=metres,
        rules=Rules(max_batch=9, freshness_s=None, weights=Weights(unserved=9000.0)),
    )


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_count_of_rounds_gives_one_plan(workers: int) -> None:
    """With CP-SAT in it, the same seed and number of rounds give the same sound plan, by one walk or two."""
    assert master.load()
    asked = crowded(1)

    def routes() -> tuple[Plan, list[tuple[str, ...]]]:
        plan = solve(asked, budget_s=math.inf, seed=5, iterations=3000, workers=workers)
        return plan, [tuple(stop.request for stop in route.stops) for route in plan.routes]

    (plan, first), (_, second) = routes(), routes()
    assert plan.solver == "cp_sat"
    assert check(asked, plan) == ()
    assert first == second


@pytest.mark.usefixtures("kernel")
def test_a_broken_master_leaves_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """When OR-Tools fails in the middle of a search, the plan is what the walk alone has found."""

    def burst(*_: object, **__: object) -> tuple[list[int], bool]:
        raise RuntimeError("no master today")

    assert master.load()
    monkeypatch.setattr(master, "choose", burst)
    asked = crowded(2)
    plan = solve(asked, budget_s=math.inf, seed=1, iterations=2000)
    assert plan.solver == "ruin_recreate"
    assert check(asked, plan) == ()


def test_the_master_takes_the_cheapest_cover() -> None:
    """Of two routes apart and one together the cheaper choice is taken, and a request too dear is left out."""
    assert master.load()
    options = [
        master.Option(0, (0, ~0), 10.0, True),
        master.Option(1, (1, ~1), 10.0, True),
        master.Option(0, (0, 1, ~0, ~1), 15.0, False),
        master.Option(1, (2, ~2), 99.0, False),
    ]
    chosen, proven = master.choose(options, [50.0, 50.0, 50.0], until=math.inf, seed=0, thorough=True)
    assert (chosen, proven) == ([2], True)


def test_a_pool_keeps_the_cheapest_and_the_last() -> None:
    """Of one courier's ways through the same requests the cheapest stays; of too many routes those seen last."""
    pool = Pool()
    pool.put(0, (0, 1, ~0, ~1), 9.0)
    pool.put(0, (1, 0, ~0, ~1), 7.0)
    pool.put(0, (1, 0, ~1, ~0), 8.0)
    assert list(pool.seen.values()) == [(7.0, (1, 0, ~0, ~1))]
    for r in range(2, MOST + 5):
        pool.put(1, (r, ~r), 1.0)
    held: list[Sequence] = [(1, 0, ~0, ~1), ()]
    options = pool.options(held)
    assert len(options) == MOST + 1
    assert options[0] == master.Option(0, (1, 0, ~0, ~1), 7.0, True)
    assert options[-1].sequence == (MOST + 4, ~(MOST + 4))
