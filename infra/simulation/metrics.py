"""The figures of an evening, from what was sent and what the program said of it. Pure.

Click-to-door and the rest as the meal delivery routing benchmark defines them (Reyes et al. 2018).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from routing.fairness import gini

OVERAGE_FROM_MIN = 40


@dataclass(frozen=True, slots=True)
class Ride:
    """One order as it went: instants as the program gives them, None where it never happened."""

    reference: str
    placed_at: datetime
    ready_at: datetime
    promise_at: datetime
    picked_up_at: datetime | None
    delivered_at: datetime | None
    state: str
    refunded_minor: int
    rider: str | None


@dataclass(frozen=True, slots=True)
class Work:
    """One rider's evening: hours on shift, minutes riding, orders delivered, pay by the yardstick in use."""

    name: str
    hours: float
    riding_min: float
    orders: int
    pay: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The benchmark's metrics. Minutes; pay in major units; shares of riders from 0 to 1."""

    orders: int
    delivered: int
    cancelled: int
    refunded: int
    undelivered_pct: float
    ctd_mean_min: float
    ctd_p90_min: float
    overage_mean_min: float
    ready_to_pickup_mean_min: float
    cost_per_order: float
    gini_pay_per_h: float
    gini_orders_per_h: float
    gini_effort_per_h: float
    p10_pay_per_h: float
    zero_order_couriers: float
    on_time_pct: float


def figures(rides: Sequence[Ride], work: Sequence[Work], *, cost: float) -> Figures:
    """The metrics of these orders and riders; `cost` is what all the riding cost, in major units."""
    wanted = [ride for ride in rides if ride.state != "cancelled"]
    done = [ride for ride in wanted if ride.state == "delivered" and ride.delivered_at]
    doors = [minutes(ride.placed_at, ride.delivered_at) for ride in done]
    waits = [minutes(ride.ready_at, ride.picked_up_at) for ride in done if ride.picked_up_at]
    on_time = [ride for ride in done if ride.delivered_at and ride.delivered_at <= ride.promise_at]
    pay = [_rate(each.pay, each.hours) for each in work]
    return Figures(
        orders=len(wanted),
        delivered=len(done),
        cancelled=len(rides) - len(wanted),
        refunded=sum(ride.refunded_minor > 0 for ride in rides),
        undelivered_pct=100 * (1 - len(done) / len(wanted)) if wanted else 0.0,
        ctd_mean_min=mean(doors),
        ctd_p90_min=percentile(doors, 90),
        overage_mean_min=mean([max(0.0, door - OVERAGE_FROM_MIN) for door in doors]),
        ready_to_pickup_mean_min=mean(waits),
        cost_per_order=cost / len(done) if done else 0.0,
        gini_pay_per_h=gini(pay),
        gini_orders_per_h=gini([_rate(each.orders, each.hours) for each in work]),
        gini_effort_per_h=gini([_rate(each.riding_min, each.hours) for each in work]),
        p10_pay_per_h=percentile(pay, 10),
        zero_order_couriers=mean([float(each.orders == 0) for each in work]),
        on_time_pct=100 * len(on_time) / len(done) if done else 0.0,
    )


def minutes(start: datetime, end: datetime | None) -> float:
    """Minutes from one instant to another, nought when there is no other."""
    return (end - start).total_seconds() / 60 if end is not None else 0.0


def mean(values: Sequence[float]) -> float:
    """The mean, nought of nothing."""
    return sum(values) / len(values) if values else 0.0


def percentile(values: Sequence[float], q: float) -> float:
    """The q-th percentile, between neighbours by straight line (as numpy does); nought of nothing."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    where = (len(ordered) - 1) * q / 100
    low = math.floor(where)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (where - low)


def _rate(amount: float, hours: float) -> float:
    return amount / hours if hours > 0 else 0.0
