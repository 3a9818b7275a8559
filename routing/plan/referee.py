"""The referee: recomputes a plan from the problem alone, stop by stop, and names every rule it breaks."""

from collections.abc import Iterator
from itertools import groupby

from routing.plan.facts import Costs, Plan, PlannedStop, Route, Violation
from routing.problem import (
    UNREACHABLE_S,
    Courier,
    Matrix,
    Problem,
    Request,
    expected_s,
    may_carry,
    unfairness,
)

CENT = 1e-6


def price(problem: Problem, plan: Plan) -> Costs:
    """What the plan costs by the problem's weights, from the moments and places written in the plan.

    Requests and couriers the problem does not know cost nothing here; `check` names them.
    """
    couriers = {courier.id: courier for courier in problem.couriers}
    requests = {request.id: request for request in problem.requests}
    total = Costs()
    for name, _ in plan.unserved:
        total += Costs(unserved=left_out(problem, requests[name]) if name in requests else 0.0)
    for route in plan.routes:
        if route.courier in couriers:
            total += price_route(problem, couriers[route.courier], route, requests)
    return total


def left_out(problem: Problem, request: Request) -> float:
    """What leaving this request out costs."""
    weights = problem.rules.weights
    return weights.unserved * (1.0 if request.firm else weights.flexible)


def price_route(problem: Problem, courier: Courier, route: Route, requests: dict[str, Request]) -> Costs:
    """What one route's new batches cost; committed stops cannot be changed and cost nothing."""
    rules, weights = problem.rules, problem.rules.weights
    wait = late = travel = stale = churn = 0.0
    left: dict[str, int] = {}
    at, visit = courier.at, None
    for stop in route.stops:
        leg = 0 if stop.kind == "pickup" and visit == stop.visit else int(problem.travel_s[at, stop.at])
        at, visit = stop.at, stop.visit
        if stop.batch < 0 or stop.request not in requests:
            continue
        request = requests[stop.request]
        travel += leg
        if stop.kind == "pickup":
            left[stop.request] = stop.leave_s
            churn += request.previous is not None and request.previous != courier.id
        else:
            wait += stop.at_s - request.placed_s
            late += max(0, stop.at_s - request.promise_s) * (1.0 if request.firm else weights.flexible)
            aboard_s = stop.at_s - left.get(stop.request, stop.at_s)
            stale += 0 if rules.freshness_s is None else max(0, aboard_s - rules.freshness_s)
    units = units_of(problem, courier, route, requests)
    return Costs(
        wait=weights.wait_per_s * wait,
        late=weights.late_per_s * late,
        travel=weights.travel_per_s * travel,
        freshness=weights.late_per_s * stale,
        fairness=weights.fairness * unfairness(courier.had, units, courier.hours),
        churn=weights.churn * churn,
    )


def units_of(problem: Problem, courier: Courier, route: Route, requests: dict[str, Request]) -> float:
    """What a route's new batches add to the courier's share, in units of the fairness basis."""
    basis = problem.rules.fairness_basis
    if basis in ("effort", "waiting"):
        return _work_s(problem, courier, route) / 3600
    if basis == "distance":
        return sum(leg for _, leg in _legs(problem.distance_m, courier, route)) / 1000
    taken = [stop.request for stop in route.stops if stop.batch >= 0 and stop.kind == "pickup"]
    known = [requests[name] for name in taken if name in requests]
    if basis == "orders":
        return float(len(known))
    return sum(request.pay if basis == "pay" else request.desirable for request in known)


def _legs(matrix: Matrix, courier: Courier, route: Route) -> Iterator[tuple[PlannedStop, int]]:
    """The first stop of each new visit with its leg, in the matrix's unit."""
    at = courier.at
    for _, group in groupby(enumerate(route.stops), _visit):
        first = next(group)[1]
        if first.batch >= 0:
            yield first, int(matrix[at, first.at])
        at = first.at


def _departures(problem: Problem, courier: Courier, route: Route) -> dict[int, int]:
    """The latest departure of each batch, from the moment written at its first stop."""
    rules = problem.rules
    out: dict[int, int] = {}
    for stop, leg in _legs(problem.travel_s, courier, route):
        arrive_s = rules.pickup_arrive_s if stop.kind == "pickup" else rules.drop_arrive_s
        out.setdefault(stop.batch, stop.at_s - arrive_s - leg)
    return out


def _work_s(problem: Problem, courier: Courier, route: Route) -> int:
    """Seconds of the new batches, each from its latest departure to its last leave."""
    last = {stop.batch: stop.leave_s for stop in route.stops if stop.batch >= 0}
    return sum(last.values()) - sum(_departures(problem, courier, route).values())


def check(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Every rule the plan breaks, none if it is sound; nothing the solver wrote is taken on trust."""
    found: list[Violation] = []
    couriers = {courier.id: courier for courier in problem.couriers}
    requests = {request.id: request for request in problem.requests}
    routed: set[str] = set()
    seen: dict[str, str | None] = {}
    for route in plan.routes:
        if route.courier in routed:
            found.append(Violation("courier_twice", route.courier, None, f"{route.courier} has two routes"))
        routed.add(route.courier)
        if route.courier not in couriers:
            found.append(
                Violation("unknown_courier", route.courier, None, f"there is no courier {route.courier}")
            )
            continue
        found += check_route(problem, couriers[route.courier], route, requests)
        for request in {stop.request for stop in route.stops if stop.kind == "pickup" and stop.batch >= 0}:
            if request in seen:
                found.append(Violation("served_twice", route.courier, request, f"{request} is on two routes"))
            seen[request] = route.courier
    for request, _ in plan.unserved:
        if request not in requests:
            found.append(Violation("unknown_request", None, request, f"there is no open request {request}"))
        if request in seen:
            found.append(
                Violation("served_twice", seen[request], request, f"{request} is served and left out")
            )
        seen[request] = None
    for missing in (request for request in requests if request not in seen):
        found.append(
            Violation("lost", None, missing, f"{missing} is neither served nor left out with a reason")
        )
    for courier in problem.couriers:
        if courier.committed and courier.id not in routed:
            found.append(Violation("committed", courier.id, None, f"{courier.id} lost his committed stops"))
    if not found and abs(plan.cost.total - price(problem, plan).total) > CENT * (1 + abs(plan.cost.total)):
        found.append(
            Violation("cost", None, None, f"cost {plan.cost.total} is not {price(problem, plan).total}")
        )
    return tuple(found)


def check_route(
    problem: Problem, courier: Courier, route: Route, requests: dict[str, Request]
) -> Iterator[Violation]:
    """Violations of one route, as if it were the only one."""
    count = len(courier.committed)
    held = tuple((s.kind, s.request, s.at, s.visit, -1) for s in courier.committed)
    if tuple((s.kind, s.request, s.at, s.visit, s.batch) for s in route.stops[:count]) != held:
        yield Violation(
            "committed", courier.id, None, f"{courier.id}: committed stops are not first and in order"
        )
        return
    unknown = [stop for stop in route.stops[count:] if stop.request not in requests]
    for stop in unknown:
        yield Violation(
            "unknown_request", courier.id, stop.request, f"there is no open request {stop.request}"
        )
    if unknown:
        return
    if len(route.stops) > count and problem.rules.horizon_s:
        free = route.stops[count - 1].leave_s if count else courier.free_s
        if free > problem.now_s + problem.rules.horizon_s:
            yield Violation("horizon", courier.id, None, f"{courier.id} is free only after the horizon")
    yield from _times(problem, courier, route, requests)
    yield from _limits(problem, courier, route)
    yield from _places(courier, route.stops[count:], requests)
    yield from _loads(problem, courier, route, route.stops[count:], requests)
    yield from _moments(problem, courier, route.stops[count:], requests)


def _times(
    problem: Problem, courier: Courier, route: Route, requests: dict[str, Request]
) -> Iterator[Violation]:
    """Arrivals, moments, leaves, departures and sums that are not what the rules of service give."""
    ready = {stop.request: (stop.ready_s, 0) for stop in courier.committed if stop.kind == "pickup"}
    ready |= {request.id: (request.ready_s, request.spread_s) for request in requests.values()}
    t, at = max(courier.free_s, problem.now_s), courier.at
    departs: list[int] = []
    adds_s = 0
    for batch, group in groupby(route.stops, lambda stop: stop.batch):
        stops = list(group)
        due = _due(problem, stops, ready, t, at)
        begins, departure = (
            t,
            due[0][1] - _arriving(problem, stops[0]) - int(problem.travel_s[at, stops[0].at]),
        )
        if batch >= 0 and courier.rest is not None:
            late = due[-1][2] > courier.rest[0] and departure < courier.rest[1]
            begins = max(t, courier.rest[1]) if late else t
        if begins != t:
            due = _due(problem, stops, ready, begins, at)
            departure = due[0][1] - _arriving(problem, stops[0]) - int(problem.travel_s[at, stops[0].at])
        for stop, times in zip(stops, due, strict=True):
            if (stop.arrive_s, stop.at_s, stop.leave_s) != times:
                yield Violation(
                    "time", courier.id, stop.request, f"{stop.kind} of {stop.request} is mistimed"
                )
        t, at = due[-1][2], stops[-1].at
        if batch >= 0:
            departs.append(departure)
            adds_s += t - departure
    for stop, leg in _legs(problem.travel_s, courier, route):
        if leg >= UNREACHABLE_S:
            yield Violation("unreachable", courier.id, stop.request, f"there is no way to {stop.request}")
    adds_m = sum(leg for _, leg in _legs(problem.distance_m, courier, route))
    if (tuple(departs), adds_s, adds_m) != (route.departs, route.adds_s, route.adds_m):
        yield Violation(
            "departs", courier.id, None, f"{courier.id}: departures or sums of the route are wrong"
        )


def _arriving(problem: Problem, stop: PlannedStop) -> int:
    """Seconds of service between arriving and the moment of this stop."""
    return problem.rules.pickup_arrive_s if stop.kind == "pickup" else problem.rules.drop_arrive_s


def _due(
    problem: Problem, stops: list[PlannedStop], ready: dict[str, tuple[int, int]], t: int, at: int
) -> list[tuple[int, int, int]]:
    """Arrival, moment and leave of each of these stops for who sets out at second t from place `at`."""
    out: list[tuple[int, int, int]] = []
    for _, group in groupby(enumerate(stops), _visit):
        members = [stop for _, stop in group]
        arrive = t + int(problem.travel_s[at, members[0].at])
        moment = arrive + _arriving(problem, members[0])
        if members[0].kind == "pickup":
            moment = max(expected_s(moment, *ready[stop.request]) for stop in members)
            t = moment + problem.rules.pickup_leave_s
        else:
            t = moment + problem.rules.drop_leave_s
        at = members[0].at
        out += [(arrive, moment, t)] * len(members)
    return out


def _limits(problem: Problem, courier: Courier, route: Route) -> Iterator[Violation]:
    """Batches ridden into the courier's rest, and more orders or work than he may still have."""
    if courier.rest is not None:
        last = {stop.batch: stop.leave_s for stop in route.stops}
        for batch, departure in _departures(problem, courier, route).items():
            if departure < courier.rest[1] and last[batch] > courier.rest[0]:
                yield Violation("rest", courier.id, None, f"batch {batch} of {courier.id} goes into his rest")
    orders = sum(stop.kind == "pickup" and stop.batch >= 0 for stop in route.stops)
    if courier.orders_left is not None and orders > courier.orders_left:
        yield Violation("orders_left", courier.id, None, f"{courier.id} has {orders} orders, too many")
    work_s = _work_s(problem, courier, route)
    if courier.effort_left_s is not None and work_s > courier.effort_left_s:
        yield Violation("effort_left", courier.id, None, f"{courier.id} has {work_s} s of work, too many")


def _visit(item: tuple[int, PlannedStop]) -> tuple[int, int]:
    """What is done in one visit: pick-ups of the same visit; each drop stands alone."""
    index, stop = item
    return (stop.visit, -1) if stop.kind == "pickup" else (-1, index)


def _places(
    courier: Courier, stops: tuple[PlannedStop, ...], requests: dict[str, Request]
) -> Iterator[Violation]:
    """Stops at the wrong place, and visits that are not what the restaurants say."""
    visits = [stop.visit for stop in courier.committed]
    last = max(visits, default=-1)
    before: PlannedStop | None = None
    for stop in stops:
        request = requests[stop.request]
        if stop.at != (request.pickup if stop.kind == "pickup" else request.drop):
            yield Violation("place", courier.id, stop.request, f"{stop.kind} of {stop.request} is elsewhere")
        shared = before is not None and before.kind == stop.kind == "pickup"
        if before is not None and shared:
            other = requests[before.request]
            shared = (other.restaurant, other.pickup) == (request.restaurant, request.pickup)
        last += 0 if shared else 1
        if stop.visit != last:
            yield Violation(
                "visit", courier.id, stop.request, f"{stop.request} has visit {stop.visit}, not {last}"
            )
        before = stop


def _loads(
    problem: Problem,
    courier: Courier,
    route: Route,
    stops: tuple[PlannedStop, ...],
    requests: dict[str, Request],
) -> Iterator[Violation]:
    """Order of pick-ups and drops, capacity, batches and their size, and who may carry what."""
    rules = problem.rules
    aboard: set[str] = set()
    done: set[str] = set()
    batch, members, dropped = -1, list[str](), False
    for stop in stops:
        request = requests[stop.request]
        if stop.kind == "pickup":
            if stop.request in aboard | done:
                yield Violation(
                    "served_twice", courier.id, stop.request, f"{stop.request} is picked up twice"
                )
            if not may_carry(courier, request):
                yield Violation(
                    "not_allowed", courier.id, request.id, f"{courier.id} may not carry {request.id}"
                )
            if not aboard:
                batch, members, dropped = batch + 1, [], False
            if rules.one_restaurant_batches and members:
                other = requests[members[0]]
                mixed = (other.restaurant, other.pickup) != (request.restaurant, request.pickup)
                if mixed or dropped:
                    yield Violation(
                        "one_restaurant", courier.id, request.id, f"batch {batch} mixes restaurants"
                    )
            aboard.add(request.id)
            members.append(request.id)
            if sum(requests[name].size for name in aboard) > courier.capacity:
                yield Violation("capacity", courier.id, request.id, f"{courier.id} carries more than fits")
            if len(members) > rules.max_batch:
                yield Violation(
                    "batch_size", courier.id, request.id, f"batch {batch} has more than max_batch"
                )
        else:
            dropped = True
            if stop.request not in aboard:
                yield Violation(
                    "order", courier.id, stop.request, f"{stop.request} is dropped before pick-up"
                )
            aboard.discard(stop.request)
            done.add(stop.request)
        if stop.batch != batch:
            yield Violation("batch", courier.id, stop.request, f"{stop.request} is in batch {batch}")
    for name in sorted(aboard):
        yield Violation("order", courier.id, name, f"{name} is picked up and never dropped")


def _moments(
    problem: Problem, courier: Courier, stops: tuple[PlannedStop, ...], requests: dict[str, Request]
) -> Iterator[Violation]:
    """Stops after the shift's end, and food too long on the road."""
    rules = problem.rules
    left: dict[str, int] = {}
    for stop in stops:
        if stop.kind == rules.end_rule and stop.at_s > courier.shift_end_s + courier.tolerance_s:
            yield Violation(
                "shift_end", courier.id, stop.request, f"{stop.kind} of {stop.request} is after the shift"
            )
        if stop.kind == "pickup":
            left[stop.request] = stop.leave_s
        elif rules.freshness_s is not None and stop.request in left:
            request = requests[stop.request]
            direct = int(problem.travel_s[request.pickup, request.drop]) + rules.drop_arrive_s
            if stop.at_s - left[stop.request] > max(rules.freshness_s, direct):
                yield Violation("freshness", courier.id, stop.request, f"{stop.request} rides too long")
