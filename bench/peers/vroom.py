"""VROOM (pyvroom): shipments with windows of the target after placing, least travel; it knows no lateness."""

from datetime import timedelta

import vroom  # type: ignore[import-untyped]

from bench.evaluate import Snapshot
from bench.peers.grid import Grid

EXPLORATION = 5  # the most thorough


def plan(data: Snapshot, *, budget_s: float, seed: int, workers: int) -> list[list[int]]:
    """Routes of its plan; it looks at its clock only between searches, and takes no seed."""
    grid = Grid.of(data)
    asked = vroom.Input()
    asked.set_durations_matrix("car", grid.step)
    asked.set_costs_matrix("car", grid.travel)
    asked.add_vehicle(
        [
            vroom.Vehicle(
                c + 1, start=c, capacity=[grid.capacity], time_window=vroom.TimeWindow(free, grid.horizon)
            )
            for c, free in enumerate(grid.free)
        ]
    )
    for r in range(len(grid.kitchen)):
        due = grid.placed[r] + grid.target
        if due < grid.ready[r]:
            continue
        asked.add_shipment(
            vroom.ShipmentStep(
                r + 1,
                location=grid.kitchen[r],
                time_windows=[vroom.TimeWindow(grid.ready[r], grid.horizon)],
            ),
            vroom.ShipmentStep(r + 1, location=grid.door[r], time_windows=[vroom.TimeWindow(0, due)]),
            amount=vroom.Amount([1]),
        )
    solution = asked.solve(EXPLORATION, nb_threads=workers, timeout=timedelta(seconds=budget_s))
    routes: list[list[int]] = [[] for _ in grid.free]
    for route in solution.to_dict()["routes"]:
        routes[route["vehicle"] - 1] = [
            step["id"] if step["type"] == "pickup" else -step["id"]
            for step in route["steps"]
            if step["type"] in ("pickup", "delivery")
        ]
    return routes
