"""Columns: whole routes of one courier, each the cheapest known for its set of requests."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from routing.kernel.board import Board, Floats, Ints
from routing.kernel.walk import INF, route_cost

Codes = tuple[int, ...]


FEW = 4
"""So many requests can be put in every order."""


class Column(NamedTuple):
    """A route of courier `c`: its requests, its stops as codes (r a pick-up, ~r a drop), and what it truly costs."""

    c: int
    members: tuple[int, ...]
    codes: Codes
    cost: float


class Pool:
    """Every column so far, by courier and set of requests."""

    def __init__(self, board: Board) -> None:
        """An empty pool that prices with this board."""
        self.board = board
        self.known: dict[tuple[int, tuple[int, ...]], Column] = {}
        size = 2 * len(board.of_request) + 4
        self._left = np.zeros(size, dtype=np.int64)
        self._marks = np.zeros((size, 5), dtype=np.int64)
        self._costs: Floats = np.zeros(size)

    def cost(self, c: int, codes: Codes) -> float:
        """What the true walk costs; infinite where it breaks a rule."""
        row: Ints = np.array(codes, dtype=np.int64)
        cost = float(route_cost(self.board, c, row, len(row), self._left, self._marks, self._costs))
        return cost if cost < INF else np.inf

    def add(self, c: int, codes: Codes) -> Column | None:
        """The column of these stops when it is new or cheaper than the one known for its set, else None."""
        members = tuple(sorted(code for code in codes if code >= 0))
        cost = self.cost(c, codes)
        known = self.known.get((c, members))
        if not members or cost == np.inf or (known is not None and known.cost <= cost + 1e-9):
            return None
        column = self.known[c, members] = Column(c, members, codes, cost)
        return column

    def best(self, c: int, members: tuple[int, ...]) -> float:
        """What the cheapest of all routes of these requests costs; for four at most."""
        return min((self.cost(c, codes) for codes in _orders(members, ())), default=np.inf)


def _orders(todo: tuple[int, ...], aboard: tuple[int, ...]) -> Iterator[Codes]:
    """Every order of stops, pick-ups before their drops."""
    if not todo and not aboard:
        yield ()
    for r in aboard:
        for rest in _orders(todo, tuple(other for other in aboard if other != r)):
            yield (~r, *rest)
    for r in todo:
        for rest in _orders(tuple(other for other in todo if other != r), (*aboard, r)):
            yield (r, *rest)
