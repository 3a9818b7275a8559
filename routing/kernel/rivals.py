"""What each request costs where it is, and what it would cost with the best others, compiled."""

import numpy as np

from routing.kernel.board import Board, Floats, Ints
from routing.kernel.jit import compiled
from routing.kernel.place import offer
from routing.kernel.ranks import Ranks
from routing.kernel.state import SHIFT, Desk, Memory, Routes
from routing.kernel.walk import INF, route_cost


@compiled
def rivals(
    board: Board,
    ranks: Ranks,
    routes: Routes,
    memory: Memory,
    desk: Desk,
    first: int,
    last: int,
    out: Ints,
    places: Ints,
) -> None:
    """The couriers, other than the owner, with whom requests first to last - 1 cost least: out [n, k], -1 past the
    end, and at which stops: places [n, k, 2].
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
            added = offer(board, ranks, routes, memory, desk, r, x, costs[most - 1] if found == most else INF)
            if added >= INF or (found == most and added >= costs[most - 1]):
                continue
            y = min(found, most - 1)
            while y > 0 and (costs[y - 1] > added or (costs[y - 1] == added and out[r, y - 1] > c)):
                costs[y], out[r, y], places[r, y, 0] = costs[y - 1], out[r, y - 1], places[r, y - 1, 0]
                y -= 1
            costs[y], out[r, y], places[r, y, 0] = added, c, memory.where[r, x]
            found = min(most, found + 1)
        for y in range(found):
            where = places[r, y, 0]
            places[r, y, 0], places[r, y, 1] = where // SHIFT, where % SHIFT


@compiled
def part(
    board: Board,
    routes: Routes,
    desk: Desk,
    known: int,
    others: Ints,
    places: Ints,
    theirs: Floats,
) -> None:
    """By the weights of this board (those of one part of the cost) what the requests below `known` would add to the
    routes of others [n, k] at the stops places [n, k, 2], into theirs [n, k].
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
            i, j = places[r, k, 0], places[r, k, 1]
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
