"""The solver and the greedy plan against the referee, against brute force, and against the clock."""

import time
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Courier, Plan, Problem, check, greedy, kernel, price, solve
from routing.plan.facts import Costs
from routing.plan.referee import left_out, price_route
from routing.plan.schedule import schedule
from tests.routing.factories import Knobs, knobs, problem


@given(k=knobs(9, 5))
def test_referee_agrees_with_solver(k: Knobs) -> None:
    """Every solved plan breaks no rule and costs what the referee says."""
    asked = problem(k)
    plan = solve(asked, budget_s=0.05, seed=k.seed)
    assert check(asked, plan) == ()
    assert plan.cost.total == pytest.approx(price(asked, plan).total)
    assert plan.bound is None or plan.bound <= plan.cost.total + 1e-6


@given(k=knobs(20, 6))
def test_referee_agrees_with_greedy(k: Knobs) -> None:
    """Every greedy plan breaks no rule, and the solver's costs no more."""
    asked = problem(k)
    plan = greedy(asked)
    assert check(asked, plan) == ()
    assert plan.cost.total == pytest.approx(price(asked, plan).total)
    assert solve(asked, budget_s=0.03).cost.total <= plan.cost.total + 1e-6


@given(k=knobs(9, 5))
@settings(max_examples=10)
def test_plain_python_is_sound(k: Knobs) -> None:
    """Where numba is missing every plan breaks no rule and costs what the referee says."""
    asked = problem(k)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "ready", lambda: False)
        plan = solve(asked, budget_s=0.05, seed=k.seed)
        first = solve(asked, budget_s=9.0, seed=k.seed, iterations=30)
        again = solve(asked, budget_s=9.0, seed=k.seed, iterations=30)
    assert check(asked, plan) == ()
    assert plan.cost.total == pytest.approx(price(asked, plan).total)
    assert replace(first, wall_s=0.0) == replace(again, wall_s=0.0)


@given(k=knobs(4, 2))
@settings(max_examples=15)
def test_brute_force_agrees(k: Knobs) -> None:
    """On up to four requests and two couriers nothing costs less than the solver's plan."""
    asked = problem(k)
    plan = solve(asked, budget_s=5.0)
    assert plan.cost.total == pytest.approx(brute(asked))
    assert plan.bound == pytest.approx(plan.cost.total) or not asked.requests or not asked.couriers


def brute(asked: Problem) -> float:
    """The least cost over every order of stops, every split, and every choice of what to leave out."""
    size = len(asked.requests)
    tables = [least_by_set(asked, courier) for courier in asked.couriers]
    best = sum(left_out(asked, request) for request in asked.requests)
    for sets in product(*(table.items() for table in tables)):
        chosen = [r for members, _ in sets for r in members]
        if len(chosen) == len(set(chosen)):
            left = sum(left_out(asked, asked.requests[r]) for r in range(size) if r not in chosen)
            best = min(best, left + sum(cost for _, cost in sets))
    return best


def least_by_set(asked: Problem, courier: Courier) -> dict[frozenset[int], float]:
    """For each set of requests the least cost of a route the referee accepts, with this courier alone."""
    alone = replace(asked, couriers=(courier,), travel_s=asked.travel_s, distance_m=asked.distance_m)
    requests = {request.id: request for request in asked.requests}
    table = {frozenset[int](): 0.0}
    for sequence in sequences(tuple(range(len(requests)))):
        members = frozenset(code for code in sequence if code >= 0)
        route = schedule(alone, courier, sequence)
        cost = price_route(alone, courier, route, requests)
        if cost.total >= table.get(members, float("inf")):
            continue
        left = tuple(
            (request.id, "too_costly") for r, request in enumerate(asked.requests) if r not in members
        )
        unserved = sum(left_out(asked, requests[name]) for name, _ in left)
        whole = cost + Costs(unserved=unserved)
        if check(alone, Plan((route,), left, whole, "brute")) == ():  # type: ignore[arg-type]
            table[members] = cost.total
    return table


def sequences(members: tuple[int, ...], aboard: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """Every order of stops of every subset, pick-ups before their drops."""
    out: list[tuple[int, ...]] = [()] if not aboard else []
    for r in aboard:
        left = tuple(other for other in aboard if other != r)
        out += [(~r, *rest) for rest in sequences(members, left)]
    for r in members:
        left = tuple(other for other in members if other != r)
        out += [(r, *rest) for rest in sequences(left, (*aboard, r))]
    return out


@given(k=knobs(8, 5), turn=st.integers(1, 99))
def test_names_do_not_matter(k: Knobs, turn: int) -> None:
    """Renumbering couriers and requests changes neither the cost nor who is first among equals."""
    asked = problem(replace(k, fussy=False, churn=0.0))
    couriers = tuple(replace(c, id=f"r{(turn * (j + 1)) % 101}") for j, c in enumerate(asked.couriers))
    requests = tuple(
        replace(q, id=f"q{(turn * (i + 1)) % 101}", previous=None) for i, q in enumerate(asked.requests)
    )
    before = replace(asked, requests=tuple(replace(q, previous=None) for q in asked.requests))
    after = replace(asked, couriers=couriers, requests=requests)
    one, other = solve(before, budget_s=9.0), solve(after, budget_s=9.0)
    assert one.cost == other.cost
    place = {c.id: j for j, c in enumerate(couriers)} | {c.id: j for j, c in enumerate(asked.couriers)}
    assert [place[r.courier] for r in one.routes] == [place[r.courier] for r in other.routes]


def test_ties_go_to_the_first() -> None:
    """Of two couriers alike in everything, the one given first gets the order, whatever his name."""
    asked = problem(Knobs(1, 1, 3))
    twin = asked.couriers[0]
    for names in (("a", "b"), ("b", "a")):
        both = replace(asked, couriers=tuple(replace(twin, id=n, committed=()) for n in names))
        for plan in (greedy(both), solve(both, budget_s=0.05)):
            assert plan.routes[0].courier == names[0]


@given(k=knobs(10, 5))
@settings(max_examples=10)
def test_same_seed_same_plan(k: Knobs) -> None:
    """The same seed gives the same plan when the clock does not end the search."""
    asked = problem(k)
    one, other = (solve(asked, budget_s=30.0, seed=7) for _ in range(2))
    assert replace(one, wall_s=0.0) == replace(other, wall_s=0.0)


def test_budget_is_kept() -> None:
    """A budget of 150 ms is not overrun by more than a tenth and a few milliseconds of work."""
    asked = problem(Knobs(30, 25, 5, fairness=60.0))
    solve(asked, budget_s=0.05)
    spent = []
    for _ in range(4):
        began = time.process_time()  # not the wall: a crowded machine is not the solver's fault
        plan = solve(asked, budget_s=0.15)
        spent.append(time.process_time() - began)
        assert check(asked, plan) == ()
    assert min(spent) < 0.15 * 1.1 + 0.01


def test_no_budget_still_answers() -> None:
    """With no time at all the greedy plan comes back, with its reasons."""
    asked = problem(Knobs(6, 3, 1))
    plan = solve(asked, budget_s=0.0)
    assert plan.solver == "greedy"
    assert check(asked, plan) == ()
    assert len(plan.why) == 6


def test_broken_master_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """When OR-Tools fails where numba is missing too, the plan found without them stands."""
    from routing import solver

    def burst(*_: object, **__: object) -> None:
        raise RuntimeError("no solver here")

    monkeypatch.setattr(kernel, "ready", lambda: False)
    assert solver.plain.master.load()
    monkeypatch.setattr(solver.plain.master, "recombine", burst)
    asked = problem(Knobs(8, 4, 2))
    plan = solve(asked, budget_s=1.0)
    assert check(asked, plan) == ()
    assert plan.solver == "search"


def test_warm_start_is_taken_up() -> None:
    """A plan solved again from itself never costs more, also when some of its requests are gone."""
    asked = problem(Knobs(12, 5, 4))
    plan = solve(asked, budget_s=1.0)
    again = solve(asked, budget_s=0.02, warm=plan, seed=3)
    assert again.cost.total <= plan.cost.total + 1e-6
    pure = replace(asked, rules=replace(asked.rules, one_restaurant_batches=True))
    assert check(pure, solve(pure, budget_s=0.05, warm=plan)) == ()
    fewer = replace(asked, requests=asked.requests[:6], couriers=asked.couriers[1:])
    assert check(fewer, solve(fewer, budget_s=0.05, warm=plan)) == ()


@pytest.mark.parametrize("couriers", [0, 3])
def test_nothing_to_do(couriers: int) -> None:
    """No requests, or no couriers, is a plan too."""
    for requests in (0, 2):
        asked = problem(Knobs(requests, couriers, 2))
        plan = solve(asked, budget_s=0.1)
        assert check(asked, plan) == ()
        if not couriers:
            assert [reason for _, reason in plan.unserved] == ["no_couriers"] * requests
