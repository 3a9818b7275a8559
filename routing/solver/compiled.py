"""The solver with compiled code: insertion, then annealed ruin and recreate, then the plan with its reasons."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from routing import kernel
from routing.greedy import cause, composed
from routing.kernel.board import AT, FREE
from routing.plan import Plan
from routing.plan.numbers import Sequence
from routing.problem import Problem
from routing.why import explain, from_figures

if TYPE_CHECKING:
    from routing.kernel.session import Session

SMALL = 24  # requests; up to here the search cools by rounds alone and ends when it has converged
CYCLE = 50  # rounds per request in the first cycle of a small problem
CYCLES = 4  # without gain, and a small problem has converged
CHUNK_S = 0.02
CHUNK = 1000  # rounds between looks at nothing but the count
HOT, WARM, COLD = 0.03, 0.006, 0.0006  # of the mean least cost of a request
WRITING_S = (0.0008, 250e-6)  # seconds to write a plan down, and per request
TINY_S = 0.002


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
    session = kernel.open_session(problem, seed)
    if start is not None:
        session.seed(start)
    session.fill()
    rounds = 0
    if problem.requests and problem.couriers and iterations != 0 and deadline - began >= TINY_S:
        until = deadline - WRITING_S[0] - WRITING_S[1] * len(problem.requests)
        rounds = _searched(session, until, iterations, warm=start is not None)
        session.rewind()
    plan = _written(problem, session, deadline if deadline - began >= TINY_S else float("inf"))
    name = "ruin_recreate" if rounds else "greedy"
    return replace(plan, solver=name, iterations=rounds, seed=seed, wall_s=time.perf_counter() - began)


def _searched(session: "Session", until: float, iterations: int | None, *, warm: bool) -> int:
    """Search until the instant or the count; how many rounds that took."""
    n = len(session.board.of_request)
    scale = max(session.least(), 1e-9)
    hot, cold = scale * (WARM if warm else HOT), scale * COLD
    if iterations is not None:
        done = 0
        while done < iterations and time.perf_counter() < until:
            chunk = min(CHUNK, iterations - done)
            session.run(chunk, *_heats(hot, cold, done / iterations, (done + chunk) / iterations))
            done += chunk
        return done
    if n <= SMALL:
        return _converged(session, until, hot, cold)
    return _cooled(session, until, hot, cold)


def _heats(hot: float, cold: float, first: float, last: float) -> tuple[float, float]:
    """The heat at two parts of the way from hot to cold."""
    return hot * (cold / hot) ** first, hot * (cold / hot) ** last


def _cooled(session: "Session", until: float, hot: float, cold: float) -> int:
    """Cool down once, by the clock, from now until the instant."""
    began = now = time.perf_counter()
    whole, done, chunk, heat, ahead = until - began, 0, 16, 0.0, 0.0
    while now < until and whole > 0:
        session.run(chunk, *_heats(hot, cold, heat, ahead))
        done += chunk
        before, now = now, time.perf_counter()
        each = (now - before) / chunk
        heat = min(1.0, (now - began) / whole)
        lasts = min(CHUNK_S, max(0.0, until - now))
        chunk = max(1, int(lasts / each))
        ahead = min(1.0, heat + lasts / whole)
    return done


def _converged(session: "Session", until: float, hot: float, cold: float) -> int:
    """Cool down again and again, each time twice as slowly, until that has brought nothing for a while."""
    n = len(session.board.of_request)
    length, done, stall = CYCLE * n + 200, 0, 0
    each = 1e-4
    while stall < CYCLES:
        best, spent = session.best, 0
        session.rewind()
        while spent < length:
            now = time.perf_counter()
            if now >= until:
                return done
            chunk = max(1, min(length - spent, 400, int((until - now) / each)))
            session.run(chunk, *_heats(hot, cold, spent / length, (spent + chunk) / length))
            spent, done = spent + chunk, done + chunk
            each = (time.perf_counter() - now) / chunk
        stall = 0 if session.best < best - 1e-6 else stall + 1
        length = min(2 * length, 8 * (CYCLE * n + 200))
    return done


def _written(problem: Problem, session: "Session", until: float) -> Plan:
    """The plan of the session's best routes, with times, costs and reasons; alternatives as far as time allows."""
    sequences = session.sequences()
    courier = session.board.of_courier
    starts = list(zip(courier[:, FREE].tolist(), courier[:, AT].tolist(), strict=True))
    plan = composed(
        problem, sequences, lambda r: cause(problem, starts, sequences, r, fits=session.possible(r))
    )
    owner = np.array(session.routes.owner)
    candidates = from_figures(sequences, owner.tolist(), session.figures(until))
    return replace(plan, why=explain(problem, sequences, candidates, until=until))
