"""Plans: what they are, when each stop happens, what they cost, and the referee that checks them."""

from routing.plan.codec import from_dict, plan_from_dict, problem_from_dict, to_dict
from routing.plan.facts import Alternative, Costs, Lacking, Plan, PlannedStop, Reason, Route, Violation, Why
from routing.plan.referee import check, price

__all__ = [
    "Alternative",
    "Costs",
    "Lacking",
    "Plan",
    "PlannedStop",
    "Reason",
    "Route",
    "Violation",
    "Why",
    "check",
    "from_dict",
    "plan_from_dict",
    "price",
    "problem_from_dict",
    "to_dict",
]
