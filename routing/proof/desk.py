"""What a search for routes writes on: labels as rows of arrays, and what it asks."""

from typing import NamedTuple

import numpy as np

from routing.kernel.board import (
    AT,
    DROP,
    LATE,
    PICK,
    PLACED,
    PROMISE,
    READY,
    SPREAD,
    WAIT,
    Board,
    Floats,
    Ints,
)
from routing.kernel.jit import tight

SLOTS = 8
"""Requests aboard whose time aboard is followed."""

LOOSE, EXACT, ALL = 0, 1, 2
"""Which labels give way: to any cheaper and earlier at the same place with the same food aboard (fast, not exact); to
those that have also served no more (exact for the least); only to those of the very same requests (every set is
kept)."""

# columns of `times`, `moneys`, `marks`, `sets`
T, THERE, BUSY, DEPART, ROLLED = range(5)
COST, UNITS, LEAST, PRICED = range(4)
NODE, BATCH, LOAD, RESTED, OPENING, PARENT, CODE, NEXT, BEATEN, COUNT, MANY = range(11)
ABOARD, DONE, OPEN = range(3)

WORD = 32
"""Bits used of each number of a set: a power of two, to find a bit without dividing."""

START = 1 << 20
"""Stands for the courier's start where the bit of a stop is expected."""


class Desk(NamedTuple):
    """Room for labels: `times` [n, 5] seconds, `moneys` [n, 4], `marks` [n, 11], `sets` [n, 3, w] of bits,
    `rides` [n, 8] (rolled seconds at the pick-up, by rank aboard), `heads` [2^k] of the chains of like labels, `whole`
    [w] labels that are whole routes, the rest [k] scratch.
    """

    times: Ints
    moneys: Floats
    marks: Ints
    sets: Ints
    rides: Ints
    heads: Ints
    whole: Ints
    gains: Floats
    gain_of: Floats
    gains_here: Floats
    soonest: Ints
    order: Ints


class Around(NamedTuple):
    """How near stops are: `into` [k] the shortest leg into each drop from any other stop, `reach` [k] into each
    restaurant from any stop elsewhere, `alike` [k] how many are of one restaurant, `visits` [k + 1] how many
    restaurants so many requests need at least, `nearest` [places] seconds to a restaurant from the nearest drop,
    `hop_p` and `hop_d` the shortest leg into any restaurant and any drop.
    """

    into: Floats
    reach: Floats
    alike: Floats
    visits: Ints
    nearest: Ints
    hop_p: int
    hop_d: int


class Quest(NamedTuple):
    """One search: `crowd` [k] requests by bit, `worth` [n] what serving each is worth, `least` [places, places] seconds
    between places, stops on the way counted; only routes below `threshold` matter.

    `slack` is what leaving a request away could cost in legs, `mode` one of LOOSE, EXACT, ALL. `picky`: requests that
    do not pay may be left away. `straight`: no detour is shorter than a leg. `hope`: the part that is believed of what
    further requests could bring, 1 for a proof.
    """

    crowd: Ints
    worth: Floats
    around: Around
    least: Ints
    threshold: float
    slack: float
    mode: int
    picky: bool
    straight: bool
    hope: float


def desk(labels: int, crowd: int) -> Desk:
    """Room for so many labels over so many requests."""
    return Desk(
        times=np.empty((labels, 5), dtype=np.int64),
        moneys=np.empty((labels, 4)),
        marks=np.empty((labels, 11), dtype=np.int64),
        sets=np.empty((labels, 3, max(1, -(-crowd // WORD))), dtype=np.int64),
        rides=np.empty((labels, SLOTS), dtype=np.int64),
        heads=np.empty(1 << 18, dtype=np.int64),
        whole=np.empty(labels, dtype=np.int64),
        gains=np.empty(crowd),
        gain_of=np.zeros(crowd),
        gains_here=np.zeros(crowd),
        soonest=np.empty(crowd, dtype=np.int64),
        order=np.empty(crowd, dtype=np.int64),
    )


@tight
def expected(board: Board, there: int, r: int) -> int:
    """`expected_s` of problem.py for request r."""
    ready, spread = board.of_request[r, READY], board.of_request[r, SPREAD]
    later = max(there, ready)
    if spread <= 0:
        return int(later)
    apart = 16 * abs(there - ready)
    step = apart // spread
    if step >= board.overshoot.shape[0] - 1:
        return int(later)
    falls = (board.overshoot[step] - board.overshoot[step + 1]) * (apart % spread) // spread
    return int(later + (spread * (board.overshoot[step] - falls) >> 16))


@tight
def served(board: Board, r: int, t: int) -> float:
    """What request r costs when delivered at t."""
    late = max(0, t - board.of_request[r, PROMISE])
    return float(board.weights[WAIT] * (t - board.of_request[r, PLACED]) + board.worth[r, LATE] * late)


@tight
def work(desk: Desk, x: int) -> int:
    """Seconds of work so far of label x."""
    if desk.marks[x, MANY] == 0:
        return int(desk.times[x, BUSY])
    return int(desk.times[x, BUSY] + desk.times[x, T] - desk.times[x, DEPART])


@tight
def has(desk: Desk, x: int, which: int, b: int) -> bool:
    """Whether bit b is in a set of label x."""
    return bool(desk.sets[x, which, b // WORD] >> (b % WORD) & 1)


@tight
def rank(desk: Desk, x: int, b: int) -> int:
    """How many requests below bit b are aboard label x."""
    count = 0
    for w in range(b // WORD + 1):
        bits = desk.sets[x, ABOARD, w]
        if w == b // WORD:
            bits &= (1 << (b % WORD)) - 1
        while bits:
            bits &= bits - 1
            count += 1
    return count


@tight
def place_of(board: Board, quest: Quest, c: int, code: int) -> int:
    """The place of a stop (bit of a pick-up, ~bit of a drop, START)."""
    if code == START:
        return int(board.of_courier[c, AT])
    if code >= 0:
        return int(board.of_request[quest.crowd[code], PICK])
    return int(board.of_request[quest.crowd[~code], DROP])
