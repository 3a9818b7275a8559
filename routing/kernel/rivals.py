"""What each request costs where it is, and what it would cost with the best others, compiled."""

import numpy as np

from routing.kernel.board import Board, Floats, Ints
from routing.kernel.jit import compiled
from routing.kernel.place import offer
from routing.kernel.ranks import Ranks
from routing.kernel.state import Desk, Memory, Routes
from routing.kernel.walk import INF, route_cost


@compiled
def rivals(
    board: Board, ranks: Ranks, routes: Routes, memory: Memory, desk: Desk, first: int, last: int, out: Ints
) -> None:
    """The couriers, other than the owner, with whom requests first to last - 1 cost least: out [n, k], -1 past the
    end.
    """
    most = out.shape[1]
    costs = np.empty(most)
    for r in range(first, last):
        found = 0
        for x in range(ranks.many[r]):
            c = ranks.couriers[r, x]
            if found == most and ranks.least[r, x] >= costs[most - 1]:
                break
            if c == routes.owner[r]:
                continue
            added = offer(board, routes, memory, desk, c, r)
            if added >= INF or (found == most and added >= costs[most - 1]):
                continue
            y = min(found, most - 1)
            while y > 0 and (costs[y - 1] > added or (costs[y - 1] == added and out[r, y - 1] > c)):
                costs[y], out[r, y] = costs[y - 1], out[r, y - 1]
                y -= 1
            costs[y], out[r, y] = added, c
            found = min(most, found + 1)


@compiled
def part(
    board: Board,
    routes: Routes,
    memory: Memory,
    desk: Desk,
    known: int,
    others: Ints,
    places: Ints,
    theirs: Floats,
) -> None:
    """By the weights of this board (those of one part of the cost) what the requests below `known` would add to the
    routes of others [n, k], into theirs [n, k]; and at which stops, into places [n, k, 2].
    """
    codes = np.zeros(routes.codes.shape[1] + 4, dtype=np.int64)
    base = np.empty(routes.stops.shape[0])
    for c in range(routes.stops.shape[0]):
        base[c] = route_cost(board, c, routes.codes[c], routes.stops[c], desk.left, desk.marks, desk.costs)
    for r in range(known):
        for k in range(others.shape[1]):
            c = others[r, k]
            if c < 0:
                break
            i, j = memory.where[c, r] // 65536, memory.where[c, r] % 65536
            places[r, k, 0], places[r, k, 1] = i, j
            kept = 0
            for x in range(routes.stops[c] + 2):
                if x == i:
                    codes[x] = r
                elif x == j:
                    codes[x] = ~r
                else:
                    codes[x] = routes.codes[c, kept]
                    kept += 1
            theirs[r, k] = (
                route_cost(board, c, codes, routes.stops[c] + 2, desk.left, desk.marks, desk.costs) - base[c]
            )
