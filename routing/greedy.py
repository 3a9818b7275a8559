"""The plan that always exists: cheapest insertion with regret, in plain Python."""

import time
from collections.abc import Callable
from dataclasses import replace

from routing.plan import Costs, Plan, Reason, Route
from routing.plan.numbers import Sequence
from routing.plan.referee import price_route
from routing.plan.schedule import schedule
from routing.plan.tours import Tour, Tours
from routing.problem import UNREACHABLE_S, Courier, Problem, may_carry

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
    certain: bool = True,
) -> Plan:
    """The plan of these tours, with times, costs, and a reason for each request left out; `certain` when the bound
    is proven.
    """
    plan = composed(
        tours.numbers.problem, [tour.sequence for tour in state], lambda r: reason(tours, state, r)
    )
    return replace(
        plan,
        solver=solver,
        iterations=iterations,
        seed=seed,
        wall_s=time.perf_counter() - began,
        bound=bound,
        bound_kind=None if bound is None else "certified" if certain else "heuristic",
    )


def composed(problem: Problem, sequences: list[Sequence], why_not: Callable[[int], Reason]) -> Plan:
    """The plan of one sequence a courier, with times and costs; `why_not` says why request r is left out."""
    requests = {request.id: request for request in problem.requests}
    weights = problem.rules.weights
    routes: list[Route] = []
    cost = Costs()
    held: set[int] = set()
    for courier, sequence in zip(problem.couriers, sequences, strict=True):
        if sequence or courier.committed:
            routes.append(schedule(problem, courier, sequence))
            cost += price_route(problem, courier, routes[-1], requests)
            held.update(sequence)
    left = [r for r in range(len(requests)) if r not in held]
    worth = sum(1.0 if problem.requests[r].firm else weights.flexible for r in left)
    cost += Costs(unserved=weights.unserved * worth)
    unserved = tuple((problem.requests[r].id, why_not(r)) for r in left)
    return Plan(routes=tuple(routes), unserved=unserved, cost=cost, solver="")


def reason(tours: Tours, state: list[Tour], r: int) -> Reason:
    """Why request r is left out of these tours."""
    numbers = tours.numbers
    fits = any(tours.add(state[c], r) is not None for _, c in tours.ranked[r])
    starts = list(zip(numbers.free, numbers.at, strict=True))
    return cause(numbers.problem, starts, [tour.sequence for tour in state], r, fits=fits)


def cause(
    problem: Problem, starts: list[tuple[int, int]], sequences: list[Sequence], r: int, *, fits: bool
) -> Reason:
    """Why request r is left out of these sequences, from the broadest cause to the narrowest.

    `starts` are when and where each courier is free of his committed stops; `fits` says that some courier could
    have taken r besides.
    """
    request, horizon, legs = problem.requests[r], problem.rules.horizon_s, problem.travel_s
    crowd = [c for c, (free_s, _) in enumerate(starts) if not horizon or free_s <= problem.now_s + horizon]
    if not crowd:
        return "no_couriers"
    crowd = [c for c in crowd if may_carry(problem.couriers[c], request)]
    if not crowd:
        return "not_allowed"
    crowd = [c for c in crowd if problem.couriers[c].capacity >= request.size]
    if not crowd:
        return "no_capacity"
    way = legs[request.pickup, request.drop] < UNREACHABLE_S
    crowd = [c for c in crowd if way and legs[starts[c][1], request.pickup] < UNREACHABLE_S]
    if not crowd:
        return "unreachable"
    if fits:
        return "too_costly"
    if not any(_spare(problem, problem.couriers[c], starts[c][1], sequences[c], r) for c in crowd):
        return "limits"
    return "shift_ends"  # or a rest would: nothing else refuses an order ridden on its own after all others


def _spare(problem: Problem, courier: Courier, at: int, sequence: Sequence, r: int) -> bool:
    """Whether the limits of orders and of work leave room for r beside this sequence, ridden on its own."""
    rules, request, legs = problem.rules, problem.requests[r], problem.travel_s
    if courier.orders_left is not None and courier.orders_left <= len(sequence) // 2:
        return False
    if courier.effort_left_s is None:
        return True
    work_s = int(legs[request.pickup, request.drop])
    work_s += rules.pickup_arrive_s + rules.pickup_leave_s + rules.drop_arrive_s + rules.drop_leave_s
    if sequence:
        work_s += schedule(problem, courier, sequence).adds_s
    else:
        work_s += int(legs[at, request.pickup])
    return work_s <= courier.effort_left_s
