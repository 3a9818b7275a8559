"""Where idle couriers should wait: near what has lately been ordered and nobody else is close to.

Nothing of the future is known here: demand is what has been ordered so far, an older order counting less.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.problem import Matrix

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How recent demand is weighed and when a ride to another waiting place is worth it.

    An order counts half after `half_life_s`. A courier counts as cover for a place by exp(-response / `reach_s`).
    A ride is advised when it saves at least `least` of what one courier could save at the best place, and
    takes `longest_s` at most.
    """

    half_life_s: int = 2400
    reach_s: int = 300
    least: float = 0.1
    longest_s: int = 1800
    ahead: bool = True


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
    """Go and wait there; `gain` is what that saves, of what one more courier at the best place would."""

    courier: str
    to: int
    ride_s: int
    gain: float


def demand(now_s: int, orders: Sequence[tuple[int, int]], points: Sequence[int], settings: Waiting) -> Floats:
    """Decayed orders at each of `points`, from (pick-up place, placed_s) of orders placed until now, [points]."""
    index = {place: i for i, place in enumerate(points)}
    out = np.zeros(len(points))
    for place, placed_s in orders:
        i = index.get(place)
        if i is not None and placed_s <= now_s:
            out[i] += math.exp2((placed_s - now_s) / settings.half_life_s)
    return out


def advise(
    now_s: int,
    couriers: Sequence[Standing],
    points: Sequence[int],
    wanted: Floats,
    travel_s: Matrix,
    settings: Waiting,
) -> list[Advice]:
    """Where each idle courier had better wait, at most one ride each, the largest gain first.

    `wanted` [points] weighs the points as `demand` does. Cover of a point is the sum of exp(-response /
    reach_s) over couriers, what is missing there wanted * exp(-cover); couriers move one by one to where
    least is left missing. The same input gives the same advice.
    """
    idle = [i for i, courier in enumerate(couriers) if courier.idle]
    if not idle or not len(points) or not wanted.any():
        return []
    spots = np.asarray(points)
    at = np.array([courier.at for courier in couriers])
    wait_s = np.array([max(0, courier.free_s - now_s) for courier in couriers])
    near = np.exp(-(wait_s[:, None] + travel_s[np.ix_(at, spots)]) / settings.reach_s)  # [couriers, points]
    there = np.exp(-travel_s[np.ix_(spots, spots)] / settings.reach_s)
    cover = near.sum(axis=0)
    best = float(((1 - np.exp(-there)) @ wanted).max())
    out: list[Advice] = []
    while idle:
        left = wanted * np.exp(-(cover - near[idle]))  # [idle, points]: what is missing without each
        gains = left @ (1 - np.exp(-there)).T - (left * (1 - np.exp(-near[idle]))).sum(axis=1)[:, None]
        ride = travel_s[np.ix_(at[idle], spots)]
        barred = ride > settings.longest_s
        for row, i in enumerate(idle):
            barred[row] |= ride[row] + _back(couriers[i], spots, travel_s) > couriers[i].until_s - now_s
        gains = np.where(barred | (ride == 0), -1.0, gains)
        row, point = divmod(int(gains.argmax()), len(spots))
        gain = float(gains[row, point]) / best
        if gain < settings.least:
            break
        i = idle.pop(row)
        out.append(Advice(couriers[i].id, int(spots[point]), int(ride[row, point]), gain))
        cover += there[point] - near[i]
    return out


def _back(courier: Standing, spots: npt.NDArray[np.int64], travel_s: Matrix) -> Matrix:
    """Seconds from each point to where the courier must end, nought when he may end anywhere."""
    if courier.back is None:
        return np.zeros(len(spots), dtype=np.int32)
    back: Matrix = travel_s[spots, courier.back]
    return back
