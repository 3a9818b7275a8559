"""The solver with compiled code: insertion, then annealed ruin and recreate, then the plan with its reasons."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from routing import kernel
from routing.greedy import cause, composed
from routing.kernel.board import AT, FREE
from routing.plan import Plan
from routing.plan.numbers import Sequence
from routing.problem import Problem
from routing.proof import quick
from routing.solver.walk import Walk
from routing.why import explain, from_figures

if TYPE_CHECKING:
    from routing.kernel.session import Session

WRITING_S = (0.0008, 250e-6)  # seconds to write a plan down, and per request
LOOKING = 0.4  # part of that in which other couriers are looked for
EXPLAINING_S = 60e-6
TINY_S = 0.002
BOUND_S = (0.0015, 80e-6)  # seconds for a lower bound, and per request
BOUND_SHARE = 0.02  # of the budget, at most


def planned(
    problem: Problem,
    start: list[Sequence] | None,
    *,
    began: float,
    deadline: float,
    seed: int,
    iterations: int | None,
    workers: int = 1,
) -> Plan:
    """The best plan found by `deadline` or in so many rounds, starting from sequences by courier."""
    size = len(problem.requests)
    bounded = BOUND_SHARE * (deadline - began) >= BOUND_S[0] + BOUND_S[1] * size
    bound = quick(problem) if bounded else None
    session = kernel.open_session(problem, seed)
    if start is not None:
        session.seed(start)
    session.fill()
    rounds = 0
    if problem.requests and problem.couriers and iterations != 0 and deadline - began >= TINY_S:
        until = deadline - WRITING_S[0] - WRITING_S[1] * size
        if start is not None:
            session.look_at(_changed(session, start))
        walk = Walk(session, until, iterations, warm=start is not None)
        rounds = walk.all(seed, workers)
        session.rewind()
    plan = _written(problem, session, deadline if deadline - began >= TINY_S else float("inf"))
    name = "greedy"
    if rounds:
        name = "cp_sat" if walk.mastered else "ruin_recreate"
    return replace(
        plan,
        solver=name,
        iterations=rounds,
        seed=seed,
        bound=bound,
        bound_kind=None if bound is None else "certified",
        wall_s=time.perf_counter() - began,
    )


def _changed(session: "Session", start: list[Sequence]) -> list[int]:
    """Requests that nobody had, or whose courier has others now."""
    routes = session.routes
    held = {code for sequence in start for code in sequence if code >= 0}
    fresh = [r for r in range(len(routes.owner)) if r not in held]
    rows = {int(routes.owner[r]) for r in fresh} - {-1}
    beside = [code for c in sorted(rows) for code in routes.codes[c, : routes.stops[c]].tolist() if code >= 0]
    return sorted({*fresh, *beside})


def _written(problem: Problem, session: "Session", until: float) -> Plan:
    """The plan of the session's best routes, with times, costs and reasons; alternatives as far as time allows."""
    sequences = session.sequences()
    courier = session.board.of_courier
    starts = list(zip(courier[:, FREE].tolist(), courier[:, AT].tolist(), strict=True))
    plan = composed(
        problem, sequences, lambda r: cause(problem, starts, sequences, r, fits=session.possible(r))
    )
    owner = session.routes.owner.tolist()
    now = time.perf_counter()
    candidates = from_figures(sequences, owner, session.figures(now + LOOKING * (until - now)))
    latest = until - EXPLAINING_S * len(problem.requests)  # the rest takes at least that
    return replace(plan, why=explain(problem, sequences, candidates, until=latest))
