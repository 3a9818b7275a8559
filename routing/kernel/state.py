"""What a search walks over: the routes in hand, what insertions into them cost, and room to work in."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.kernel.board import Board, Floats, Ints

Small = npt.NDArray[np.int32]

AT_LEAST = -1
SHIFT = 1 << 15
LEAVES, IDLES, SPOT, HOP = range(4)


class Routes(NamedTuple):
    """Sequences by courier: `codes` [m, longest], `stops` [m], `cost` [m], `owner` [n] (-1: left out).

    `stamp` [m] changes whenever a sequence does and is 0 for an empty one; `clock` [1] is the last stamp given.
    `units` and `churn` [m] are the route's own; `marks` [m, batches + 1, 5] and `costs` its state before each batch
    (see `walked`); `log` [m, longest + 1, 4] by stop the columns LEAVES, when he can go there at the earliest,
    IDLES, how long he waits there for food at least, SPOT, where he comes from, HOP, the leg.
    """

    codes: Ints
    stops: Ints
    cost: Floats
    owner: Ints
    stamp: Ints
    clock: Ints
    units: Floats
    churn: Floats
    marks: Ints
    costs: Floats
    log: Ints


class Memory(NamedTuple):
    """The cheapest insertion of r into the sequence of its x-th courier as of a stamp, all [n, k]; `where` holds i and
    j in 15 bits each, or is AT_LEAST when `added` is only a lower bound.
    """

    stamp: Small
    added: Floats
    where: Small


class Desk(NamedTuple):
    """Room to work in: scratch rows, each used by one function at a time, and the state of chance [1]."""

    left: Ints
    marks: Ints
    costs: Floats
    trial: Ints
    floors: Floats
    chance: Ints


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of the first `known` requests: `others` [n, 3] the best other couriers (-1 past the end),
    `theirs` [n, 3, 6] what the request adds there (wait, late, travel, freshness, fairness, churn), `places`
    [n, 3, 2] where its pick-up and its drop would stand among the stops.
    """

    known: int
    others: Ints
    theirs: Floats
    places: Ints


def longest(requests: int, couriers: int) -> int:
    """How many stops a route may have: six times the average and at least 48, but never more than all, or than SHIFT
    can tell apart.
    """
    return 2 * min(requests, max(24, 6 * -(-requests // max(1, couriers))), SHIFT // 2 - 1)


def empty_routes(requests: int, couriers: int) -> Routes:
    """Nobody carries anything."""
    width = max(2, longest(requests, couriers))
    return Routes(
        codes=np.zeros((couriers, width), dtype=np.int64),
        stops=np.zeros(couriers, dtype=np.int64),
        cost=np.zeros(couriers),
        owner=np.full(requests, -1, dtype=np.int64),
        stamp=np.zeros(couriers, dtype=np.int64),
        clock=np.zeros(1, dtype=np.int64),
        units=np.zeros(couriers),
        churn=np.zeros(couriers),
        marks=np.zeros((couriers, width // 2 + 2, 5), dtype=np.int64),
        costs=np.zeros((couriers, width // 2 + 2)),
        log=np.zeros((couriers, width + 1, 4), dtype=np.int64),
    )


def fresh_memory(shape: tuple[int, int]) -> Memory:
    """Nothing is known yet."""
    return Memory(np.full(shape, -1, dtype=np.int32), np.empty(shape), np.empty(shape, dtype=np.int32))


def fresh_desk(board: Board, routes: Routes, seed: int) -> Desk:
    """Room for sequences of the length `routes` has."""
    width = routes.codes.shape[1] + 4
    return Desk(
        left=np.zeros(max(1, len(board.of_request)), dtype=np.int64),
        marks=np.zeros((width, 5), dtype=np.int64),
        costs=np.zeros(width),
        trial=np.zeros(width, dtype=np.int64),
        floors=np.zeros(width),
        chance=np.array([(seed * 2654435769 + 88172645463325252) % (1 << 62) + 1], dtype=np.int64),
    )


class Trail(NamedTuple):
    """What a walk remembers besides its routes.

    `best`: the best routes so far. `saved`: routes as they were before this round, by slot. `slots` [m]: slot of a
    route touched in this round or -1; `touched` [m]: the routes by slot; `dirty` [m]: 1 where routes and best may
    differ. `out`, `former` [n]: requests out and who had them. `key` [n]: the order they go back in. `total` [2]: cost
    now and best, requests left out counted. `mine` [m]: 1 for couriers whose routes this walk may change. `focus`
    [n + 1]: how many requests, and which, are looked at first.
    """

    best: Routes
    saved: Routes
    slots: Ints
    touched: Ints
    dirty: Ints
    out: Ints
    former: Ints
    key: Floats
    total: Floats
    mine: Ints
    focus: Ints


def fresh_trail(routes: Routes, seed_routes: Routes) -> Trail:
    """A trail whose best is nothing yet."""
    m, n = len(routes.stops), len(routes.owner)
    return Trail(
        best=seed_routes,
        saved=empty_routes(n, m),
        slots=np.full(m, -1, dtype=np.int64),
        touched=np.zeros(m, dtype=np.int64),
        dirty=np.ones(m, dtype=np.int64),
        out=np.zeros(max(1, n), dtype=np.int64),
        former=np.zeros(max(1, n), dtype=np.int64),
        key=np.zeros(max(1, n)),
        total=np.full(2, np.inf),
        mine=np.ones(max(1, m), dtype=np.int64),
        focus=np.zeros(n + 1, dtype=np.int64),
    )
