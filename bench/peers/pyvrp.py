"""PyVRP: shipments with windows of the target after placing, least travel, a prize for each; it knows no
lateness.
"""

import warnings

import pyvrp
from pyvrp.stop import MaxRuntime

from bench.evaluate import Snapshot
from bench.peers.grid import Grid


def plan(data: Snapshot, *, budget_s: float, seed: int, workers: int) -> list[list[int]]:
    """Routes of its best feasible plan after `budget_s` seconds (one thread); empty ones where there is none."""
    grid = Grid.of(data)
    crew = range(len(grid.free))
    orders = [r for r in range(len(grid.kitchen)) if grid.placed[r] + grid.target >= grid.ready[r]]
    shipments = [
        pyvrp.Shipment(
            pickup_location=grid.kitchen[r],
            delivery_location=grid.door[r],
            pickup_tw_early=grid.ready[r],
            delivery_tw_late=grid.placed[r] + grid.target,
            amount=[1],
            prize=grid.penalty,
            required=False,
        )
        for r in orders
    ]
    problem = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0)] * len(grid.travel),
        clients=[],
        depots=[pyvrp.Depot(place) for place in (*crew, grid.end)],
        vehicle_types=[
            pyvrp.VehicleType(
                capacity=[grid.capacity], start_depot=c, end_depot=len(crew), tw_early=grid.free[c]
            )
            for c in crew
        ],
        distance_matrices=[grid.travel],  # type: ignore[list-item]
        duration_matrices=[grid.step],  # type: ignore[list-item]
        shipments=shipments,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of penalties it would like to be larger
        found = pyvrp.solve(problem, MaxRuntime(budget_s), seed=seed, collect_stats=False, display=False)
    routes: list[list[int]] = [[] for _ in crew]
    if found.is_feasible():
        for route in found.best.routes():
            stops = [step.activity if hasattr(step, "activity") else step for step in route]
            routes[route.vehicle_type()] = [
                (orders[stop.idx] + 1) * (1 if stop.is_pickup() else -1)
                for stop in stops
                if stop.is_shipment()
            ]
    return routes
