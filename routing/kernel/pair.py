"""Two walks at once, in two threads: over one problem apart, or over two regions of one plan."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from routing.kernel import search
from routing.kernel.board import AT
from routing.kernel.session import Sequence, Session
from routing.kernel.state import empty_routes
from routing.kernel.walk import INF

APART = 150  # requests; from here on each walk has couriers of its own, others anew at each meeting


class Pair:
    """Two sessions over one problem; the first has the best plan once `finish` has been called."""

    def __init__(self, first: Session, seed: int) -> None:
        """A second session beside the first, which has its first plan."""
        self.first, self.second = first, Session(first.tables, seed + 7919)
        couriers, requests = first.board.allowed.shape
        self.champion = empty_routes(requests, couriers)
        self.total = np.full(1, INF)
        self.chance = np.random.default_rng(seed % 2**63)
        self.apart = requests >= APART
        self.nobody, self.everybody = np.zeros(couriers, dtype=np.int64), np.ones(couriers, dtype=np.int64)
        self._crown(first, first, self.nobody)
        self._adopt(self.second, first, self.everybody)

    def run(self, walk: Callable[[Session], int]) -> int:
        """Walk with both at once until both are done, then meet; how many rounds `walk` said they did."""
        others = self._split() if self.apart else self.everybody
        if self.apart:
            self.first.trail.mine[:], self.second.trail.mine[:] = 1 - others, others
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(walk, self.second)
            rounds = walk(self.first)
            rounds += beside.result()
        if self.apart:
            self._crown(self.first, self.second, others)
            self._adopt(self.first, self.second, others)
            self._adopt(self.second, self.first, 1 - others)
        else:
            self._crown(self.first, self.second, self.nobody)
            self._crown(self.first, self.second, self.everybody)
            for session in (self.first, self.second):
                search.adopt(
                    session.board, session.routes, session.trail, session.desk, self.champion, self.everybody
                )
        return rounds

    def take(self, sequences: list[Sequence]) -> None:
        """Go on from these routes with both; they have to keep every rule."""
        for session in (self.first, self.second):
            session.trail.mine[:] = 1
            session.take(sequences)
        self._crown(self.first, self.first, self.nobody)

    def routed(self) -> list[tuple[Sequence, float]]:
        """The best routes either has found, as of their last meeting, and what each costs, by courier."""
        best = self.champion
        return [
            (tuple(row[:count].tolist()), cost)
            for row, count, cost in zip(best.codes, best.stops.tolist(), best.cost.tolist(), strict=True)
        ]

    def finish(self) -> None:
        """Give the first session the best plan."""
        one = self.first
        one.trail.mine[:] = 1
        search.adopt(one.board, one.routes, one.trail, one.desk, self.champion, self.everybody)

    def _split(self) -> "np.typing.NDArray[np.int64]":
        """1 for the half of the couriers whose way begins farther from a pick-up place of chance, [m]."""
        board, routes = self.first.board, self.first.routes
        gate = int(self.chance.integers(len(board.to_pick)))
        start = np.where(routes.stops > 0, routes.log[:, 1, 2], board.of_courier[:, AT])
        rank = np.argsort(board.to_pick[gate, start], kind="stable")
        others = np.zeros(len(rank), dtype=np.int64)
        others[rank[len(rank) // 2 :]] = 1
        return others

    def _crown(self, one: Session, other: Session, who: "np.typing.NDArray[np.int64]") -> None:
        search.crown(one.board, one.trail.best, other.trail.best, who, self.champion, self.total)

    def _adopt(self, session: Session, source: Session, who: "np.typing.NDArray[np.int64]") -> None:
        search.adopt(session.board, session.routes, session.trail, session.desk, source.routes, who)
