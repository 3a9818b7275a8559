"""Fairness: uneven work costs more, per hour and over the pay period."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import Problem, Rules, Weights, check, solve
from routing.fairness import gini, marginal, rates, settled, unfairness
from routing.problem import BASES, Basis
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
    order = replace(asked.requests[0], desirable=1.0)
    return replace(asked, couriers=couriers, requests=(order,), rules=Rules(weights=Weights(fairness=60.0)))


@pytest.mark.parametrize("basis", BASES)
def test_work_goes_to_who_had_less(basis: Basis) -> None:
    """Of two couriers alike, the one who had less per hour gets the order, by any basis."""
    asked = twins()
    asked = replace(asked, rules=replace(asked.rules, fairness_basis=basis))
    plan = solve(asked, budget_s=0.05)
    assert [route.courier for route in plan.routes] == ["little"]
    assert check(asked, plan) == ()
    even = rates(asked, plan)
    if basis == "waiting":
        assert (even["much"], even["little"] < 1 - 1 / 4) == (0.0, True)  # 9 hours of work in 4 leave none
    else:
        assert (even["much"], even["little"] > 1 / 4) == (9 / 4, True)
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


def test_hours_without_work() -> None:
    """By the basis of waiting the rates are hours without work per hour, and its work is what `effort` counts."""
    asked = twins()
    by = {basis: replace(asked, rules=replace(asked.rules, fairness_basis=basis)) for basis in BASES}
    plan = solve(by["waiting"], budget_s=0.05)
    worked, idle = rates(by["effort"], plan), rates(by["waiting"], plan)
    assert idle["little"] == pytest.approx(1 - worked["little"])
    assert 0 < idle["little"] < 0.75


def test_a_newcomer_is_settled() -> None:
    """A newcomer stands where the fleet stands, and their own hours count for ever more."""
    fleet = 3.0
    had, hours = settled(0.0, 0.0, fleet)
    assert (had, hours) == (3.0, 1.0)
    rates_ = [had / hours for had, hours in (settled(5.0 * h, float(h), fleet) for h in range(20))]
    assert rates_[0] == fleet
    assert rates_ == sorted(rates_)
    assert 4.8 < rates_[-1] < 5.0
    assert settled(6.0, 2.0, fleet, prior_h=0.0) == (6.0, 2.0)


@pytest.mark.parametrize("had_by_fleet", [2.0, 40.0])
def test_a_newcomer_is_neither_flooded_nor_starved(had_by_fleet: float) -> None:
    """Of fourteen orders among three old hands and a newcomer with a settled account the newcomer gets what the
    hours on the account make of the fleet's share; with an empty account more, and all where the others have
    had much.
    """

    def newcomer_gets(account: tuple[float, float]) -> int:
        accounts = [(had_by_fleet, 8.0)] * 3 + [account]
        got = [0, 0, 0, 0]
        for _ in range(14):
            prices = [marginal(had + new, hours) for (had, hours), new in zip(accounts, got, strict=True)]
            got[prices.index(min(prices))] += 1
        return got[3]

    mean_rate = had_by_fleet / 8.0
    assert newcomer_gets(settled(0.0, 0.0, mean_rate)) == 1
    assert newcomer_gets(settled(0.0, 0.0, mean_rate, prior_h=8.0)) in (3, 4)  # as one of them
    assert newcomer_gets((0.0, 8.0)) == (14 if had_by_fleet == 40.0 else 5)
