"""How good a plan is: lower bounds of what any plan could cost, proven."""

from typing import TYPE_CHECKING

from routing.proof.quick import quick

if TYPE_CHECKING:
    from routing.plan import Plan
    from routing.problem import Problem
    from routing.proof.certificate import Certificate

__all__ = ["certify", "quick"]


def certify(problem: "Problem", plan: "Plan", *, budget_s: float, seed: int = 0) -> "Certificate":
    """See `routing.proof.certificate.certify`; loads the compiled labels and OR-Tools only now."""
    from routing.proof.certificate import certify as prove

    return prove(problem, plan, budget_s=budget_s, seed=seed)
