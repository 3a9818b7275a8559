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
from routing.why import explain, from_figures

if TYPE_CHECKING:
    from routing.kernel.session import Session

SMALL = 24  # requests; up to here the search cools by rounds alone and ends when it has converged
CYCLE = 50  # rounds per request in the first cycle of a small problem
CYCLES = 4  # without gain, and a small problem has converged
EPOCHS = 24  # meetings of two walks
CHUNK_S = 0.02
CHUNK = 1000  # rounds between looks at nothing but the count
HOTTEST, WARM, COOLING = 0.1, 0.006, 20.0  # heats as parts of the mean least cost of a request; hot over cold
SLOWLY = 150.0  # rounds per request that the hottest start needs
FOCUS = 0.3  # part of a warm search that looks at what has changed above all
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
        rounds = _Walk(session, until, iterations, warm=start is not None).all(seed, workers)
        session.rewind()
    plan = _written(problem, session, deadline if deadline - began >= TINY_S else float("inf"))
    name = "ruin_recreate" if rounds else "greedy"
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


class _Walk:
    """How one search is run: by the clock or by the count, by one walk or two."""

    def __init__(self, session: "Session", until: float, iterations: int | None, *, warm: bool) -> None:
        """Until the instant or for so many rounds; from a good plan it begins less hot."""
        self.session, self.until, self.iterations, self.warm = session, until, iterations, warm
        self.size = len(session.board.of_request)
        self.scale = max(session.least(), 1e-9)
        self.began = time.perf_counter()

    def all(self, seed: int, workers: int) -> int:
        """Search; how many rounds that took."""
        if self.iterations is None and self.size <= SMALL:
            self.heat(SLOWLY * self.size)
            return self.converge()
        expected = self.iterations or self.measured() * (self.until - time.perf_counter())
        self.heat(expected * workers)
        if workers == 1:
            return self.part(self.session, 0.0, 1.0)
        pair, done = kernel.open_pair(self.session, seed), 0
        for epoch in range(EPOCHS):
            first, last = epoch / EPOCHS, (epoch + 1) / EPOCHS
            done += pair.run(lambda session, a=first, b=last: self.part(session, a, b))  # type: ignore[misc]
        pair.finish()
        return done

    def heat(self, rounds: float) -> None:
        """Choose how hot to begin and end by how many rounds there will be."""
        hottest = WARM if self.warm else HOTTEST
        hot = hottest * min(1.0, max(0.04, rounds / max(1, self.size) / SLOWLY))
        self.hot, self.cold = self.scale * hot, self.scale * hot / COOLING

    def measured(self) -> float:
        """Rounds per second, from a few."""
        now = time.perf_counter()
        self.session.run(20, self.scale * WARM, self.scale * WARM)
        return 20 / max(1e-6, time.perf_counter() - now)

    def heats(self, first: float, last: float) -> tuple[float, float]:
        """The heat at two parts of the way."""
        ratio = self.cold / self.hot
        return self.hot * ratio**first, self.hot * ratio**last

    def part(self, session: "Session", first: float, last: float) -> int:
        """The part of the search from `first` to `last` (of 1); how many rounds that took."""
        if self.iterations is not None:
            return self.counted(session, first, last, self.iterations)
        now, whole = time.perf_counter(), max(1e-9, self.until - self.began)
        stop = self.began + last * whole
        done, chunk = 0, 16
        while now < stop:
            at = (now - self.began) / whole
            if at > FOCUS:
                session.look_at([])
            session.run(chunk, *self.heats(at, min(1.0, at + CHUNK_S / whole)))
            done += chunk
            before, now = now, time.perf_counter()
            chunk = max(1, int(min(CHUNK_S, max(0.0, stop - now)) / ((now - before) / chunk)))
        return done

    def counted(self, session: "Session", first: float, last: float, rounds: int) -> int:
        """The same part of so many rounds."""
        began, most = int(first * rounds), int(last * rounds)
        done = began
        while done < most and time.perf_counter() < self.until:
            if done > FOCUS * rounds:
                session.look_at([])
            chunk = min(CHUNK, most - done)
            session.run(chunk, *self.heats(done / rounds, (done + chunk) / rounds))
            done += chunk
        return done - began

    def converge(self) -> int:
        """Cool down again and again, each time twice as slowly, until that has brought nothing for a while."""
        session = self.session
        shortest = CYCLE * self.size + 200
        length, done, stall, each = shortest, 0, 0, 1e-4
        while stall < CYCLES:
            best, spent = session.best, 0
            session.rewind()
            while spent < length:
                now = time.perf_counter()
                if now >= self.until:
                    return done
                chunk = max(1, min(length - spent, 400, int((self.until - now) / each)))
                session.run(chunk, *self.heats(spent / length, (spent + chunk) / length))
                spent, done = spent + chunk, done + chunk
                each = (time.perf_counter() - now) / chunk
            session.look_at([])
            stall = 0 if session.best < best - 1e-6 else stall + 1
            length = min(2 * length, 8 * shortest)
        return done


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
