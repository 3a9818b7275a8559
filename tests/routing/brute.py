"""The best plan by trying everything, written from the rules of the problem alone: no part of the solver is used."""

import math
from itertools import groupby
from typing import NamedTuple

from routing import Courier, Problem, Request
from routing.problem import UNREACHABLE_S, expected_s, may_carry

Codes = tuple[int, ...]


class Ridden(NamedTuple):
    """A courier after some batches."""

    t: int
    at: int
    codes: Codes = ()
    cost: float = 0.0
    metres: int = 0
    work_s: int = 0


def optimum(asked: Problem) -> tuple[float, list[Codes]]:
    """The least cost, and the stops of each courier that cost it."""
    size = len(asked.requests)
    worth = [asked.rules.weights.unserved * flexible(asked, request) for request in asked.requests]
    best = {0: (0.0, list[Codes]())}
    for courier in asked.couriers:
        table = least_by_set(asked, courier)
        grown: dict[int, tuple[float, list[Codes]]] = {}
        for taken, (cost, routes) in best.items():
            for mask, (more, codes) in table.items():
                both = taken | mask
                if not taken & mask and cost + more < grown.get(both, (math.inf,))[0]:
                    grown[both] = (cost + more, [*routes, codes])
        best = grown
    return min(
        (cost + sum(worth[r] for r in range(size) if not mask >> r & 1), routes)
        for mask, (cost, routes) in best.items()
    )


def least_by_set(asked: Problem, courier: Courier) -> dict[int, tuple[float, Codes]]:
    """For each set of requests, as bits, the least cost of riding it with this courier, and how."""
    rules = asked.rules
    able = [r for r, request in enumerate(asked.requests) if may_carry(courier, request)]
    choices = [
        (sum(1 << code for code in codes if code >= 0), codes)
        for codes in bundles(tuple(able), rules.max_batch)
        if allowed(asked, courier, codes)
    ]
    table: dict[int, tuple[float, Codes]] = {0: (0.0, ())}
    free = free_of_committed(asked, courier)
    if rules.horizon_s and free.t > asked.now_s + rules.horizon_s:
        return table
    todo = [(0, free)]
    while todo:
        mask, before = todo.pop()
        for more, codes in choices:
            after = None if more & mask else rode(asked, courier, before, codes)
            if after is not None:
                todo.append((mask | more, after))
                cost = after.cost + share(asked, courier, after)
                if cost < table.get(mask | more, (math.inf,))[0]:
                    table[mask | more] = cost, after.codes
    return table


def bundles(able: Codes, most: int, aboard: Codes = (), begun: bool = False) -> list[Codes]:
    """Every order of stops from nothing aboard to nothing aboard that never lets go of everything in between."""
    if begun and not aboard:
        return [()]
    out: list[Codes] = []
    for r in aboard:
        left = tuple(other for other in aboard if other != r)
        out += [(~r, *rest) for rest in bundles(able, most, left, True)]
    for r in able if most else ():
        left = tuple(other for other in able if other != r)
        out += [(r, *rest) for rest in bundles(left, most - 1, (*aboard, r), True)]
    return out


def allowed(asked: Problem, courier: Courier, codes: Codes) -> bool:
    """Whether it fits his box, and is of one restaurant where that is the rule."""
    load = 0
    for code in codes:
        load += asked.requests[code].size if code >= 0 else -asked.requests[~code].size
        if load > courier.capacity:
            return False
    picks = [code for code in codes if code >= 0]
    kitchens = {(asked.requests[r].restaurant, asked.requests[r].pickup) for r in picks}
    return not asked.rules.one_restaurant_batches or (
        len(kitchens) == 1 and codes[: len(picks)] == tuple(picks)
    )


def free_of_committed(asked: Problem, courier: Courier) -> Ridden:
    """When and where the courier has done what he has accepted."""
    rules, t, at = asked.rules, max(courier.free_s, asked.now_s), courier.at
    visits = groupby(
        enumerate(courier.committed), lambda i: ("p", i[1].visit) if i[1].kind == "pickup" else ("d", i[0])
    )
    for (kind, _), members in visits:
        stops = [stop for _, stop in members]
        t += int(asked.travel_s[at, stops[0].at])
        if kind == "p":
            t = max([t + rules.pickup_arrive_s] + [stop.ready_s for stop in stops]) + rules.pickup_leave_s
        else:
            t += rules.drop_arrive_s + rules.drop_leave_s
        at = stops[0].at
    return Ridden(t, at)


def rode(asked: Problem, courier: Courier, before: Ridden, codes: Codes) -> Ridden | None:
    """The courier after one more batch, None where that breaks a rule."""
    first = timed(asked, before.t, before.at, codes)
    if courier.rest is not None and before.t < courier.rest[1]:
        left_s, back_s = first[0][1] - asked.rules.pickup_arrive_s - first[0][0], first[-1][2]
        if back_s > courier.rest[0] and left_s < courier.rest[1]:
            first = timed(asked, courier.rest[1], before.at, codes)
    rules, weights = asked.rules, asked.rules.weights
    at, cost, metres, left = before.at, before.cost, before.metres, dict[int, int]()
    for code, (leg, moment, leave) in zip(codes, first, strict=True):
        request = asked.requests[code if code >= 0 else ~code]
        place = request.pickup if code >= 0 else request.drop
        closing = moment if (code >= 0) == (rules.end_rule == "pickup") else 0
        if leg >= UNREACHABLE_S or closing > courier.shift_end_s + courier.tolerance_s:
            return None
        cost += weights.travel_per_s * leg
        metres += int(asked.distance_m[at, place]) if leg or at != place else 0
        at = place
        if code >= 0:
            left[code] = leave
            continue
        cost += weights.wait_per_s * (moment - request.placed_s)
        late_s = max(0, moment - request.promise_s)
        cost += weights.late_per_s * flexible(asked, request) * late_s
        if rules.freshness_s is not None:
            rides_s = moment - left[~code]
            direct_s = int(asked.travel_s[request.pickup, request.drop]) + rules.drop_arrive_s
            if rides_s > max(rules.freshness_s, direct_s):
                return None
            cost += weights.late_per_s * max(0, rides_s - rules.freshness_s)
    work_s = before.work_s + first[-1][2] - (first[0][1] - rules.pickup_arrive_s - first[0][0])
    done = (*before.codes, *codes)
    if courier.orders_left is not None and len(done) > 2 * courier.orders_left:
        return None
    if courier.effort_left_s is not None and work_s > courier.effort_left_s:
        return None
    return Ridden(first[-1][2], at, done, cost, metres, work_s)


def timed(asked: Problem, t: int, at: int, codes: Codes) -> list[tuple[int, int, int]]:
    """(leg, moment, leave) of each stop; pick-ups one after the other at one kitchen are one visit."""
    rules, out = asked.rules, list[tuple[int, int, int]]()

    def visit(code: int) -> tuple[object, ...]:
        request = asked.requests[code if code >= 0 else ~code]
        return (request.restaurant, request.pickup) if code >= 0 else (request.id,)

    for _, group in groupby(codes, visit):
        members = list(group)
        requests = [asked.requests[code if code >= 0 else ~code] for code in members]
        place = requests[0].pickup if members[0] >= 0 else requests[0].drop
        leg = int(asked.travel_s[at, place])
        if members[0] >= 0:
            there = t + leg + rules.pickup_arrive_s
            moment = max(expected_s(there, request.ready_s, request.spread_s) for request in requests)
            t = moment + rules.pickup_leave_s
        else:
            moment = t + leg + rules.drop_arrive_s
            t = moment + rules.drop_leave_s
        out += [(leg, moment, t)] + [(0, moment, t)] * (len(members) - 1)
        at = place
    return out


def share(asked: Problem, courier: Courier, ridden: Ridden) -> float:
    """What the evenness of work and the change of couriers cost."""
    taken = [asked.requests[code] for code in ridden.codes if code >= 0]
    units = {
        "orders": float(len(taken)),
        "pay": sum(request.pay for request in taken),
        "distance": ridden.metres / 1000,
        "effort": ridden.work_s / 3600,
        "waiting": ridden.work_s / 3600,
        "desirable": sum(request.desirable for request in taken),
    }[asked.rules.fairness_basis]
    weights = asked.rules.weights
    moved = sum(request.previous not in (None, courier.id) for request in taken)
    even = ((courier.had + units) ** 2 - courier.had**2) / (2 * max(courier.hours, 1.0))
    return weights.fairness * even + weights.churn * moved


def flexible(asked: Problem, request: Request) -> float:
    """The part of lateness and of being left out that counts."""
    return 1.0 if request.firm else asked.rules.weights.flexible
