"""Lower bounds against plans, brute force and proven optima."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import Problem, greedy, solve
from routing.proof import quick
from tests.routing.factories import Knobs, knobs, problem


def shortcut(asked: Problem, seed: int) -> Problem:
    """The same with some legs made much longer than the way round."""
    chance = np.random.default_rng(seed)
    longer = 1 + 4 * (chance.random(asked.travel_s.shape) < 0.3)
    return replace(asked, travel_s=(asked.travel_s * longer).astype(np.int32))


@given(k=knobs(9, 5), detours=st.booleans())
def test_quick_is_below_any_plan(k: Knobs, detours: bool) -> None:
    """No plan, of a search or by insertion, costs less than the quick bound, whatever the legs are like."""
    asked = problem(k)
    if detours:
        asked = shortcut(asked, k.seed)
    assert quick(asked) <= greedy(asked).cost.total + 1e-6
    assert quick(asked) <= solve(asked, budget_s=0.05).cost.total + 1e-6


def test_quick_of_one_order_is_exact() -> None:
    """One order and one courier who does nothing else: the bound is the cost, but for the way to the kitchen."""
    asked = problem(Knobs(1, 1, 7, freshness_s=None))
    plan = greedy(asked)
    assert plan.routes[0].stops
    assert quick(asked) == pytest.approx(plan.cost.total)
