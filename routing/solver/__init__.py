"""The solver: enumeration where it is small, else compiled ruin and recreate, or plain Python without numba."""

import math
import random
import time
from collections import Counter

from routing import kernel
from routing.greedy import insert_all
from routing.plan import Plan
from routing.plan.numbers import Sequence
from routing.plan.tours import Tours
from routing.problem import Problem, may_carry
from routing.proof.legs import straight
from routing.solver import compiled, exact, plain
from routing.solver.search import improve, total

__all__ = ["solve"]

EXACT_S = 0.002


def solve(
    problem: Problem,
    *,
    budget_s: float,
    seed: int = 0,
    warm: Plan | None = None,
    iterations: int | None = None,
    workers: int = 1,
) -> Plan:
    """The best plan found within `budget_s` seconds of wall time, starting from `warm` where that helps.

    Always a plan that passes `check`; with hardly any time the greedy one. Returns early once proven or
    converged. With `iterations` the search ends after so many rounds, and the same seed gives the same plan
    (`budget_s` may then be math.inf, which is a ValueError otherwise); without, the same seed gives the same
    plan unless the budget ended it.
    Compiled code is used once `routing.kernel.load` has made it ready. `Plan.bound` is set where it costs
    hardly any time: for a handful of requests the cost of the plan itself, `certified` unless detours that are
    quicker than legs may hide a cheaper one.
    """
    if iterations is None and not budget_s < math.inf:
        raise ValueError("a search without a budget needs a number of iterations")
    began = time.perf_counter()
    deadline = began + budget_s
    start = None if warm is None else _carried_over(problem, warm)
    if budget_s >= EXACT_S and exact.small(len(problem.couriers), len(problem.requests)):
        plan = _proven(problem, began, deadline, seed)
        if plan is not None:
            return plan
    if not kernel.ready():
        return plain.planned(problem, start, began=began, deadline=deadline, seed=seed, iterations=iterations)
    return compiled.planned(
        problem,
        start,
        began=began,
        deadline=deadline,
        seed=seed,
        iterations=iterations,
        workers=min(2, max(1, workers)),
    )


def _proven(problem: Problem, began: float, deadline: float, seed: int) -> Plan | None:
    """The plan that is proven best (where no detour is quicker than a leg), None when time runs out."""
    tours = Tours(problem)
    ready = time.perf_counter()
    state = insert_all(tours)
    until = deadline - (time.perf_counter() - ready) - plain.WRITING_S * len(problem.requests)
    rng = random.Random(seed)  # noqa: S311 - a search, not a secret
    state = improve(tours, state, rng, until=until, patience=plain.PATIENCE[0]).state
    proven = exact.prove(tours, state, until=until)
    if proven is None:
        return None
    bound, sure = total(tours, proven), straight(problem, tours.numbers.at)
    return plain.signed(
        tours, proven, "exact", began, deadline, rounds=1, seed=seed, bound=bound, certain=sure
    )


def _carried_over(problem: Problem, warm: Plan) -> list[Sequence]:
    """The sequences of an earlier plan as far as they still stand, by courier: its open requests, in its order."""
    couriers = {courier.id: c for c, courier in enumerate(problem.couriers)}
    requests = {request.id: r for r, request in enumerate(problem.requests)}
    people = problem.couriers
    out: list[Sequence] = [()] * len(couriers)
    used: set[int] = set()
    for route in warm.routes:
        c = couriers.get(route.courier)
        if c is None:
            continue
        codes: list[int] = []
        count = Counter(stop.request for stop in route.stops if stop.batch >= 0)
        for stop in route.stops:
            r = requests.get(stop.request, -1)
            if stop.batch < 0 or r < 0 or r in used or count[stop.request] != 2:
                continue
            if not may_carry(people[c], problem.requests[r]):
                continue
            if (stop.kind == "drop") == (r in codes):
                codes.append(r if stop.kind == "pickup" else ~r)
        whole = {r for r in codes if r >= 0 and ~r in codes}
        out[c] = tuple(code for code in codes if (code if code >= 0 else ~code) in whole)
        used |= whole
    return out
