"""A snapshot as minutes between moments, so that solvers without our kind of stop can keep its rules exactly.

A moment is when an order is picked up or delivered. From one moment to the next at another place: leave, ride,
arrive. Between two pick-ups at one restaurant: nothing, as they share the stop.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.evaluate import Snapshot

Matrix = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Places: couriers, then restaurants, then the orders' doors, then the end of every route, free to reach.

    `travel` and `step` are minutes [places, places]: riding alone, and from moment to moment. `ready`,
    `placed` and `free` are minutes by order and by courier; `kitchen` and `door` the places of each order.
    """

    travel: Matrix
    step: Matrix
    kitchen: list[int]
    door: list[int]
    ready: list[int]
    placed: list[int]
    free: list[int]
    target: int
    capacity: int
    penalty: int

    @property
    def end(self) -> int:
        """The place where every route may end."""
        return len(self.travel) - 1

    @property
    def horizon(self) -> int:
        """A minute after which nothing sensible happens."""
        return max([*self.ready, *self.free]) + 24 * 60

    @staticmethod
    def of(data: Snapshot) -> "Grid":
        """The grid of a snapshot."""
        orders, couriers = data["orders"], data["couriers"]
        kitchens: dict[int, int] = {}
        points = [courier["xy"] for courier in couriers]
        for order in orders:
            if order["restaurant"] not in kitchens:
                kitchens[order["restaurant"]] = len(points)
                points.append(order["pickup_xy"])
        first_door = len(points)
        points += [order["drop_xy"] for order in orders]
        xy = np.array(points)
        gap = xy[:, None, :] - xy[None, :, :]
        size = len(points) + 1
        travel = np.zeros((size, size), dtype=np.int64)
        travel[:-1, :-1] = np.ceil(np.sqrt((gap**2).sum(axis=2)) / data["meters_per_minute"])
        half = int(data["service_half_min"])
        step = travel + 2 * half
        step[: len(couriers)] -= half
        step[:, -1] = 0
        np.fill_diagonal(step, 0)
        return Grid(
            travel=travel,
            step=step,
            kitchen=[kitchens[order["restaurant"]] for order in orders],
            door=[first_door + i for i in range(len(orders))],
            ready=[order["ready_min"] for order in orders],
            placed=[order["placed_min"] for order in orders],
            free=[courier["free_min"] for courier in couriers],
            target=data["target_ctd_min"],
            capacity=data["capacity_orders"],
            penalty=data["unserved_penalty_min"],
        )
