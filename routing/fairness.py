"""How even the work is: the convex price of a share per hour, and the figures co-ops publish about it."""

from collections.abc import Sequence

from routing.plan import Plan
from routing.plan.referee import units_of
from routing.problem import FAIR_HOURS, Problem, unfairness

__all__ = ["gini", "marginal", "rates", "settled", "unfairness"]


def marginal(had: float, hours: float, unit: float = 1.0) -> float:
    """What the next `unit` costs this courier at weight 1: his units per hour (floor FAIR_HOURS) at its
    middle.
    """
    return unfairness(had, unit, hours)


def rates(problem: Problem, plan: Plan) -> dict[str, float]:
    """What every courier has per hour on shift once the plan is ridden, in the order of the problem's
    couriers.

    Of the fairness basis: orders, pay, kilometres, hours of work, desirable jobs; for `waiting` the hours
    without work, 0 at the least. Hours below FAIR_HOURS count as FAIR_HOURS.
    """
    requests = {request.id: request for request in problem.requests}
    routes = {route.courier: route for route in plan.routes}
    out: dict[str, float] = {}
    for courier in problem.couriers:
        had, hours = courier.had, max(courier.hours, FAIR_HOURS)
        if courier.id in routes:
            had += units_of(problem, courier, routes[courier.id], requests)
        idle = problem.rules.fairness_basis == "waiting"
        out[courier.id] = max(0.0, 1 - had / hours) if idle else had / hours
    return out


def settled(had: float, hours: float, mean_rate: float, prior_h: float = 1.0) -> tuple[float, float]:
    """A newcomer's account (units had, hours) as the search should see it: `prior_h` hours at the fleet's
    mean rate are added.

    With an empty account a newcomer would owe nobody anything and be flooded with every order until they had
    caught up with weeks of others' work; with the account of a veteran they would be starved. So they start
    where the fleet stands, and as their own hours grow the prior weighs less: after h hours their rate is
    (had + mean_rate prior_h) / (h + prior_h), a mean shrunk towards the fleet's as in empirical Bayes.
    """
    return had + mean_rate * prior_h, hours + prior_h


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
