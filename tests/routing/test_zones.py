"""Splitting by geography: nothing is lost, nobody is split in two, and borders cost little."""

import math
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Courier, Plan, Problem, Request, Rules, check, price, solve
from routing.zones import BORDER_S, Zone, solve_zones, split, within
from tests.routing.factories import Knobs, knobs, problem


def towns(seed: int, *, requests: int = 40, apart_m: int = 60_000) -> Problem:
    """Two towns of a few kilometres, so far apart that nobody rides from one to the other; half of all in each."""
    chance = random.Random(seed)
    points: list[tuple[float, float]] = []

    def place(town: int) -> int:
        points.append((town * apart_m + chance.uniform(0, 6000), chance.uniform(0, 6000)))
        return len(points) - 1

    kitchens = [[place(town) for _ in range(6)] for town in (0, 1)]
    asked = []
    for r in range(requests):
        kitchen = chance.choice(kitchens[r % 2])
        ready = chance.randrange(0, 1200)
        asked.append(Request(f"r{r}", kitchen, place(r % 2), 0, ready, 2400, restaurant=str(kitchen)))
    crew = [Courier(f"c{c}", place(c % 2), chance.randrange(600), 4, 90_000) for c in range(requests // 2)]
    xy = np.array(points)
    metres = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1)).astype(np.int32)
    rules = Rules(max_batch=9, freshness_s=None)
    return Problem(0, tuple(crew), tuple(asked), (metres // 5).astype(np.int32), metres, rules)


@given(k=knobs(14, 6), parts=st.integers(1, 5))
def test_merged_plan_is_sound(k: Knobs, parts: int) -> None:
    """However a problem is split, the plan of the whole breaks no rule, loses nothing, and costs what it says."""
    asked = problem(k)
    plan = solve_zones(asked, parts, budget_s=math.inf, seed=k.seed, iterations=40)
    assert check(asked, plan) == ()
    assert plan.cost.total == pytest.approx(price(asked, plan).total)


@given(k=knobs(20, 8), parts=st.integers(1, 6))
def test_everything_is_somewhere(k: Knobs, parts: int) -> None:
    """Every request is in exactly one zone, every courier in one or two, and pins are kept together."""
    asked = problem(k)
    zones = split(asked, parts)
    assert 1 <= len(zones) <= parts
    assert sorted(r for zone in zones for r in zone.requests) == list(range(len(asked.requests)))
    pinned = {request.only for request in asked.requests}
    seats = Counter(c for zone in zones for c in zone.couriers)
    for c, courier in enumerate(asked.couriers):
        assert 1 <= seats[c] <= 2 or (courier.id in pinned and seats[c] <= len(zones))
    ids = {courier.id: c for c, courier in enumerate(asked.couriers)}
    for zone in zones:
        for r in zone.requests:
            only = asked.requests[r].only
            assert only not in ids or ids[only] in zone.couriers


@given(k=knobs(16, 6), parts=st.integers(2, 4))
def test_a_zone_is_the_same_streets(k: Knobs, parts: int) -> None:
    """A zone's problem keeps every leg, id and committed stop of the whole, on matrices no larger than needed."""
    asked = problem(k)
    for zone in split(asked, parts):
        part = within(asked, zone)
        assert [q.id for q in part.requests] == [asked.requests[r].id for r in zone.requests]
        for r, request in zip(zone.requests, part.requests, strict=True):
            whole = asked.requests[r]
            assert part.travel_s[request.pickup, request.drop] == asked.travel_s[whole.pickup, whole.drop]
            for c, courier in zip(zone.couriers, part.couriers, strict=True):
                before = asked.couriers[c]
                assert (
                    part.distance_m[courier.at, request.pickup] == asked.distance_m[before.at, whole.pickup]
                )
                assert [stop.request for stop in courier.committed] == [s.request for s in before.committed]
        places = {p for q in part.requests for p in (q.pickup, q.drop)} | {c.at for c in part.couriers}
        places |= {stop.at for courier in part.couriers for stop in courier.committed}
        assert len(part.travel_s) == len(places)


def test_border_couriers_are_offered_to_both() -> None:
    """On a street from west to east, exactly the couriers about the middle are in both halves."""
    xs = [*range(0, 4000, 500), *range(6000, 10_000, 500)]  # kitchens, nothing between 3.5 and 6 km
    stands = [100, 1500, 4700, 4800, 8500, 9900]
    metres = np.abs(np.subtract.outer(xs + stands, xs + stands)).astype(np.int32)
    requests = tuple(Request(f"r{i}", i, (i + 1) % len(xs), 0, 0, 3600) for i in range(len(xs)))
    couriers = tuple(Courier(f"c{c}", len(xs) + c, 0, 4, 90_000) for c in range(len(stands)))
    asked = Problem(0, couriers, requests, metres // 4, metres)
    zones = sorted(split(asked, 2), key=lambda zone: zone.requests)
    assert [zone.requests for zone in zones] == [tuple(range(8)), tuple(range(8, 16))]
    assert [zone.couriers for zone in zones] == [(0, 1, 2, 3), (2, 3, 4, 5)]
    assert BORDER_S * 4 < 1500  # which is why those at 1.5 and 8.5 km are in one only


def test_one_zone_is_solve() -> None:
    """One zone gives the plan of `solve`, route for route."""
    asked = towns(3, requests=16)
    split_, whole = (
        solve_zones(asked, 1, budget_s=math.inf, seed=5, iterations=60),
        solve(asked, budget_s=math.inf, seed=5, iterations=60),
    )
    assert (split_.routes, split_.unserved, split_.cost) == (whole.routes, whole.unserved, whole.cost)
    assert split(asked, 1) == (Zone(tuple(range(16)), tuple(range(8))),)
    with pytest.raises(ValueError, match="one zone or more"):
        split(asked, 0)


@given(seed=st.integers(0, 1000))
@settings(max_examples=8)
def test_towns_are_found(seed: int) -> None:
    """Two towns far apart become the two zones."""
    asked = towns(seed)
    sides = [{r % 2 for r in zone.requests} for zone in split(asked, 2)]
    assert sorted(map(min, sides)) == [0, 1]
    assert all(len(side) == 1 for side in sides)


@given(seed=st.integers(0, 1000), parts=st.integers(2, 4))
@settings(max_examples=4)
def test_splitting_costs_little(seed: int, parts: int) -> None:
    """With as many iterations, a split plan costs at most a twentieth more than a whole one, town or no town."""
    for apart_m in (0, 60_000):
        asked = towns(seed, apart_m=apart_m)
        whole = solve(asked, budget_s=math.inf, seed=1, iterations=1000)
        parted = solve_zones(asked, parts, budget_s=math.inf, seed=1, iterations=1000)
        assert check(asked, parted) == ()
        assert parted.cost.total <= 1.05 * whole.cost.total


def test_same_seed_same_plan() -> None:
    """Iterations alone decide: with one thread or two, twice the same plan; with another seed it may differ."""
    asked = towns(11, apart_m=3000)

    def plan(workers: int) -> Plan:
        return solve_zones(asked, 4, budget_s=math.inf, seed=7, iterations=200, workers=workers)

    first = plan(1)
    assert (plan(1).routes, plan(1).cost) == (first.routes, first.cost)
    assert check(asked, plan(2)) == ()


def test_a_warm_plan_helps() -> None:
    """From a good plan of the whole, a few iterations in zones give one about as good: its routes stay whole."""
    asked = towns(2, apart_m=4000)
    good = solve(asked, budget_s=math.inf, seed=0, iterations=2000)
    again = solve_zones(asked, 3, budget_s=math.inf, seed=0, iterations=20, warm=good)
    assert check(asked, again) == ()
    assert again.cost.total <= 1.005 * good.cost.total
    zones = split(asked, 3, warm=good)
    names = [{asked.requests[r].id for r in zone.requests} for zone in zones]
    for route in good.routes:
        held = {stop.request for stop in route.stops}
        homes = [z for z, zone in enumerate(zones) if held <= names[z]]
        assert len(homes) == 1
        assert route.courier in {asked.couriers[c].id for c in zones[homes[0]].couriers}


def test_nobody_and_nothing() -> None:
    """No couriers, or no requests, is one zone and a plan that says so."""
    asked = towns(0, requests=6)
    alone = replace(asked, couriers=())
    assert [reason for _, reason in solve_zones(alone, 3, budget_s=0.05).unserved] == ["no_couriers"] * 6
    idle = replace(asked, requests=())
    assert solve_zones(idle, 3, budget_s=0.05).routes == ()
