"""Explanations are true: what they say would have changed the choice does change it, and all can be counted again."""

import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings

from routing import (
    Alternative,
    Courier,
    Plan,
    Problem,
    Why,
    check,
    plan_from_dict,
    price,
    problem_from_dict,
    solve,
    to_dict,
)
from routing.plan.facts import Costs, Lacking
from routing.plan.schedule import schedule
from routing.why import decision, verify
from tests.routing.factories import Knobs, knobs, problem


def two_riders(**rules: float) -> Problem:
    """One order, a rider near its kitchen who is busy for a while, and one who is free and farther away."""
    asked = problem(Knobs(1, 2, 12, freshness_s=None, shift_s=20_000))
    first, second = (replace(c, committed=(), capacity=3, had=0.0, hours=4.0) for c in asked.couriers)
    order = replace(asked.requests[0], ready_s=0, previous=None, size=1)
    legs = sorted((first, second), key=lambda c: int(asked.travel_s[c.at, order.pickup]))
    near, far = replace(legs[0], id="near", free_s=2400), replace(legs[1], id="far", free_s=0)
    weights = replace(asked.rules.weights, **rules)
    return replace(
        asked, couriers=(far, near), requests=(order,), rules=replace(asked.rules, weights=weights)
    )


def told(asked: Problem) -> Why:
    """The explanation of the only order."""
    plan = solve(asked, budget_s=5.0)
    assert verify(asked, plan) == ()
    return plan.why[0]


def only(asked: Problem, name: str, **change: object) -> Problem:
    """The problem with one courier changed."""
    couriers = (replace(c, **change) if c.id == name else c for c in asked.couriers)  # type: ignore[arg-type]
    return replace(asked, couriers=tuple(couriers))


def test_sooner_is_the_tipping_point() -> None:
    """Had the other rider been free so many seconds sooner he would have been chosen; one second less, not."""
    asked = two_riders()
    why = told(asked)
    assert why.chosen == "far"
    other = why.others[0]
    assert other.courier == "near"
    assert other.sooner_s is not None
    assert other.margin == pytest.approx(other.cost.total - why.cost.total)
    assert told(only(asked, "near", free_s=2400 - other.sooner_s)).chosen == "near"
    assert told(only(asked, "near", free_s=2400 - other.sooner_s + 1)).chosen == "far"


def test_nearer_is_the_tipping_point() -> None:
    """Had the way to the kitchen been so many seconds shorter the other rider would have been chosen; one second
    less, not.
    """
    asked = only(two_riders(), "near", free_s=0)
    asked = replace(asked, couriers=asked.couriers[::-1])  # of equals the first is chosen
    why = told(asked)
    assert why.chosen == "near"
    other = why.others[0]
    assert other.nearer_s is not None
    assert other.sooner_s is None  # free now already
    far = next(c for c in asked.couriers if c.id == "far")

    def with_shorter_way(seconds: int) -> str | None:
        travel_s = asked.travel_s.copy()
        travel_s[far.at, asked.requests[0].pickup] -= seconds
        return told(replace(asked, travel_s=travel_s)).chosen

    assert with_shorter_way(other.nearer_s) == "far"
    assert with_shorter_way(other.nearer_s - 1) == "near"


def test_fairer_means_fairness_decided() -> None:
    """Where it is said that fairness decided, the other rider is chosen once fairness counts nothing."""
    asked = only(only(two_riders(fairness=600.0), "near", free_s=0, had=40.0), "far", had=1.0)
    why = told(asked)
    assert why.chosen == "far"
    assert why.others[0].fairer
    rules = replace(asked.rules, weights=replace(asked.rules.weights, fairness=0.0))
    assert told(replace(asked, rules=rules)).chosen == "near"
    assert not told(two_riders()).others[0].fairer


def test_the_margin_is_the_whole_plan_s() -> None:
    """Swapping an order to an alternative in the plan costs just the margin more."""
    asked = problem(Knobs(9, 4, 21, fairness=60.0))
    plan = solve(asked, budget_s=math.inf, iterations=40)
    assert check(asked, plan) == ()
    swaps = [(why, other) for why in plan.why for other in why.others if why.chosen]
    assert len(swaps) > 5
    for why, other in swaps:
        swapped = swap(asked, plan, why, other)
        assert price(asked, swapped).total - plan.cost.total == pytest.approx(other.margin)
        assert not {v.rule for v in check(asked, swapped)} - {"cost"}


def swap(asked: Problem, plan: Plan, why: Why, other: Alternative) -> Plan:
    """The plan with one order at an alternative."""
    couriers = {courier.id: courier for courier in asked.couriers}
    routes = {route.courier: route for route in plan.routes}
    assert why.chosen is not None
    routes[why.chosen] = schedule(asked, couriers[why.chosen], why.without)
    routes[other.courier] = schedule(asked, couriers[other.courier], other.sequence)
    return replace(plan, routes=tuple(routes.values()))


def test_what_was_lacking_would_have_helped() -> None:
    """An order left out is served once the rider named stays so much longer, and not with a second less; so it is
    with one more rider at the kitchen by the second named.
    """
    asked = two_riders()
    tired = only(only(asked, "near", shift_end_s=300, tolerance_s=0), "far", shift_end_s=250, tolerance_s=0)
    why = told(tired)
    assert why.chosen is None
    assert why.others == ()
    assert why.lacking is not None
    lacking = why.lacking
    assert lacking.courier is not None
    assert lacking.longer_s is not None
    end_s = next(c.shift_end_s for c in tired.couriers if c.id == lacking.courier)
    for seconds, chosen in ((lacking.longer_s, lacking.courier), (lacking.longer_s - 1, None)):
        assert told(only(tired, lacking.courier, shift_end_s=end_s + seconds)).chosen == chosen
    assert lacking.extra_by_s is not None
    for late_s, chosen in ((0, "extra"), (1, None)):
        extra = Courier("extra", asked.requests[0].pickup, lacking.extra_by_s + late_s, 1, 10**7)
        assert told(replace(tired, couriers=(*tired.couriers, extra))).chosen == chosen


def test_too_dear_has_a_margin() -> None:
    """An order that costs more than it is worth names the riders who could have had it, and what each is short of."""
    asked = two_riders(unserved=2000.0)
    asked = only(asked, "far", free_s=2000)
    why = told(asked)
    assert (why.chosen, why.cost) == (None, Costs(unserved=2000.0))
    assert {other.courier for other in why.others} == {"near", "far"}
    assert all(other.margin > 0 for other in why.others)
    best = why.others[0]
    if best.sooner_s is not None:
        assert told(only(asked, best.courier, free_s=2000 - best.sooner_s)).chosen == best.courier
    assert why.lacking is not None
    assert why.lacking.courier is None  # nobody's shift was too short


TAMPERED: dict[str, Callable[[Why], Why]] = {
    "cost": lambda why: replace(why, cost=why.cost + Costs(wait=1.0)),
    "chosen": lambda why: replace(why, chosen="somebody"),
    "without": lambda why: replace(why, without=(0, ~0)),
    "alternative": lambda why: turned(why, sequence=()),
    "margin": lambda why: turned(why, margin=why.others[0].margin + 1),
    "sooner": lambda why: turned(why, sooner_s=(why.others[0].sooner_s or 0) + 1),
    "nearer": lambda why: turned(why, nearer_s=(why.others[0].nearer_s or 0) + 1),
    "fairer": lambda why: turned(why, fairer=not why.others[0].fairer),
    "order": lambda why: turned(why, sequence=(~0, 0)),
}


def turned(why: Why, **change: object) -> Why:
    """The explanation with its first alternative changed."""
    return replace(why, others=(replace(why.others[0], **change), *why.others[1:]))  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", list(TAMPERED))
def test_a_changed_figure_is_named(rule: str) -> None:
    """Each figure of a stored explanation that is changed afterwards is found out, by name."""
    asked = two_riders()
    plan = solve(asked, budget_s=5.0)
    assert verify(asked, plan) == ()
    forged = replace(plan, why=(TAMPERED[rule](plan.why[0]),))
    assert rule in {violation.rule for violation in verify(asked, forged)}


def test_a_changed_lack_is_named() -> None:
    """What an order left out is said to have wanted is found out when changed."""
    tired = two_riders()
    for name in ("near", "far"):
        tired = only(tired, name, shift_end_s=300, tolerance_s=0)
    plan = solve(tired, budget_s=5.0)
    lacking = plan.why[0].lacking
    assert lacking is not None
    assert lacking.extra_by_s is not None
    assert lacking.longer_s is not None
    forgeries = {
        "extra": replace(lacking, extra_by_s=lacking.extra_by_s + 1),
        "longer": replace(lacking, longer_s=lacking.longer_s + 1),
    }
    for rule, forged in forgeries.items():
        false = replace(plan, why=(replace(plan.why[0], lacking=forged),))
        assert [violation.rule for violation in verify(tired, false)] == [rule]
    ghost = replace(plan, why=(replace(plan.why[0], lacking=Lacking(lacking.extra_by_s, "ghost", 5)),))
    assert [violation.rule for violation in verify(tired, ghost)] == ["longer"]


def stored(asked: Problem, plan: Plan) -> tuple[Problem, Plan]:
    """Both as they come back from JSON."""
    written = json.loads(json.dumps([to_dict(asked), to_dict(plan)]))
    return problem_from_dict(written[0]), plan_from_dict(written[1])


def kept(k: Knobs) -> None:
    """Any part of a decision stands by itself: it comes back from JSON, is sound, and every figure is so."""
    asked = problem(k)
    plan = solve(asked, budget_s=math.inf, iterations=20)
    for some in ([q.id for q in asked.requests], [q.id for q in asked.requests[1::3]]):
        small, part = stored(*decision(asked, plan, some))
        assert check(small, part) == ()
        assert verify(small, part) == ()
        assert [why.request for why in part.why] == some
        whole = {why.request: why for why in plan.why}
        for why in part.why:
            assert (why.chosen, why.cost) == (whole[why.request].chosen, whole[why.request].cost)
            assert [o.courier for o in why.others] == [o.courier for o in whole[why.request].others]


@given(k=knobs(12, 6))
@settings(max_examples=25)
def test_a_decision_stands_by_itself(k: Knobs) -> None:
    """What is kept of a decision can be checked, priced and verified without the rest of the evening."""
    kept(k)


@pytest.mark.deep
@given(k=knobs(20, 9))
@settings(max_examples=1500)
def test_thousands_of_decisions_stand_by_themselves(k: Knobs) -> None:
    """The same for many more and larger problems."""
    kept(k)


def test_a_decision_is_small() -> None:
    """Of forty orders and twenty riders one order's decision keeps four riders, their orders and their places."""
    asked = problem(Knobs(40, 20, 4, shift_s=20_000))
    plan = solve(asked, budget_s=math.inf, iterations=10)
    request = plan.routes[0].stops[-1].request
    small, part = decision(asked, plan, [request])
    assert len(small.couriers) <= 4
    assert len(small.travel_s) < len(asked.travel_s) / 2
    assert {stop.request for route in part.routes for stop in route.stops} >= {q.id for q in small.requests}
    assert verify(small, part) == ()
