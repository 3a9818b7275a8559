"""What a plan of a snapshot costs, in whole minutes, from the published rules alone; shares nothing with the
solver.

Travel is ceil(Euclid / meters_per_minute). A courier starts at `xy` at `free_min`. At a restaurant: arrive, two
minutes later at the earliest pick up, not before the order is ready, leave two minutes after; neighbouring
pick-ups at one restaurant share the stop and its latest ready time. At a door: arrive, delivered two minutes
later, leave two after that. Cost: click-to-door and its part over the target for each delivered order, every
minute of travel, and the penalty for each order left out.
"""

import math
from collections.abc import Sequence
from typing import Any

Snapshot = dict[str, Any]
Routes = Sequence[Sequence[int]]


class BadRoutes(ValueError):
    """The routes are no plan for this snapshot."""


def evaluate(data: Snapshot, routes: Routes) -> tuple[int, int]:
    """(objective in minutes, orders not served) of one list a courier: +i picks order i up, -i delivers it,
    from 1.

    Raises BadRoutes, naming the courier and the order, where the lists are no plan.
    """
    couriers = data["couriers"]
    if len(routes) != len(couriers):
        raise BadRoutes(f"{len(routes)} routes for {len(couriers)} couriers")
    served: set[int] = set()
    cost = 0
    for number, (courier, route) in enumerate(zip(couriers, routes, strict=True), start=1):
        taken = _checked(data, number, route)
        if served & taken:
            raise BadRoutes(f"courier {number}: order {min(served & taken)} is on an earlier route too")
        served |= taken
        cost += _ridden(data, courier, route)
    unserved = len(data["orders"]) - len(served)
    return cost + int(data["unserved_penalty_min"]) * unserved, unserved


def _checked(data: Snapshot, number: int, route: Sequence[int]) -> set[int]:
    """The orders of one route. Raises BadRoutes when it breaks the order of stops or the capacity."""
    aboard: set[int] = set()
    seen: set[int] = set()
    for code in route:
        order = abs(code)
        if isinstance(code, bool) or not isinstance(code, int) or not 1 <= order <= len(data["orders"]):
            raise BadRoutes(f"courier {number}: {code!r} is no order of 1 to {len(data['orders'])}")
        if code > 0:
            if order in seen:
                raise BadRoutes(f"courier {number}: order {order} is picked up twice")
            seen.add(order)
            aboard.add(order)
            if len(aboard) > data["capacity_orders"]:
                raise BadRoutes(f"courier {number}: carries {len(aboard)} orders after picking up {order}")
        elif order not in aboard:
            raise BadRoutes(f"courier {number}: order {order} is delivered and not aboard")
        else:
            aboard.remove(order)
    if aboard:
        raise BadRoutes(f"courier {number}: order {min(aboard)} is never delivered")
    return seen


def _ridden(data: Snapshot, courier: dict[str, Any], route: Sequence[int]) -> int:
    """Minutes one courier's route costs."""
    half, target = int(data["service_half_min"]), int(data["target_ctd_min"])
    clock, here = int(courier["free_min"]), courier["xy"]
    cost = i = 0
    while i < len(route):
        order = data["orders"][abs(route[i]) - 1]
        place = order["pickup_xy"] if route[i] > 0 else order["drop_xy"]
        travel = minutes(here, place, data["meters_per_minute"])
        cost += travel
        clock += travel + half
        i += 1
        if route[i - 1] > 0:
            clock = max(clock, int(order["ready_min"]))
            while i < len(route) and route[i] > 0:
                other = data["orders"][route[i] - 1]
                if other["restaurant"] != order["restaurant"]:
                    break
                clock = max(clock, int(other["ready_min"]))
                i += 1
        else:
            door = clock - int(order["placed_min"])
            cost += door + max(0, door - target)
        clock, here = clock + half, place
    return cost


def minutes(a: Sequence[float], b: Sequence[float], metres_per_minute: float) -> int:
    """Whole minutes from point to point."""
    return math.ceil(math.dist(a, b) / metres_per_minute)
