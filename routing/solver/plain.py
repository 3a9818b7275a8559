"""The solver without compiled code: ruin and recreate over remembered tours, and CP-SAT over all tours seen."""

import math
import random
import time
from dataclasses import replace

from routing.greedy import insert_all, written
from routing.plan import Plan
from routing.plan.numbers import INF, Sequence
from routing.plan.tours import Tour, Tours
from routing.problem import Problem
from routing.solver import master
from routing.solver.search import improve, total
from routing.why import explain, from_tours

TINY_S = 0.002
MASTER_S = 0.02
LOADING_S = 4.0  # a plan with less time than this goes without the master until somebody has loaded it
MASTER_FROM = 5  # requests
MASTER_SHARE = 0.3
MASTER_MOST_S = 1.0
WRITING_S = 250e-6
PATIENCE = (16, 6)  # rounds without gain, and so many more per request
HAIR = 1e-6


def planned(
    problem: Problem,
    start: list[Sequence] | None,
    *,
    began: float,
    deadline: float,
    seed: int,
    iterations: int | None,
) -> Plan:
    """The best plan found by `deadline` or in so many rounds, starting from sequences by courier."""
    tours = Tours(problem)
    ready = time.perf_counter()
    state = insert_all(tours, None if start is None else _warmed(tours, start))
    if deadline - began < TINY_S or iterations == 0 or not problem.requests or not problem.couriers:
        return signed(tours, state, "greedy", began, deadline, seed=seed)
    # writing the plan down and looking for alternatives takes about as long as inserting did
    until = deadline - (time.perf_counter() - ready) - WRITING_S * len(problem.requests)
    state, name, rounds = _searched(tours, state, until, seed, iterations)
    return signed(tours, state, name, began, deadline, rounds=rounds, seed=seed)


def _searched(
    tours: Tours, state: list[Tour], until: float, seed: int, most: int | None
) -> tuple[list[Tour], str, int]:
    """Ruin and recreate, the master over all tours seen, again after a gain; (tours, who found them, rounds)."""
    rng = random.Random(seed)  # noqa: S311 - a search, not a secret
    size = len(tours.ranked)
    name, rounds = "search", 0
    while True:
        spare = until - time.perf_counter()
        least = MASTER_S if master.ready() else LOADING_S
        mastered = size >= MASTER_FROM and spare >= least and most is None
        pause = until - min(MASTER_SHARE * spare, MASTER_MOST_S) if mastered else until
        patience = PATIENCE[0] + PATIENCE[1] * size
        left = 1_000_000 if most is None else most - rounds
        found = improve(tours, state, rng, until=pause, patience=patience, most=left)
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


def _warmed(tours: Tours, start: list[Sequence]) -> list[Tour]:
    """The tours of these sequences, empty where one breaks a rule."""
    state = list(tours.empty)
    for c, sequence in enumerate(start):
        able = all(tours.numbers.direct[c, code] < INF for code in sequence if code >= 0)
        tour = tours.tour(c, sequence) if able and tours.lawful(sequence) else None
        state[c] = tour or state[c]
    return state


def signed(
    tours: Tours,
    state: list[Tour],
    name: str,
    began: float,
    deadline: float,
    *,
    rounds: int = 0,
    seed: int = 0,
    bound: float | None = None,
    certain: bool = True,
) -> Plan:
    """The plan with its reasons, as far as time allows; `certain` when the bound is proven."""
    plan = written(
        tours,
        state,
        solver=name,
        began=began,
        iterations=rounds,
        seed=seed,
        bound=bound,
        certain=certain,
    )
    until = deadline if TINY_S <= deadline - began < math.inf else INF
    candidates = from_tours(tours, state, until=until)
    why = explain(tours.numbers.problem, [tour.sequence for tour in state], candidates, until=until)
    return replace(plan, why=why, wall_s=time.perf_counter() - began)
