"""Ruin and recreate with annealing over whole plans, compiled.

After Christiaens and Vanden Berghe (2020), "Slack Induction by String Removals": strings of neighbouring requests
come out of neighbouring routes and go back where they cost least, a courier overlooked now and then.
"""

import math

from routing.kernel.board import LEAVE, Board, Floats, Ints
from routing.kernel.jit import inlined, tight
from routing.kernel.place import begin, insert, offer, remove, rewalk, stamped
from routing.kernel.ranks import Ranks
from routing.kernel.ruin import below, draw, order, ruin
from routing.kernel.state import Desk, Memory, Routes, Trail
from routing.kernel.walk import INF

BLINK = 0.005
WINDOW = 300
FOCUS = 0.5


@inlined
def copy_route(source: Routes, a: int, target: Routes, b: int) -> None:
    """Route a of source as route b of target, owners aside."""
    target.stops[b] = source.stops[a]
    target.cost[b] = source.cost[a]
    target.stamp[b] = source.stamp[a]
    for x in range(source.stops[a]):
        target.codes[b, x] = source.codes[a, x]


@inlined
def copy_whole(source: Routes, a: int, target: Routes, b: int) -> None:
    """The same with everything that is noted of the route."""
    copy_route(source, a, target, b)
    target.units[b], target.churn[b] = source.units[a], source.churn[a]
    stops = source.stops[a]
    for x in range(stops + 1):
        for y in range(4):
            target.log[b, x, y] = source.log[a, x, y]
    batch = 0
    while True:
        for y in range(5):
            target.marks[b, batch, y] = source.marks[a, batch, y]
        target.costs[b, batch] = source.costs[a, batch]
        if source.marks[a, batch, 0] >= stops:
            break
        batch += 1


@inlined
def touch(routes: Routes, trail: Trail, count: int, c: int) -> int:
    """Save route c unless that is done; how many are saved."""
    if trail.slots[c] < 0:
        trail.slots[c] = count
        trail.touched[count] = c
        copy_whole(routes, c, trail.saved, count)
        count += 1
    return count


@tight
def settle(board: Board, routes: Routes, trail: Trail) -> None:
    """Take `routes` as they are for the present and, when they are cheaper, for the best."""
    total = 0.0
    for c in range(routes.stops.shape[0]):
        total += routes.cost[c]
    for r in range(routes.owner.shape[0]):
        if routes.owner[r] < 0:
            total += board.worth[r, LEAVE]
    trail.total[0] = total
    trail.dirty[:] = 1
    keep(routes, trail)


@inlined
def keep(routes: Routes, trail: Trail) -> None:
    """Copy what changed to the best when the present is cheaper."""
    if trail.total[0] < trail.total[1] - 1e-6:
        trail.total[1] = trail.total[0]
        for c in range(routes.stops.shape[0]):
            if trail.dirty[c]:
                copy_route(routes, c, trail.best, c)
                trail.dirty[c] = 0


@tight
def back_to_best(board: Board, routes: Routes, trail: Trail, desk: Desk) -> None:
    """Make the best the present."""
    for r in range(routes.owner.shape[0]):
        routes.owner[r] = -1
    for c in range(routes.stops.shape[0]):
        if trail.dirty[c]:
            copy_route(trail.best, c, routes, c)
            routes.cost[c] = rewalk(board, routes, desk, c)
            trail.dirty[c] = 0
        for x in range(routes.stops[c]):
            if routes.codes[c, x] >= 0:
                routes.owner[routes.codes[c, x]] = c
    trail.total[0] = trail.total[1]


@tight
def place(
    board: Board, ranks: Ranks, routes: Routes, memory: Memory, trail: Trail, desk: Desk, r: int, blink: float
) -> tuple[float, int]:
    """The slot of the courier with whom r costs least now, -1 for leaving it out; the cost first."""
    best, chosen = board.worth[r, LEAVE], -1
    for x in range(ranks.many[r]):
        if ranks.least[r, x] >= best:
            break
        if trail.mine[ranks.couriers[r, x]] == 0 or (blink > 0.0 and draw(desk) < blink):
            continue
        added = offer(board, ranks, routes, memory, desk, r, x, best)
        if added < best:
            best, chosen = added, x
    return best, chosen


@tight
def walk_on(
    board: Board,
    ranks: Ranks,
    routes: Routes,
    memory: Memory,
    trail: Trail,
    desk: Desk,
    rounds: int,
    heat_from: float,
    heat_to: float,
) -> None:
    """So many rounds of ruin and recreate, the heat falling from one value to the other."""
    n = routes.owner.shape[0]
    m, ratio, base = routes.stops.shape[0], heat_to / heat_from, below(desk, n)
    for turn in range(rounds):
        heat = heat_from * ratio ** (turn / rounds)
        for _ in range(2 * n):  # until it is one that this walk may change
            if trail.focus[0] > 0 and draw(desk) < FOCUS:
                first = trail.focus[1 + below(desk, trail.focus[0])]
            elif n <= WINDOW:
                first = below(desk, n)
            else:  # go about in order, so that everything needed stays in the processor's cache
                first = ranks.sweep[(base + below(desk, WINDOW)) % n]
                base = (base + 1) % n
            c = routes.owner[first]
            if trail.mine[c if c >= 0 else first % m]:
                break
        count = ruin(routes, ranks, trail, desk, first)
        total, saved = trail.total[0], 0
        for x in range(count):
            r, c = trail.out[x], trail.former[x]
            if c < 0:
                total -= board.worth[r, LEAVE]
            else:
                saved = touch(routes, trail, saved, c)
        ruined = saved
        for x in range(ruined):
            c = trail.touched[x]
            total -= routes.cost[c]
            remove(board, routes, desk, c)
            total += routes.cost[c]
            if routes.stops[c] == 0:  # what else came out with it
                for y in range(trail.saved.stops[x]):
                    code = trail.saved.codes[x, y]
                    if code >= 0 and routes.owner[code] == -1:
                        trail.out[count], trail.former[count] = code, c
                        routes.owner[code] = -2
                        count += 1
        order(board, ranks, trail, desk, count)
        limit = trail.total[0] - heat * math.log(max(1e-12, draw(desk)))
        for x in range(count):
            r = trail.out[x]
            added, slot = place(board, ranks, routes, memory, trail, desk, r, BLINK)
            total += added
            if slot < 0:
                routes.owner[r] = -1
            else:
                saved = touch(routes, trail, saved, ranks.couriers[r, slot])
                insert(board, ranks, routes, memory, desk, r, slot)
        if total < limit:
            trail.total[0] = total
            for x in range(saved):
                trail.dirty[trail.touched[x]] = 1
                trail.slots[trail.touched[x]] = -1
            keep(routes, trail)
            continue
        for x in range(saved):
            c = trail.touched[x]
            copy_whole(trail.saved, x, routes, c)
            trail.slots[c] = -1
        for x in range(count):
            routes.owner[trail.out[x]] = trail.former[x]


@tight
def fill(
    board: Board, ranks: Ranks, routes: Routes, memory: Memory, trail: Trail, desk: Desk, sequence: Ints
) -> None:
    """Put every request of `sequence` that nobody has where it costs least."""
    begin(board, routes, desk)
    for x in range(sequence.shape[0]):
        r = sequence[x]
        if routes.owner[r] < 0:
            _, slot = place(board, ranks, routes, memory, trail, desk, r, 0.0)
            if slot >= 0:
                insert(board, ranks, routes, memory, desk, r, slot)


@tight
def adopt(board: Board, routes: Routes, trail: Trail, desk: Desk, source: Routes, who: Ints) -> None:
    """Take the routes of couriers with who[c] = 1 from `source`, keep the others, and begin a new best from there.

    The two must not hold one request twice.
    """
    for r in range(routes.owner.shape[0]):
        routes.owner[r] = -1
    for c in range(routes.stops.shape[0]):
        if who[c]:
            copy_route(source, c, routes, c)
            routes.cost[c] = rewalk(board, routes, desk, c)
            stamped(routes, c)
        for x in range(routes.stops[c]):
            if routes.codes[c, x] >= 0:
                routes.owner[routes.codes[c, x]] = c
    trail.total[1] = INF
    settle(board, routes, trail)


@tight
def crown(board: Board, one: Routes, other: Routes, who: Ints, champion: Routes, total: Floats) -> None:
    """Make the routes of `other` where who[c] = 1 and of `one` elsewhere the champion if they cost less than it."""
    cost = 0.0
    for r in range(board.worth.shape[0]):
        cost += board.worth[r, LEAVE]
    for c in range(one.stops.shape[0]):
        source = other if who[c] else one
        cost += source.cost[c]
        for x in range(source.stops[c]):
            if source.codes[c, x] >= 0:
                cost -= board.worth[source.codes[c, x], LEAVE]
    if cost < total[0] - 1e-6:
        total[0] = cost
        for c in range(one.stops.shape[0]):
            copy_route(other if who[c] else one, c, champion, c)
