"""The solver: enumeration where it is small, else columns by ruin and recreate with CP-SAT as the master."""

import random
import time
from collections import Counter
from dataclasses import replace

from routing.greedy import insert_all, written
from routing.plan import Plan
from routing.plan.numbers import INF
from routing.plan.tours import Tour, Tours
from routing.problem import Problem
from routing.solver import exact
from routing.solver.search import improve, total
from routing.why import explain

try:
    from routing.solver import master
except ImportError:  # OR-Tools may be missing or broken on a machine; plans still have to be made
    master = None  # type: ignore[assignment]

__all__ = ["solve"]

TINY_S = 0.002
MASTER_S = 0.02
MASTER_FROM = 5


def solve(problem: Problem, *, budget_s: float, seed: int = 0, warm: Plan | None = None) -> Plan:
    """The best plan found within `budget_s` seconds of wall time, starting from `warm` where that helps.

    Always a plan that passes `check`. Returns early once proven or converged. The same seed gives the same
    plan
    unless the budget is what ends the search. `Plan.bound` is set where the plan is proven best.
    """
    began = time.perf_counter()
    tours = Tours(problem)
    state = insert_all(tours)
    if budget_s < TINY_S or not problem.requests or not problem.couriers:
        return _signed(tours, state, "greedy", began, 0, seed, None)
    if warm is not None:
        state = min(state, insert_all(tours, _warmed(tours, warm)), key=lambda tours_: total(tours, tours_))
    until = began + budget_s * 0.92 - 20e-6 * len(problem.requests) - 10e-6 * len(problem.couriers)
    proven = exact.prove(tours, state, until=until)
    if proven is not None:
        return _signed(tours, proven, "exact", began, 1, seed, total(tours, proven))
    state, name, rounds = _searched(tours, state, until, seed)
    return _signed(tours, state, name, began, rounds, seed, None)


def _searched(tours: Tours, state: list[Tour], until: float, seed: int) -> tuple[list[Tour], str, int]:
    """Ruin and recreate, the master over all tours seen, and again after a gain; (tours, solver's name,
    rounds)."""
    rng = random.Random(seed)  # noqa: S311 - a search, not a secret
    size = len(tours.ranked)
    patience = 60 + 25 * size
    name, rounds = "search", 0
    while True:
        spare = until - time.perf_counter()
        found = improve(tours, state, rng, until=until - min(0.3 * spare, 1.0), patience=patience)
        state, rounds = found.state, rounds + found.iterations
        spare = until - time.perf_counter()
        if master is None or size < MASTER_FROM or spare < MASTER_S:
            return state, name, rounds
        try:
            chosen, _ = master.recombine(tours, state, seconds=spare * 0.8, seed=seed)
        except Exception:
            return state, name, rounds  # whatever ails OR-Tools, the plan in hand is sound
        name = "cp_sat"
        if total(tours, chosen) >= found.cost - 1e-6:
            return state, name, rounds
        state = chosen


def _warmed(tours: Tours, warm: Plan) -> list[Tour]:
    """The tours of an earlier plan as far as they still stand: its open requests, in its order."""
    problem = tours.numbers.problem
    couriers = {courier.id: c for c, courier in enumerate(problem.couriers)}
    requests = {request.id: r for r, request in enumerate(problem.requests)}
    state = list(tours.empty)
    used: set[int] = set()
    for route in warm.routes:
        c = couriers.get(route.courier)
        if c is None:
            continue
        fresh = [
            stop for stop in route.stops if stop.batch >= 0 and requests.get(stop.request, -1) not in used
        ]
        both = {request for request, count in Counter(stop.request for stop in fresh).items() if count == 2}
        codes = [
            requests[stop.request] if stop.kind == "pickup" else ~requests[stop.request]
            for stop in fresh
            if stop.request in both & requests.keys()
            and tours.numbers.direct[c, requests[stop.request]] < INF
        ]
        tour = tours.tour(c, tuple(codes))
        if tour is not None:
            state[c] = tour
            used |= {code for code in codes if code >= 0}
    return state


def _signed(
    tours: Tours, state: list[Tour], name: str, began: float, rounds: int, seed: int, bound: float | None
) -> Plan:
    """The plan with its reasons."""
    plan = written(tours, state, solver=name, began=began, iterations=rounds, seed=seed, bound=bound)
    why = explain(tours, state)
    return replace(plan, why=why, wall_s=time.perf_counter() - began)
