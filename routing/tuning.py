"""Which weight of fairness to choose: past evenings ridden again at several, and the evenest that is not too dear.

Riders, kitchens and customers are taken to do again what they did; only who is given what changes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np

from routing.fairness import gini
from routing.problem import Rules
from routing.rolling import Day, Outcome, Policy, Rider, simulate

MINUTE = 60
COARSE_S = (30.0, 120.0, 480.0, 1920.0)
"""Weights to begin with, as the seconds an order costs more when given to who has had as much as the average."""
ROUNDS = 2  # of looking closer around the best so far
MOST_RIDES = 2 + len(COARSE_S) + 2 * ROUNDS
WIDER = 4.0  # the next weight to try above the highest
HAIR = 0.005  # two Gini coefficients this near are one and the same


@dataclass(frozen=True, slots=True)
class Evening:
    """A day to be ridden again. Days of one `window` are to be even together; `who` names its riders' people."""

    name: str
    window: str
    day: Day
    who: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    """All evenings ridden at one weight. Minutes; `undelivered_pct` in hundredths, `zero_order_share` from 0 to 1.

    `gini` and `p10` are of units of the fairness basis an hour on shift, over people and windows; the basis
    "waiting" counts the share of an hour without work. `late_mean_min` counts from each order's promise, the
    share of riders without an order by evening. `per_hour` and `per_order` are the mean units.
    """

    weight: float
    ctd_p90_min: float
    ctd_mean_min: float
    late_mean_min: float
    undelivered_pct: float
    gini: float
    p10: float
    zero_order_share: float
    per_hour: float
    per_order: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen point, that of weight 0, the longest p90 allowed, and why it is this one.

    "evener": it is the evenest that keeps within the limit. "even_already": no weight is evener than 0.
    "too_dear": those that are cost more than may be.
    """

    point: Point
    base: Point
    most_p90_min: float
    why: Literal["evener", "even_already", "too_dear"]


def choose(points: Sequence[Point], may_cost_p90_min: float, *, now: float | None = None) -> Choice:
    """The evenest of the points whose p90 is at most so many minutes above that of weight 0, which must be there.

    A point that leaves more orders out than weight 0 is not chosen. Of points within HAIR of the evenest it is
    that of the weight in force `now`, else the one of the least weight: what differs by less is chance.
    ValueError without weight 0.
    """
    base = next((point for point in points if point.weight == 0), None)
    if base is None:
        raise ValueError("weight 0 must be among the points")
    most = base.ctd_p90_min + may_cost_p90_min
    fine = [
        point
        for point in points
        if point.ctd_p90_min <= most + 1e-9 and point.undelivered_pct <= base.undelivered_pct + 1e-9
    ]
    evenest = min(point.gini for point in fine)
    alike = [point for point in fine if point.gini <= evenest + HAIR]
    chosen = min(alike, key=lambda point: (point.weight != now, point.weight))
    if chosen is not base:
        return Choice(chosen, base, most, "evener")
    dear = any(point.gini < base.gini - HAIR for point in points)
    return Choice(base, base, most, "too_dear" if dear else "even_already")


def search(
    ride: Callable[[float], Point], may_cost_p90_min: float, *, now: float = 0.0
) -> tuple[tuple[Point, ...], Choice]:
    """Points by rising weight, coarse first and finer around the best, and the choice among them.

    `ride(weight)` is asked at most MOST_RIDES times, once for each weight; `now` is the weight in force.
    """
    points = {0.0: ride(0.0)}

    def tried(weight: float) -> None:
        weight = float(f"{weight:.2g}")
        if weight not in points:
            points[weight] = ride(weight)

    one = points[0.0].per_hour * points[0.0].per_order  # seconds at a weight of 1
    if now not in points:
        points[now] = ride(now)
    if one > 0:
        for seconds in COARSE_S:
            tried(seconds / one)
        for _ in range(ROUNDS):
            best = choose(list(points.values()), may_cost_p90_min, now=now).point.weight
            for weight in _around(best, sorted(points)):
                tried(weight)
    found = tuple(points[weight] for weight in sorted(points))
    return found, choose(found, may_cost_p90_min, now=now)


def _around(best: float, weights: Sequence[float]) -> list[float]:
    """A weight between the best and the next below, and one between it and the next above (or beyond)."""
    at = weights.index(best)
    out = []
    if best > 0:
        below = weights[at - 1]
        out.append((below * best) ** 0.5 if below > 0 else best / 2)
    if at + 1 < len(weights):
        above = weights[at + 1]
        out.append((best * above) ** 0.5 if best > 0 else above / 2)
    else:
        out.append(best * WIDER)
    return out


def ride(
    evenings: Sequence[Evening],
    rules: Rules,
    weight: float,
    policy: Policy | None = None,
    *,
    times: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Point:
    """Ride all evenings at one weight, in their order; what a person had in a window counts in its later evenings.

    With `times` all of it is ridden so often, each with another seed: one evening alone is much of it chance.
    `progress` is told the part ridden, from 0 to 1.
    """
    policy = replace(policy or Policy(), fairness=weight)
    account = _Account(waiting=rules.fairness_basis == "waiting")
    for number, (again, evening) in enumerate(product(range(times), evenings)):

        def tell(part: float, number: int = number) -> None:
            if progress is not None:
                progress((number + part) / (times * len(evenings)))

        evening = replace(evening, window=f"{again}: {evening.window}")
        day = replace(evening.day, riders=tuple(account.known(evening, r) for r in evening.day.riders))
        account.ridden(evening, simulate(day, rules, replace(policy, seed=policy.seed + again), tell))
    return account.point(weight)


class _Account:
    """What became of the evenings ridden so far."""

    def __init__(self, *, waiting: bool) -> None:
        self.waiting = waiting
        self.units: dict[tuple[str, str], float] = {}
        self.hours: dict[tuple[str, str], float] = {}
        self.doors_s: list[int] = []
        self.late_s: list[int] = []
        self.orders = 0
        self.without: list[bool] = []

    def known(self, evening: Evening, rider: Rider) -> Rider:
        """The rider with what they had before in this window."""
        key = evening.window, evening.who[rider.id]
        return replace(
            rider,
            had=rider.had + self.units.get(key, 0.0),
            hours=rider.hours + self.hours.get(key, 0.0),
        )

    def ridden(self, evening: Evening, outcome: Outcome) -> None:
        """One evening more."""
        self.orders += len(evening.day.orders)
        for order, ride in zip(evening.day.orders, outcome.rides, strict=True):
            if ride.dropped_s is not None:
                self.doors_s.append(ride.dropped_s - order.placed_s)
                self.late_s.append(max(0, ride.dropped_s - order.promise_s))
        brought: dict[str, int] = {}
        for work in outcome.works:
            person = evening.who[work.rider]
            key = evening.window, person
            self.units[key] = self.units.get(key, 0.0) + work.units
            self.hours[key] = self.hours.get(key, 0.0) + work.hours
            brought[person] = brought.get(person, 0) + work.orders
        self.without += [count == 0 for count in brought.values()]

    def point(self, weight: float) -> Point:
        """The figures of all of them."""
        total, hours = sum(self.units.values()), sum(self.hours.values())
        rates: dict[str, list[float]] = {}
        for (window, person), on in self.hours.items():
            if on > 0:
                share = self.units[window, person] / on
                rates.setdefault(window, []).append(max(0.0, 1 - share) if self.waiting else share)
        every = [rate for window in rates.values() for rate in window]
        done = len(self.doors_s)
        return Point(
            weight=weight,
            ctd_p90_min=float(np.percentile(self.doors_s, 90)) / MINUTE if done else 0.0,
            ctd_mean_min=_mean(self.doors_s) / MINUTE,
            late_mean_min=_mean(self.late_s) / MINUTE,
            undelivered_pct=100 * (1 - done / self.orders) if self.orders else 0.0,
            gini=sum(gini(window) * len(window) for window in rates.values()) / max(1, len(every)),
            p10=float(np.percentile(every, 10)) if every else 0.0,
            zero_order_share=_mean(self.without),
            per_hour=total / hours if hours > 0 else 0.0,
            per_order=total / done if done else 0.0,
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
