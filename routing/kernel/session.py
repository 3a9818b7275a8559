"""One search over one problem, as Python sees it: tables, routes, and the compiled functions over them."""

import time

import numpy as np

from routing.kernel import search
from routing.kernel.board import CHURN, FRESH_COST, LATE, LEAVE, PRICE, READY, TRAVEL, WAIT, Board, board
from routing.kernel.ranks import Ranks, ranks
from routing.kernel.rivals import part, rivals
from routing.kernel.state import Figures, empty_routes, fresh_desk, fresh_memory, fresh_trail
from routing.problem import Problem

Sequence = tuple[int, ...]
OTHERS = 3
GLANCE = 50  # requests between two looks at the clock


def tables(problem: Problem) -> tuple[Board, Ranks]:
    """Everything a session reads."""
    whole = board(problem)
    return whole, ranks(whole)


class Session:
    """The routes of one search. Everything after the constructor is compiled; costs include requests left out."""

    def __init__(self, tables: tuple[Board, Ranks], seed: int = 0) -> None:
        """Start with nothing. Sessions may share `tables`."""
        self.board, self.ranks = tables
        couriers, requests = self.board.allowed.shape
        self.routes = empty_routes(requests, couriers)
        self.memory = fresh_memory(self.ranks.couriers.shape)
        self.desk = fresh_desk(self.board, self.routes, seed)
        self.trail = fresh_trail(self.routes, empty_routes(requests, couriers))

    @property
    def tables(self) -> tuple[Board, Ranks]:
        """What another session over the same problem can share."""
        return self.board, self.ranks

    @property
    def best(self) -> float:
        """The cost of the best routes so far."""
        return float(self.trail.total[1])

    def seed(self, sequences: list[Sequence]) -> None:
        """Take sequences by courier as they are, before `fill`, which leaves out those that break a rule."""
        for c, sequence in enumerate(sequences):
            if len(sequence) <= self.routes.codes.shape[1]:
                self.routes.codes[c, : len(sequence)] = sequence
                self.routes.stops[c] = len(sequence)

    def fill(self) -> None:
        """Put in what nobody has, those that are ready first, and take the outcome for the best."""
        queue = np.argsort(self.board.of_request[:, READY], kind="stable")
        search.fill(self.board, self.ranks, self.routes, self.memory, self.trail, self.desk, queue)
        search.settle(self.board, self.routes, self.trail)

    def run(self, rounds: int, heat_from: float, heat_to: float) -> None:
        """So many rounds of the search, without Python's lock."""
        if not self.board.allowed.size:
            return
        search.walk_on(
            self.board,
            self.ranks,
            self.routes,
            self.memory,
            self.trail,
            self.desk,
            rounds,
            heat_from,
            heat_to,
        )

    def look_at(self, requests: list[int]) -> None:
        """Begin every other round with one of these requests; with none, all are alike again."""
        self.trail.focus[0] = len(requests)
        self.trail.focus[1 : len(requests) + 1] = requests

    def rewind(self) -> None:
        """Go back to the best routes."""
        search.back_to_best(self.board, self.routes, self.trail, self.desk)

    def take(self, sequences: list[Sequence]) -> None:
        """Make these the routes in hand and the best; they have to keep every rule."""
        source = empty_routes(len(self.routes.owner), len(self.routes.stops))
        for c, sequence in enumerate(sequences):
            source.codes[c, : len(sequence)] = sequence
            source.stops[c] = len(sequence)
        everybody = np.ones(len(sequences), dtype=np.int64)
        search.adopt(self.board, self.routes, self.trail, self.desk, source, everybody)

    def routed(self) -> list[tuple[Sequence, float]]:
        """The best routes and what each costs, by courier."""
        return list(zip(self.sequences(), self.trail.best.cost.tolist(), strict=True))

    def left_out(self) -> list[float]:
        """What each request costs when nobody has it."""
        costs: list[float] = self.board.worth[:, LEAVE].tolist()
        return costs

    def sequences(self) -> list[Sequence]:
        """The best routes, by courier."""
        best = self.trail.best
        return [
            tuple(row[:count].tolist()) for row, count in zip(best.codes, best.stops.tolist(), strict=True)
        ]

    def least(self) -> float:
        """The mean over requests of the least each can cost; 0 where there is none."""
        least = np.minimum(self.ranks.least[:, 0], self.board.worth[:, LEAVE])
        return float(least.mean()) if len(least) else 0.0

    def possible(self, r: int) -> bool:
        """Whether some courier could take r besides what the best plan gives them (call after `rewind`)."""
        out = np.full((len(self.routes.owner), 1), -1, dtype=np.int64)
        rivals(
            self.board,
            self.ranks,
            self.routes,
            self.memory,
            self.desk,
            r,
            r + 1,
            out,
            np.zeros((len(out), 1, 2), dtype=np.int64),
        )
        return bool(out[r, 0] >= 0)

    def figures(self, until: float) -> Figures:
        """What requests would cost elsewhere, as far as that is found until the instant `until` (of time.perf_counter).

        Call after `rewind`.
        """
        requests = len(self.routes.owner)
        others = np.full((requests, OTHERS), -1, dtype=np.int64)
        places = np.zeros((requests, OTHERS, 2), dtype=np.int64)
        known = 0
        while known < requests and time.perf_counter() < until:
            last = min(requests, known + GLANCE)
            rivals(self.board, self.ranks, self.routes, self.memory, self.desk, known, last, others, places)
            known = last
        theirs = np.zeros((6, requests, OTHERS))
        for k, single in enumerate(parts(self.board)):
            part(single, self.routes, self.desk, known, others, places, theirs[k])
        return Figures(known, others, np.ascontiguousarray(theirs.transpose(1, 2, 0)), places)


def parts(whole: Board) -> list[Board]:
    """The same board six times, each with the weights of one part of the cost alone."""
    out = []
    for k in range(6):
        weights, worth, share = np.zeros_like(whole.weights), whole.worth.copy(), whole.share.copy()
        entry = {0: WAIT, 2: TRAVEL, 3: FRESH_COST, 5: CHURN}.get(k)
        if entry is not None:
            weights[entry] = whole.weights[entry]
        if k != 1:
            worth[:, LATE] = 0.0
        if k != 4:
            share[:, PRICE] = 0.0
        out.append(whole._replace(weights=weights, worth=worth, share=share))
    return out
