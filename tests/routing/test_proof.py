"""Lower bounds against plans, brute force and proven optima."""

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.instances import problem_of, read
from routing import Problem, check, greedy, solve
from routing.kernel.board import LEAVE, board
from routing.proof import certify, quick
from routing.proof.columns import Pool
from routing.proof.legs import regions, stop_s, ways
from routing.proof.pricing import ALL, Pricer
from tests.routing.factories import Knobs, knobs, problem
from tests.routing.test_solver import brute

DATA = Path(os.environ.get("PANNIER_TEST_DATA", "/nowhere"))


def shortcut(asked: Problem, seed: int) -> Problem:
    """The same with some legs made much longer than the way round."""
    chance = np.random.default_rng(seed)
    longer = 1 + 4 * (chance.random(asked.travel_s.shape) < 0.3)
    return replace(asked, travel_s=(asked.travel_s * longer).astype(np.int32))


def rough(k: Knobs, detours: bool) -> Problem:
    """The problem of these knobs, on legs that go wrong or not."""
    return shortcut(problem(k), k.seed) if detours else problem(k)


@given(k=knobs(9, 5), detours=st.booleans())
def test_quick_is_below_any_plan(k: Knobs, detours: bool) -> None:
    """No plan, of a search or by insertion, costs less than the quick bound, whatever the legs are like."""
    asked = rough(k, detours)
    assert quick(asked) <= greedy(asked).cost.total + 1e-6
    assert quick(asked) <= solve(asked, budget_s=0.05).cost.total + 1e-6


def test_a_place_may_be_far_from_itself() -> None:
    """Legs from a place to itself that take time are bounded like any other."""
    asked = problem(Knobs(6, 3, 2))
    legs = asked.travel_s.copy()
    np.fill_diagonal(legs, 2000)
    slow = replace(asked, travel_s=legs)
    assert quick(slow) <= solve(slow, budget_s=math.inf, iterations=50).cost.total


def test_quick_of_one_order_is_exact() -> None:
    """One order and one courier who does nothing else: the bound is the cost."""
    asked = problem(Knobs(1, 1, 7, freshness_s=None))
    plan = greedy(asked)
    assert plan.routes[0].stops
    assert quick(asked) == pytest.approx(plan.cost.total)


@given(k=knobs(8, 4), detours=st.booleans(), groups=st.integers(1, 9))
def test_ways_are_the_shortest(k: Knobs, detours: bool, groups: int) -> None:
    """No leg and no way with a stop is shorter than `ways` says, and groups never say more than it."""
    asked = rough(k, detours)
    least, legs = ways(asked).least, asked.travel_s.astype(np.int64)
    assert (least <= legs).all()
    through = least[:, :, None] + stop_s(asked.rules) + least[None, :, :]
    assert (least <= through.min(axis=1)).all()
    every = np.arange(len(legs))
    assert (regions(asked, groups).least(asked, every[:, None], every[None, :]) <= least).all()


@given(k=knobs(3, 2), detours=st.booleans())
@settings(max_examples=25)
def test_certificate_against_brute_force(k: Knobs, detours: bool) -> None:
    """On up to three requests a certified bound is never above the least cost of all, and what is called proven is
    that cost.
    """
    asked = rough(k, detours)
    plan, best = greedy(asked), brute(asked)
    shown = certify(asked, plan, budget_s=20.0)
    assert quick(asked) <= best + 1e-6
    assert shown.kind == "heuristic" or shown.bound <= best * (1 + 1e-6) + 1e-6
    if shown.plan is not None:
        assert check(asked, shown.plan) == ()
        assert shown.plan.cost.total < plan.cost.total
    if shown.note == "proven best":
        assert (shown.plan or plan).cost.total == pytest.approx(best)
        assert shown.bound == pytest.approx(best)


@given(k=knobs(4, 2))
@settings(max_examples=10)
def test_small_problems_are_proven(k: Knobs) -> None:
    """Where food has no clock and kitchens are certain, small problems are solved to proven optimality."""
    asked = problem(replace(k, freshness_s=None, unsure=False))
    shown = certify(asked, greedy(asked), budget_s=20.0)
    assert shown.kind == "certified"
    assert shown.bound == pytest.approx(brute(asked))


@given(k=knobs(6, 2), worth=st.integers(0, 4000), detours=st.booleans())
@settings(max_examples=25)
def test_labels_never_cost_more_than_routes(k: Knobs, worth: int, detours: bool) -> None:
    """For the requests of each route found some label costs at most what it truly costs, and none found by the
    solver is missed.
    """
    asked = rough(replace(k, tired=k.tired and not k.unsure), detours)
    if not asked.requests or not asked.couriers:
        return
    tables = board(asked)
    pool, pricer = Pool(tables), Pricer(tables, ways(asked), labels=200_000)
    worths = np.minimum(float(worth), tables.worth[:, LEAVE])
    names = {request.id: r for r, request in enumerate(asked.requests)}
    routes = {route.courier: route for route in solve(asked, budget_s=0.05).routes}
    for c, courier in enumerate(asked.couriers):
        found = pricer.search(c, worths, math.inf, ALL, 200_000, gap=math.inf)
        assert found.whole
        least: dict[tuple[int, ...], float] = {}
        for value, codes in found.routes:
            members = tuple(sorted(code for code in codes if code >= 0))
            cost = value + float(worths[list(members)].sum())
            least[members] = min(cost, least.get(members, math.inf))
        for _, codes in found.routes:
            assert least[tuple(sorted(code for code in codes if code >= 0))] <= pool.cost(c, codes) + 1e-6
        stops = [stop for stop in routes[courier.id].stops if stop.batch >= 0] if courier.id in routes else []
        if stops:
            codes = tuple(names[s.request] if s.kind == "pickup" else ~names[s.request] for s in stops)
            assert least[tuple(sorted(code for code in codes if code >= 0))] <= pool.cost(c, codes) + 1e-6


def test_no_time_is_said() -> None:
    """Without time for one exact round the bound is called heuristic, and the note says what is certain."""
    asked = problem(Knobs(20, 8, 0))
    shown = certify(asked, greedy(asked), budget_s=0.0)
    assert shown.kind == "heuristic"
    assert shown.plan is not None
    assert (shown.plan.bound, shown.plan.bound_kind) == (shown.bound, "heuristic")
    assert "out of time" in shown.note
    assert f"{quick(asked):.0f} is certain" in shown.note


def test_too_many_are_said() -> None:
    """What is too large for labels gets the quick bound, certified, and the note says so."""
    asked = problem(Knobs(260, 3, 5))
    shown = certify(asked, greedy(asked), budget_s=1.0)
    assert (shown.kind, shown.bound, shown.plan) == ("certified", quick(asked), None)
    assert "more than 250 requests" in shown.note


@pytest.mark.deep
@pytest.mark.parametrize("basis", ["orders", "effort", "distance"])
def test_bundles_with_shares(basis: str) -> None:
    """Benchmark-like problems, bundles of one restaurant and shares that count, are proven within half a percent."""
    asked = problem(
        Knobs(14, 6, 11, one_restaurant=True, end_rule="pickup", freshness_s=None, fairness=60.0, basis=basis)
    )
    plan = solve(asked, budget_s=2.0)
    shown = certify(asked, plan, budget_s=60.0)
    assert shown.kind == "certified"
    assert shown.gap((shown.plan or plan).cost.total) <= 0.005


@pytest.mark.deep
@pytest.mark.parametrize(("size", "minutes"), [(30, 1751), (60, 3436)])
@pytest.mark.skipif(not (DATA / "snapshots").is_dir(), reason="PANNIER_TEST_DATA has no snapshots")
def test_snapshots_are_proven(size: int, minutes: int) -> None:
    """The published snapshots of 30 and 60 orders: their known optima, found and proven from the plan by insertion."""
    asked = problem_of(read(DATA / "snapshots" / f"n{size}_s0.json"))
    shown = certify(asked, greedy(asked), budget_s=300.0)
    assert (shown.kind, shown.note) == ("certified", "proven best")
    assert shown.plan is not None
    assert check(asked, shown.plan) == ()
    assert shown.plan.cost.total == pytest.approx(minutes * 60)
    assert shown.bound == pytest.approx(minutes * 60)
