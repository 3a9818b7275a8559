"""The solver: enumeration where it is small, else columns by ruin and recreate with CP-SAT as the master."""

import random
import time
from collections import Counter
from dataclasses import replace
from typing import Literal

from routing.greedy import insert_all, written
from routing.plan import Plan
from routing.plan.numbers import INF
from routing.plan.tours import Tour, Tours
from routing.problem import Problem
from routing.solver import exact
from routing.solver.search import improve, total
from routing.why import explain, from_tours

try:
    from routing.solver import master
except ImportError:  # OR-Tools may be missing or broken on a machine; plans still have to be made
    master = None  # type: ignore[assignment]

__all__ = ["solve"]

TINY_S = 0.002
MASTER_S = 0.02
MASTER_FROM = 5  # requests
MASTER_SHARE = 0.3
MASTER_MOST_S = 1.0
WRITING_S = 250e-6
PATIENCE = (16, 6)  # rounds without gain, and so many more per request
HAIR = 1e-6


def solve(problem: Problem, *, budget_s: float, seed: int = 0, warm: Plan | None = None) -> Plan:
    """The best plan found within `budget_s` seconds of wall time, starting from `warm` where that helps.

    Always a plan that passes `check`; below TINY_S, or when nothing else fits, the greedy one. Returns early
    once proven or converged. The same seed gives the same plan unless the budget is what ends the search.
    `Plan.bound` is set where the plan is proven best (as long as detours are not faster than direct legs).
    """
    began = time.perf_counter()
    deadline = began + budget_s
    tours = Tours(problem)
    ready = time.perf_counter()
    state = insert_all(tours, None if warm is None else _warmed(tours, warm))
    if budget_s < TINY_S or not problem.requests or not problem.couriers:
        return _signed(tours, state, "greedy", began, deadline, seed=seed)
    # writing the plan down and looking for alternatives takes about as long as inserting did
    until = deadline - (time.perf_counter() - ready) - WRITING_S * len(problem.requests)
    if exact.small(tours):  # a good plan first makes the proof short
        rng = random.Random(seed)  # noqa: S311 - a search, not a secret
        state = improve(tours, state, rng, until=until, patience=PATIENCE[0]).state
        proven = exact.prove(tours, state, until=until)
        if proven is not None:
            bound = total(tours, proven)
            return _signed(tours, proven, "exact", began, deadline, rounds=1, seed=seed, bound=bound)
    state, name, rounds = _searched(tours, state, until, seed)
    return _signed(tours, state, name, began, deadline, rounds=rounds, seed=seed)


def _searched(tours: Tours, state: list[Tour], until: float, seed: int) -> tuple[list[Tour], str, int]:
    """Ruin and recreate, the master over all tours seen, again after a gain; (tours, who found them, rounds)."""
    rng = random.Random(seed)  # noqa: S311 - a search, not a secret
    size = len(tours.ranked)
    name, rounds = "search", 0
    while True:
        spare = until - time.perf_counter()
        mastered = master is not None and size >= MASTER_FROM and spare >= MASTER_S
        pause = until - min(MASTER_SHARE * spare, MASTER_MOST_S) if mastered else until
        found = improve(tours, state, rng, until=pause, patience=PATIENCE[0] + PATIENCE[1] * size)
        state, rounds = found.state, rounds + found.iterations
        if not mastered or until - time.perf_counter() < MASTER_S:
            return state, name, rounds
        try:
            chosen, _ = master.recombine(tours, state, until=until, seed=seed)
        except Exception:
            return state, name, rounds  # whatever ails OR-Tools, the plan in hand is sound
        name = "cp_sat"
        if total(tours, chosen) >= found.cost - HAIR:
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
        codes = tuple(
            requests[stop.request] if stop.kind == "pickup" else ~requests[stop.request]
            for stop in fresh
            if stop.request in both & requests.keys()
            and tours.numbers.direct[c, requests[stop.request]] < INF
        )
        tour = tours.tour(c, codes) if tours.lawful(codes) else None
        if tour is not None:
            state[c] = tour
            used |= {code for code in codes if code >= 0}
    return state


def _signed(
    tours: Tours,
    state: list[Tour],
    name: str,
    began: float,
    deadline: float,
    *,
    rounds: int = 0,
    seed: int = 0,
    bound: float | None = None,
) -> Plan:
    """The plan with its reasons, as far as time allows."""
    plan = written(tours, state, solver=name, began=began, iterations=rounds, seed=seed, bound=bound)
    until = deadline if deadline - began >= TINY_S else INF
    candidates = from_tours(tours, state, until=until)
    why = explain(tours.numbers.problem, [tour.sequence for tour in state], candidates, until=until)
    kind: Literal["certified"] | None = None if bound is None else "certified"
    return replace(plan, why=why, bound_kind=kind, wall_s=time.perf_counter() - began)
