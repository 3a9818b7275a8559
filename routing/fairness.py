"""How even the work is: the convex price of a share per hour, and the figures co-ops publish about it."""

from collections.abc import Sequence

from routing.plan import Plan
from routing.problem import FAIR_HOURS, Problem, unfairness

__all__ = ["gini", "marginal", "rates", "unfairness"]


def marginal(had: float, hours: float, unit: float = 1.0) -> float:
    """What the next `unit` costs this courier at weight 1: his units per hour (floor FAIR_HOURS) at its
    middle.
    """
    return unfairness(had, unit, hours)


def rates(problem: Problem, plan: Plan) -> dict[str, float]:
    """Units per hour of every courier once the plan is ridden, in the order of the problem's couriers.

    Units are of the fairness basis: orders, hours of effort, or pay. Hours below FAIR_HOURS count as
    FAIR_HOURS.
    """
    pay = {request.id: request.pay for request in problem.requests}
    new: dict[str, float] = {}
    for route in plan.routes:
        taken = [stop.request for stop in route.stops if stop.batch >= 0 and stop.kind == "pickup"]
        new[route.courier] = {
            "orders": float(len(taken)),
            "effort": route.adds_s / 3600,
            "pay": sum(pay[request] for request in taken),
        }[problem.rules.fairness_basis]
    return {
        courier.id: (courier.had + new.get(courier.id, 0.0)) / max(courier.hours, FAIR_HOURS)
        for courier in problem.couriers
    }


def gini(values: Sequence[float]) -> float:
    """Gini coefficient of non-negative values: 0 when all are equal (or none is above 0), towards 1 when one
    has all.

    Mean absolute difference over twice the mean (Gini 1912), zeros included.
    """
    ordered = sorted(values)
    total = sum(ordered)
    if not ordered or total <= 0:
        return 0.0
    count = len(ordered)
    return sum((2 * rank - count - 1) * value for rank, value in enumerate(ordered, 1)) / (count * total)
