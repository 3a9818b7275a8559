"""The plan that always exists: cheapest insertion with regret, in plain Python."""

import time

from routing.plan import Costs, Plan, Reason, Route
from routing.plan.referee import price_route
from routing.plan.schedule import schedule
from routing.plan.tours import Tour, Tours
from routing.problem import UNREACHABLE_S, Problem, may_carry

REGRET_UP_TO = 40


def greedy(problem: Problem) -> Plan:
    """A plan by cheapest insertion, the request that would regret waiting most first; it always passes
    `check`.
    """
    began = time.perf_counter()
    tours = Tours(problem)
    return written(tours, insert_all(tours), solver="greedy", began=began)


def insert_all(tours: Tours, start: list[Tour] | None = None) -> list[Tour]:
    """Tours by courier with every request that pays inserted into `start` (or nothing).

    Regret order for few requests; for many, the order in which food is ready.
    """
    state = list(start or tours.empty)
    held = 0
    for begun in state:
        held |= begun.mask
    requests = tours.numbers.problem.requests
    open_ = [r for r in range(len(requests)) if not held >> r & 1]
    if len(open_) > REGRET_UP_TO:
        for r in sorted(open_, key=lambda r: (requests[r].ready_s, r)):
            cheapest(tours, state, r)
        return state
    options = {r: _two_best(tours, state, r) for r in open_}
    while options:
        r = max(options, key=lambda r: (options[r][1] - options[r][0], -r))
        _, _, chosen = options.pop(r)
        if chosen is None:
            continue
        state[chosen.c] = chosen
        for other, (_, _, tour) in options.items():
            # the second best may have been the courier just loaded too; a stale regret only shifts the order
            if tour is not None and tour.c == chosen.c:
                options[other] = _two_best(tours, state, other)
    return state


def cheapest(tours: Tours, state: list[Tour], r: int) -> bool:
    """Insert request r where it costs least, in place; False when leaving it out costs less or nothing fits."""
    _, _, best = _two_best(tours, state, r)
    if best is not None:
        state[best.c] = best
    return best is not None


def _two_best(tours: Tours, state: list[Tour], r: int) -> tuple[float, float, Tour | None]:
    """Least and second least added cost of r (leaving it out counts), and the tour of the least; ties by
    index.
    """
    limit = tours.numbers.left_out[r]
    offers = sorted(offer[:2] for offer in tours.offers(state, r, 2, limit))[:2]
    costs = [cost for cost, _ in offers if cost < limit]
    chosen = tours.add(state[offers[0][1]], r) if costs else None
    return (*costs, limit, limit)[0], (*costs, limit, limit)[1], chosen


def written(
    tours: Tours,
    state: list[Tour],
    *,
    solver: str,
    began: float,
    iterations: int = 0,
    seed: int = 0,
    bound: float | None = None,
) -> Plan:
    """The plan of these tours, with times, costs, and a reason for each request left out."""
    problem = tours.numbers.problem
    requests = {request.id: request for request in problem.requests}
    routes: list[Route] = []
    cost = Costs()
    held = 0
    for courier, tour in zip(problem.couriers, state, strict=True):
        if tour.sequence or courier.committed:
            routes.append(schedule(problem, courier, tour.sequence))
            cost += price_route(problem, courier, routes[-1], requests)
            held |= tour.mask
    left = [r for r in range(len(requests)) if not held >> r & 1]
    cost += Costs(unserved=sum(tours.numbers.left_out[r] for r in left))
    return Plan(
        routes=tuple(routes),
        unserved=tuple((problem.requests[r].id, reason(tours, state, r)) for r in left),
        cost=cost,
        solver=solver,
        iterations=iterations,
        seed=seed,
        wall_s=time.perf_counter() - began,
        bound=bound,
    )


def reason(tours: Tours, state: list[Tour], r: int) -> Reason:
    """Why request r is left out, from the broadest cause to the narrowest."""
    problem, numbers = tours.numbers.problem, tours.numbers
    request, horizon = problem.requests[r], problem.rules.horizon_s
    crowd = [
        c for c in range(len(problem.couriers)) if not horizon or numbers.free[c] <= problem.now_s + horizon
    ]
    if not crowd:
        return "no_couriers"
    crowd = [c for c in crowd if may_carry(problem.couriers[c], request)]
    if not crowd:
        return "not_allowed"
    crowd = [c for c in crowd if problem.couriers[c].capacity >= request.size]
    if not crowd:
        return "no_capacity"
    way = numbers.legs[request.pickup][request.drop] < UNREACHABLE_S
    crowd = [c for c in crowd if way and numbers.legs[numbers.at[c]][request.pickup] < UNREACHABLE_S]
    if not crowd:
        return "unreachable"
    if any(tours.add(state[c], r) is not None for _, c in tours.ranked[r]):
        return "too_costly"
    if not any(_spare(tours, state[c], r) for c in crowd):
        return "limits"
    return "shift_ends"  # or a rest would: nothing else refuses an order ridden on its own after all others


def _spare(tours: Tours, tour: Tour, r: int) -> bool:
    """Whether the limits of orders and of work leave room for r beside this tour, ridden on its own."""
    numbers, rules = tours.numbers, tours.numbers.problem.rules
    if numbers.orders_left[tour.c] <= len(tour.sequence) // 2:
        return False
    work_s = numbers.legs[numbers.pick[r]][numbers.drop[r]]
    work_s += rules.pickup_arrive_s + rules.pickup_leave_s + rules.drop_arrive_s + rules.drop_leave_s
    if tour.sequence:
        work_s += schedule(numbers.problem, numbers.problem.couriers[tour.c], tour.sequence).adds_s
    else:
        work_s += numbers.legs[numbers.at[tour.c]][numbers.pick[r]]
    return work_s <= numbers.effort_left[tour.c]
