"""Snapshots of a dispatch: N open orders and their couriers at one moment, read, turned into problems and made
from mdrplib days.

The file is JSON: `orders` (restaurant, pickup_xy, drop_xy, placed_min, ready_min), `couriers` (xy, free_min),
and the rules as numbers (now_min, meters_per_minute, service_half_min, capacity_orders, target_ctd_min,
unserved_penalty_min). Plans are one list a courier: +i picks order i up, -i delivers it, counted from 1.
"""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np

from bench.evaluate import Snapshot
from routing import Courier, Plan, Problem, Request, Rules, Weights

MINUTE = 60
WEEK_S = 7 * 86_400
PLACED_MIN, BUSY_MIN, IDLE = 25, 15, 4 / 9  # as in the published snapshots


def read(path: Path) -> Snapshot:
    """A snapshot file as a dictionary."""
    data: dict[str, Any] = json.loads(path.read_text())
    return data


def problem_of(data: Snapshot) -> Problem:
    """The snapshot as a routing problem whose cost in seconds is the objective in minutes times 60."""
    points: dict[tuple[float, float], int] = {}

    def place(xy: list[float]) -> int:
        return points.setdefault((float(xy[0]), float(xy[1])), len(points))

    far_s = data["now_min"] * MINUTE + WEEK_S
    couriers = tuple(
        Courier(
            id=f"c{c}",
            at=place(courier["xy"]),
            free_s=courier["free_min"] * MINUTE,
            capacity=data["capacity_orders"],
            shift_end_s=far_s,
        )
        for c, courier in enumerate(data["couriers"], start=1)
    )
    requests = tuple(
        Request(
            id=f"o{i}",
            pickup=place(order["pickup_xy"]),
            drop=place(order["drop_xy"]),
            placed_s=order["placed_min"] * MINUTE,
            ready_s=order["ready_min"] * MINUTE,
            promise_s=(order["placed_min"] + data["target_ctd_min"]) * MINUTE,
            restaurant=str(order["restaurant"]),
        )
        for i, order in enumerate(data["orders"], start=1)
    )
    half_s = data["service_half_min"] * MINUTE
    rules = Rules(
        pickup_arrive_s=half_s,
        pickup_leave_s=half_s,
        drop_arrive_s=half_s,
        drop_leave_s=half_s,
        max_batch=max(1, len(requests)),
        freshness_s=None,
        weights=Weights(unserved=data["unserved_penalty_min"] * MINUTE),
    )
    travel_s, distance_m = legs(np.array(list(points)), data["meters_per_minute"])
    return Problem(data["now_min"] * MINUTE, couriers, requests, travel_s, distance_m, rules)


def legs(points: np.ndarray, metres_per_minute: float) -> tuple[np.ndarray, np.ndarray]:
    """Travel in seconds (whole minutes, rounded up) and metres between points [n, 2]; int32 [n, n] both."""
    gap = points[:, None, :] - points[None, :, :]
    metres = np.sqrt((gap**2).sum(axis=2))
    travel_s = (np.ceil(metres / metres_per_minute) * MINUTE).astype(np.int32)
    return travel_s, np.ceil(metres).astype(np.int32)


def routes_of(problem: Problem, plan: Plan) -> list[list[int]]:
    """The plan as one list a courier, in the snapshot's order."""
    number = {request.id: i for i, request in enumerate(problem.requests, start=1)}
    by_courier = {route.courier: route for route in plan.routes}
    out: list[list[int]] = []
    for courier in problem.couriers:
        stops = by_courier[courier.id].stops if courier.id in by_courier else ()
        out.append([number[s.request] if s.kind == "pickup" else -number[s.request] for s in stops])
    return out


def make(folder: Path, size: int, seed: int) -> Snapshot:
    """A snapshot of `size` open orders and half as many couriers, from an mdrplib day.

    The orders are those placed nearest to the day's median moment, their placing moved into the PLACED_MIN
    minutes before it with the preparation kept; where the day is too short they are drawn again, each with the
    door of another. Four couriers in nine stand where a courier of the day starts and are free now; the others
    are free at a door of the day within BUSY_MIN minutes.
    """
    rng = random.Random(seed)
    kitchens = _table(folder / "restaurants.txt")
    index = {row[0]: k for k, row in enumerate(kitchens)}
    rows = sorted(_table(folder / "orders.txt"), key=lambda row: int(row[3]))
    now = int(rows[len(rows) // 2][3])
    near = sorted(rows, key=lambda row: (abs(int(row[3]) - now), row[0]))[:size]
    again = [rng.choice(rows) for _ in range(size - len(near))]
    orders = []
    for row, door in [*((row, row) for row in near), *((row, rng.choice(rows)) for row in again)]:
        placed = now - rng.randrange(PLACED_MIN + 1)
        orders.append(
            {
                "restaurant": index[row[4]],
                "pickup_xy": _xy(kitchens[index[row[4]]]),
                "drop_xy": _xy(door),
                "placed_min": placed,
                "ready_min": placed + int(row[5]) - int(row[3]),
            }
        )
    starts = _table(folder / "couriers.txt")
    couriers = [
        {"xy": _xy(rng.choice(starts)), "free_min": now}
        if rng.random() < IDLE
        else {"xy": _xy(rng.choice(rows)), "free_min": now + 1 + rng.randrange(BUSY_MIN)}
        for _ in range(max(1, size // 2))
    ]
    return {
        "instance": folder.name,
        "seed": seed,
        "now_min": now,
        "meters_per_minute": float(_table(folder / "instance_parameters.txt")[0][0]),
        "service_half_min": 2,
        "capacity_orders": 4,
        "target_ctd_min": 40,
        "unserved_penalty_min": 150,
        "orders": orders,
        "couriers": couriers,
    }


def _xy(row: list[str]) -> list[float]:
    """The point of a row of restaurants, orders or couriers."""
    return [float(row[1]), float(row[2])]


def _table(path: Path) -> list[list[str]]:
    """The rows of a tab-separated file without its header."""
    return [line.split("\t") for line in path.read_text().splitlines()[1:] if line.strip()]
