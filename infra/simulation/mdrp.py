"""A day of the meal delivery routing benchmark (mdrplib): its files and its official rules. Pure but for reading.

Times are minutes of the day, distances metres on a plane. Source: github.com/grubhub/mdrplib (Reyes et al. 2018).
"""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SERVICE_MIN = 2  # each way: half of the four minutes a stop takes
HAIR = 1e-6

XY = tuple[float, float]


@dataclass(frozen=True, slots=True)
class DayOrder:
    """An order of the instance."""

    name: str
    where: XY
    placed: int
    restaurant: str
    ready: int


@dataclass(frozen=True, slots=True)
class DayCourier:
    """A courier of the instance."""

    name: str
    where: XY
    on: int
    off: int


@dataclass(frozen=True, slots=True)
class Day:
    """One instance."""

    name: str
    metres_per_minute: float
    target_min: int
    pay_per_order: float
    pay_per_hour: float
    restaurants: Mapping[str, XY]
    orders: tuple[DayOrder, ...]
    couriers: tuple[DayCourier, ...]

    def places(self) -> dict[str, XY]:
        """Every place by its name: restaurants, orders' doors, where couriers start."""
        found = dict(self.restaurants)
        found |= {order.name: order.where for order in self.orders}
        found |= {courier.name: courier.where for courier in self.couriers}
        return found

    def minutes(self, a: XY, b: XY) -> int:
        """The official travel time: whole minutes, rounded up, a hair over not counting."""
        return max(0, math.ceil(math.dist(a, b) / self.metres_per_minute - HAIR))


def load(folder: Path) -> Day:
    """Read an instance folder; FileNotFoundError when it is none."""
    told = _table(folder / "instance_parameters.txt")[0]
    return Day(
        name=folder.resolve().name,
        metres_per_minute=float(told["meters_per_minute"]),
        target_min=int(float(told["target click-to-door"])),
        pay_per_order=float(told["pay per order"]),
        pay_per_hour=float(told["guaranteed pay per hour"]),
        restaurants={row["restaurant"]: _xy(row) for row in _table(folder / "restaurants.txt")},
        orders=tuple(
            DayOrder(
                row["order"], _xy(row), int(row["placement_time"]), row["restaurant"], int(row["ready_time"])
            )
            for row in _table(folder / "orders.txt")
        ),
        couriers=tuple(
            DayCourier(row["courier"], _xy(row), int(row["on_time"]), int(row["off_time"]))
            for row in _table(folder / "couriers.txt")
        ),
    )


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _xy(row: Mapping[str, str]) -> XY:
    return float(row["x"]), float(row["y"])


def peers(path: Path) -> list[dict[str, str]]:
    """The rows of a table of published policies."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pay(day: Day, orders: int, courier: DayCourier) -> float:
    """What the benchmark pays a courier: by the order, and never less than the guarantee."""
    return max(day.pay_per_order * orders, day.pay_per_hour * shift_hours(courier))


def shift_hours(courier: DayCourier) -> float:
    """Hours of a courier's shift."""
    return (courier.off - courier.on) / 60
