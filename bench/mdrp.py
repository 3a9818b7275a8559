"""An mdrplib day ridden by `routing.solve` alone: official rules, commitments as late as possible, no idle moves.

    python -m bench.mdrp DIR... [--epoch-min 1] [--workers 2] [--json OUT] [--solutions DIR]

Every known order is planned over every courier, also those free later, whenever an order has come; a batch is
committed only when its courier must leave before the next epoch. Instances: github grubhub/mdrplib (Reyes et al.
2018). Figures have the names of the columns of the peers' table.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from routing import Courier, Plan, Problem, Request, Rules, Weights, solve
from routing.fairness import gini

MINUTE = 60
LOOK_AHEAD_MIN = 60  # couriers whose shift begins within this are planned with
WEIGHTS = Weights(wait_per_s=1, late_per_s=1, travel_per_s=0.2, unserved=24000, fairness=60)


def rules(weights: Weights = WEIGHTS, max_batch: int = 4) -> Rules:
    """The official rules: bundles of one restaurant, a shift's end bars pick-ups only, food has no clock."""
    return Rules(
        max_batch=max_batch,
        freshness_s=None,
        one_restaurant_batches=True,
        end_rule="pickup",
        weights=weights,
    )


@dataclass(slots=True)
class Order:
    """An order of the instance, and what became of it (minutes)."""

    name: str
    restaurant: str
    pickup: int
    drop: int
    placed: int
    ready: int
    picked: int | None = None
    dropped: int | None = None
    courier: str | None = None


@dataclass(slots=True)
class Rider:
    """A courier of the instance: where he is free and from when (minutes), and what he did."""

    name: str
    at: int
    free: int
    on: int
    off: int
    orders: int = 0
    moves: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Day:
    """An instance: places with their names, legs in seconds and metres, orders by placement, riders."""

    name: str
    places: list[str]
    travel_s: np.ndarray
    distance_m: np.ndarray
    orders: list[Order]
    riders: list[Rider]
    target: int
    pay_per_order: float
    pay_per_hour: float
    bundles: list[tuple[int, int, str, list[str]]] = field(default_factory=list)
    epochs_s: list[float] = field(default_factory=list)


def table(path: Path) -> list[list[str]]:
    """The rows of a tab-separated file without its header."""
    return [line.split("\t") for line in path.read_text().splitlines()[1:] if line.strip()]


def load(folder: Path) -> Day:
    """Read an instance folder; travel is ceil(Euclid / metres per minute), whole minutes."""
    speed, _, _, target, _, per_order, per_hour = (
        float(v) for v in table(folder / "instance_parameters.txt")[0]
    )
    restaurants = table(folder / "restaurants.txt")
    orders = table(folder / "orders.txt")
    couriers = table(folder / "couriers.txt")
    places = [row[0] for row in (*restaurants, *orders, *couriers)]
    points = np.array([[float(row[1]), float(row[2])] for row in (*restaurants, *orders, *couriers)])
    gap = points[:, None, :] - points[None, :, :]
    metres = np.hypot(gap[..., 0], gap[..., 1])
    index = {row[0]: i for i, row in enumerate(restaurants)}
    first_drop, first_courier = len(restaurants), len(restaurants) + len(orders)
    return Day(
        name=folder.name,
        places=places,
        travel_s=(np.ceil(metres / speed - 1e-6) * MINUTE).astype(np.int32),
        distance_m=np.ceil(metres).astype(np.int32),
        orders=sorted(
            (
                Order(row[0], row[4], index[row[4]], first_drop + i, int(row[3]), int(row[5]))
                for i, row in enumerate(orders)
            ),
            key=lambda order: order.placed,
        ),
        riders=[
            Rider(row[0], first_courier + i, int(row[3]), int(row[3]), int(row[4]))
            for i, row in enumerate(couriers)
        ],
        target=int(target),
        pay_per_order=per_order,
        pay_per_hour=per_hour,
    )


def problem_at(day: Day, open_: list[Order], now: int, using: Rules) -> Problem:
    """What is known at minute `now`: open orders, riders on shift or soon, each where he is next free."""
    crew = [r for r in day.riders if r.off >= max(now, r.free) and r.on <= now + LOOK_AHEAD_MIN]
    seats = sorted({p for o in open_ for p in (o.pickup, o.drop)} | {r.at for r in crew})
    seat = {place: i for i, place in enumerate(seats)}
    grid = np.ix_(seats, seats)
    couriers = tuple(
        Courier(
            id=r.name,
            at=seat[r.at],
            free_s=max(r.free, now) * MINUTE,
            capacity=using.max_batch,
            shift_end_s=r.off * MINUTE,
            had=r.orders,
            hours=max(0, min(now, r.off) - r.on) / 60,
        )
        for r in crew
    )
    requests = tuple(
        Request(
            id=o.name,
            pickup=seat[o.pickup],
            drop=seat[o.drop],
            placed_s=o.placed * MINUTE,
            ready_s=o.ready * MINUTE,
            promise_s=(o.placed + day.target) * MINUTE,
            restaurant=o.restaurant,
        )
        for o in open_
    )
    return Problem(now * MINUTE, couriers, requests, day.travel_s[grid], day.distance_m[grid], using)


def commit(day: Day, plan: Plan, now: int, step: int) -> set[str]:
    """Send every rider whose next batch cannot wait for the next epoch; the names of the orders he takes."""
    orders = {order.name: order for order in day.orders}
    riders = {rider.name: rider for rider in day.riders}
    gone: set[str] = set()
    for route in plan.routes:
        rider = riders[route.courier]
        if not route.departs or route.departs[0] >= (now + step) * MINUTE:
            continue
        first = [stop for stop in route.stops if stop.batch == 0]
        bundle = [orders[stop.request] for stop in first if stop.kind == "drop"]
        if any(order.courier is not None for order in bundle):
            continue
        leave, at = route.departs[0] // MINUTE, rider.at
        for stop in first:
            order = orders[stop.request]
            place = order.pickup if stop.kind == "pickup" else order.drop
            if stop.kind == "pickup":
                order.picked, order.courier = stop.at_s // MINUTE, rider.name
            else:
                order.dropped = stop.at_s // MINUTE
            if stop.kind == "drop" or stop is first[0]:
                rider.moves.append((leave, day.places[at], day.places[place]))
            leave, at = stop.leave_s // MINUTE, place
        rider.at, rider.free, rider.orders = at, leave, rider.orders + len(bundle)
        day.bundles.append((now, bundle[0].picked or 0, rider.name, [order.name for order in bundle]))
        gone |= {order.name for order in bundle}
    return gone


def ride(day: Day, *, step: int, budget_s: float, using: Rules) -> None:
    """Live through the day in epochs of `step` minutes; replan whenever orders have come or gone."""
    waiting = list(day.orders)
    open_: list[Order] = []
    plan: Plan | None = None
    now = waiting[0].placed
    last = max(rider.off for rider in day.riders)
    gone: set[str] = set()
    while (waiting or open_) and now <= last:
        came = bool(gone)  # what a rider was to do after the batch he took must be planned again
        while waiting and waiting[0].placed <= now:
            open_.append(waiting.pop(0))
            came = True
        gone = set()
        if open_:
            began = time.perf_counter()
            if came or plan is None:
                plan = solve(problem_at(day, open_, now, using), budget_s=budget_s, warm=plan)
            gone = commit(day, plan, now, step)
            open_ = [order for order in open_ if order.name not in gone]
            if came:
                day.epochs_s.append(time.perf_counter() - began)
        now += step


def figures(day: Day) -> dict[str, float | str]:
    """The day in the columns of the peers' table."""
    done = [o for o in day.orders if o.dropped is not None]
    door = np.array([(o.dropped or 0) - o.placed for o in done])
    wait = np.array([(o.picked or 0) - o.ready for o in done])
    hours = [(r.off - r.on) / 60 for r in day.riders]
    rate = [day.pay_per_order * r.orders / h for r, h in zip(day.riders, hours, strict=True)]
    cost = sum(
        max(day.pay_per_order * r.orders, day.pay_per_hour * h)
        for r, h in zip(day.riders, hours, strict=True)
    )
    return {
        "instance": day.name,
        "policy": "pannier",
        "orders": len(day.orders),
        "undelivered_pct": round(100 * (1 - len(done) / len(day.orders)), 4),
        "ctd_mean_min": round(float(door.mean()), 4),
        "ctd_p90_min": round(float(np.percentile(door, 90)), 4),
        "overage_mean_min": round(float(np.maximum(0, door - day.target).mean()), 4),
        "ready_to_pickup_mean_min": round(float(wait.mean()), 4),
        "cost_per_order": round(cost / len(done), 4),
        "gini_pay_per_h": round(gini(rate), 4),
        "zero_order_couriers": round(sum(r.orders == 0 for r in day.riders) / len(day.riders), 4),
        "p10_pay_per_h": round(float(np.percentile(rate, 10)), 4),
        "epoch_ms_mean": round(1000 * float(np.mean(day.epochs_s)), 2),
        "epoch_ms_max": round(1000 * max(day.epochs_s), 2),
        "wall_s": round(sum(day.epochs_s), 2),
    }


def write_solution(day: Day, folder: Path) -> None:
    """The three files the official checker reads."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["assignment_time pickup_time courier_id order_list"]
    rows += [f"{at} {picked} {rider} {' '.join(names)}" for at, picked, rider, names in day.bundles]
    (folder / "solution_info_assignments.txt").write_text("\n".join(rows) + "\n")
    rows = ["order placement_time ready_time pickup_time dropoff_time courier"]
    rows += [
        f"{o.name} {o.placed} {o.ready} {o.picked} {o.dropped} {o.courier}"
        for o in day.orders
        if o.dropped is not None
    ]
    (folder / "solution_info_orders.txt").write_text("\n".join(rows) + "\n")
    rows = ["courier_id departure_time origin destination"]
    rows += [f"{r.name} {leave} {origin} {to}" for r in day.riders for leave, origin, to in r.moves]
    (folder / "solution_info_couriers.txt").write_text("\n".join(rows) + "\n")


def one(
    folder: Path, *, step: int, budget_s: float, using: Rules, solutions: Path | None
) -> dict[str, float | str]:
    """Ride one instance and give its figures."""
    day = load(folder)
    ride(day, step=step, budget_s=budget_s, using=using)
    if solutions is not None:
        write_solution(day, solutions / day.name)
    return figures(day)


def main(argv: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.mdrp", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--epoch-min", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--solutions", type=Path)
    parser.add_argument("--budget-ms", type=float, default=80)
    parser.add_argument("--max-batch", type=int, default=4)
    parser.add_argument("--fairness", type=float, default=WEIGHTS.fairness)
    parser.add_argument("--travel", type=float, default=WEIGHTS.travel_per_s)
    parser.add_argument("--late", type=float, default=WEIGHTS.late_per_s)
    asked = parser.parse_args(argv)
    weights = Weights(1, asked.late, asked.travel, WEIGHTS.unserved, asked.fairness)
    job = partial(
        one,
        step=asked.epoch_min,
        budget_s=asked.budget_ms / 1000,
        using=rules(weights, asked.max_batch),
        solutions=asked.solutions,
    )
    with ProcessPoolExecutor(asked.workers) as pool:
        rows = list(pool.map(job, asked.folders))
    for row in rows:
        sys.stdout.write(" ".join(f"{key}={value}" for key, value in row.items()) + "\n")
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
