"""Who could serve a request cheaply, and which requests are alike: short sorted lists, compiled."""

from typing import NamedTuple

import numpy as np

from routing.kernel.board import (
    ARRIVE_D,
    ARRIVE_P,
    AT,
    BASIS,
    BY_REQUEST,
    DROP,
    END,
    END_DROP,
    FAR,
    FREE,
    FRESH,
    FRESH_COST,
    GATE,
    LATE,
    LEAVE_P,
    PICK,
    PLACED,
    PROMISE,
    READY,
    UNIT,
    WAIT,
    Board,
    Floats,
    Ints,
)
from routing.kernel.jit import compiled
from routing.kernel.walk import INF, moved, shared
from routing.problem import UNREACHABLE_S

NEIGHBOURS = 40
CROWD = 160
"""Couriers looked at for one request, those with the least cost by the direct way."""


class Ranks(NamedTuple):
    """`couriers` [n, k] by `least` [n, k], the cost that no insertion undercuts as long as detours are not faster
    than direct legs; `many` [n] of them. `near` [n, 40]: the requests most alike, -1 past their end. `sweep`
    [n]: all requests, neighbours near each other.
    """

    couriers: Ints
    least: Floats
    many: Ints
    near: Ints
    sweep: Ints


def ranks(board: Board) -> Ranks:
    """The lists of a board."""
    m, n = board.allowed.shape
    width = max(1, min(m, CROWD))
    out = Ranks(
        couriers=np.zeros((n, width), dtype=np.int64),
        least=np.full((n, width), INF),
        many=np.zeros(n, dtype=np.int64),
        near=np.full((n, max(1, min(NEIGHBOURS, n - 1))), -1, dtype=np.int64),
        sweep=_sweep(board),
    )
    rank(board, out, np.zeros(max(m, n)), np.zeros(max(m, n), dtype=np.int64))
    return out


def _sweep(board: Board) -> Ints:
    """Requests by their pick-up place, the places in a chain from each to the nearest not yet in it."""
    gate, pick = board.of_request[:, GATE], board.of_request[:, PICK]
    count = len(board.to_pick)
    if not count:
        return np.zeros(0, dtype=np.int64)
    at = np.zeros(count, dtype=np.int64)
    at[gate] = pick
    apart = board.to_pick[:, at].astype(np.int64)
    place, position = 0, np.zeros(count, dtype=np.int64)
    for turn in range(count):
        position[place] = turn
        apart[place] = FAR
        place = int(apart[:, place].argmin())
    return np.argsort(position[gate], kind="stable")


@compiled
def direct(board: Board, c: int, r: int) -> float:
    """What r costs c at least, travel left out; INF where c may not or cannot serve it even alone."""
    if board.allowed[c, r] == 0:
        return INF
    of_request, rules = board.of_request, board.rules
    there = board.legs[board.of_courier[c, AT], of_request[r, PICK]]
    leg = board.legs[of_request[r, PICK], of_request[r, DROP]]
    if there >= UNREACHABLE_S or leg >= UNREACHABLE_S:
        return INF
    picked = max(board.of_courier[c, FREE] + there + rules[ARRIVE_P], of_request[r, READY])
    done = picked + rules[LEAVE_P] + leg + rules[ARRIVE_D]
    if (done if rules[END_DROP] else picked) > board.of_courier[c, END]:
        return INF
    cost = board.weights[WAIT] * (done - of_request[r, PLACED])
    cost += board.worth[r, LATE] * max(0, done - of_request[r, PROMISE])
    if rules[FRESH] >= 0:
        cost += board.weights[FRESH_COST] * max(0, leg + rules[ARRIVE_D] - rules[FRESH])
    if rules[BASIS] == BY_REQUEST:
        cost += shared(board, c, board.worth[r, UNIT])
    return float(cost + moved(board, c, r))


@compiled
def smallest(values: Floats, names: Ints, size: int, want: int) -> int:
    """Sort the `want` smallest of values[:size] (with their names) to the front; ties by name."""
    want = min(want, size)
    # shell order is enough for a few hundred: select by a threshold first
    if size > 4 * want:
        low, high = values[0], values[0]
        for x in range(size):
            low, high = min(low, values[x]), max(high, values[x])
        for _ in range(40):
            middle = (low + high) / 2
            below = 0
            for x in range(size):
                if values[x] <= middle:
                    below += 1
            if below >= want:
                high = middle
                if below <= 2 * want:
                    break
            else:
                low = middle
        kept = 0
        for x in range(size):
            if values[x] <= high and kept < 4 * want:
                values[kept], names[kept] = values[x], names[x]
                kept += 1
        size = kept
    order = np.argsort(values[:size], kind="mergesort")
    sorted_values, sorted_names = values[order], names[order]
    for x in range(min(want, size)):
        values[x], names[x] = sorted_values[x], sorted_names[x]
    return min(want, size)


@compiled
def rank(board: Board, out: Ranks, values: Floats, names: Ints) -> None:
    """Fill the lists."""
    m, n = board.allowed.shape
    of_request, legs = board.of_request, board.legs
    for r in range(n):
        size = 0
        for c in range(m):
            cost = direct(board, c, r)
            if cost < INF:
                values[size], names[size] = cost, c
                size += 1
        size = smallest(values, names, size, out.couriers.shape[1])
        out.many[r] = size
        for x in range(size):
            out.couriers[r, x], out.least[r, x] = names[x], values[x]
    for r in range(n):
        size = 0
        pick, drop, ready = of_request[r, PICK], of_request[r, DROP], of_request[r, READY]
        for q in range(n):
            if q != r:
                values[size] = (
                    legs[pick, of_request[q, PICK]]
                    + legs[drop, of_request[q, DROP]] / 2
                    + abs(ready - of_request[q, READY]) / 2
                )
                names[size] = q
                size += 1
        size = smallest(values, names, size, out.near.shape[1])
        for x in range(size):
            out.near[r, x] = names[x]
