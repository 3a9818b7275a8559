"""Single things that happen between two plans: an order comes or goes, a rider passes or leaves, a kitchen is
late.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from routing import Plan, Problem, Request

LATE_S = 900

Event = Callable[[Problem, Plan, Request, random.Random], Problem]


def placed(problem: Problem, plan: Plan, fresh: Request, rng: random.Random) -> Problem:
    """The order `fresh` is placed now, with the time it takes to cook and to promise that it had before."""
    later = problem.now_s - fresh.placed_s
    come = replace(
        fresh,
        placed_s=problem.now_s,
        ready_s=fresh.ready_s + later,
        promise_s=fresh.promise_s + later,
    )
    return _with(problem, (*problem.requests, come))


def cancelled(problem: Problem, plan: Plan, fresh: Request, rng: random.Random) -> Problem:
    """An order that was planned is cancelled."""
    gone = rng.choice(_served(plan))[0]
    return _with(problem, tuple(request for request in problem.requests if request.id != gone))


def passed(problem: Problem, plan: Plan, fresh: Request, rng: random.Random) -> Problem:
    """A rider does not want an order the plan gives them."""
    order, rider = rng.choice(_served(plan))
    return _with(
        problem,
        tuple(
            replace(request, never=request.never | {rider}) if request.id == order else request
            for request in problem.requests
        ),
    )


def left(problem: Problem, plan: Plan, fresh: Request, rng: random.Random) -> Problem:
    """A rider with work in the plan is no longer there."""
    rider = rng.choice(_served(plan))[1]
    couriers = tuple(courier for courier in problem.couriers if courier.id != rider)
    return replace(problem, couriers=couriers)


def kitchen_late(problem: Problem, plan: Plan, fresh: Request, rng: random.Random) -> Problem:
    """Everything of one restaurant is ready LATE_S later."""
    late = rng.choice(problem.requests).restaurant
    return _with(
        problem,
        tuple(
            replace(request, ready_s=request.ready_s + LATE_S) if request.restaurant == late else request
            for request in problem.requests
        ),
    )


KINDS: dict[str, Event] = {
    "order placed": placed,
    "order cancelled": cancelled,
    "rider passed": passed,
    "rider gone": left,
    "kitchen late": kitchen_late,
}


def _with(problem: Problem, requests: tuple[Request, ...]) -> Problem:
    """The problem with these requests; matrices are shared."""
    return replace(problem, requests=requests)


def _served(plan: Plan) -> list[tuple[str, str]]:
    """(order, rider) of everything that is planned."""
    return [
        (stop.request, route.courier)
        for route in plan.routes
        for stop in route.stops
        if stop.batch >= 0 and stop.kind == "drop"
    ]
