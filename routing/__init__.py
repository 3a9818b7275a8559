"""Fair routes for couriers: a pure library, problem in, plan and explanation out."""

from routing.errors import BadProblem
from routing.greedy import greedy
from routing.plan import (
    Alternative,
    Costs,
    Plan,
    PlannedStop,
    Route,
    Violation,
    Why,
    check,
    from_dict,
    plan_from_dict,
    price,
    problem_from_dict,
    to_dict,
)
from routing.problem import Committed, Courier, Problem, Request, Rules, Weights
from routing.solver import solve

__all__ = [
    "Alternative",
    "BadProblem",
    "Committed",
    "Costs",
    "Courier",
    "Plan",
    "PlannedStop",
    "Problem",
    "Request",
    "Route",
    "Rules",
    "Violation",
    "Weights",
    "Why",
    "check",
    "from_dict",
    "greedy",
    "plan_from_dict",
    "price",
    "problem_from_dict",
    "solve",
    "to_dict",
]
