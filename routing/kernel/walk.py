"""The walk: what one courier's sequence of stops costs, compiled. It must agree with the referee to the second."""

from routing.kernel.board import (
    ARRIVE_D,
    ARRIVE_P,
    AT,
    BASIS,
    BY_METRES,
    BY_REQUEST,
    CHURN,
    DROP,
    EFFORT,
    END,
    END_DROP,
    FREE,
    FRESH,
    FRESH_COST,
    HAD,
    KEY,
    LATE,
    LEAVE_D,
    LEAVE_P,
    MAX_BATCH,
    MOST,
    ONE_RESTAURANT,
    PICK,
    PLACED,
    PREVIOUS,
    PRICE,
    PROMISE,
    READY,
    REST_FROM,
    REST_TO,
    ROOM,
    SIZE,
    SPREAD,
    STALE,
    TRAVEL,
    UNIT,
    WAIT,
    Board,
    Floats,
    Ints,
)
from routing.kernel.jit import inlined, tight
from routing.problem import UNREACHABLE_S

INF = 1e300
FULL = 2e300
"""A cost of INF says that the sequence breaks a rule; FULL that too much is aboard, so that a later drop does not
help."""


@inlined
def walked(
    board: Board,
    c: int,
    codes: Ints,
    stops: int,
    k: int,
    t: int,
    at: int,
    cost: float,
    metres: int,
    work: int,
    left: Ints,
    limit: float,
    marks: Ints,
    costs: Floats,
    marking: bool,
) -> tuple[float, int, int, int]:
    """Walk codes[k:stops] from (t, at) with nothing aboard: cost without shares, metres, seconds of work, batches.

    Long, because a call inside the walk would cost more than the walk. With `marking` the state before each
    batch and after the last is written to marks [batches + 1, 5] and costs. `left` [n] is scratch.
    """
    legs, of_request, worth, rules, weights = (
        board.legs,
        board.of_request,
        board.worth,
        board.rules,
        board.weights,
    )
    of_courier = board.of_courier
    end, room = of_courier[c, END], of_courier[c, ROOM]
    rest_from, rest_to = of_courier[c, REST_FROM], of_courier[c, REST_TO]
    end_drop, fresh, by_metres = rules[END_DROP] == 1, rules[FRESH], rules[BASIS] == BY_METRES
    batches = 0
    while k < stops:
        if marking:
            marks[batches, 0], marks[batches, 1], marks[batches, 2] = k, t, at
            marks[batches, 3], marks[batches, 4] = metres, work
            costs[batches] = cost
        first_k, first_t, first_at, first_cost, first_metres = k, t, at, cost, metres
        while True:
            broken = False
            load = aboard = size = departs = 0
            while True:
                code = codes[k]
                if code >= 0:
                    place, key = of_request[code, PICK], of_request[code, KEY]
                    leg = legs[at, place]
                    if leg >= UNREACHABLE_S:
                        return INF, 0, 0, 0
                    if aboard and rules[ONE_RESTAURANT]:
                        return FULL, 0, 0, 0
                    opens, begun = aboard == 0, k
                    there = t + leg + rules[ARRIVE_P]
                    t = there
                    while True:
                        ready, spread = of_request[code, READY], of_request[code, SPREAD]
                        handed = max(there, ready)
                        if spread > 0:
                            apart = 16 * abs(there - ready)
                            step = apart // spread
                            if step < 64:
                                over = board.overshoot[step]
                                over -= (over - board.overshoot[step + 1]) * (apart % spread) // spread
                                handed += (spread * over) >> 16
                        t = max(t, handed)
                        aboard += 1
                        size += 1
                        load += of_request[code, SIZE]
                        k += 1
                        if k == stops:
                            break
                        code = codes[k]
                        if code < 0 or of_request[code, KEY] != key:
                            break
                    if load > room or size > rules[MAX_BATCH]:
                        return FULL, 0, 0, 0
                    if opens:
                        departs = t - rules[ARRIVE_P] - leg
                    if t > end and not end_drop:
                        broken = True
                    t += rules[LEAVE_P]
                    for x in range(begun, k):
                        left[codes[x]] = t
                else:
                    r = ~code
                    place = of_request[r, DROP]
                    leg = legs[at, place]
                    if leg >= UNREACHABLE_S:
                        return INF, 0, 0, 0
                    t += leg + rules[ARRIVE_D]
                    if t > end and end_drop:
                        broken = True
                    cost += weights[WAIT] * (t - of_request[r, PLACED])
                    if t > of_request[r, PROMISE]:
                        cost += worth[r, LATE] * (t - of_request[r, PROMISE])
                    if fresh >= 0 and t - left[r] > fresh:
                        if t - left[r] > of_request[r, STALE]:
                            broken = True
                        cost += weights[FRESH_COST] * (t - left[r] - fresh)
                    t += rules[LEAVE_D]
                    load -= of_request[r, SIZE]
                    aboard -= 1
                    k += 1
                cost += weights[TRAVEL] * leg
                if by_metres:
                    metres += board.metres[at, place]
                at = place
                if aboard == 0:
                    break
                if cost > limit:
                    return INF, 0, 0, 0
            if first_t < rest_to and t > rest_from and departs < rest_to:
                first_t = rest_to  # the break comes first; next time this does not hold
                k, t, at, cost, metres = first_k, first_t, first_at, first_cost, first_metres
                continue
            break
        if broken or cost > limit:
            return INF, 0, 0, 0
        work += t - departs
        batches += 1
    if marking:
        marks[batches, 0], marks[batches, 1], marks[batches, 2] = k, t, at
        marks[batches, 3], marks[batches, 4] = metres, work
        costs[batches] = cost
    if work > of_courier[c, EFFORT]:
        return INF, 0, 0, 0
    return cost, metres, work, batches


@inlined
def shared(board: Board, c: int, units: float) -> float:
    """What `units` more cost this courier's fairness."""
    had = board.share[c, HAD]
    return float(board.share[c, PRICE] * ((had + units) * (had + units) - had * had))


@inlined
def measured(board: Board, metres: int, work: int, units: float) -> float:
    """The route's share in units of the basis."""
    basis = board.rules[BASIS]
    if basis == BY_REQUEST:
        return units
    if basis == BY_METRES:
        return metres / 1000.0
    return work / 3600.0


@inlined
def moved(board: Board, c: int, r: int) -> float:
    """Churn of request r with courier c."""
    before = board.of_request[r, PREVIOUS]
    return float(board.weights[CHURN]) if before != -1 and before != c else 0.0


@tight
def route_cost(
    board: Board, c: int, codes: Ints, stops: int, left: Ints, marks: Ints, costs: Floats
) -> float:
    """What the whole sequence costs this courier, shares and churn included; INF or more where a rule breaks."""
    if stops == 0:
        return 0.0
    if stops > 2 * board.of_courier[c, MOST]:
        return INF
    units = churn = 0.0
    for x in range(stops):
        code = codes[x]
        if code >= 0:
            if board.allowed[c, code] == 0:
                return INF
            units += board.worth[code, UNIT]
            churn += moved(board, c, code)
    free, at = board.of_courier[c, FREE], board.of_courier[c, AT]
    cost, metres, work, _ = walked(
        board, c, codes, stops, 0, free, at, 0.0, 0, 0, left, INF, marks, costs, False
    )
    if cost >= INF:
        return cost
    return cost + churn + shared(board, c, measured(board, metres, work, units))
