"""A decision cut to what its explanation needs, for keeping."""

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from routing.plan import Plan, Why
from routing.plan.referee import price
from routing.problem import Courier, Problem


def decision(problem: Problem, plan: Plan, requests: Iterable[str]) -> tuple[Problem, Plan]:
    """The problem and plan cut to these requests, to the couriers their explanations name, and to what those ride.

    Both stand by themselves: the plan passes `check` and `verify` against the problem, and its cost is that of
    the routes kept. Its bound is gone, being that of the whole.
    """
    asked = set(requests)
    why = [told for told in plan.why if told.request in asked]
    named = {route.courier for route in plan.routes for stop in route.stops if stop.request in asked}
    for told in why:
        named |= {told.chosen or "", *(other.courier for other in told.others)}
        named.add(told.lacking.courier or "" if told.lacking else "")
    routes = [route for route in plan.routes if route.courier in named]
    ridden = {stop.request for route in routes for stop in route.stops}
    rows = [r for r, request in enumerate(problem.requests) if request.id in asked | ridden]
    couriers = [c for c, courier in enumerate(problem.couriers) if courier.id in named]
    small, places = reduced(problem, [problem.couriers[c] for c in couriers], rows)
    kept = replace(
        plan,
        routes=tuple(
            replace(route, stops=tuple(replace(stop, at=places[stop.at]) for stop in route.stops))
            for route in routes
        ),
        unserved=tuple(left for left in plan.unserved if left[0] in asked),
        why=tuple(_renumbered(told, {r: i for i, r in enumerate(rows)}) for told in why),
        bound=None,
        bound_kind=None,
    )
    return small, replace(kept, cost=price(small, kept))


def reduced(
    problem: Problem, couriers: Iterable[Courier], rows: Collection[int]
) -> tuple[Problem, dict[int, int]]:
    """The problem of these couriers and these requests (by index) alone, and its index of each place that is left."""
    requests = [problem.requests[r] for r in rows]
    couriers = list(couriers)
    used = {place for request in requests for place in (request.pickup, request.drop)}
    used |= {courier.at for courier in couriers}
    used |= {stop.at for courier in couriers for stop in courier.committed}
    places = {place: i for i, place in enumerate(sorted(used))}
    window = np.ix_(sorted(used), sorted(used))
    small = Problem(
        now_s=problem.now_s,
        couriers=tuple(
            replace(
                courier,
                at=places[courier.at],
                committed=tuple(replace(stop, at=places[stop.at]) for stop in courier.committed),
            )
            for courier in couriers
        ),
        requests=tuple(replace(q, pickup=places[q.pickup], drop=places[q.drop]) for q in requests),
        travel_s=problem.travel_s[window],
        distance_m=problem.distance_m[window],
        rules=problem.rules,
    )
    return small, places


def renumbered(sequence: tuple[int, ...], rows: dict[int, int]) -> tuple[int, ...]:
    """The same stops by other indices of their requests."""
    return tuple(rows[code] if code >= 0 else ~rows[~code] for code in sequence)


def _renumbered(told: Why, rows: dict[int, int]) -> Why:
    """The same explanation by other indices of its requests."""
    return replace(
        told,
        without=renumbered(told.without, rows),
        others=tuple(replace(o, sequence=renumbered(o.sequence, rows)) for o in told.others),
    )
