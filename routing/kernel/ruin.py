"""Which requests come out of a plan, and in which order they go back in, compiled.

After Christiaens and Vanden Berghe (2020): strings of neighbouring requests out of neighbouring routes; besides whole
routes, and requests that are near each other.
"""

import numpy as np

from routing.kernel.board import PROMISE, READY, Board
from routing.kernel.jit import inlined, tight
from routing.kernel.ranks import Ranks
from routing.kernel.state import Desk, Routes, Trail

MOST_OUT = 30
NEIGHBOURLY = 0.3  # chance of a request near the first to come out too


@inlined
def draw(desk: Desk) -> float:
    """The next number of chance, at least 0 and below 1 (xorshift64*, Vigna 2016, upper bits)."""
    x = np.uint64(desk.chance[0])
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    desk.chance[0] = np.int64(x)
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@inlined
def below(desk: Desk, limit: int) -> int:
    """A whole number from 0 to limit - 1."""
    return int(draw(desk) * limit)


@inlined
def take_out(routes: Routes, trail: Trail, count: int, r: int) -> int:
    """Note r as out; how many are out."""
    c = routes.owner[r]
    if c >= -1 and trail.mine[c if c >= 0 else r % trail.mine.shape[0]]:
        trail.out[count] = r
        trail.former[count] = routes.owner[r]
        routes.owner[r] = -2
        count += 1
    return count


@tight
def ruin(routes: Routes, ranks: Ranks, trail: Trail, desk: Desk, first: int) -> int:
    """Choose requests to take out, beginning with `first`; marks them with owner -2 and says how many."""
    codes, stops, owner = routes.codes, routes.stops, routes.owner
    near = ranks.near
    kind = draw(desk)
    count = 0
    if kind < 0.3:  # whole routes of neighbours
        routes_left = 2 + below(desk, 2)
        count = whole(routes, trail, owner[first], count)
        count = take_out(routes, trail, count, first)
        for x in range(near.shape[1]):
            q = near[first, x]
            if q < 0 or count >= MOST_OUT or routes_left <= 1:
                break
            if owner[q] >= 0 and draw(desk) < NEIGHBOURLY:
                count = whole(routes, trail, owner[q], count)
                routes_left -= 1
        return count
    if kind < 0.7:  # strings of neighbouring routes
        strings = 1 + below(desk, 5)
        longest = 1 + below(desk, 4)
        for x in range(-1, near.shape[1]):
            q = first if x < 0 else near[first, x]
            if q < 0 or strings == 0 or count >= MOST_OUT:
                break
            c = owner[q]
            if c < 0:
                count = take_out(routes, trail, count, q)
                continue
            strings -= 1
            at = 0
            while codes[c, at] != q:
                at += 1
            lower = at - below(desk, longest + 1)
            taken = 0
            for y in range(max(0, lower), stops[c]):
                code = codes[c, y]
                if code >= 0 and taken < longest and (y <= at or taken > 0):
                    if owner[code] >= -1:
                        count = take_out(routes, trail, count, code)
                    taken += 1
            count = take_out(routes, trail, count, q)
        return count
    wanted = 1 + below(desk, 8)
    count = take_out(routes, trail, count, first)
    for x in range(near.shape[1]):
        q = near[first, x]
        if q < 0 or count >= wanted:
            break
        if draw(desk) < NEIGHBOURLY:
            count = take_out(routes, trail, count, q)
    return count


@inlined
def whole(routes: Routes, trail: Trail, c: int, count: int) -> int:
    """Take out all of c's route; how many are out."""
    if c >= 0:
        for x in range(routes.stops[c]):
            if routes.codes[c, x] >= 0:
                count = take_out(routes, trail, count, routes.codes[c, x])
    return count


@tight
def order(board: Board, ranks: Ranks, trail: Trail, desk: Desk, count: int) -> None:
    """Sort the requests that are out into the order they go back in: one of five, by chance."""
    kind = draw(desk)
    for x in range(count):
        r = trail.out[x]
        if kind < 0.35:
            trail.key[x] = draw(desk)
        elif kind < 0.55:
            trail.key[x] = board.of_request[r, READY]
        elif kind < 0.75:
            trail.key[x] = -ranks.least[r, 0]
        elif kind < 0.85:
            trail.key[x] = ranks.least[r, 0]
        else:
            trail.key[x] = board.of_request[r, PROMISE]
    for x in range(1, count):  # a few entries: insertion sort, keeping former beside
        key, r, before = trail.key[x], trail.out[x], trail.former[x]
        y = x - 1
        while y >= 0 and trail.key[y] > key:
            trail.key[y + 1], trail.out[y + 1], trail.former[y + 1] = (
                trail.key[y],
                trail.out[y],
                trail.former[y],
            )
            y -= 1
        trail.key[y + 1], trail.out[y + 1], trail.former[y + 1] = key, r, before
