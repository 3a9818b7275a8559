"""A lower bound in milliseconds: what each request costs at least, whoever serves it."""

import numpy as np
import numpy.typing as npt

from routing.plan.schedule import after_committed
from routing.problem import FAIR_HOURS, UNREACHABLE_S, Problem, may_carry
from routing.proof.legs import Ints, Regions, regions

Floats = npt.NDArray[np.float64]


def quick(problem: Problem) -> float:
    """A certified lower bound of what any plan costs, in the unit of cost.

    Of each request the least of leaving it out and of every courier who may serve it: waiting, lateness and too long
    a ride by the shortest way there is (`regions`: also where detours are quicker than legs), churn, the share's
    first price, the shortest leg into its drop, and its part of the shortest leg into its pick-up, which it
    shares at most with every other request from there. Each of these is paid once per request or less, a
    share's price rises, and nothing costs less than nothing, so the sum is never above any plan's cost.
    """
    if not problem.requests:
        return 0.0
    weights = problem.rules.weights
    firm = np.array([1.0 if q.firm else weights.flexible for q in problem.requests])
    least = weights.unserved * firm
    if problem.couriers:
        pick = np.array([q.pickup for q in problem.requests], dtype=np.int64)
        drop = np.array([q.drop for q in problem.requests], dtype=np.int64)
        starts = [after_committed(problem, courier) for courier in problem.couriers]
        at = np.array([place for _, place in starts], dtype=np.int64)
        least = np.minimum(least, _served(problem, starts, pick, drop, firm) + _legs(problem, at, pick, drop))
    return float(least.sum())


def _served(problem: Problem, starts: list[tuple[int, int]], pick: Ints, drop: Ints, firm: Floats) -> Floats:
    """What each request costs the cheapest courier at least [n], legs left out; infinite where nobody can."""
    rules, weights, areas = problem.rules, problem.rules.weights, regions(problem)
    free = np.array([second for second, _ in starts], dtype=np.int64)
    at = np.array([place for _, place in starts], dtype=np.int64)
    ready, placed, promise = (
        np.array([getattr(q, name) for q in problem.requests], dtype=np.int64)
        for name in ("ready_s", "placed_s", "promise_s")
    )
    there = free[:, None] + _approach(problem, areas, at, pick) + rules.pickup_arrive_s
    picked = np.maximum(there, ready)
    ride = areas.least(problem, pick, drop) + rules.drop_arrive_s
    cost: Floats = picked * weights.wait_per_s
    moment = rules.pickup_leave_s + ride
    cost += weights.late_per_s * firm * np.maximum(0, picked + (moment - promise))
    cost += weights.wait_per_s * (moment - placed)
    if rules.freshness_s is not None:
        cost += weights.late_per_s * np.maximum(0, ride - rules.freshness_s)
    cost += _first(problem)
    end = np.array([c.shift_end_s + c.tolerance_s for c in problem.couriers], dtype=np.int64)[:, None]
    barred = (picked if rules.end_rule == "pickup" else picked + moment) > end
    room = np.array([c.capacity for c in problem.couriers])
    barred |= np.array([q.size for q in problem.requests]) > room[:, None]
    idle = np.array([c.orders_left == 0 for c in problem.couriers])
    if rules.horizon_s:
        idle |= free > problem.now_s + rules.horizon_s
    barred |= idle[:, None]
    for r, q in enumerate(problem.requests):
        if q.only is not None or q.never or q.skills:
            barred[:, r] |= [not may_carry(courier, q) for courier in problem.couriers]
    cost[barred] = np.inf
    out: Floats = cost.min(axis=0)
    return out


def _approach(problem: Problem, areas: Regions, at: Ints, pick: Ints) -> Ints:
    """The shortest way of each courier to each pick-up [m, n]; looked up once for each place of pick-up."""
    places, which = np.unique(pick, return_inverse=True)
    return areas.least(problem, at[:, None], places[None, :])[:, which]


def _first(problem: Problem) -> Floats:
    """Churn and the price of the first units, [m, n] or what broadcasts to it."""
    weights, basis = problem.rules.weights, problem.rules.fairness_basis
    cost = np.zeros((1, len(problem.requests)))
    if weights.churn:
        index = {courier.id: c for c, courier in enumerate(problem.couriers)}
        before = np.array([-1 if q.previous is None else index.get(q.previous, -2) for q in problem.requests])
        moved = (before != -1) & (before != np.arange(len(problem.couriers))[:, None])
        cost = cost + weights.churn * moved
    if weights.fairness and basis in ("orders", "pay", "desirable"):
        units = np.array(
            [{"pay": q.pay, "desirable": q.desirable}.get(basis, 1.0) for q in problem.requests],
            dtype=np.float64,
        )
        had = np.array([c.had for c in problem.couriers])[:, None]
        hours = np.maximum(FAIR_HOURS, np.array([c.hours for c in problem.couriers]))[:, None]
        cost = cost + weights.fairness * ((had + units) ** 2 - had**2) / (2.0 * hours)
    return cost


def _legs(problem: Problem, at: Ints, pick: Ints, drop: Ints) -> Floats:
    """Travel that each request brings at least [n]: the shortest leg into its drop from any other stop, and its part
    of the shortest leg into its restaurant from any start or stop elsewhere.
    """
    legs, many = problem.travel_s, len(pick)
    keys: dict[tuple[str, int], int] = {}
    key = np.array([keys.setdefault((q.restaurant, q.pickup), len(keys)) for q in problem.requests])
    kitchens = np.array([place for _, place in keys], dtype=np.int64)
    between = legs[np.ix_(drop, drop)]
    between[np.arange(many), np.arange(many)] = np.iinfo(np.int32).max
    into = np.minimum(between.min(axis=0), legs[np.ix_(kitchens, drop)].min(axis=0))
    across = legs[np.ix_(kitchens, kitchens)]
    np.fill_diagonal(across, np.iinfo(np.int32).max)
    reach = np.minimum(across.min(axis=0), legs[np.ix_(drop, kitchens)].min(axis=0))
    reach = np.minimum(reach, legs[np.ix_(at, kitchens)].min(axis=0))
    alike = np.bincount(key, minlength=len(keys))
    total = into.astype(np.float64) + (reach / alike)[key]
    out: Floats = problem.rules.weights.travel_per_s * np.minimum(total, UNREACHABLE_S)
    return out
