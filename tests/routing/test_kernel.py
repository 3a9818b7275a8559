"""The compiled walk, its insertions and its search against the referee, on problems of every kind."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Costs, Plan, Problem, check, price, solve
from routing.kernel import open_session
from routing.kernel.session import Session, parts
from routing.kernel.walk import INF, route_cost
from routing.plan.numbers import Sequence
from routing.plan.referee import price_route
from routing.plan.schedule import schedule
from routing.problem import BASES
from tests.routing.factories import knobs, problem


@st.composite
def problems(draw: st.DrawFn, requests: int = 9, couriers: int = 4) -> Problem:
    """Problems with every rule there is: rests, limits, uncertain kitchens, patient customers, all bases."""
    asked = problem(draw(knobs(requests, couriers)))
    chance = random.Random(draw(st.integers(0, 10_000)))
    people = []
    for courier in asked.couriers:
        begins = chance.randrange(-500, 4000)
        people.append(
            replace(
                courier,
                rest=(begins, begins + chance.randrange(1800)) if chance.random() < 0.4 else None,
                orders_left=chance.choice([None, None, 0, 1, 3]),
                effort_left_s=chance.choice([None, None, 2000, 5000]),
            )
        )
    orders = [
        replace(
            request,
            spread_s=chance.choice([0, 0, 60, 300, 700]),
            firm=chance.random() < 0.6,
            desirable=chance.random() * 3,
        )
        for request in asked.requests
    ]
    rules = replace(asked.rules, fairness_basis=chance.choice(BASES))
    return replace(asked, couriers=tuple(people), requests=tuple(orders), rules=rules)


def sequence_of(asked: Problem, chance: random.Random) -> Sequence:
    """Some requests in some order of stops, each drop after its pick-up."""
    size = len(asked.requests)
    todo = chance.sample(range(size), chance.randrange(1, min(size, 5) + 1))
    aboard: list[int] = []
    out: list[int] = []
    while todo or aboard:
        if todo and (not aboard or chance.random() < 0.5):
            aboard.append(todo.pop())
            out.append(aboard[-1])
        else:
            out.append(~aboard.pop(chance.randrange(len(aboard))))
    return tuple(out)


def refereed(asked: Problem, c: int, sequence: Sequence) -> tuple[Costs, bool]:
    """What the referee says of one courier with this sequence, and whether it breaks no rule."""
    courier = asked.couriers[c]
    alone = replace(asked, couriers=(courier,))
    route = schedule(alone, courier, sequence)
    cost = price_route(alone, courier, route, {request.id: request for request in asked.requests})
    left = tuple((q.id, "too_costly") for r, q in enumerate(asked.requests) if r not in sequence)
    plan = Plan((route,), left, cost, "hand")  # type: ignore[arg-type]
    return cost, {violation.rule for violation in check(alone, plan)} <= {"cost"}


def walked(session: Session, c: int, sequence: Sequence) -> list[float]:
    """The compiled cost of a sequence, then its six parts."""
    codes = np.zeros(len(sequence) + 1, dtype=np.int64)
    codes[: len(sequence)] = sequence
    desk = session.desk
    return [
        route_cost(board, c, codes, len(sequence), desk.left, desk.marks, desk.costs)
        for board in (session.board, *parts(session.board))
    ]


@given(asked=problems(), seed=st.integers(0, 10_000))
@settings(max_examples=150)
def test_walk_agrees_with_the_referee(asked: Problem, seed: int) -> None:
    """Whatever the sequence, the compiled walk allows what the referee allows and prices it alike, part by part."""
    if not asked.requests or not asked.couriers:
        return
    chance, session = random.Random(seed), open_session(asked)
    for _ in range(12):
        c, sequence = chance.randrange(len(asked.couriers)), sequence_of(asked, chance)
        cost, sound = refereed(asked, c, sequence)
        whole, *single = walked(session, c, sequence)
        assert sound == (whole < INF), (c, sequence)
        if sound:
            assert whole == pytest.approx(cost.total, abs=1e-6)
            assert single == pytest.approx(cost.parts()[:6], abs=1e-6)


@given(asked=problems(12, 5), seed=st.integers(0, 99))
def test_plans_are_sound(asked: Problem, seed: int) -> None:
    """Whatever the problem, a solved plan breaks no rule, explains every request and is made again by its seed."""
    plan = solve(asked, budget_s=9.0, seed=seed, iterations=300)
    assert check(asked, plan) == ()
    assert plan.cost.total == pytest.approx(price(asked, plan).total)
    assert [why.request for why in plan.why] == [request.id for request in asked.requests]
    again = solve(asked, budget_s=9.0, seed=seed, iterations=300)
    assert replace(plan, wall_s=0.0) == replace(again, wall_s=0.0)


@given(asked=problems(12, 5))
@settings(max_examples=25)
def test_explanations_are_what_it_would_cost(asked: Problem) -> None:
    """What `why` says a request costs is the difference the referee sees when it is taken out of its route."""
    plan = solve(asked, budget_s=9.0, iterations=200)
    requests = {request.id: request for request in asked.requests}
    index = {request.id: r for r, request in enumerate(asked.requests)}
    routes = {route.courier: route for route in plan.routes}
    for why in plan.why:
        if why.chosen is None:
            assert why.cost.total == why.cost.unserved
            continue
        courier = next(c for c in asked.couriers if c.id == why.chosen)
        route = routes[why.chosen]
        codes = [
            index[s.request] if s.kind == "pickup" else ~index[s.request] for s in route.stops if s.batch >= 0
        ]
        r = index[why.request]
        fewer = schedule(asked, courier, tuple(code for code in codes if code not in (r, ~r)))
        if check(replace(asked, couriers=(courier,)), Plan((fewer,), (), Costs(), "hand")) == ():
            without = price_route(asked, courier, fewer, requests)
            assert (price_route(asked, courier, route, requests) - without).parts() == pytest.approx(
                why.cost.parts(), abs=1e-6
            )


@given(asked=problems(20, 6), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_searching_on_never_costs_more(asked: Problem, seed: int) -> None:
    """The best plan is kept: going on for longer never ends with a dearer one."""
    session = open_session(asked, seed)
    session.fill()
    before = session.best
    for _ in range(4):
        session.run(100, 300.0, 30.0)
        assert session.best <= before
        before = session.best
    session.rewind()
    total = sum(
        price_route(asked, c, schedule(asked, c, s), {q.id: q for q in asked.requests}).total
        for c, s in zip(asked.couriers, session.sequences(), strict=True)
    )
    held = {code for sequence in session.sequences() for code in sequence}
    worth = session.board.worth[[r for r in range(len(asked.requests)) if r not in held], 1].sum()
    assert session.best == pytest.approx(total + worth)
