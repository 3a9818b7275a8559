"""Fairness: uneven work costs more, per hour and over the pay period."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import Problem, Rules, Weights, check, solve
from routing.fairness import gini, marginal, rates, unfairness
from tests.routing.factories import Knobs, problem


def test_two_who_get_all() -> None:
    """Twelve orders as [6, 6, 0, 0] cost more than as [6, 2, 2, 2], and those more than [3, 3, 3, 3]."""

    def cost(split: list[int]) -> float:
        return sum(unfairness(0, orders, 4.0) for orders in split)

    assert cost([6, 6, 0, 0]) > cost([6, 2, 2, 2]) > cost([3, 3, 3, 3])


@given(had=st.floats(0, 50), hours=st.floats(0, 40), a=st.integers(0, 5), b=st.integers(0, 5))
def test_convex(had: float, hours: float, a: int, b: int) -> None:
    """The price of more work is convex: the mean of two loads never costs more than the loads on average."""
    middle = unfairness(had, (a + b) / 2, hours)
    assert middle <= (unfairness(had, a, hours) + unfairness(had, b, hours)) / 2 + 1e-6


def test_the_price_is_the_rate() -> None:
    """What the next order costs is the courier's orders per hour at the middle of it."""
    assert marginal(6, 3.0) == pytest.approx(6.5 / 3)


def twins() -> Problem:
    """One order and two couriers alike but for what they have had."""
    asked = problem(Knobs(1, 1, 3))
    twin = replace(asked.couriers[0], committed=(), hours=4.0)
    couriers = (replace(twin, id="much", had=9.0), replace(twin, id="little", had=1.0))
    return replace(asked, couriers=couriers, rules=Rules(weights=Weights(fairness=60.0)))


@pytest.mark.parametrize("basis", ["orders", "effort", "pay"])
def test_work_goes_to_who_had_less(basis: str) -> None:
    """Of two couriers alike, the one who had less per hour gets the order, by any basis."""
    asked = twins()
    asked = replace(asked, rules=replace(asked.rules, fairness_basis=basis))  # type: ignore[arg-type]
    plan = solve(asked, budget_s=0.05)
    assert [route.courier for route in plan.routes] == ["little"]
    assert check(asked, plan) == ()
    assert rates(asked, plan)["much"] == 9 / 4
    assert rates(asked, plan)["little"] > 1 / 4
    assert plan.why[0].others[0].cost.fairness > plan.why[0].cost.fairness


def test_off_means_off() -> None:
    """With weight 0 the first of the equals gets it, whatever he had."""
    asked = twins()
    plan = solve(replace(asked, rules=Rules()), budget_s=0.05)
    assert [route.courier for route in plan.routes] == ["much"]
    assert plan.cost.fairness == 0


def test_gini() -> None:
    """Gini is 0 for equal shares and for none, and (n - 1) / n when one has all."""
    assert gini([2.0, 2.0, 2.0]) == 0
    assert gini([]) == gini([0.0, 0.0]) == 0
    assert gini([0.0, 0.0, 0.0, 8.0]) == pytest.approx(0.75)
