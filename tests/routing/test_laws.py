"""Laws that hold for every routing problem, on made-up ones: a few in every run, thousands in the long ones."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import BadProblem, Courier, Plan, Problem, Request, Route, check, price, solve
from routing.plan.facts import Costs
from routing.plan.numbers import INF
from routing.plan.referee import check_route, price_route
from routing.plan.schedule import schedule
from routing.plan.tours import Tours
from routing.problem import BASES, UNREACHABLE_S, Basis, may_carry
from routing.solver import plain
from routing.why import verify
from tests.routing.brute import optimum
from tests.routing.factories import Knobs, knobs, problem

MANY = settings(max_examples=3000)


def planned(asked: Problem, *, iterations: int = 60, seed: int = 3) -> Plan:
    """A plan whose search the count ends, not the clock."""
    return solve(asked, budget_s=math.inf, iterations=iterations, seed=seed)


def agree(k: Knobs) -> None:
    """What the solver says of its plan, the referee says too, of the plan and of every alternative."""
    asked = problem(k)
    for plan in (
        planned(asked, seed=k.seed),
        plain.planned(asked, None, began=0.0, deadline=math.inf, seed=k.seed, iterations=20),
    ):
        assert check(asked, plan) == ()
        assert plan.cost.total == pytest.approx(price(asked, plan).total)
        assert verify(asked, plan) == ()
        assert [told.request for told in plan.why] == [request.id for request in asked.requests]


@given(k=knobs(9, 5))
def test_referee_agrees(k: Knobs) -> None:
    """With and without compiled code no plan breaks a rule or costs other than the referee says."""
    agree(k)


@pytest.mark.deep
@given(k=knobs(14, 7))
@MANY
def test_referee_agrees_on_thousands(k: Knobs) -> None:
    """The same for thousands of larger problems."""
    agree(k)


def keeps_faith(k: Knobs) -> None:
    """The plan's stops, looked at one by one without the referee, are what a rider could and may ride."""
    asked = problem(k)
    plan = planned(asked)
    couriers = {courier.id: courier for courier in asked.couriers}
    requests = {request.id: request for request in asked.requests}
    served = [stop.request for route in plan.routes for stop in new_stops(route) if stop.kind == "pickup"]
    assert sorted([*served, *(request for request, _ in plan.unserved)]) == sorted(requests)
    for route in plan.routes:
        courier = couriers[route.courier]
        held = [(stop.kind, stop.request) for stop in courier.committed]
        assert [(stop.kind, stop.request) for stop in route.stops[: len(held)]] == held
        assert all(before.leave_s <= after.leave_s for before, after in pairwise(route.stops))
        rides(asked, courier, route, requests)
    held_by = {stop.request: c.id for c in asked.couriers for stop in c.committed}
    for route in plan.routes:
        for stop in route.stops:
            assert held_by.get(stop.request, route.courier) == route.courier


def rides(asked: Problem, courier: Courier, route: Route, requests: dict[str, Request]) -> None:
    """One courier's new stops keep order, box, shift, rest and limits."""
    aboard: list[str] = []
    stops = new_stops(route)
    for stop in stops:
        request = requests[stop.request]
        if stop.kind == "pickup":
            assert may_carry(courier, request)
            assert stop.at_s >= max(stop.arrive_s + asked.rules.pickup_arrive_s, request.ready_s)
            aboard.append(stop.request)
        else:
            aboard.remove(stop.request)  # picked up before, by him, once
        assert sum(requests[name].size for name in aboard) <= courier.capacity
        if stop.kind == asked.rules.end_rule:
            assert stop.at_s <= courier.shift_end_s + courier.tolerance_s
    assert not aboard
    if courier.orders_left is not None:
        assert len(stops) <= 2 * courier.orders_left
    batches = [[s for s in stops if s.batch == b] for b in range(len(route.departs))]
    work = list(zip(route.departs, (batch[-1].leave_s for batch in batches), strict=True))
    if courier.effort_left_s is not None:
        assert sum(back - out for out, back in work) <= courier.effort_left_s
    if courier.rest is not None:
        assert all(back <= courier.rest[0] or out >= courier.rest[1] for out, back in work)
    assert all(len(batch) <= 2 * asked.rules.max_batch for batch in batches)


def new_stops(route: Route) -> list:  # type: ignore[type-arg]
    """The stops the plan adds."""
    return [stop for stop in route.stops if stop.batch >= 0]


@given(k=knobs(12, 5))
def test_a_plan_can_be_ridden(k: Knobs) -> None:
    """Food is picked up before it is dropped, by one rider, within box, shift, rest, limits and pins; what is
    carried stays with who has it.
    """
    keeps_faith(k)


@pytest.mark.deep
@given(k=knobs(20, 8))
@MANY
def test_thousands_of_plans_can_be_ridden(k: Knobs) -> None:
    """The same for thousands of larger problems."""
    keeps_faith(k)


def best_is_best(k: Knobs) -> None:
    """Nothing costs less than the solver's plan, and the referee prices the best of all orders of stops the same."""
    asked = problem(k)
    least, routes = optimum(asked)
    requests = {request.id: request for request in asked.requests}
    total, held = Costs(), set[int]()
    for courier, codes in zip(asked.couriers, routes, strict=True):
        route = schedule(asked, courier, codes)
        assert list(check_route(asked, courier, route, requests)) == []
        total += price_route(asked, courier, route, requests)
        held |= set(codes)
    left = tuple((q.id, "too_costly") for r, q in enumerate(asked.requests) if r not in held)
    plan = Plan((), left, Costs(), "by trying everything")  # type: ignore[arg-type]
    assert total.total + price(asked, plan).total == pytest.approx(least)
    found = solve(asked, budget_s=20.0, seed=1)
    assert found.cost.total == pytest.approx(least)
    assert found.bound is None or found.bound <= least + 1e-6
    assert found.solver != "exact" or found.bound == pytest.approx(least)


@given(k=knobs(4, 3))
def test_best_of_all_orders_of_stops(k: Knobs) -> None:
    """On up to four requests and three couriers the plan costs what trying everything finds."""
    best_is_best(k)


@pytest.mark.deep
@given(k=knobs(6, 3))
@settings(max_examples=400)
def test_best_of_all_orders_of_six(k: Knobs) -> None:
    """The same for up to six requests, batches of up to three."""
    best_is_best(replace(k, max_batch=min(3, k.max_batch)))


@given(k=knobs(5, 3), chance=st.randoms(use_true_random=False))
def test_numbering_does_not_matter(k: Knobs, chance) -> None:  # type: ignore[no-untyped-def]
    """In another order of requests and couriers the best plan costs the same."""
    asked = problem(k)
    couriers, requests = list(asked.couriers), list(asked.requests)
    chance.shuffle(couriers)
    chance.shuffle(requests)
    other = replace(asked, couriers=tuple(couriers), requests=tuple(requests))
    assert solve(other, budget_s=9.0).cost.total == pytest.approx(solve(asked, budget_s=9.0).cost.total)


@given(k=knobs(4, 3))
def test_one_more_rider_never_hurts(k: Knobs) -> None:
    """Where everything can be tried, the best plan with a courier more costs no more."""
    asked = problem(k)
    fewer = replace(asked, couriers=asked.couriers[:-1])
    assert optimum(asked)[0] <= optimum(fewer)[0] + 1e-6


@given(k=knobs(12, 5))
def test_searching_never_hurts(k: Knobs) -> None:
    """A search never ends dearer than the plan it begins from, be that its first or another search's last."""
    asked = problem(k)
    plan = planned(asked, iterations=30)
    assert plan.cost.total <= planned(asked, iterations=0).cost.total + 1e-6
    again = solve(asked, budget_s=math.inf, iterations=30, warm=plan, seed=8)
    assert again.cost.total <= plan.cost.total + 1e-6


@given(k=knobs(12, 5))
def test_more_rounds_without_compiled_code_never_hurt(k: Knobs) -> None:
    """Without compiled code a longer search of the same seed walks the same way on, so it never ends dearer."""
    asked = problem(k)
    costs = [
        plain.planned(asked, None, began=0.0, deadline=math.inf, seed=5, iterations=rounds).cost.total
        for rounds in (0, 10, 40)
    ]
    assert all(after <= before + 1e-6 for before, after in pairwise(costs))


@given(k=knobs(12, 5), seed=st.integers(0, 99))
def test_same_seed_same_plan(k: Knobs, seed: int) -> None:
    """The same seed and count give the same plan, explanations and all."""
    asked = problem(k)
    one, other = (replace(planned(asked, seed=seed), wall_s=0.0) for _ in range(2))
    assert one == other


def counted(k: Knobs, chance) -> None:  # type: ignore[no-untyped-def]
    """The clock of the searches, its bounds and the referee say the same of stops in any order."""
    asked = problem(k)
    tours = Tours(asked)
    numbers, requests = tours.numbers, {request.id: request for request in asked.requests}
    for c, courier in enumerate(asked.couriers):
        for _ in range(8):
            codes = any_order(chance, len(asked.requests))
            mine = [code for code in codes if code >= 0]
            route = schedule(asked, courier, codes)
            broken = {violation.rule for violation in check_route(asked, courier, route, requests)}
            cost = tours.cost_of(c, codes, INF)
            if not broken:
                assert cost == pytest.approx(price_route(asked, courier, route, requests).total)
                assert cost >= numbers.direct[c, mine].sum() - 1e-6
                assert len(mine) != 1 or cost == pytest.approx(numbers.alone[c, mine[0]])
            else:
                pure = "one_restaurant" not in broken or tours.lawful(codes)
                able = all(numbers.direct[c, r] < INF for r in mine)
                assert cost == INF or not (pure and able)


def any_order(chance, size: int) -> tuple[int, ...]:  # type: ignore[no-untyped-def]
    """Some requests, each picked up and dropped."""
    todo = chance.sample(range(size), chance.randint(0, min(size, 5)))
    aboard: list[int] = []
    out: list[int] = []
    while todo or aboard:
        if todo and (not aboard or chance.random() < 0.5):
            aboard.append(todo.pop())
            out.append(aboard[-1])
        else:
            out.append(~aboard.pop(chance.randrange(len(aboard))))
    return tuple(out)


@given(k=knobs(8, 4), chance=st.randoms(use_true_random=False))
def test_the_clock_is_the_referee(k: Knobs, chance) -> None:  # type: ignore[no-untyped-def]
    """Whatever the order of stops, the search's clock and the referee agree on its cost and on whether it is
    allowed, and no request costs less than its least.
    """
    counted(k, chance)


@pytest.mark.deep
@given(k=knobs(8, 5), chance=st.randoms(use_true_random=False))
@MANY
def test_the_clock_is_the_referee_on_thousands(k: Knobs, chance) -> None:  # type: ignore[no-untyped-def]
    """The same for thousands of problems."""
    counted(k, chance)


@pytest.mark.parametrize("basis", BASES)
def test_even_is_cheaper(basis: Basis) -> None:
    """By any basis, of twelve orders alike [6, 6, 0, 0] costs more fairness than [6, 2, 2, 2], and that more
    than [3, 3, 3, 3].
    """
    asked = problem(Knobs(1, 1, 3, fairness=60.0, basis=basis, shift_s=100_000, freshness_s=None))
    order = replace(asked.requests[0], size=1, desirable=1.0, firm=True)
    rider = replace(asked.couriers[0], committed=(), had=2.0, hours=4.0)
    asked = replace(
        asked,
        requests=tuple(replace(order, id=f"o{i}") for i in range(12)),
        couriers=tuple(replace(rider, id=f"c{j}") for j in range(4)),
    )
    requests = {request.id: request for request in asked.requests}

    def fairness(split: tuple[int, ...]) -> float:
        total, first = 0.0, 0
        for courier, count in zip(asked.couriers, split, strict=True):
            codes = tuple(code for r in range(first, first + count) for code in (r, ~r))
            route = schedule(asked, courier, codes)
            total += price_route(asked, courier, route, requests).fairness
            first += count
        return total

    assert fairness((6, 6, 0, 0)) > fairness((6, 2, 2, 2)) > fairness((3, 3, 3, 3))


@given(k=knobs(6, 3), far=st.booleans())
def test_nothing_can_be_reached(k: Knobs, far: bool) -> None:
    """Where there is no way, or nobody, every order is left out with a reason that says so."""
    asked = problem(replace(k, fussy=False, tired=False, horizon_s=0))
    no_way = np.full_like(asked.travel_s, UNREACHABLE_S)
    asked = replace(asked, travel_s=no_way) if far else replace(asked, couriers=())
    plan = planned(asked)
    assert check(asked, plan) == ()
    assert [request for request, _ in plan.unserved] == [request.id for request in asked.requests]
    causes = {"unreachable", "no_capacity"} if far and asked.couriers else {"no_couriers"}
    assert {reason for _, reason in plan.unserved} <= causes


@given(k=knobs(6, 3))
def test_a_contradiction_has_a_name(k: Knobs) -> None:
    """A pin to who is banned is refused by name; a pin to who is not there is left out as not allowed."""
    asked = problem(replace(k, fussy=False, tired=False, horizon_s=0))
    for courier in asked.couriers[:1]:
        torn = [replace(q, only=courier.id, never=frozenset([courier.id])) for q in asked.requests]
        if torn:
            with pytest.raises(BadProblem, match=f"o0 is pinned to courier {courier.id} and forbidden"):
                replace(asked, requests=tuple(torn))
        away = replace(asked, requests=tuple(replace(q, only="nobody") for q in asked.requests))
        plan = planned(away)
        assert {reason for _, reason in plan.unserved} <= {"not_allowed"}
        assert len(plan.unserved) == len(asked.requests)
