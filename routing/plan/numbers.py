"""The problem as flat lists, by courier index c and request index r: what the searches read in their inner
loops.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.plan.schedule import after_committed
from routing.problem import FAIR_HOURS, OVERSHOOT, UNREACHABLE_S, Matrix, Problem, may_carry, unfairness

Sequence = tuple[int, ...]
"""Codes in order: request r's pick-up is r, its drop is ~r. Neighbouring pick-ups of one restaurant are one
visit."""

Floats = npt.NDArray[np.float64]
Seconds = npt.NDArray[np.int64]
INF = math.inf
MOST = 1 << 40
"""Stands for no limit, of orders or of seconds."""


@dataclass(slots=True)
class Numbers:
    """Flat lists by courier index c and request index r; `plain` [m, n] is the cost of r alone, travel left
    out.

    `direct` is the same with churn and the fairness of one order. Both are infinite where c may not or cannot
    serve r even alone; elsewhere no tour has r for less, as long as detours are not faster than direct legs.
    `alone` is what r costs a courier with nothing else to do, travel included. `late` is what a second past
    the promise costs, `left_out` what leaving r out costs. Who has no rest has one that ended long ago.
    """

    problem: Problem
    legs: list[list[int]] | dict[int, dict[int, int]]
    pick: list[int]
    drop: list[int]
    stop_key: list[int]
    placed: list[int]
    promise: list[int]
    ready: list[int]
    spread: list[int]
    late: list[float]
    left_out: list[float]
    size: list[int]
    capacity: list[int]
    free: list[int]
    at: list[int]
    end: list[int]
    rest_from: list[int]
    rest_until: list[int]
    orders_left: list[int]
    effort_left: list[int]
    previous: list[int]
    plain: Floats
    direct: Floats
    alone: Floats

    @staticmethod
    def of(problem: Problem) -> "Numbers":
        """Flatten a problem."""
        numbers = Numbers.flat(problem, problem.travel_s.tolist())
        numbers.plain, numbers.direct, numbers.alone = _direct(numbers)
        return numbers

    @staticmethod
    def lean(problem: Problem) -> "Numbers":
        """The same without the three matrices, and with only those legs that are asked for: for a few looks at
        a large problem.
        """
        return Numbers.flat(problem, Ways(problem.travel_s))

    @staticmethod
    def flat(problem: Problem, legs: "list[list[int]] | Ways") -> "Numbers":
        """The lists, with the legs given."""
        weights = problem.rules.weights
        worth = {True: 1.0, False: weights.flexible}
        firm = [worth[request.firm] for request in problem.requests]
        rests = [courier.rest or (-MOST, -MOST) for courier in problem.couriers]
        starts = [after_committed(problem, courier) for courier in problem.couriers]
        index = {courier.id: c for c, courier in enumerate(problem.couriers)}
        keys: dict[tuple[str, int], int] = {}
        return Numbers(
            problem=problem,
            legs=legs,
            pick=[request.pickup for request in problem.requests],
            drop=[request.drop for request in problem.requests],
            stop_key=[keys.setdefault((q.restaurant, q.pickup), len(keys)) for q in problem.requests],
            placed=[request.placed_s for request in problem.requests],
            promise=[request.promise_s for request in problem.requests],
            ready=[request.ready_s for request in problem.requests],
            spread=[request.spread_s for request in problem.requests],
            late=[weights.late_per_s * part for part in firm],
            left_out=[weights.unserved * part for part in firm],
            size=[request.size for request in problem.requests],
            capacity=[courier.capacity for courier in problem.couriers],
            free=[start[0] for start in starts],
            at=[start[1] for start in starts],
            end=[courier.shift_end_s + courier.tolerance_s for courier in problem.couriers],
            rest_from=[rest[0] for rest in rests],
            rest_until=[rest[1] for rest in rests],
            orders_left=[MOST if c.orders_left is None else c.orders_left for c in problem.couriers],
            effort_left=[MOST if c.effort_left_s is None else c.effort_left_s for c in problem.couriers],
            previous=[-1 if q.previous is None else index.get(q.previous, -2) for q in problem.requests],
            plain=np.zeros((0, 0)),
            direct=np.zeros((0, 0)),
            alone=np.zeros((0, 0)),
        )


class Ways(dict[int, dict[int, int]]):
    """A matrix as rows that are filled as they are asked for."""

    def __init__(self, matrix: Matrix) -> None:
        """Remember the matrix."""
        super().__init__()
        self.matrix = matrix

    def __missing__(self, at: int) -> dict[int, int]:
        """The ways from one place."""
        found = self[at] = _Row(self.matrix[at])
        return found


class _Row(dict[int, int]):
    """The ways from one place."""

    def __init__(self, row: npt.NDArray[np.int32]) -> None:
        super().__init__()
        self.row = row

    def __missing__(self, place: int) -> int:
        found = self[place] = int(self.row[place])
        return found


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
    to_pick = problem.travel_s[np.array(numbers.at)[:, None], pick[None, :]].astype(np.int64)
    leg = problem.travel_s[pick, drop].astype(np.int64)
    ride = rules.pickup_leave_s + leg + rules.drop_arrive_s  # from the pick-up to the delivery
    there = free + to_pick + rules.pickup_arrive_s
    soonest = picked = _expected(there, np.array(numbers.ready), np.array(numbers.spread))
    if any(courier.rest for courier in couriers):
        begins, ends = np.array(numbers.rest_from)[:, None], np.array(numbers.rest_until)[:, None]
        rested = (free < ends) & (picked + ride + rules.drop_leave_s > begins)
        after = ends + to_pick + rules.pickup_arrive_s
        back = ends + rules.pickup_arrive_s  # with another order before, he may rest at its pick-up
        soonest = np.where(rested, np.maximum(picked, back), picked)
        moved = rested & (picked - rules.pickup_arrive_s - to_pick < ends)
        picked = np.where(moved, _expected(after, np.array(numbers.ready), np.array(numbers.spread)), picked)
    busy_s = to_pick + rules.pickup_arrive_s + ride + rules.drop_leave_s
    barred = (to_pick >= UNREACHABLE_S) | (leg >= UNREACHABLE_S)
    barred |= np.array(numbers.size) > np.array(numbers.capacity)[:, None]
    barred |= busy_s > np.array(numbers.effort_left)[:, None]
    barred |= np.array(numbers.orders_left)[:, None] < 1
    if rules.horizon_s:
        barred |= free > problem.now_s + rules.horizon_s
    for r, request in enumerate(requests):
        if request.only is not None or request.never or request.skills:
            barred[:, r] |= [not may_carry(courier, request) for courier in couriers]
    plain = np.where(barred, INF, _served(numbers, soonest, ride))
    exact = plain if soonest is picked else np.where(barred, INF, _served(numbers, picked, ride))
    alone = exact + weights.travel_per_s * (to_pick + leg) + _first(numbers, busy_s, to_pick)
    return plain, plain + _first(numbers, None, to_pick), alone


def _expected(there: Seconds, ready: Seconds, spread: Seconds) -> Seconds:
    """`expected_s` of problem.py for [m, n] arrivals and [n] kitchens."""
    later = np.maximum(there, ready)
    if not spread.any():
        return later
    apart, width = 16 * np.abs(there - ready), np.maximum(1, spread)
    step = np.minimum(apart // width, len(OVERSHOOT) - 2)
    table = np.array(OVERSHOOT)
    falls = (table[step] - table[step + 1]) * (apart - step * width) // width
    return later + np.where(apart // width > step, 0, spread * (table[step] - falls) >> 16)


def _served(numbers: Numbers, picked: Seconds, ride: Seconds) -> Floats:
    """What serving each request directly costs when picked up at [m, n], infinite after the shift's end."""
    rules, weights = numbers.problem.rules, numbers.problem.rules.weights
    done = picked + ride
    cost = weights.wait_per_s * (done - np.array(numbers.placed))
    cost += np.array(numbers.late) * np.maximum(0, done - np.array(numbers.promise))
    if rules.freshness_s is not None:
        cost += weights.late_per_s * np.maximum(0, ride - rules.pickup_leave_s - rules.freshness_s)
    closing = picked if rules.end_rule == "pickup" else done
    return np.where(closing > np.array(numbers.end)[:, None], INF, cost)


def _first(numbers: Numbers, busy_s: Seconds | None, to_pick: Seconds) -> Floats:
    """Churn and fairness of a first request given to each courier, [m, n].

    With the seconds of work it takes alone, [m, n], exactly; with None at most what it costs in any tour.
    """
    problem, weights, couriers = numbers.problem, numbers.problem.rules.weights, numbers.problem.couriers
    cost = np.zeros(to_pick.shape)
    if weights.churn:
        previous = np.array(numbers.previous)
        cost += weights.churn * ((previous != -1) & (previous != np.arange(len(couriers))[:, None]))
    if weights.fairness:
        pick, drop, at = np.array(numbers.pick), np.array(numbers.drop), np.array(numbers.at)[:, None]
        basis, metres = problem.rules.fairness_basis, problem.distance_m
        units: Floats | float = 0.0  # what a tour adds in seconds or metres may be shared with other orders
        if basis in ("orders", "pay", "desirable"):
            units = np.array(_units(problem))
        elif busy_s is not None and basis == "distance":
            units = (metres[at, pick[None, :]].astype(np.int64) + metres[pick, drop]) / 1000
        elif busy_s is not None:
            units = busy_s / 3600
        had = np.array([courier.had for courier in couriers])[:, None]
        hours = np.maximum(FAIR_HOURS, np.array([courier.hours for courier in couriers]))[:, None]
        cost += weights.fairness * ((had + units) ** 2 - had**2) / (2.0 * hours)
    return cost


def _units(problem: Problem) -> list[float]:
    """What each request adds to a courier's share, where that is the request's own: one, its pay, its wish."""
    basis = problem.rules.fairness_basis
    if basis == "pay":
        return [request.pay for request in problem.requests]
    if basis == "desirable":
        return [request.desirable for request in problem.requests]
    return [1.0 for _ in problem.requests]


def surcharges(numbers: Numbers) -> Callable[[int, Sequence, int], float] | None:
    """Fairness and churn of a courier's sequence with `busy_s` seconds of work; None when neither counts."""
    problem = numbers.problem
    weights, basis = problem.rules.weights, problem.rules.fairness_basis
    if not weights.fairness and not weights.churn:
        return None
    couriers, previous = problem.couriers, numbers.previous
    units = _units(problem)

    def surcharge(c: int, sequence: Sequence, busy_s: int) -> float:
        cost = 0.0
        if weights.fairness and sequence:
            courier = couriers[c]
            if basis == "orders":
                new = len(sequence) / 2
            elif basis in ("effort", "waiting"):
                new = busy_s / 3600
            elif basis == "distance":
                new = _metres(numbers, c, sequence) / 1000
            else:
                new = sum(units[code] for code in sequence if code >= 0)
            cost = weights.fairness * unfairness(courier.had, new, courier.hours)
        if weights.churn:
            cost += weights.churn * sum(1 for code in sequence if code >= 0 and previous[code] not in (-1, c))
        return cost

    return surcharge


def _metres(numbers: Numbers, c: int, sequence: Sequence) -> int:
    """Metres of the legs of a sequence; pick-ups of one visit are one leg."""
    metres, keys = numbers.problem.distance_m, numbers.stop_key
    at, before, total = numbers.at[c], -1, 0
    for code in sequence:
        if code < 0 or before < 0 or keys[before] != keys[code]:
            place = numbers.pick[code] if code >= 0 else numbers.drop[~code]
            total += int(metres[at, place])
            at = place
        before = code
    return total
