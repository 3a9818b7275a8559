"""The problem as flat lists, by courier index c and request index r: what the searches read in their inner
loops.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.plan.schedule import after_committed
from routing.problem import FAIR_HOURS, UNREACHABLE_S, Problem, may_carry, unfairness

Sequence = tuple[int, ...]
"""Codes in order: request r's pick-up is r, its drop is ~r. Neighbouring pick-ups of one restaurant are one
visit."""

Floats = npt.NDArray[np.float64]
INF = math.inf


@dataclass(slots=True)
class Numbers:
    """Flat lists by courier index c and request index r; `plain` [m, n] is the cost of r alone, travel left
    out.

    `direct` is the same with churn and the fairness of one order. Both are infinite where c may not or cannot
    serve r even alone; elsewhere no insertion costs less, as long as detours are not faster than direct legs.
    `alone` is what r costs a courier with nothing else to do, travel included.
    """

    problem: Problem
    legs: list[list[int]]
    pick: list[int]
    drop: list[int]
    stop_key: list[int]
    placed: list[int]
    promise: list[int]
    ready: list[int]
    size: list[int]
    capacity: list[int]
    free: list[int]
    at: list[int]
    end: list[int]
    previous: list[int]
    plain: Floats
    direct: Floats
    alone: Floats

    @staticmethod
    def of(problem: Problem) -> "Numbers":
        """Flatten a problem."""
        starts = [after_committed(problem, courier) for courier in problem.couriers]
        index = {courier.id: c for c, courier in enumerate(problem.couriers)}
        keys: dict[tuple[str, int], int] = {}
        numbers = Numbers(
            problem=problem,
            legs=problem.travel_s.tolist(),
            pick=[request.pickup for request in problem.requests],
            drop=[request.drop for request in problem.requests],
            stop_key=[keys.setdefault((q.restaurant, q.pickup), len(keys)) for q in problem.requests],
            placed=[request.placed_s for request in problem.requests],
            promise=[request.promise_s for request in problem.requests],
            ready=[request.ready_s for request in problem.requests],
            size=[request.size for request in problem.requests],
            capacity=[courier.capacity for courier in problem.couriers],
            free=[start[0] for start in starts],
            at=[start[1] for start in starts],
            end=[courier.shift_end_s + courier.tolerance_s for courier in problem.couriers],
            previous=[-1 if q.previous is None else index.get(q.previous, -2) for q in problem.requests],
            plain=np.zeros((0, 0)),
            direct=np.zeros((0, 0)),
            alone=np.zeros((0, 0)),
        )
        numbers.plain, numbers.direct, numbers.alone = _direct(numbers)
        return numbers


def _direct(numbers: Numbers) -> tuple[Floats, Floats, Floats]:
    """The matrices `plain`, `direct` and `alone`."""
    problem = numbers.problem
    rules, weights = problem.rules, problem.rules.weights
    couriers, requests = problem.couriers, problem.requests
    if not couriers or not requests:
        nothing = np.full((len(couriers), len(requests)), INF)
        return nothing, nothing, nothing
    pick, drop = np.array(numbers.pick), np.array(numbers.drop)
    free = np.array(numbers.free, dtype=np.int64)[:, None]
    end = np.array(numbers.end, dtype=np.int64)[:, None]
    to_pick = problem.travel_s[np.array(numbers.at)[:, None], pick[None, :]].astype(np.int64)
    leg = problem.travel_s[pick, drop].astype(np.int64)
    ready = np.array([request.ready_s for request in requests], dtype=np.int64)
    picked = np.maximum(free + to_pick + rules.pickup_arrive_s, ready)
    done = picked + rules.pickup_leave_s + leg + rules.drop_arrive_s
    cost = weights.wait_per_s * (done - np.array([request.placed_s for request in requests], dtype=np.int64))
    cost += weights.late_per_s * np.maximum(
        0, done - np.array([q.promise_s for q in requests], dtype=np.int64)
    )
    if rules.freshness_s is not None:
        cost += weights.late_per_s * np.maximum(0, leg + rules.drop_arrive_s - rules.freshness_s)
    closing = picked if rules.end_rule == "pickup" else done
    barred = (closing > end) | (to_pick >= UNREACHABLE_S) | (leg >= UNREACHABLE_S)
    barred |= np.array([q.size for q in requests]) > np.array([c.capacity for c in couriers])[:, None]
    if rules.horizon_s:
        barred |= free > problem.now_s + rules.horizon_s
    for r, request in enumerate(requests):
        if request.only is not None or request.never or request.skills:
            barred[:, r] |= [not may_carry(courier, request) for courier in couriers]
    plain = np.where(barred, INF, cost)
    busy_s = (
        to_pick
        + leg
        + rules.pickup_arrive_s
        + rules.pickup_leave_s
        + rules.drop_arrive_s
        + rules.drop_leave_s
    )
    alone = plain + weights.travel_per_s * (to_pick + leg) + _first(numbers, busy_s)
    return plain, plain + _first(numbers, None), alone


def _first(numbers: Numbers, busy_s: npt.NDArray[np.int64] | None) -> Floats:
    """Churn and fairness of a first request given to each courier, [m, n].

    With the seconds of work it takes alone, [m, n], exactly; with None at most what it costs in any tour.
    """
    problem, weights, couriers = numbers.problem, numbers.problem.rules.weights, numbers.problem.couriers
    cost = np.zeros((len(couriers), len(numbers.pick)))
    if weights.churn:
        previous = np.array(numbers.previous)
        cost += weights.churn * ((previous != -1) & (previous != np.arange(len(couriers))[:, None]))
    if weights.fairness:
        units = {
            "orders": np.ones_like(cost),
            "pay": np.zeros_like(cost) + np.array([request.pay for request in problem.requests]),
            "effort": np.zeros_like(cost) if busy_s is None else busy_s / 3600,
        }[problem.rules.fairness_basis]
        had = np.array([courier.had for courier in couriers])[:, None]
        hours = np.maximum(FAIR_HOURS, np.array([courier.hours for courier in couriers]))[:, None]
        cost += weights.fairness * ((had + units) ** 2 - had**2) / (2.0 * hours)
    return cost


def surcharges(numbers: Numbers) -> Callable[[int, Sequence, int], float] | None:
    """Fairness and churn of a courier's sequence with `busy_s` seconds of work; None when neither counts."""
    problem = numbers.problem
    weights, basis = problem.rules.weights, problem.rules.fairness_basis
    if not weights.fairness and not weights.churn:
        return None
    couriers, previous = problem.couriers, numbers.previous
    pay = [request.pay for request in problem.requests]

    def surcharge(c: int, sequence: Sequence, busy_s: int) -> float:
        cost = 0.0
        if weights.fairness and sequence:
            courier = couriers[c]
            if basis == "orders":
                new = len(sequence) / 2
            elif basis == "effort":
                new = busy_s / 3600
            else:
                new = sum(pay[code] for code in sequence if code >= 0)
            cost = weights.fairness * unfairness(courier.had, new, courier.hours)
        if weights.churn:
            cost += weights.churn * sum(1 for code in sequence if code >= 0 and previous[code] not in (-1, c))
        return cost

    return surcharge
