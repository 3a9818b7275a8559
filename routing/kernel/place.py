"""Putting requests into sequences and taking them out, compiled."""

from routing.kernel.board import AT, BASIS, BY_REQUEST, FREE, MOST, UNIT, Board, Ints
from routing.kernel.jit import inlined, tight
from routing.kernel.state import Desk, Memory, Routes
from routing.kernel.walk import FULL, INF, measured, moved, route_cost, shared, walked


@tight
def cheapest(
    board: Board, desk: Desk, c: int, codes: Ints, stops: int, base: float, r: int
) -> tuple[float, int]:
    """The least that request r adds to this sequence of cost `base`, and where: i * 65536 + j, so that the new
    sequence has the pick-up at i and the drop at j.

    Every batch is walked once as it is; each insertion is walked from the beginning of its batch on.
    """
    if board.allowed[c, r] == 0 or stops + 2 > codes.shape[0] or stops + 2 > 2 * board.of_courier[c, MOST]:
        return INF, 0
    trial, left, marks, costs = desk.trial, desk.left, desk.marks, desk.costs
    units = churn = 0.0
    for x in range(stops):
        code = codes[x]
        trial[x + 2] = code
        if code >= 0:
            units += board.worth[code, UNIT]
            churn += moved(board, c, code)
    units += board.worth[r, UNIT]
    churn += moved(board, c, r)
    by_request = board.rules[BASIS] == BY_REQUEST
    extra = churn + (shared(board, c, units) if by_request else 0.0)
    free, at = board.of_courier[c, FREE], board.of_courier[c, AT]
    _, _, _, batches = walked(board, c, codes, stops, 0, free, at, 0.0, 0, 0, left, INF, marks, costs, True)
    trial[0], trial[1] = r, ~r
    best, where = INF, 0
    for b in range(batches + 1):
        k0 = marks[b, 0]
        k1 = marks[b + 1, 0] if b < batches else k0 + 1
        for i in range(k0, k1):
            for j in range(i + 1, stops + 2):
                if j > i + 1:
                    trial[j - 1], trial[j] = trial[j], trial[j - 1]
                cost, metres, work, _ = walked(
                    board,
                    c,
                    trial,
                    stops + 2,
                    k0,
                    marks[b, 1],
                    marks[b, 2],
                    costs[b],
                    marks[b, 3],
                    marks[b, 4],
                    left,
                    best - extra,
                    marks,
                    costs,
                    False,
                )
                if cost < INF:
                    cost += extra
                    if not by_request:
                        cost += shared(board, c, measured(board, metres, work, units))
                    if cost < best:
                        best, where = cost, i * 65536 + j
                elif cost == FULL:
                    break
            if i < stops:  # put the rest back behind the next place of the pick-up
                for x in range(i + 3, j + 1):
                    trial[x] = codes[x - 2]
                trial[i], trial[i + 1], trial[i + 2] = codes[i], r, ~r
    return (best - base, where) if best < INF else (INF, 0)


@inlined
def offer(board: Board, routes: Routes, memory: Memory, desk: Desk, c: int, r: int) -> float:
    """The least that r adds to courier c's route, from memory while the route has not changed."""
    if memory.stamp[c, r] != routes.stamp[c]:
        added, where = cheapest(board, desk, c, routes.codes[c], routes.stops[c], routes.cost[c], r)
        memory.stamp[c, r] = routes.stamp[c]
        memory.added[c, r] = added
        memory.where[c, r] = where
    return float(memory.added[c, r])


@tight
def insert(routes: Routes, memory: Memory, c: int, r: int) -> None:
    """Put r where memory says."""
    codes, stops = routes.codes[c], routes.stops[c]
    i, j = memory.where[c, r] // 65536, memory.where[c, r] % 65536
    for x in range(stops + 1, j, -1):
        codes[x] = codes[x - 2]
    codes[j] = ~r
    for x in range(j - 1, i, -1):
        codes[x] = codes[x - 1]
    codes[i] = r
    routes.stops[c] = stops + 2
    routes.cost[c] += memory.added[c, r]
    routes.owner[r] = c
    routes.clock[0] += 1
    routes.stamp[c] = routes.clock[0]


@tight
def remove(board: Board, routes: Routes, desk: Desk, c: int) -> None:
    """Close the gaps in c's route left by requests whose owner is no longer c.

    In the rare case that without a halt other food would ride too long, all of the route comes out.
    """
    codes, stops = routes.codes[c], routes.stops[c]
    kept = 0
    for x in range(stops):
        code = codes[x]
        if routes.owner[code if code >= 0 else ~code] == c:
            codes[kept] = code
            kept += 1
    cost = route_cost(board, c, codes, kept, desk.left, desk.marks, desk.costs)
    if cost >= INF:
        for x in range(kept):
            if codes[x] >= 0:
                routes.owner[codes[x]] = -1
        kept, cost = 0, 0.0
    routes.stops[c] = kept
    routes.cost[c] = cost
    if kept == 0:
        routes.stamp[c] = 0
    else:
        routes.clock[0] += 1
        routes.stamp[c] = routes.clock[0]
