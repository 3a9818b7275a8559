"""How good a plan is: lower bounds of what any plan could cost, proven."""

from routing.proof.quick import quick

__all__ = ["quick"]
