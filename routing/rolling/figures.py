"""The figures of a ridden day, as the meal delivery routing benchmark defines them (Reyes et al. 2018)."""

from dataclasses import dataclass

import numpy as np

from routing.fairness import gini
from routing.rolling.facts import Day, Outcome, Work

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Pay:
    """What riders are paid: by the order, and never less than `per_hour` times the hours of their shift."""

    per_order: float = 10.0
    per_hour: float = 15.0

    def of(self, work: Work) -> float:
        """A rider's pay for the day."""
        return max(self.per_order * work.orders, self.per_hour * work.hours)


@dataclass(frozen=True, slots=True)
class Figures:
    """Minutes; shares from 0 to 1; pay in the units of `Pay`. Of the delivered orders, but for the first two.

    `gini`, `p10_pay_per_h` and `zero_order_share` are over all riders, those with nothing included; the pay per
    hour there is what orders bring (`Pay.per_order`), without the guarantee. `gini_units` is of the rules'
    fairness basis.
    """

    orders: int
    undelivered_pct: float
    ctd_mean_min: float
    ctd_p90_min: float
    overage_mean_min: float
    ready_to_pickup_mean_min: float
    cost_per_order: float
    gini_pay_per_h: float
    gini_units_per_h: float
    p10_pay_per_h: float
    zero_order_share: float
    orders_per_batch: float
    riding_min_per_order: float
    empty_min_per_order: float
    epoch_ms_mean: float
    epoch_ms_max: float


def figures(day: Day, outcome: Outcome, pay: Pay | None = None) -> Figures:
    """The figures of this day; overage counts from each order's promise."""
    paid = pay or Pay()
    done = [
        (order, ride.picked_s, ride.dropped_s)
        for order, ride in zip(day.orders, outcome.rides, strict=True)
        if ride.picked_s is not None and ride.dropped_s is not None
    ]
    doors = np.array([dropped - order.placed_s for order, _, dropped in done], dtype=float) / MINUTE
    over = np.array([max(0, dropped - order.promise_s) for order, _, dropped in done], dtype=float) / MINUTE
    waits = np.array([picked - order.ready_s for order, picked, _ in done], dtype=float) / MINUTE
    works = [work for work in outcome.works if work.hours > 0]
    rates = [paid.per_order * work.orders / work.hours for work in works]
    count = max(1, len(done))
    epochs = np.array(outcome.epochs_s or (0.0,))
    return Figures(
        orders=len(day.orders),
        undelivered_pct=100 * (1 - len(done) / len(day.orders)) if day.orders else 0.0,
        ctd_mean_min=_mean(doors),
        ctd_p90_min=float(np.percentile(doors, 90)) if done else 0.0,
        overage_mean_min=_mean(over),
        ready_to_pickup_mean_min=_mean(waits),
        cost_per_order=sum(paid.of(work) for work in outcome.works) / count,
        gini_pay_per_h=gini(rates),
        gini_units_per_h=gini([work.units / work.hours for work in works]),
        p10_pay_per_h=float(np.percentile(rates, 10)) if rates else 0.0,
        zero_order_share=_mean(np.array([work.orders == 0 for work in outcome.works], dtype=float)),
        orders_per_batch=len(done) / max(1, len(outcome.batches)),
        riding_min_per_order=sum(work.riding_s for work in outcome.works) / MINUTE / count,
        empty_min_per_order=sum(work.empty_s for work in outcome.works) / MINUTE / count,
        epoch_ms_mean=1000 * float(epochs.mean()),
        epoch_ms_max=1000 * float(epochs.max()),
    )


def _mean(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    return float(values.mean()) if len(values) else 0.0
