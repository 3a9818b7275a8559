"""Where idle couriers should wait: where the next orders are likely and nobody else would be there in time.

Nothing of the future is known here: what is likely is what has been ordered lately, an older order counting
less, and a delay is likely where kitchens have been quick. The measure is a p-median with the chance that the
nearest courier is taken (Daskin 1983), its distance the seconds food would stand.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.problem import Matrix

Floats = npt.NDArray[np.float64]

QUICK_S = (300, 600, 900, 1200)  # how quick kitchens are taken to be before any order has come
EVERY_S = 60  # delays are looked up by whole minutes
FARTHEST_S = 6 * 3600  # who is farther away, or cannot come at all, counts as this far


@dataclass(frozen=True, slots=True)
class Waiting:
    """How recent demand is weighed and when a ride to another waiting place is worth it.

    An order counts half after `half_life_s`, and every point has `prior` orders to begin with; as many orders
    as lately, and `least` more, are expected within `horizon_s`. The nearest courier is taken by another order
    with the chance `taken`, the next nearest too, down to the `depth`-th. The `choices` likeliest points are
    thought of. A ride takes `longest_s` at most, and each second of it must save `worth` seconds of standing
    food. Couriers who begin within `soon_s` count as cover, those who end within `ends_s` do not. With `ahead`
    who waits for his next pick-up waits at its restaurant.
    """

    half_life_s: int = 7200
    prior: float = 0.02
    taken: float = 0.5
    depth: int = 4
    choices: int = 80
    slope: float = 0.05
    arrive_s: int = 120
    horizon_s: int = 1800
    least: float = 4.0
    worth: float = 0.3
    longest_s: int = 1800
    soon_s: int = 1800
    ends_s: int = 0
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """An order that has been placed: where from, when, and how long its kitchen takes."""

    pickup: int
    placed_s: int
    takes_s: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A courier as far as waiting is concerned: where and when he is next free, and until when he rides.

    Only those who are `idle` are given advice. `back` is where he must be able to end his shift.
    """

    id: str
    at: int
    free_s: int
    until_s: int
    idle: bool = True
    back: int | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Go and wait there; `saves_s` is what that saves: seconds of standing food within the horizon."""

    courier: str
    to: int
    ride_s: int
    saves_s: float


def demand(now_s: int, seen: Sequence[Seen], points: Sequence[int], settings: Waiting) -> Floats:
    """The part of the next orders that is likely to come from each of `points`, [points], summing to 1."""
    index = {place: i for i, place in enumerate(points)}
    out = np.full(len(points), max(settings.prior, 1e-9))
    where = np.array([index.get(order.pickup, -1) for order in seen], dtype=np.int64)
    age = np.array([now_s - order.placed_s for order in seen], dtype=np.float64)
    known = (where >= 0) & (age >= 0)
    np.add.at(out, where[known], np.exp2(-age[known] / settings.half_life_s))
    parts: Floats = out / out.sum()
    return parts


def expected(now_s: int, seen: Sequence[Seen], settings: Waiting) -> float:
    """How many orders are likely within the horizon: at the rate of late, and `least` more."""
    age = np.array([now_s - order.placed_s for order in seen], dtype=np.float64)
    lately = float(np.exp2(-age[age >= 0] / settings.half_life_s).sum())
    return settings.least + lately * math.log(2) / settings.half_life_s * settings.horizon_s


def delays(seen: Sequence[Seen], settings: Waiting, longest_s: int) -> Floats:
    """Seconds food is likely to stand when a courier is so many EVERY_S away, [longest_s / EVERY_S + 1]."""
    takes = np.array([*QUICK_S, *(order.takes_s for order in seen)], dtype=np.float64)
    away = np.arange(0, longest_s + EVERY_S, EVERY_S, dtype=np.float64)
    late = np.maximum(0.0, away[:, None] + settings.arrive_s - takes[None, :]).mean(axis=1)
    out: Floats = late + settings.slope * away
    return out


def advise(
    now_s: int,
    couriers: Sequence[Standing],
    points: Sequence[int],
    seen: Sequence[Seen],
    travel_s: Matrix,
    settings: Waiting,
) -> list[Advice]:
    """Where each idle courier had better wait, at most one ride each, the largest saving first.

    `points` are the places to wait at, `seen` the orders of the day so far. The same input gives the same
    advice.
    """
    idle = [i for i, courier in enumerate(couriers) if courier.idle]
    if not idle or not len(points):
        return []
    return _Field(now_s, couriers, points, seen, travel_s, settings).moves(idle)


class _Field:
    """Couriers and points, and what food is likely to stand, by courier and point."""

    def __init__(
        self,
        now_s: int,
        couriers: Sequence[Standing],
        points: Sequence[int],
        seen: Sequence[Seen],
        travel_s: Matrix,
        settings: Waiting,
    ) -> None:
        """Everybody where he stands."""
        self.now_s, self.couriers, self.travel_s, self.settings = now_s, couriers, travel_s, settings
        self.spots = np.asarray(points, dtype=np.int64)
        self.at = np.array([courier.at for courier in couriers], dtype=np.int64)
        wait_s = np.array([max(0, courier.free_s - now_s) for courier in couriers])
        away = np.minimum(FARTHEST_S, wait_s[:, None] + travel_s[np.ix_(self.at, self.spots)])
        between = np.minimum(FARTHEST_S, travel_s[np.ix_(self.spots, self.spots)])
        table = delays(seen, settings, int(max(away.max(), between.max())) + EVERY_S)
        self.stands = table[-(-away // EVERY_S)]  # [couriers, points]
        self.would = table[-(-between // EVERY_S)]  # [where he would wait, points]
        self.wanted = demand(now_s, seen, points, settings)
        self.orders = expected(now_s, seen, settings)
        likely = np.sort(np.argsort(-self.wanted, kind="stable")[: settings.choices])
        self.choices, self.would = likely, self.would[likely]
        self.part = settings.taken ** np.arange(settings.depth) * (1 - settings.taken)
        self.part[-1] = settings.taken ** (settings.depth - 1)
        self.none = float(table[-1])
        self.near = self._nearest()

    def _nearest(self) -> Floats:
        """What food would stand for the nearest courier of each point, the next, and so on, [depth + 1, points]."""
        many = self.settings.depth + 1
        near = np.full((max(many, len(self.stands)), len(self.spots)), self.none)
        near[: len(self.stands)] = self.stands
        if len(near) > many:
            near = np.partition(near, many - 1, axis=0)[:many]
        return np.sort(near, axis=0)

    def moves(self, idle: list[int]) -> list[Advice]:
        """One courier after the other, whoever saves most by riding first."""
        out: list[Advice] = []
        found = {i: self._best(i) for i in idle}
        while found:
            i = max(found, key=lambda i: (found[i][0], -i))
            saves, point = self._best(i)
            if saves < found[i][0] - 1e-9:  # somebody else went there since
                found[i] = (saves, point)
                continue
            del found[i]
            if saves <= 0:
                break
            to = int(self.spots[self.choices[point]])
            ride_s = int(self.travel_s[self.at[i], to])
            out.append(Advice(self.couriers[i].id, to, ride_s, saves + self.settings.worth * ride_s))
            self.stands[i] = self.would[point]
            self.near = self._nearest()
        return out

    def _best(self, i: int) -> tuple[float, int]:
        """What courier i saves at most by riding elsewhere, the ride's worth taken off, and to which choice."""
        mine = self.stands[i]
        near = np.where(self.near[:-1] < mine, self.near[:-1], self.near[1:])  # without him
        here = self._cost(near, mine[None, :])[0]
        there = self._cost(near, self.would)
        spots, courier = self.spots[self.choices], self.couriers[i]
        ride = self.travel_s[self.at[i], spots].astype(np.int64)
        back = 0 if courier.back is None else self.travel_s[spots, courier.back]
        barred = (ride > self.settings.longest_s) | (ride + back > courier.until_s - self.now_s) | (ride == 0)
        saves = np.where(barred, -np.inf, self.orders * (here - there) - self.settings.worth * ride)
        point = int(saves.argmax())
        return float(saves[point]), point

    def _cost(self, near: Floats, his: Floats) -> Floats:
        """Seconds an order's food is likely to stand with him there too, [rows of his]."""
        cost = np.zeros_like(his)
        below = None
        for k, part in enumerate(self.part):
            rank = np.minimum(his, near[k])
            if below is not None:
                rank = np.maximum(below, rank)
            cost += part * rank
            below = near[k]
        out: Floats = cost @ self.wanted
        return out
