"""Ruin and recreate over remembered tours: take some requests out, put them back where they cost least, keep
gains.

After Schrimpf et al. (2000) and Christiaens and Vanden Berghe (2020), with record-to-record acceptance.
"""

import random
import time
from dataclasses import dataclass

import numpy as np

from routing.plan.tours import Tour, Tours

NEIGHBOURS = 40
BLINK = 0.1
CHECK_EVERY = 4


@dataclass(slots=True)
class Found:
    """The best tours by courier, their cost (requests left out included), and the rounds it took."""

    state: list[Tour]
    cost: float
    iterations: int


def total(tours: Tours, state: list[Tour]) -> float:
    """Cost of these tours with the requests left out."""
    held = 0
    for tour in state:
        held |= tour.mask
    left = sum(cost for r, cost in enumerate(tours.numbers.left_out) if not held >> r & 1)
    return sum(tour.cost for tour in state) + left


def near(tours: Tours) -> list[list[int]]:
    """For each request the others by likeness of places and times, nearest first (at most NEIGHBOURS)."""
    numbers = tours.numbers
    pick, drop = np.array(numbers.pick), np.array(numbers.drop)
    ready = np.array(numbers.ready, dtype=np.int64)
    legs = numbers.problem.travel_s
    gap = legs[pick[:, None], pick[None, :]].astype(np.int64) + legs[drop[:, None], drop[None, :]] // 2
    gap += np.abs(ready[:, None] - ready[None, :]) // 2
    np.fill_diagonal(gap, -1)
    order = gap.argsort(axis=1, kind="stable")[:, 1 : NEIGHBOURS + 1]
    return [list(map(int, row)) for row in order]


def improve(
    tours: Tours, state: list[Tour], rng: random.Random, *, until: float, patience: int, most: int = 1_000_000
) -> Found:
    """The best tours found from `state` until `patience` rounds bring nothing, `most` rounds, or the instant
    `until`.

    `until` is of time.perf_counter. The rounds depend on the seed alone, so the same seed gives the same
    tours whenever the clock is not what ends it.
    """
    size = len(tours.ranked)
    if not size or not tours.empty:
        return Found(state, total(tours, state), 0)
    search = _Search(tours, list(state), rng)
    best, best_cost = list(state), search.cost
    slack = 0.02 * best_cost / size + 1.0
    stall = rounds = 0
    while stall < patience and rounds < most:
        if rounds % CHECK_EVERY == 0 and time.perf_counter() >= until:
            break
        rounds += 1
        stall += 1
        limit = best_cost + slack * max(1.0, size**0.5) * (1 - stall / patience)
        search.round(limit)
        if search.cost < best_cost - 1e-6:
            best, best_cost, stall = list(search.state), search.cost, 0
        elif stall % 50 == 0:
            search.reset(best, best_cost)
    return Found(best, best_cost, rounds)


class _Search:
    """One walk: the tours by courier, who holds which request, and the cost."""

    def __init__(self, tours: Tours, state: list[Tour], rng: random.Random) -> None:
        """Start from `state`."""
        self.tours, self.rng = tours, rng
        self.near = near(tours)
        self.size = len(tours.ranked)
        self.left_out = tours.numbers.left_out
        self.reset(state, total(tours, state))

    def reset(self, state: list[Tour], cost: float) -> None:
        """Go to these tours."""
        self.state, self.cost = list(state), cost
        self.owner = [-1] * self.size
        for tour in state:
            for code in tour.sequence:
                if code >= 0:
                    self.owner[code] = tour.c

    def round(self, limit: float) -> None:
        """Ruin, recreate, and keep the outcome if it costs at most `limit`, else undo."""
        state, owner, tours = self.state, self.owner, self.tours
        out = self._ruin()
        undo: list[tuple[int, Tour]] = []
        held = {r: owner[r] for r in out}
        cost = self.cost
        for r in out:
            c = owner[r]
            if c < 0:
                cost -= self.left_out[r]
                continue
            before = state[c]
            after = tours.cut(before, r)
            if after is None:
                continue
            undo.append((c, before))
            state[c] = after
            cost += after.cost - before.cost
            owner[r] = -1
        self._order(out)
        for r in (r for r in out if owner[r] < 0):
            added, tour = self._place(r)
            cost += added
            if tour is not None:
                undo.append((tour.c, state[tour.c]))
                state[tour.c] = tour
                owner[r] = tour.c
        if cost <= limit:
            self.cost = cost
            return
        for c, before in reversed(undo):
            state[c] = before
        for r, c in held.items():
            owner[r] = c

    def _ruin(self) -> list[int]:
        """Requests to take out: neighbours of one, any, or the whole tours of two neighbours."""
        random_, size = self.rng.random, self.size
        seed = int(random_() * size)
        kind = random_()
        if kind < 0.25 and self.owner[seed] >= 0:
            out = [code for code in self.state[self.owner[seed]].sequence if code >= 0]
            near = self.near[seed]
            if near:
                other = self.owner[near[int(random_() * min(len(near), 6))]]
                if other >= 0 and other != self.owner[seed]:
                    out += [code for code in self.state[other].sequence if code >= 0]
            out += [r for r in range(size) if self.owner[r] < 0][:3]
            return out[:12]
        count = 1 + int(random_() * min(size, 8))
        out = [seed]
        if kind < 0.85:
            for r in self.near[seed]:
                if len(out) >= count:
                    break
                if random_() < 0.7:
                    out.append(r)
        else:
            out += [r for r in self.rng.sample(range(size), count) if r != seed]
        return out

    def _order(self, out: list[int]) -> None:
        """The order in which requests come back: by chance, by readiness, or those with the worst best first."""
        self.rng.shuffle(out)
        kind = self.rng.random()
        if kind < 0.25:
            out.sort(key=self.tours.numbers.ready.__getitem__)
        elif kind < 0.5:
            ranked = self.tours.ranked
            out.sort(key=lambda r: -ranked[r][0][0] if ranked[r] else 0.0)

    def _place(self, r: int) -> tuple[float, Tour | None]:
        """Where r costs least now, a courier skipped now and then; (added cost, tour or None for leaving it
        out).
        """
        state, add = self.state, self.tours.add
        skip = self.rng.random() < BLINK
        best, chosen = self.left_out[r], None
        for cost, c in self.tours.ranked[r]:
            if not state[c].mask:
                if skip:
                    skip = False
                    continue
                if cost < best:
                    chosen = state[c].with_[r] if r in state[c].with_ else add(state[c], r)
                    best = cost if chosen is not None else best
                break
        for least, c in self.tours.nearest[r]:
            if least > best:
                break
            tour = state[c]
            if tour.mask:
                more = tour.with_[r] if r in tour.with_ else add(tour, r)
                if more is not None:
                    added = more.cost - tour.cost
                    if added < best or (added == best and chosen is not None and c < chosen.c):
                        best, chosen = added, more
        return best, chosen
