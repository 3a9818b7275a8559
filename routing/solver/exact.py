"""Proof for a handful of requests: every tour that could matter, by depth-first search, and the best choice
of them.

A request costs at least what it costs alone (as long as detours are not faster than direct legs), which
prunes nearly everything: almost all of an order's cost is its own preparation, riding and service.
"""

import time

from routing.plan.clock import clock
from routing.plan.numbers import INF, Sequence
from routing.plan.tours import Tour, Tours
from routing.solver.search import total

MOST = 4  # requests
CROWD = 400  # couriers
WORK = 1280  # couriers times 4 to the requests: about ten milliseconds
CHECK_EVERY = 64
HAIR = 1e-9


class _OutOfTime(Exception):
    """The proof does not fit the budget."""


def small(couriers: int, requests: int) -> bool:
    """Whether a proof is worth its time: up to two requests (and CROWD), three and twenty couriers, four and
    five.
    """
    if not couriers or not requests or couriers > CROWD:
        return False
    return requests <= 2 or (requests <= MOST and couriers * 4**requests <= WORK)


def prove(tours: Tours, state: list[Tour], *, until: float) -> list[Tour] | None:
    """The cheapest tours by courier, proven; None when time runs out. For what is `small`.

    `state` is any choice of tours (the better, the faster); `until` an instant of time.perf_counter.
    """
    try:
        return _Proof(tours, until).run(state)
    except _OutOfTime:
        return None


class _Proof:
    """One proof: lower bounds by courier and set, and the nodes spent."""

    def __init__(self, tours: Tours, until: float) -> None:
        """Take the bounds from the direct costs."""
        self.tours, self.until, self.nodes = tours, until, 0
        self.plain = clock(tours.numbers, plain=True)
        self.size = len(tours.ranked)
        self.left_out = tours.numbers.left_out
        self.single = tours.numbers.plain.tolist()
        costs = tours.numbers.direct
        self.least = [min(self.left_out[r], float(costs[:, r].min())) for r in range(self.size)]

    def run(self, state: list[Tour]) -> list[Tour]:
        """Search every courier's sets that could be part of something better than `state`, then choose."""
        tours, everyone = self.tours, (1 << self.size) - 1
        limit = total(tours, state) + HAIR
        masks = sorted(range(1, everyone + 1), key=lambda mask: mask.bit_count())
        for c in range(len(tours.empty)):
            for mask in masks:
                members = [r for r in range(self.size) if mask >> r & 1]
                alone = sum(self.single[c][r] for r in members)
                others = sum(self.least[r] for r in range(self.size) if not mask >> r & 1)
                if alone + others <= limit:
                    self.refine(c, mask, members, alone, limit - others)
        chosen = self.choose()
        return chosen if total(tours, chosen) < total(tours, state) - HAIR else state

    def refine(self, c: int, mask: int, members: list[int], alone: float, ceiling: float) -> None:
        """Make known[c][mask] the best tour for this set if it costs at most `ceiling`."""
        known = self.tours.known[c]
        for r in members:
            smaller = known.get(mask & ~(1 << r))
            if smaller is not None:
                self.tours.add(smaller, r)
        if len(members) > 2:
            best = known.get(mask)
            self.ceiling = min(ceiling, INF if best is None else best.cost - HAIR)
            self.deepen(c, (), members, [], alone)

    def deepen(self, c: int, prefix: Sequence, todo: list[int], aboard: list[int], rest: float) -> None:
        """Extend the prefix by every next stop; `rest` is the least that the drops to come can cost."""
        self.nodes += 1
        if self.nodes % CHECK_EVERY == 0 and time.perf_counter() > self.until:
            raise _OutOfTime
        sure = (
            not aboard or self.tours.numbers.problem.couriers[c].rest is None
        )  # a rest may move an open batch
        if sure and self.plain(c, prefix, INF) + rest > self.ceiling:
            return
        if not todo and not aboard:
            tour = self.tours.tour(c, prefix)
            if tour is not None:
                self.ceiling = min(self.ceiling, tour.cost - HAIR)
            return
        for r in aboard:
            left = [other for other in aboard if other != r]
            self.deepen(c, (*prefix, ~r), todo, left, rest - self.single[c][r])
        for r in todo:
            if not aboard or self.joins(prefix, r):
                left = [other for other in todo if other != r]
                self.deepen(c, (*prefix, r), left, [*aboard, r], rest)

    def joins(self, prefix: Sequence, r: int) -> bool:
        """Whether r may be picked up while others are aboard: neighbours of one visit once, bundles kept
        pure.
        """
        keys = self.tours.numbers.stop_key
        last = prefix[-1]
        if last >= 0 and keys[last] == keys[r]:
            return last < r  # the order within one visit changes nothing
        return not self.tours.one_restaurant

    def choose(self) -> list[Tour]:
        """The cheapest choice of known tours, one a courier, each request once or left out; ties by courier
        order.
        """
        everyone = 1 << self.size
        table = [
            sum(cost for r, cost in enumerate(self.left_out) if mask >> r & 1) for mask in range(everyone)
        ]
        picks: list[list[int]] = []
        for known in self.tours.known:
            better, pick = list(table), [0] * everyone
            for mask, tour in known.items():
                free = (everyone - 1) & ~mask
                others = free
                while mask:
                    cost = table[others] + tour.cost
                    if cost < better[others | mask] - HAIR:
                        better[others | mask], pick[others | mask] = cost, mask
                    if not others:
                        break
                    others = (others - 1) & free
            table = better
            picks.append(pick)
        out, left = list(self.tours.empty), everyone - 1
        for c in range(len(out) - 1, -1, -1):
            mask = picks[c][left]
            out[c] = self.tours.known[c][mask]
            left &= ~mask
        return out
