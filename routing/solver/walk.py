"""How a compiled search is run: by the clock or by the count, by one walk or two, with CP-SAT over what they saw."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from routing import kernel
from routing.kernel.board import FAR
from routing.solver import master
from routing.solver.pool import Pool

if TYPE_CHECKING:
    from routing.kernel.pair import Pair
    from routing.kernel.session import Session

SMALL = 24  # requests; up to here the search cools by rounds alone and ends when it has converged
CYCLE = 50  # rounds per request in the first cycle of a small problem
CYCLES = 4  # without gain, and a small problem has converged
EPOCHS = 24  # meetings of two walks
CHUNK_S = 0.02
CHUNK = 1000  # rounds between looks at nothing but the count
LOOK = 25  # rounds between looks at the routes walked through
HOTTEST, WARM, COOLING = 0.1, 0.006, 20.0  # heats as parts of the mean least cost of a request; hot over cold
MASTERED = (0.4, 0.1, 50.0, 5.0)  # hottest for few and for many requests, where between, and hot over cold
SLOWLY = 150.0  # rounds per request that the hottest start needs
FOCUS = 0.3  # part of a warm search that looks at what has changed above all
MASTER_FROM_S = 0.15  # a search with less time than this goes without the master
MASTER_ROUNDS = 50  # a request; fewer rounds see too few routes for it
MASTER_UP_TO = 1000  # requests


class Leg(NamedTuple):
    """From one part of the way to another, as hot as `heat` of the hottest; then the master may take until `rest`."""

    first: float
    last: float
    heat: float
    rest: float


PLAIN = (Leg(0.0, 1.0, 1.0, 1.0),)
WITH_MASTER = (Leg(0.0, 0.6, 1.0, 0.75), Leg(0.6, 0.85, 0.5, 0.97), Leg(0.85, 1.0, 0.1, 1.0))


class Walk:
    """One search over a session. `mastered`: whether CP-SAT chooses among the routes seen."""

    def __init__(self, session: "Session", until: float, iterations: int | None, *, warm: bool) -> None:
        """Until the instant or for so many rounds; from a good plan it begins less hot."""
        self.session, self.until, self.iterations, self.warm = session, until, iterations, warm
        self.size = len(session.board.of_request)
        self.scale = max(session.least(), 1e-9)
        self.began = time.perf_counter()
        self.leg = PLAIN[0]
        self.left_out = session.left_out()
        self.pools: dict[int, Pool] = {}
        enough = until - self.began >= MASTER_FROM_S and (iterations or FAR) >= MASTER_ROUNDS * self.size
        self.mastered = enough and SMALL < self.size <= MASTER_UP_TO and master.ready()

    def all(self, seed: int, workers: int) -> int:
        """Search; how many rounds that took."""
        if self.iterations is None and self.size <= SMALL:
            self.heat(SLOWLY * self.size)
            return self.converge()
        expected = self.iterations or self.measured() * (self.until - time.perf_counter())
        self.heat(expected * workers)
        pair = kernel.open_pair(self.session, seed) if workers > 1 else None
        done = 0
        for leg in WITH_MASTER if self.mastered else PLAIN:
            self.leg = leg
            done += self.ridden(pair)
            if self.mastered and leg.last < 1.0:
                self.recombine(pair, seed)
        if pair is not None:
            pair.finish()
        return done

    def ridden(self, pair: "Pair | None") -> int:
        """One leg by one walk or two; how many rounds that took."""
        first, last = self.leg.first, self.leg.last
        if pair is None:
            return self.part(self.session, first, last)
        # walks whose routes the master will put together had better not become alike before
        meetings = 1 if self.mastered and not pair.apart else max(1, round(EPOCHS * (last - first)))
        step, done = (last - first) / meetings, 0
        for x in range(meetings):
            done += pair.run(self.walker(first + x * step, first + (x + 1) * step))
        return done

    def walker(self, first: float, last: float) -> "Callable[[Session], int]":
        """The part of the search from `first` to `last`, for whichever session."""
        return lambda session: self.part(session, first, last)

    def recombine(self, pair: "Pair | None", seed: int) -> None:
        """Go on from the best choice of routes seen, if that is better than the best plan."""
        search = self.session if pair is None else pair
        pool = Pool()
        for each in self.pools.values():
            for (c, _), (cost, sequence) in each.seen.items():
                pool.put(c, sequence, cost)
        routed = search.routed()
        for c, (sequence, cost) in enumerate(routed):
            if sequence:
                pool.put(c, sequence, cost)
        held = [sequence for sequence, _ in routed]
        options = pool.options(held)
        until = self.began + self.leg.rest * (self.until - self.began)
        try:
            chosen, _ = master.choose(options, self.left_out, until=until, seed=seed, thorough=True)
        except Exception:  # whatever ails OR-Tools, the plan in hand is sound
            self.mastered = False
            return
        before = sum(option.cost - self.spared(option) for option in options if option.held)
        after = sum(options[x].cost - self.spared(options[x]) for x in chosen)
        taken = list(held)
        if after < before - 1e-6:
            taken = [()] * len(held)
            for x in chosen:
                taken[options[x].c] = options[x].sequence
        search.take(taken)

    def spared(self, option: master.Option) -> float:
        """What it would cost to leave the requests of a route out."""
        return sum(self.left_out[code] for code in option.sequence if code >= 0)

    def heat(self, rounds: float) -> None:
        """Choose how hot to begin and end by how many rounds there will be."""
        hottest, cooling = HOTTEST, COOLING
        if self.mastered:
            most, least, between, cooling = MASTERED
            hottest = min(most, max(least, between / max(1, self.size)))
        hottest = WARM if self.warm else hottest
        hot = hottest * min(1.0, max(0.04, rounds / max(1, self.size) / SLOWLY))
        self.hot, self.cold = self.scale * hot, self.scale * hot / cooling

    def measured(self) -> float:
        """Rounds per second, from a few."""
        now = time.perf_counter()
        self.session.run(20, self.scale * WARM, self.scale * WARM)
        return 20 / max(1e-6, time.perf_counter() - now)

    def heats(self, first: float, last: float) -> tuple[float, float]:
        """The heat at two parts of the way."""
        leg, ratio = self.leg, self.cold / self.hot
        hot = self.hot * leg.heat
        whole = max(1e-9, leg.last - leg.first)
        return hot * ratio ** ((first - leg.first) / whole), hot * ratio ** ((last - leg.first) / whole)

    def part(self, session: "Session", first: float, last: float) -> int:
        """The part of the search from `first` to `last` (of 1); how many rounds that took."""
        pool = self.pools.setdefault(id(session), Pool()) if self.mastered else None
        if self.iterations is not None:
            return self.counted(session, first, last, self.iterations, pool)
        now, whole = time.perf_counter(), max(1e-9, self.until - self.began)
        stop = self.began + last * whole
        done, chunk = 0, 16
        while now < stop:
            at = min(self.leg.last, (now - self.began) / whole)
            if at > FOCUS:
                session.look_at([])
            session.run(chunk, *self.heats(at, min(self.leg.last, at + CHUNK_S / whole)))
            if pool is not None:
                pool.add(session)
            done += chunk
            before, now = now, time.perf_counter()
            chunk = max(1, int(min(CHUNK_S, max(0.0, stop - now)) / ((now - before) / chunk)))
            chunk = chunk if pool is None else min(chunk, LOOK)
        return done

    def counted(self, session: "Session", first: float, last: float, rounds: int, pool: Pool | None) -> int:
        """The same part of so many rounds."""
        began, most = int(first * rounds), int(last * rounds)
        done = began
        while done < most and time.perf_counter() < self.until:
            if done > FOCUS * rounds:
                session.look_at([])
            chunk = min(CHUNK if pool is None else LOOK, most - done)
            session.run(chunk, *self.heats(done / rounds, (done + chunk) / rounds))
            if pool is not None:
                pool.add(session)
            done += chunk
        return done - began

    def converge(self) -> int:
        """Cool down again and again, each time twice as slowly, until that has brought nothing for a while."""
        session = self.session
        shortest = CYCLE * self.size + 200
        length, done, stall, each = shortest, 0, 0, 1e-4
        while stall < CYCLES:
            best, spent = session.best, 0
            session.rewind()
            while spent < length:
                now = time.perf_counter()
                if now >= self.until:
                    return done
                chunk = max(1, min(length - spent, 400, int((self.until - now) / each)))
                session.run(chunk, *self.heats(spent / length, (spent + chunk) / length))
                spent, done = spent + chunk, done + chunk
                each = (time.perf_counter() - now) / chunk
            session.look_at([])
            stall = 0 if session.best < best - 1e-6 else stall + 1
            length = min(2 * length, 8 * shortest)
        return done
