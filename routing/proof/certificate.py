"""The certificate: column generation with exact pricing, then every column that a better plan could use."""

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np

from routing.greedy import written
from routing.kernel.board import LEAVE, Floats, board
from routing.plan import Plan
from routing.plan.tours import Tours
from routing.problem import Problem
from routing.proof.columns import FEW, Codes, Column, Pool
from routing.proof.legs import ways
from routing.proof.lp import Relaxation, choose
from routing.proof.pricing import ALL, EXACT, LOOSE, Pricer
from routing.proof.quick import quick

Kind = Literal["certified", "heuristic"]
Table = dict[tuple[int, tuple[int, ...]], Column]

REQUESTS, PLACES = 250, 700
LABELS = 400_000
A_ROUND = 30  # routes of one courier taken up at a time
HOPE = 0.5
SMOOTHING = 0.6
HAIR = 1e-6
INTEGER_SHARE = 0.4  # of the time that is left, for one integer optimum


@dataclass(frozen=True, slots=True)
class Certificate:
    """A lower bound of any plan's cost, `certified` when proven for this very problem; a better plan where one came up.

    `columns` routes were weighed in `rounds` of pricing, in `wall_s` seconds; `note` says how far the proof went.
    """

    bound: float
    kind: Kind
    plan: Plan | None
    columns: int
    rounds: int
    wall_s: float
    note: str

    def gap(self, cost: float) -> float:
        """How much of this cost could at most be saved, 0 to 1."""
        return max(0.0, (cost - self.bound) / cost) if cost > 0 else 0.0


def certify(problem: Problem, plan: Plan, *, budget_s: float, seed: int = 0) -> Certificate:
    """How far from the best the plan can be at most, within about `budget_s` seconds (compiling left out).

    Set partitioning over routes, its linear relaxation by column generation (Desaulniers, Desrosiers and Solomon 2005),
    routes priced by labels (`labels` says when one makes another needless), duals smoothed (Wentges 1997). Each round
    of exact pricing gives a Lagrangian bound; at the end every route whose reduced cost is within the gap goes into an
    integer programme, whose optimum is the optimum (Baldacci, Christofides and Mingozzi 2008).
    """
    began = time.perf_counter()
    least = quick(problem)
    if not problem.requests or not problem.couriers:
        return Certificate(least, "certified", None, 0, 0, time.perf_counter() - began, "nothing to choose")
    if len(problem.requests) > REQUESTS or len(problem.travel_s) > PLACES:
        note = f"more than {REQUESTS} requests or {PLACES} places: each request by itself only"
        return Certificate(least, "certified", None, 0, 0, time.perf_counter() - began, note)
    proof = _Proof(problem, plan, seed)
    return proof.run(began, budget_s, least)


@dataclass(slots=True)
class _Point:
    """Duals with a bound: what each request is worth, and the least any courier's route costs less its worth."""

    bound: float
    worth: Floats
    least: Floats


class _Proof:
    """One proof: its columns, its programme, the best bound and the best choice so far."""

    def __init__(self, problem: Problem, plan: Plan, seed: int) -> None:
        """Columns to begin with: the plan's routes, and every request alone with every courier."""
        self.problem, self.seed = problem, seed
        self.board = board(problem)
        self.couriers, self.size = len(problem.couriers), len(problem.requests)
        self.left_out: Floats = self.board.worth[:, LEAVE].copy()
        self.pool = Pool(self.board)
        self.lp = Relaxation(self.couriers, self.left_out)
        self.choice = self._taken(plan)
        for c in range(self.couriers):
            for r in np.flatnonzero(self.board.allowed[c]).tolist():
                self._add(c, (r, ~r))
        self.upper = self._cost(self.choice)
        self.given = plan.cost.total
        self.pricer = Pricer(self.board, ways(problem), labels=LABELS)
        self.rounds = 0
        none = np.zeros(self.couriers)
        self.pricer.search(0, self.left_out, -np.inf, ALL, 1, np.inf)  # compiles
        self.best = _Point(-np.inf, self._first(), none)
        self.guess = -np.inf

    def run(self, began: float, budget_s: float, least: float) -> Certificate:
        """Bound, choose, enumerate, until proven or out of time."""
        self.until = time.perf_counter() + budget_s
        note = self._generate()
        self._choose()
        if self.upper - self.best.bound > HAIR * (1 + self.upper) and self.best.bound > -np.inf:
            note += f"; {self._enumerate()}"
        certified = self.best.bound > -np.inf
        bound = max(least, self.best.bound if certified else self.guess)
        if not certified:
            why = "no exact round was finished"
            if any(self.pricer.odd(c) for c in range(self.couriers)):
                why = "with rests, work that counts and uncertain kitchens at once labels may cost more than routes"
            note += f"; {why}, so the bound is a guess; {least:.0f} is certain"
        bound = min(bound, self.upper)
        if certified and self.upper - bound <= HAIR * (1 + self.upper):
            note = "proven best"
        return Certificate(
            bound=bound,
            kind="certified" if certified else "heuristic",
            plan=self._better(began, bound, certified),
            columns=len(self.pool.known),
            rounds=self.rounds,
            wall_s=time.perf_counter() - began,
            note=note,
        )

    def _generate(self) -> str:
        """Column generation until the bound meets the relaxation's value; in words how it went."""
        point, place, smoothing, mode = self.best.worth, np.zeros(self.couriers), SMOOTHING, LOOSE
        half = (time.perf_counter() + self.until) / 2
        while time.perf_counter() < self.until:
            self.rounds += 1
            added, least, proven = 0, np.zeros(self.couriers), True
            for c in range(self.couriers):
                if time.perf_counter() > self.until:
                    return "out of time before the linear relaxation was solved"
                found = self.pricer.search(c, point, min(0.0, place[c]) - HAIR, mode, A_ROUND, hope=HOPE)
                least[c], proven = found.least, proven and found.proven
                added += sum(self._add(c, codes) is not None for _, codes in found.routes)
            bound = float(point.sum() + least.sum())
            if proven and bound > self.best.bound:
                self.best = _Point(bound, point, least)
            duals = self.lp.solve()
            if duals is None:
                return "the linear relaxation could not be solved"
            self.guess = min(duals.value, max(self.guess, bound))
            if proven and self.best.bound >= duals.value - self.couriers * 2 * HAIR - HAIR * duals.value:
                return "the linear relaxation is solved"
            if mode == EXACT and not added:
                return "not every route could be looked at"
            if time.perf_counter() > half:  # a bound of duals that are not yet the best is better than none
                mode, smoothing = EXACT, 0.0
            elif not added or mode == EXACT:
                mode, smoothing = EXACT if smoothing == 0 or mode == EXACT else LOOSE, 0.0
            centre = self.best if self.best.bound > -np.inf else _Point(0.0, point, place)
            point = smoothing * centre.worth + (1 - smoothing) * duals.worth
            place = smoothing * np.minimum(0.0, centre.least) + (1 - smoothing) * duals.place
        return "out of time before the linear relaxation was solved"

    def _choose(self) -> None:
        """The best choice of the columns so far."""
        spare = self.until - time.perf_counter()
        picked = choose(
            list(self.pool.known.values()),
            self.couriers,
            self.left_out,
            hint=self.choice,
            budget_s=max(0.5, INTEGER_SHARE * spare),
            seed=self.seed,
        )
        if picked.cost < self.upper:
            self.choice, self.upper = picked.columns, picked.cost

    def _enumerate(self) -> str:
        """Every column that a plan below `upper` could use, and the best choice of them; in words how it went."""
        gap = self.upper - self.best.bound + HAIR
        cheapest: Table = {}
        for c in range(self.couriers):
            if time.perf_counter() > self.until:
                return "out of time before every route within the gap was known"
            found = self.pricer.search(c, self.best.worth, self.best.least[c] + gap, ALL, LABELS, gap=gap)
            if not (found.whole and found.proven):
                return "too many routes lie within the gap"
            for value, codes in found.routes:
                self._add(c, codes)
                members = tuple(sorted(code for code in codes if code >= 0))
                cost = value + float(self.best.worth[list(members)].sum())
                known = cheapest.get((c, members))
                if known is None or cost < known.cost:
                    cheapest[c, members] = Column(c, members, codes, cost)
        true = [self.pool.known[key] for key in cheapest if key in self.pool.known]
        spare = INTEGER_SHARE * (self.until - time.perf_counter())
        picked = choose(true, self.couriers, self.left_out, hint=self.choice, budget_s=spare, seed=self.seed)
        if picked.cost < self.upper:
            self.choice, self.upper = picked.columns, picked.cost
        bound = self._settled(cheapest) if self._differ(cheapest) else picked.bound
        self.best.bound = max(self.best.bound, min(self.upper, bound))
        return f"{len(cheapest)} routes within the gap weighed"

    def _differ(self, cheapest: Table) -> list[tuple[int, tuple[int, ...]]]:
        """The columns that cost less as labels than as routes."""
        known = self.pool.known
        return [
            key
            for key, column in cheapest.items()
            if key not in known or known[key].cost > column.cost + HAIR
        ]

    def _settled(self, cheapest: Table) -> float:
        """A bound over columns of which some cost less than any true route of theirs: those the best choice takes get
        their true price, by trying every order of stops, and the choice is made again.
        """
        suspects = set(self._differ(cheapest))
        bound = -np.inf
        while time.perf_counter() < self.until:
            spare = self.until - time.perf_counter()
            picked = choose(
                list(cheapest.values()), self.couriers, self.left_out, hint=[], budget_s=spare, seed=self.seed
            )
            bound = max(bound, picked.bound)
            wrong = [
                (column.c, column.members)
                for column in picked.columns
                if (column.c, column.members) in suspects and len(column.members) <= FEW
            ]
            if not wrong:
                break
            for key in wrong:
                suspects.discard(key)
                cost = self.pool.best(*key)
                if cost == np.inf:
                    del cheapest[key]
                else:
                    cheapest[key] = cheapest[key]._replace(cost=cost)
        return bound

    def _add(self, c: int, codes: Codes) -> Column | None:
        """The new column of these stops, in the pool and the programme; None when there is none."""
        column = self.pool.add(c, codes)
        if column is not None:
            self.lp.add(column)
        return column

    def _taken(self, plan: Plan) -> list[Column]:
        """The plan's routes as columns."""
        requests = {q.id: r for r, q in enumerate(self.problem.requests)}
        couriers = {courier.id: c for c, courier in enumerate(self.problem.couriers)}
        out: list[Column] = []
        for route in plan.routes:
            codes = tuple(
                requests[stop.request] if stop.kind == "pickup" else ~requests[stop.request]
                for stop in route.stops
                if stop.batch >= 0
            )
            column = self._add(couriers[route.courier], codes) if codes else None
            if column is not None:
                out.append(column)
        return out

    def _cost(self, choice: list[Column]) -> float:
        """What a choice costs, requests left out counted."""
        return float(self.left_out.sum()) + sum(
            column.cost - float(self.left_out[list(column.members)].sum()) for column in choice
        )

    def _first(self) -> Floats:
        """What requests may be worth, to begin with: each its part of its route's cost, by what it adds."""
        worth = self.left_out.copy()
        for column in self.choice:
            adds = {}
            for r in column.members:
                rest = tuple(code for code in column.codes if code not in (r, ~r))
                without = self.pool.cost(column.c, rest) if rest else 0.0
                adds[r] = max(HAIR, column.cost - without) if without < np.inf else HAIR
            for r, more in adds.items():
                worth[r] = column.cost * more / sum(adds.values())
        return np.clip(worth, 0.0, self.left_out)

    def _better(self, began: float, bound: float, certain: bool) -> Plan | None:
        """The plan of the best choice, when it costs less than the one given."""
        if self.upper >= self.given - HAIR * (1 + self.given):
            return None
        tours = Tours(self.problem)
        state = list(tours.empty)
        for column in self.choice:
            tour = tours.tour(column.c, column.codes)
            if tour is None:
                return None
            state[column.c] = tour
        return written(
            tours,
            state,
            solver="proof",
            began=began,
            iterations=self.rounds,
            seed=self.seed,
            bound=bound,
            certain=certain,
        )
