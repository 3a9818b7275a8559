"""One instance: read, ridden with a setting, written down as the official checker reads it, and its figures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from infra.simulation import mdrp, official
from routing import Rules, Weights, kernel
from routing.rolling import Day, Figures, Order, Outcome, Pay, Policy, Rider, figures, simulate
from routing.waiting import Waiting

MINUTE = 60
HAIR = 1e-6

Row = dict[str, float | str | None]


@dataclass(frozen=True, slots=True)
class Setting:
    """How a day is dispatched; the defaults are what we recommend.

    Minutes and seconds as the names say; `fairness` is lambda: minutes that one order an hour above the fleet's
    rate is worth, couriers compared by their shift as it will end. Weights are in seconds of click-to-door:
    `unserved_min` what an order left out costs. A solve takes `iterations` rounds and `per_order` more for every
    open order, for each minute of the epoch.
    """

    epoch_min: float = 1.0
    idle_moves: bool = True
    fairness: float = 5.0
    iterations: int = 600
    per_order: int = 4
    travel: float = 0.2
    late: float = 1.0
    unserved_min: float = 400.0
    max_batch: int = 4
    look_ahead_min: int = 60

    def rules(self) -> Rules:
        """The official rules: bundles of one restaurant, a shift's end bars pick-ups only, food has no clock.

        A cost of `fairness` minutes for each order/h above the fleet's rate is a weight of 60 times that many
        seconds: an order costs weight times what its courier has had per hour (routing.problem.unfairness), and
        the fleet's rate, the same for all, does not change who is chosen.
        """
        return Rules(
            max_batch=self.max_batch,
            freshness_s=None,
            one_restaurant_batches=True,
            end_rule="pickup",
            weights=Weights(
                wait_per_s=1.0,
                late_per_s=self.late,
                travel_per_s=self.travel,
                unserved=self.unserved_min * MINUTE,
                fairness=self.fairness * MINUTE,
            ),
        )

    def policy(self) -> Policy:
        """Epochs, search and waiting; couriers set out on whole minutes."""
        return Policy(
            epoch_s=round(self.epoch_min * MINUTE),
            tick_s=MINUTE,
            iterations=round(self.iterations * max(1.0, self.epoch_min)),
            per_order=round(self.per_order * max(1.0, self.epoch_min)),
            look_ahead_s=self.look_ahead_min * MINUTE,
            waiting=Waiting() if self.idle_moves else None,
            prior_h=None,
        )


def day_of(instance: mdrp.Day) -> tuple[Day, list[str]]:
    """The instance in places and seconds, with the places' names; travel is ceil(Euclid / metres per minute)."""
    where = instance.places()
    names = list(where)
    index = {name: i for i, name in enumerate(names)}
    points = np.array(list(where.values()), dtype=np.float64)
    gap = points[:, None, :] - points[None, :, :]
    metres = np.hypot(gap[..., 0], gap[..., 1])
    minutes = np.maximum(0, np.ceil(metres / instance.metres_per_minute - HAIR))
    orders = tuple(
        Order(
            id=o.name,
            pickup=index[o.restaurant],
            drop=index[o.name],
            placed_s=o.placed * MINUTE,
            ready_s=o.ready * MINUTE,
            promise_s=(o.placed + instance.target_min) * MINUTE,
            restaurant=o.restaurant,
        )
        for o in instance.orders
    )
    riders = tuple(
        Rider(c.name, index[c.name], c.on * MINUTE, c.off * MINUTE, capacity=len(instance.orders))
        for c in instance.couriers
    )
    waits = tuple(index[name] for name in instance.restaurants)
    legs = (minutes * MINUTE).astype(np.int32)
    return Day(orders, riders, legs, np.ceil(metres).astype(np.int32), waits), names


def solution_of(instance: mdrp.Day, names: list[str], outcome: Outcome) -> official.Solution:
    """What became of the day, in the benchmark's words and whole minutes."""
    brought = (
        official.Brought(
            order.name,
            order.placed,
            order.ready,
            ride.picked_s // MINUTE,
            ride.dropped_s // MINUTE,
            ride.rider or "",
        )
        for order, ride in zip(instance.orders, outcome.rides, strict=True)
        if ride.picked_s is not None and ride.dropped_s is not None
    )
    return official.Solution(
        bundles=tuple(
            official.Bundle(b.given_s // MINUTE, b.picked_s // MINUTE, b.rider, b.orders)
            for b in outcome.batches
        ),
        orders=tuple(brought),
        moves=tuple(
            official.Move(work.rider, move.leaves_s // MINUTE, names[move.origin], names[move.to])
            for work in outcome.works
            for move in work.moves
        ),
    )


def row_of(name: str, got: Figures) -> Row:
    """The figures in the columns of the peers' table, and the milliseconds of an epoch."""
    return {
        "instance": name,
        "policy": "pannier",
        "orders": got.orders,
        "undelivered_pct": round(got.undelivered_pct, 4),
        "ctd_mean_min": round(got.ctd_mean_min, 4),
        "ctd_p90_min": round(got.ctd_p90_min, 4),
        "overage_mean_min": round(got.overage_mean_min, 4),
        "ready_to_pickup_mean_min": round(got.ready_to_pickup_mean_min, 4),
        "cost_per_order": round(got.cost_per_order, 4),
        "gini_pay_per_h": round(got.gini_pay_per_h, 4),
        "zero_order_couriers": round(got.zero_order_share, 4),
        "p10_pay_per_h": round(got.p10_pay_per_h, 4),
        "exact_ctd_published": None,
        "reyes_ctd_published": None,
        "epoch_ms_mean": round(got.epoch_ms_mean, 2),
        "epoch_ms_max": round(got.epoch_ms_max, 2),
    }


def ride(folder: Path, setting: Setting, solutions: Path | None = None) -> Row:
    """Ride one instance, write its solution below `solutions`, and give its row.

    Raises ValueError when the files that were written, read back, break an official rule.
    """
    kernel.load()
    instance = mdrp.load(folder)
    day, names = day_of(instance)
    outcome = simulate(day, setting.rules(), setting.policy())
    if solutions is not None:
        written = solutions / instance.name
        official.write(solution_of(instance, names, outcome), written)
        findings = official.check(instance, official.read(written))
        if findings:
            raise ValueError(f"{instance.name}: " + "; ".join(findings[:5]))
    return row_of(instance.name, figures(day, outcome, Pay(instance.pay_per_order, instance.pay_per_hour)))
