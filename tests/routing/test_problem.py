"""Problems refuse contradictions, all at once; problems and plans survive being stored."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import (
    BadProblem,
    Committed,
    Courier,
    Problem,
    Request,
    Rules,
    Weights,
    check,
    from_dict,
    plan_from_dict,
    price,
    problem_from_dict,
    solve,
    to_dict,
)
from routing.problem import UNREACHABLE_S, expected_s
from tests.routing.factories import Knobs, knobs, problem


def test_every_finding_is_told() -> None:
    """A problem with many faults names each of them in words."""
    zeros = np.zeros((2, 2), dtype=np.int32)
    held = (
        Committed("pickup", "x", 0, 0, 1, 0),
        Committed("pickup", "y", 1, 0, 1, 0),
        Committed("drop", "x", 9, 0, 1, 1),
    )
    couriers = (
        Courier("a", 5, 0, -1, 0, had=float("nan")),
        Courier("a", 0, 0, 1, 0, committed=held),
        Courier("b", 0, 0, 1, 0, committed=(Committed("drop", "x", 0, 0, 1, 0),)),
    )
    requests = (Request("x", 0, 7, 0, 0, 0), Request("x", -1, 0, 0, 0, 0, size=-1))
    rules = Rules(max_batch=0, drop_leave_s=-1, weights=Weights(wait_per_s=-1))
    with pytest.raises(BadProblem) as caught:
        Problem(0, couriers, requests, zeros, zeros, rules)
    text = str(caught.value)
    for part in (
        "courier a is at place 5 of 2",
        "negative capacity",
        "courier a stands twice",
        "no number",
        "visit 0 is at two places",
        "committed pick-up of y has no drop",
        "committed drop of x is at place 9",
        "request x is committed to a and to b",
        "request x is open and committed",
        "request x stands twice",
        "drop is at place 7 of 2",
        "pick-up is at place -1 of 2",
        "negative size",
        "max_batch is below 1",
        "drop_leave_s is negative",
        "wait_per_s must be",
    ):
        assert part in text
    assert len(caught.value.findings) >= 16


@pytest.mark.parametrize(
    "matrix", [np.zeros((2, 3), dtype=np.int32), np.zeros((2, 2)), np.full((2, 2), -1, dtype=np.int32)]
)
def test_bad_matrix(matrix: np.ndarray) -> None:
    """A matrix that is not square, not whole or negative is refused."""
    with pytest.raises(BadProblem):
        Problem(0, (), (), matrix, np.zeros((2, 2), dtype=np.int32))


def test_matrices_are_read_only() -> None:
    """A problem's matrices cannot be written to, and writing to the caller's own changes nothing."""
    mine = np.zeros((1, 1), dtype=np.int32)
    asked = Problem(0, (), (), mine, mine)
    mine[0, 0] = 5
    assert asked.travel_s[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        asked.travel_s[0, 0] = 1


@given(k=knobs(7, 4))
@settings(max_examples=20)
def test_stored_and_priced_again(k: Knobs) -> None:
    """A problem and its plan come back from JSON the same, and price the same."""
    asked = problem(k)
    plan = solve(asked, budget_s=0.03)
    again = problem_from_dict(json.loads(json.dumps(to_dict(asked))))
    back = plan_from_dict(json.loads(json.dumps(to_dict(plan))))
    assert back == plan
    assert (again.couriers, again.requests, again.rules) == (asked.couriers, asked.requests, asked.rules)
    assert (again.travel_s == asked.travel_s).all()
    assert price(again, back) == price(asked, plan)
    assert check(again, back) == ()


def test_strangers_are_refused() -> None:
    """What was not written by to_dict is refused."""
    for data in ({}, {"kind": "plan", "version": 99}, {"kind": "tea", "version": 1}):
        with pytest.raises(ValueError, match="known version"):
            from_dict(data)
    assert from_dict(to_dict(problem(Knobs(1, 1, 1)))).__class__ is Problem


def test_reasons() -> None:
    """Each reason for leaving a request out is the one that holds."""
    asked = problem(Knobs(1, 1, 1, freshness_s=None))
    courier, request = replace(asked.couriers[0], capacity=3, committed=()), asked.requests[0]
    far = np.full_like(asked.travel_s, UNREACHABLE_S)
    cases = {
        "no_couriers": replace(asked, couriers=()),
        "not_allowed": replace(asked, couriers=(courier,), requests=(replace(request, only="nobody"),)),
        "no_capacity": replace(asked, couriers=(courier,), requests=(replace(request, size=9),)),
        "shift_ends": replace(asked, couriers=(replace(courier, shift_end_s=0),)),
        "unreachable": replace(asked, couriers=(courier,), travel_s=far),
        "limits": replace(asked, couriers=(replace(courier, orders_left=0),)),
        "too_costly": replace(
            asked, couriers=(courier,), rules=replace(asked.rules, weights=Weights(unserved=1.0))
        ),
    }
    tired = replace(asked, couriers=(replace(courier, effort_left_s=60),))
    for reason, case in (*cases.items(), ("limits", tired)):
        plan = solve(case, budget_s=0.05)
        assert plan.unserved == ((request.id, reason),)
        assert check(case, plan) == ()


@given(spread=st.integers(1, 3000), apart=st.integers(-15_000, 15_000))
def test_expected_moment(spread: int, apart: int) -> None:
    """The expected moment is that of Clark (1961) to a second or two, never before the food is ready or the rider
    there, and who comes later never gets it sooner.
    """
    found, z = expected_s(50_000 + apart, 50_000, spread), abs(apart) / spread
    density = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    mean = max(0, apart) + spread * (density - z * math.erfc(z / math.sqrt(2)) / 2)
    assert found == pytest.approx(50_000 + mean, abs=1 + spread / 1500)
    assert found >= 50_000 + max(0, apart)
    assert expected_s(50_001 + apart, 50_000, spread) >= found


def test_a_sure_kitchen_is_waited_for() -> None:
    """Without uncertainty the moment is the later of the two."""
    assert (expected_s(5, 9, 0), expected_s(9, 5, 0)) == (9, 9)


def test_gap() -> None:
    """The gap is what could at most be saved of the cost, and unknown without a bound."""
    plan = solve(problem(Knobs(2, 2, 4)), budget_s=0.5)
    assert (plan.bound_kind, plan.gap) == ("certified", pytest.approx(0.0))
    assert replace(plan, bound=plan.cost.total / 4).gap == pytest.approx(0.75)
    assert replace(plan, bound=None).gap is None
