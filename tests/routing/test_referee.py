"""The referee finds each fault that is put into a sound plan."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from routing import Plan, PlannedStop, Problem, Route, check, price, solve
from routing.plan.facts import Costs
from routing.plan.referee import price_route
from routing.plan.schedule import schedule
from routing.problem import Basis, expected_s
from tests.routing.factories import Knobs, problem

ASKED = problem(Knobs(4, 2, 8, freshness_s=None, shift_s=20_000))


def planned(asked: Problem, *sequences: tuple[int, ...]) -> Plan:
    """A plan by hand: codes per courier, r a pick-up and ~r a drop; times right, whatever the rules say."""
    routes = tuple(schedule(asked, c, s) for c, s in zip(asked.couriers, sequences, strict=True))
    held = {code for sequence in sequences for code in sequence}
    left = tuple((q.id, "too_costly") for r, q in enumerate(asked.requests) if r not in held)
    return Plan(routes, left, Costs(), "hand")  # type: ignore[arg-type]


def rules_broken(asked: Problem, plan: Plan) -> set[str]:
    """The names of the rules broken."""
    return {violation.rule for violation in check(asked, plan)} - {"cost"}


def retimed(plan: Plan, change: Callable[[PlannedStop], PlannedStop]) -> Plan:
    """The plan with each stop of its first route changed."""
    first: Route = plan.routes[0]
    return replace(plan, routes=(replace(first, stops=tuple(map(change, first.stops))), *plan.routes[1:]))


def test_sound_plan_passes() -> None:
    """A plan by hand with right times and allowed loads breaks nothing but its made-up cost."""
    roomy = replace(ASKED, couriers=tuple(replace(c, capacity=9) for c in ASKED.couriers))
    assert rules_broken(roomy, planned(roomy, (0, ~0, 1, ~1), (2, ~2, 3, ~3))) == set()


def test_drop_before_pickup() -> None:
    """A drop before its pick-up is found."""
    assert "order" in rules_broken(ASKED, planned(ASKED, (~0, 0), ()))


def test_over_capacity() -> None:
    """More aboard than fits is found."""
    tight = replace(ASKED, couriers=tuple(replace(c, capacity=1) for c in ASKED.couriers))
    assert "capacity" in rules_broken(tight, planned(tight, (0, 1, ~0, ~1), ()))


def test_batch_too_large() -> None:
    """A batch above max_batch, and one of two restaurants where that is not allowed, are found."""
    single = replace(ASKED, rules=replace(ASKED.rules, max_batch=1, one_restaurant_batches=True))
    kitchens = {q.restaurant: r for r, q in enumerate(ASKED.requests)}
    one, other = list(kitchens.values())[:2]
    broken = rules_broken(single, planned(single, (one, other, ~one, ~other), ()))
    assert {"batch_size", "one_restaurant"} <= broken


def test_committed_moved() -> None:
    """Committed stops given away, reordered or dropped from the plan are found."""
    many = (problem(Knobs(2, 1, seed)) for seed in range(40))
    asked = next(made for made in many if len(made.couriers[0].committed) == 4)
    plan = solve(asked, budget_s=0.05)
    stops = plan.routes[0].stops
    swapped = (*stops[:2], stops[3], stops[2], *stops[4:])
    assert rules_broken(asked, replace(plan, routes=(replace(plan.routes[0], stops=swapped),))) == {
        "committed"
    }
    assert rules_broken(asked, replace(plan, routes=(replace(plan.routes[0], stops=stops[1:]),))) == {
        "committed"
    }
    assert "committed" in rules_broken(asked, replace(plan, routes=()))


def test_forbidden_courier() -> None:
    """A banned courier, a courier beside the pinned one, and one without the skill are found."""
    for change in ({"never": frozenset(["c0"])}, {"only": "c1"}, {"skills": frozenset(["flying"])}):
        first = replace(ASKED.requests[0], **change)  # type: ignore[arg-type]
        asked = replace(ASKED, requests=(first, *ASKED.requests[1:]))
        assert "not_allowed" in rules_broken(asked, planned(asked, (0, ~0), ()))


@pytest.mark.parametrize("end_rule", ["pickup", "drop"])
def test_late_shift_end(end_rule: str) -> None:
    """A stop after the shift's end and its tolerance is found under either rule."""
    rules = replace(ASKED.rules, end_rule="pickup" if end_rule == "pickup" else "drop")
    couriers = tuple(replace(c, shift_end_s=60, tolerance_s=0) for c in ASKED.couriers)
    asked = replace(ASKED, couriers=couriers, rules=rules)
    assert "shift_end" in rules_broken(asked, planned(asked, (0, ~0), ()))


def test_duplicated_request() -> None:
    """A request on two routes, or served and left out, is found."""
    assert "served_twice" in rules_broken(ASKED, planned(ASKED, (0, ~0), (0, ~0)))
    plan = planned(ASKED, (0, ~0), ())
    assert "served_twice" in rules_broken(
        ASKED, replace(plan, unserved=(*plan.unserved, ("o0", "too_costly")))
    )


def test_lost_and_unknown() -> None:
    """A request in no list, a request nobody knows and a courier nobody knows are found."""
    plan = planned(ASKED, (0, ~0), ())
    assert "lost" in rules_broken(ASKED, replace(plan, unserved=plan.unserved[1:]))
    assert "unknown_request" in rules_broken(
        ASKED, replace(plan, unserved=(*plan.unserved, ("x", "too_costly")))
    )
    ghost = replace(plan.routes[0], courier="ghost")
    assert "unknown_courier" in rules_broken(ASKED, replace(plan, routes=(*plan.routes, ghost)))


def test_stale_food() -> None:
    """Food ridden about for too long is found; the same food ridden directly is not."""
    asked = replace(ASKED, rules=replace(ASKED.rules, freshness_s=1))
    other = next(r for r, q in enumerate(asked.requests) if q.restaurant != asked.requests[0].restaurant)
    assert "freshness" in rules_broken(asked, planned(asked, (0, other, ~other, ~0), ()))
    assert "freshness" not in rules_broken(asked, planned(asked, (0, ~0), ()))


def test_wrong_times() -> None:
    """A moment, a departure or a batch number that is not what the rules give is found."""
    plan = planned(ASKED, (0, ~0), ())
    assert "time" in rules_broken(ASKED, retimed(plan, lambda s: replace(s, at_s=s.at_s - 1)))
    assert "batch" in rules_broken(ASKED, retimed(plan, lambda s: s if s.batch < 0 else replace(s, batch=1)))
    assert "visit" in rules_broken(ASKED, retimed(plan, lambda s: s if s.batch < 0 else replace(s, visit=77)))
    late = replace(plan.routes[0], departs=tuple(d + 1 for d in plan.routes[0].departs))
    assert "departs" in rules_broken(ASKED, replace(plan, routes=(late, *plan.routes[1:])))


def test_wrong_cost() -> None:
    """A plan that claims another cost than it has is found."""
    plan = solve(ASKED, budget_s=0.05)
    assert [v.rule for v in check(ASKED, replace(plan, cost=plan.cost + Costs(wait=5.0)))] == ["cost"]


def test_departs_is_the_latest() -> None:
    """Leaving at `departs` keeps every moment of the batch, and leaving a second later moves its pick-up."""
    asked = problem(Knobs(6, 3, 5))
    asked = replace(
        asked, couriers=tuple(replace(c, committed=(), free_s=max(0, c.free_s)) for c in asked.couriers)
    )
    plan = solve(asked, budget_s=0.2)
    tested = 0
    for route in plan.routes:
        courier = next(c for c in asked.couriers if c.id == route.courier)
        new = [stop for stop in route.stops if stop.batch == 0]
        if not new:
            continue
        codes = [next(r for r, q in enumerate(asked.requests) if q.id == s.request) for s in new]
        sequence = tuple(r if s.kind == "pickup" else ~r for r, s in zip(codes, new, strict=True))
        moments = [stop.at_s for stop in new]
        on_time = schedule(asked, replace(courier, free_s=route.departs[0]), sequence)
        later = schedule(asked, replace(courier, free_s=route.departs[0] + 1), sequence)
        assert [stop.at_s for stop in on_time.stops] == moments
        assert later.stops[0].at_s == moments[0] + 1
        tested += 1
    assert tested


def single(**change: object) -> Problem:
    """Two orders of two kitchens, ready at once, and one rider with nothing to do and all night."""
    courier = replace(ASKED.couriers[0], committed=(), free_s=0, capacity=9, had=0.0, hours=1.0, **change)
    kitchens = {q.restaurant: r for r, q in enumerate(ASKED.requests)}
    one, other = (ASKED.requests[r] for r in list(kitchens.values())[:2])
    requests = tuple(replace(q, ready_s=0, placed_s=0, previous=None) for q in (one, other))
    return replace(ASKED, couriers=(courier,), requests=requests)


def test_rest_is_kept() -> None:
    """A batch on which a rider would still be out in their rest is ridden after it; one that fits before is left
    alone, and one that was planned into it is found.
    """
    free = single()
    route = schedule(free, free.couriers[0], (0, ~0))
    leaves, back = route.departs[0], route.stops[-1].leave_s
    after = single(rest=(back, back + 900))
    assert schedule(after, after.couriers[0], (0, ~0)) == route
    assert rules_broken(after, planned(after, (0, ~0))) == set()
    early = single(rest=(back - 1, back + 900))
    assert {"rest", "time"} <= rules_broken(early, replace(planned(free, (0, ~0)), routes=(route,)))
    later = schedule(early, early.couriers[0], (0, ~0))
    assert later.departs[0] == back + 900
    assert [s.at_s - back - 900 for s in later.stops] == [s.at_s - leaves for s in route.stops]
    assert rules_broken(early, planned(early, (0, ~0))) == set()


def test_rest_is_of_each_batch() -> None:
    """Of two batches the one before the rest stays where it is and the other begins after it."""
    free = single()
    both = schedule(free, free.couriers[0], (0, ~0, 1, ~1))
    back = both.stops[1].leave_s
    asked = single(rest=(back + 60, back + 1000))
    route = schedule(asked, asked.couriers[0], (0, ~0, 1, ~1))
    assert route.departs == (both.departs[0], back + 1000)
    assert route.adds_s == both.adds_s
    assert rules_broken(asked, planned(asked, (0, ~0, 1, ~1))) == set()


def test_rest_is_not_begun_before_food_is_there() -> None:
    """Who need not leave before the end of their rest, because the kitchen is late, is not held up by it."""
    asked = single(rest=(100, 500))
    late = replace(asked, requests=tuple(replace(q, ready_s=4000) for q in asked.requests))
    route = schedule(late, late.couriers[0], (0, ~0))
    assert route.stops[0].at_s == 4000
    assert rules_broken(late, planned(late, (0, ~0))) == set()


def test_limits_are_kept() -> None:
    """More new orders, and more seconds of work, than a rider may still have are found."""
    route = schedule(single(), single().couriers[0], (0, ~0, 1, ~1))
    for change, rule in (
        ({"orders_left": 1}, {"orders_left"}),
        ({"orders_left": 2}, set()),
        ({"effort_left_s": route.adds_s - 1}, {"effort_left"}),
        ({"effort_left_s": route.adds_s}, set()),
    ):
        asked = single(**change)  # type: ignore[arg-type]
        assert rules_broken(asked, planned(asked, (0, ~0, 1, ~1))) == rule


def test_an_uncertain_kitchen_is_expected() -> None:
    """Food whose moment is uncertain is picked up when it is expected, a little after it is ready; a plan that
    counts on the moment itself is found.
    """
    sure = single()
    unsure = replace(sure, requests=tuple(replace(q, ready_s=1500, spread_s=300) for q in sure.requests))
    stop = schedule(unsure, unsure.couriers[0], (0, ~0)).stops[0]
    there_s = stop.arrive_s + unsure.rules.pickup_arrive_s
    assert stop.at_s == expected_s(there_s, 1500, 300) > max(there_s, 1500)
    assert rules_broken(unsure, planned(unsure, (0, ~0))) == set()
    known = replace(unsure, requests=tuple(replace(q, spread_s=0) for q in unsure.requests))
    assert "time" in rules_broken(unsure, planned(known, (0, ~0)))


def test_an_uncertain_kitchen_is_the_latest_of_a_visit() -> None:
    """Of two orders of one visit the later expected one is waited for."""
    asked = single()
    first, second = asked.requests
    twin = replace(first, id="twin", ready_s=2000, spread_s=0)
    asked = replace(asked, requests=(replace(first, ready_s=1950, spread_s=600), twin, second))
    stops = schedule(asked, asked.couriers[0], (0, 1, ~0, ~1)).stops
    there_s = stops[0].arrive_s + asked.rules.pickup_arrive_s
    assert stops[0].at_s == stops[1].at_s == max(2000, expected_s(there_s, 1950, 600))
    assert rules_broken(asked, planned(asked, (0, 1, ~0, ~1))) == set()


def test_who_can_wait_costs_less() -> None:
    """Lateness and being left out cost a patient customer's share of what they cost else; waiting the same."""
    firm = single()
    firm = replace(firm, requests=tuple(replace(q, promise_s=0) for q in firm.requests))
    patient = replace(firm, requests=(replace(firm.requests[0], firm=False), firm.requests[1]))
    both, of_patient = (price(asked, planned(asked, (0, ~0))) for asked in (firm, patient))
    assert of_patient.late == pytest.approx(both.late * firm.rules.weights.flexible)
    assert replace(of_patient, late=both.late) == both
    left = price(patient, planned(patient, (1, ~1))).unserved
    assert left == patient.rules.weights.unserved * patient.rules.weights.flexible
    assert price(firm, planned(firm, (1, ~1))).unserved == firm.rules.weights.unserved


@pytest.mark.parametrize("basis", ["orders", "pay", "distance", "effort", "waiting", "desirable"])
def test_units_of_a_share(basis: Basis) -> None:
    """A route's share is its orders, its pay, its kilometres, its hours of work (twice) or its desirable jobs."""
    asked = single()
    asked = replace(
        asked,
        requests=(replace(asked.requests[0], pay=2.0, desirable=1.5), replace(asked.requests[1], pay=3.0)),
        rules=replace(asked.rules, fairness_basis=basis, weights=replace(asked.rules.weights, fairness=10.0)),
    )
    route = schedule(asked, asked.couriers[0], (0, ~0, 1, ~1))
    places = [asked.couriers[0].at, *(stop.at for stop in route.stops)]
    metres = sum(int(asked.distance_m[a, b]) for a, b in pairwise(places))
    work_s = route.stops[1].leave_s - route.departs[0] + route.stops[3].leave_s - route.departs[1]
    units = {"orders": 2, "pay": 5.0, "distance": metres / 1000, "desirable": 1.5}.get(basis, work_s / 3600)
    found = price_route(asked, asked.couriers[0], route, {q.id: q for q in asked.requests})
    assert found.fairness == pytest.approx(10.0 * units**2 / 2)
