"""Putting requests into sequences and taking them out, compiled."""

from routing.kernel.board import (
    ARRIVE_D,
    ARRIVE_P,
    AT,
    BASIS,
    BY_REQUEST,
    DROP,
    FREE,
    GATE,
    KEY,
    LATE,
    LEAVE_D,
    LEAVE_P,
    MOST,
    PICK,
    PLACED,
    PROMISE,
    READY,
    TRAVEL,
    UNIT,
    WAIT,
    Board,
)
from routing.kernel.jit import inlined, tight
from routing.kernel.ranks import Ranks
from routing.kernel.state import AT_LEAST, HOP, IDLES, LEAVES, SHIFT, SPOT, Desk, Memory, Routes
from routing.kernel.walk import FULL, INF, measured, moved, shared, walked


@inlined
def floors(board: Board, routes: Routes, desk: Desk, c: int, r: int) -> tuple[float, int]:
    """What r adds to c's route at least with its pick-up before stop i, into desk.floors[i]; the least, and where.

    Its own wait and lateness, the way there, and what those after it wait longer, shares and churn left out. True
    as long as detours are not faster than direct legs.
    """
    codes, log, stops = routes.codes, routes.log, routes.stops[c]
    of_request, rules, weights = board.of_request, board.rules, board.weights
    pick, key, ready, gate = (
        of_request[r, PICK],
        of_request[r, KEY],
        of_request[r, READY],
        of_request[r, GATE],
    )
    onward = board.legs[pick, of_request[r, DROP]]
    placed, promise, late_cost = of_request[r, PLACED], of_request[r, PROMISE], board.worth[r, LATE]
    wait, travel = weights[WAIT], weights[TRAVEL]
    serve, ride = rules[ARRIVE_P] + rules[LEAVE_P], rules[LEAVE_P] + onward + rules[ARRIVE_D]
    best, where = INF, 0
    joined = False  # the stop before is a visit that r could share
    for i in range(stops + 1):
        leg = board.to_pick[gate, log[c, i, SPOT]]
        there = log[c, i, LEAVES] + leg + rules[ARRIVE_P]
        if joined:
            there = log[c, i, LEAVES] - rules[LEAVE_P]
        more = 0.0
        if i < stops:
            code = codes[c, i]
            joins = code >= 0 and of_request[code, KEY] == key
            detour = leg + board.legs[pick, log[c, i + 1, SPOT]] - log[c, i, HOP]
            delay = detour if joins or joined else detour + serve
            joined = joins
            for k in range(i, stops):
                delay -= log[c, k, IDLES]
                if delay <= 0:
                    break
                if codes[c, k] < 0:
                    more += wait * delay
        else:
            detour = leg + onward
        done = max(there, ready) + ride
        cost = wait * (done - placed) + travel * detour + more
        if done > promise:
            cost += late_cost * (done - promise)
        desk.floors[i] = cost
        if cost < best:
            best, where = cost, i
    return best, where


@inlined
def surcharge(board: Board, routes: Routes, c: int, r: int) -> float:
    """Churn and, where requests decide it, the share that r adds to c's route."""
    more = moved(board, c, r)
    if board.rules[BASIS] == BY_REQUEST:
        more += shared(board, c, routes.units[c] + board.worth[r, UNIT]) - shared(board, c, routes.units[c])
    return more


@tight
def cheapest(board: Board, routes: Routes, desk: Desk, c: int, r: int, most: float) -> tuple[float, int]:
    """The least that request r adds to c's route, and where: i * SHIFT + j, so that the new sequence has the pick-up
    at i and the drop at j. Where nothing adds less than `most`, that and 0.

    Each insertion is walked from the beginning of its batch on, the most promising pick-up first; those that cannot
    be better are left out.
    """
    codes, stops = routes.codes[c], routes.stops[c]
    if board.allowed[c, r] == 0 or stops + 2 > codes.shape[0] or stops + 2 > 2 * board.of_courier[c, MOST]:
        return INF, 0
    trial, marks, costs = desk.trial, routes.marks[c], routes.costs[c]
    by_request = board.rules[BASIS] == BY_REQUEST
    units = routes.units[c] + board.worth[r, UNIT]
    extra = routes.churn[c] + moved(board, c, r) + (shared(board, c, units) if by_request else 0.0)
    base = routes.cost[c]
    more = surcharge(board, routes, c, r)
    _, promising = floors(board, routes, desk, c, r)
    best, where = base + most, 0
    for turn in range(-1, stops + 1):
        i = promising if turn < 0 else turn
        if turn == promising or base + more + desk.floors[i] >= best:
            continue
        b = 0
        while marks[b, 0] < i and marks[b + 1, 0] <= i and marks[b, 0] < stops:
            b += 1
        k0 = marks[b, 0]
        for x in range(k0, i):
            trial[x] = codes[x]
        trial[i], trial[i + 1] = r, ~r
        for x in range(i, stops):
            trial[x + 2] = codes[x]
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
                desk.left,
                best - extra,
                desk.marks,
                desk.costs,
                False,
            )
            if cost < INF:
                cost += extra
                if not by_request:
                    cost += shared(board, c, measured(board, metres, work, units))
                if cost < best:
                    best, where = cost, i * SHIFT + j
            elif cost == FULL:
                break
    return best - base, where


@inlined
def offer(
    board: Board, ranks: Ranks, routes: Routes, memory: Memory, desk: Desk, r: int, x: int, limit: float
) -> float:
    """The least that r adds to its x-th courier's route, from memory while the route has not changed.

    At or above `limit` the answer may be less than the truth, but not below `limit`.
    """
    c = ranks.couriers[r, x]
    if memory.stamp[r, x] != routes.stamp[c]:
        memory.stamp[r, x] = routes.stamp[c]
        memory.added[r, x] = floors(board, routes, desk, c, r)[0] + surcharge(board, routes, c, r)
        memory.where[r, x] = AT_LEAST
    if memory.where[r, x] == AT_LEAST and memory.added[r, x] < limit:
        added, where = cheapest(board, routes, desk, c, r, INF)
        memory.added[r, x] = added
        memory.where[r, x] = where
    return float(memory.added[r, x])


@tight
def rewalk(board: Board, routes: Routes, desk: Desk, c: int) -> float:
    """Walk c's route and note everything about it but its stamp: cost, share, batches, log. INF where it breaks a
    rule.
    """
    codes, stops, log = routes.codes[c], routes.stops[c], routes.log
    of_request, rules, legs = board.of_request, board.rules, board.legs
    free, at = board.of_courier[c, FREE], board.of_courier[c, AT]
    units = churn = 0.0
    t, place, before = free, at, -1
    for x in range(stops):
        code = codes[x]
        log[c, x, LEAVES], log[c, x, SPOT] = t, place
        idle = 0
        if code >= 0:
            if board.allowed[c, code] == 0:
                return INF
            units += board.worth[code, UNIT]
            churn += moved(board, c, code)
            hop = legs[place, of_request[code, PICK]]
            there = t + hop + rules[ARRIVE_P]
            if before == of_request[code, KEY]:
                there = t - rules[LEAVE_P]
            before, place = of_request[code, KEY], of_request[code, PICK]
            idle = max(0, of_request[code, READY] - there)
            t = there + idle + rules[LEAVE_P]
        else:
            hop = legs[place, of_request[~code, DROP]]
            before, place = -1, of_request[~code, DROP]
            t += hop + rules[ARRIVE_D] + rules[LEAVE_D]
        log[c, x, IDLES], log[c, x, HOP] = idle, hop
    log[c, stops, LEAVES], log[c, stops, SPOT] = t, place
    cost, metres, work, _ = walked(
        board, c, codes, stops, 0, free, at, 0.0, 0, 0, desk.left, INF, routes.marks[c], routes.costs[c], True
    )
    routes.units[c], routes.churn[c] = units, churn
    if stops > 2 * board.of_courier[c, MOST] or cost >= INF:
        return INF
    if stops == 0:
        return 0.0
    return cost + churn + shared(board, c, measured(board, metres, work, units))


@inlined
def stamped(routes: Routes, c: int) -> None:
    """Give the route a stamp that says it has changed; 0 when it is empty."""
    if routes.stops[c] == 0:
        routes.stamp[c] = 0
    else:
        routes.clock[0] += 1
        routes.stamp[c] = routes.clock[0]


@tight
def insert(board: Board, ranks: Ranks, routes: Routes, memory: Memory, desk: Desk, r: int, slot: int) -> None:
    """Put r into the route of its courier at `slot`, where memory says."""
    c = ranks.couriers[r, slot]
    codes, stops = routes.codes[c], routes.stops[c]
    i, j = memory.where[r, slot] // SHIFT, memory.where[r, slot] % SHIFT
    for x in range(stops + 1, j, -1):
        codes[x] = codes[x - 2]
    codes[j] = ~r
    for x in range(j - 1, i, -1):
        codes[x] = codes[x - 1]
    codes[i] = r
    routes.stops[c] = stops + 2
    routes.owner[r] = c
    routes.cost[c] = rewalk(board, routes, desk, c)
    stamped(routes, c)


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
    routes.stops[c] = kept
    routes.cost[c] = rewalk(board, routes, desk, c)
    if routes.cost[c] >= INF:
        for x in range(kept):
            if codes[x] >= 0:
                routes.owner[codes[x]] = -1
        routes.stops[c] = 0
        routes.cost[c] = rewalk(board, routes, desk, c)
    stamped(routes, c)


@tight
def begin(board: Board, routes: Routes, desk: Desk) -> None:
    """Note everything about every route; what breaks a rule is emptied."""
    for c in range(routes.stops.shape[0]):
        for x in range(routes.stops[c]):
            if routes.codes[c, x] >= 0:
                routes.owner[routes.codes[c, x]] = c
        remove(board, routes, desk, c)
