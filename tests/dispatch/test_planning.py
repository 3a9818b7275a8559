"""What a plan begins from, what it expects of kitchens, who may carry what, and when there need be no new one."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

import routing
from dispatch import breaks, deliveries, jobs, kitchens, offers, orders, people, planning
from dispatch.errors import BadInput
from dispatch.kitchens import Kitchen
from dispatch.orders import NewOrder
from dispatch.planning import Picture
from dispatch.tables import Order, PlanRound, Restaurant, known
from payments.rulebook import parse
from tests import factories
from tests.dispatch.test_story import evening, offered

__all__ = ["evening"]

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Counting:
    """The solver, counting the searches it is asked for."""

    def __init__(self) -> None:
        self.searches: list[routing.Plan | None] = []

    def __call__(
        self,
        problem: routing.Problem,
        *,
        budget_s: float,
        seed: int = 0,
        warm: routing.Plan | None = None,
    ) -> routing.Plan:
        """Search, and remember what it was begun from."""
        self.searches.append(warm)
        return routing.solve(problem, budget_s=min(budget_s, 0.05), seed=seed, warm=warm)


def picture(session: Session, now: datetime) -> Picture:
    """The evening at an instant."""
    taken = planning.take(session, now=now, force=True)
    assert taken is not None
    return taken


def turn(session: Session, now: datetime, solver: Counting) -> planning.Made:
    """One round of planning with this solver."""
    seen = picture(session, now)
    made = planning.do(seen, solver)
    offers.settle(session, seen, made, now=now)
    return made


def test_an_evening_that_has_not_changed_is_not_thought_through_again(
    evening: Session, now: datetime
) -> None:
    """Tick after tick the last plan is kept, until something changes or it is five minutes old; offers still go out."""
    factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    factories.order(evening, now, luna, ready_min=40)
    solver = Counting()
    first = turn(evening, now, solver)
    for tick in range(1, 10):
        made = turn(evening, now + tick * timedelta(seconds=30), solver)
        assert made.kept
        assert (made.plan.solver, made.plan.routes[0].departs) == (
            first.plan.solver,
            first.plan.routes[0].departs,
        )
    assert len(solver.searches) == 1
    assert not turn(evening, now + timedelta(minutes=6), solver).kept
    assert len(solver.searches) == 2
    factories.order(evening, now + timedelta(minutes=7), luna, "A-2", ready_min=40)
    assert not turn(evening, now + timedelta(minutes=7), solver).kept
    assert len(solver.searches) == 3


def test_a_kept_plan_is_offered_when_it_must_go(evening: Session, now: datetime) -> None:
    """A batch whose time to leave has come is offered from the kept plan, without another search."""
    factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now), ready_min=10)
    solver = Counting()
    made, then = turn(evening, now, solver), now
    assert order.delivery == "waiting"
    for _ in range(20):
        due = planning.due_at(evening, now=then)
        assert due is not None
        then = max(due, then + SECOND)
        made = turn(evening, then, solver)
        if order.delivery == "assigned":
            break
    assert order.delivery == "assigned"
    assert len(solver.searches) <= 1 + (then - now) // timedelta(minutes=5)
    assert made.kept


def test_a_rider_gone_is_a_change(evening: Session, now: datetime) -> None:
    """A rider who leaves, a kitchen that is late, and an order passed on are each thought through anew."""
    factories.rider(evening, now)
    other = factories.rider(evening, now, 2, name="Ola Berg")
    order = factories.order(evening, now, factories.restaurant(evening, now), ready_min=40)
    solver = Counting()
    turn(evening, now, solver)
    other.off_asked_at = now
    evening.add(other)
    turn(evening, now + SECOND, solver)
    orders.late(evening, order, order.ready_at + timedelta(minutes=5), now=now + 2 * SECOND)
    turn(evening, now + 2 * SECOND, solver)
    assert len(solver.searches) == 3
    assert turn(evening, now + 3 * SECOND, solver).kept


def test_the_last_plan_is_where_the_next_begins(evening: Session, now: datetime) -> None:
    """A new order changes little: the search starts from the last plan, and moving an order has a price."""
    for n in range(1, 4):
        factories.rider(evening, now, n, name=f"Rider {n}")
    luna = factories.restaurant(evening, now)
    for n in range(4):
        factories.order(evening, now, luna, f"A-{n}", ready_min=30 + n)
    solver = Counting()
    first = turn(evening, now, solver)
    meant = {s.request: r.courier for r in first.plan.routes for s in r.stops}
    factories.order(evening, now, luna, "B-1", drop=factories.BLACKSTOCK, ready_min=35)
    seen = picture(evening, now + SECOND)
    assert {r.id: r.previous for r in seen.problem.requests if r.id in meant} == meant
    assert seen.problem.rules.weights.churn == seen.rulebook.dispatch.churn_weight > 0
    planning.do(seen, solver)
    assert solver.searches[1] is not None
    assert {r.courier for r in solver.searches[1].routes} == set(meant.values())
    weights = replace(seen.problem.rules.weights, churn=1e5)
    loyal = replace(seen.problem, rules=replace(seen.problem.rules, weights=weights))
    second = planning.do(replace(seen, problem=loyal), solver)
    assert [
        s.request for r in second.plan.routes for s in r.stops if meant.get(s.request, r.courier) != r.courier
    ] == []


@pytest.mark.parametrize("spoilt", [None, {}, {"turns": 7}, {"turns": {"1": [["pickup"]]}}])
def test_a_plan_that_cannot_be_read_costs_only_time(
    evening: Session, now: datetime, spoilt: dict[str, object] | None
) -> None:
    """Without its kept plan, or with one of another release, the evening is planned from nothing."""
    factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=40)
    solver = Counting()
    turn(evening, now, solver)
    row = evening.get(PlanRound, 1)
    assert row is not None
    row.plan = spoilt
    evening.add(row)
    evening.flush()
    made = turn(evening, now + SECOND, solver)
    assert not made.kept
    assert solver.searches == [None, None]


def test_a_kitchen_is_expected_as_it_was(evening: Session, now: datetime) -> None:
    """A kitchen that says twenty and means twenty-five is met at twenty-five, give or take what it has been."""
    factories.rider(evening, now)
    slow, prompt = factories.restaurant(evening, now), factories.restaurant(evening, now, "Curry Sol")
    for n in range(20):
        _cooked(evening, slow, f"S-{n}", now, late_min=5 + (n % 3 - 1))
        _cooked(evening, prompt, f"P-{n}", now, late_min=0)
    waits = {
        where.name: factories.order(evening, now, where, "N-1", ready_min=20) for where in (slow, prompt)
    }
    requests = {r.id: r for r in picture(evening, now).problem.requests}
    late, sharp = requests[str(waits["Pizza Luna"].id)], requests[str(waits["Curry Sol"].id)]
    told = planning.seconds(waits["Pizza Luna"].ready_at)
    assert 210 <= late.ready_s - told <= 300  # five minutes, drawn a little towards the co-op's mean
    assert 0 <= sharp.ready_s - told <= 90
    assert late.spread_s > 0
    orders.ready(evening, waits["Pizza Luna"], now=now)
    ready = {r.id: r for r in picture(evening, now).problem.requests}[late.id]
    assert (ready.ready_s, ready.spread_s) == (planning.seconds(now), 0)


def _cooked(session: Session, where: Restaurant, reference: str, now: datetime, *, late_min: float) -> Order:
    """An order of an hour ago, ready so many minutes after it was said to be."""
    then = now - timedelta(hours=1)
    order = factories.order(session, then, where, reference, ready_min=15)
    orders.ready(session, order, now=order.ready_at + timedelta(minutes=late_min))
    orders.cancelled(session, order, reason="eaten by the staff", now=then + timedelta(minutes=40))
    return order


def test_the_second_of_two_breaks_is_kept_too(evening: Session, now: datetime) -> None:
    """With ten minutes between two breaks no longer job is put there: it waits until the second is over."""
    shift = factories.rider(evening, now)
    boss = known(factories.person(evening, now, 90, "dispatcher", name="Desk Person").id)
    first, second = (now, now + 20 * MINUTE), (now + 30 * MINUTE, now + 60 * MINUTE)
    for since, until in (first, second):
        breaks.plan(evening, known(shift.id), since, until, by=boss, now=now)
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=20)
    seen = picture(evening, now + MINUTE)
    (route,) = (r for r in planning.do(seen).plan.routes if r.departs)
    assert route.stops[-1].leave_s - route.departs[0] > 600
    assert planning.instant(route.departs[0]) >= second[1]


def test_a_word_taken_back_teaches_nothing(evening: Session, now: datetime) -> None:
    """GOT said at the door and taken back is no word about the kitchen."""
    factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    (job_id,) = offers.settle(evening, seen := picture(evening, now), planning.do(seen), now=now)
    job = jobs.get(evening, job_id)
    rider = job.person_id
    offers.take(evening, rider, job.number, now=now)
    deliveries.here(evening, rider, job.number, now=now + timedelta(minutes=5))
    got_at = now + timedelta(minutes=9)
    deliveries.got(evening, rider, job.number, now=got_at)
    assert order.kitchen_slip_s == 540
    deliveries.undo(evening, rider, now=got_at + timedelta(minutes=1))
    assert order.kitchen_slip_s is None


def test_too_few_orders_say_nothing(evening: Session, now: datetime) -> None:
    """Nothing is expected of kitchens before eight orders are known, nor where the rulebook does not look ahead."""
    luna = factories.restaurant(evening, now)
    for n in range(kitchens.NEEDED):
        assert kitchens.look_ahead(evening, parse(factories.RULEBOOK), {known(luna.id)}) == {}
        _cooked(evening, luna, f"S-{n}", now, late_min=6)
    rulebook = parse(factories.RULEBOOK)
    assert kitchens.look_ahead(evening, rulebook, {known(luna.id)}) == {known(luna.id): Kitchen(360, 0)}
    blind = rulebook.model_copy(
        update={"dispatch": rulebook.dispatch.model_copy(update={"kitchen_look_ahead": False})}
    )
    assert kitchens.look_ahead(evening, blind, {known(luna.id)}) == {}


@pytest.mark.parametrize(
    ("own", "everyone", "expected"),
    [
        ([], [60, 180], Kitchen(120, 60)),
        ([3000] * 500, [3000] * 500, Kitchen(480, 0)),
        ([-3000] * 500, [-3000], Kitchen(-480, 0)),
        ([600] * 10, [0] * 10, Kitchen(300, 0)),
    ],
)
def test_one_kitchen_is_drawn_to_all_and_bounded(
    own: list[int], everyone: list[int], expected: Kitchen
) -> None:
    """A new kitchen is as the co-op's are, ten orders are half believed, and eight minutes is the most."""
    assert kitchens.expect(own, everyone, most_s=480) == expected


def test_only_who_may_carry_it_is_offered_it(evening: Session, now: datetime) -> None:
    """Wine goes only to a rider who may check ages: with none out a person is told, by hand no other gets it either."""
    plain = factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    order = factories.order(evening, now, luna, ready_min=0)
    order.needs = ["age_check"]
    evening.add(order)
    evening.flush()
    seen = picture(evening, now)
    assert planning.do(seen).plan.unserved == ((str(order.id), "not_allowed"),)
    trained = factories.rider(evening, now, 2, name="Ola Berg")
    people.grant(
        evening,
        trained.person_id,
        "rider",
        now=now,
        by=None,
        vehicle="bike",
        skills=("age_check", "heat_bag"),
    )
    job, _then = offered(evening, now)
    assert job.person_id == trained.person_id != plain.person_id


def test_a_cargo_bike_is_a_skill_of_the_shift(evening: Session, now: datetime) -> None:
    """An order that needs a cargo bike goes to whoever rides one today."""
    factories.rider(evening, now)
    cargo = factories.rider(evening, now, 2, name="Ola Berg")
    cargo.vehicle = "cargo"
    evening.add(cargo)
    order = factories.order(evening, now, factories.restaurant(evening, now))
    order.needs = ["cargo"]
    evening.add(order)
    evening.flush()
    job, _then = offered(evening, now)
    assert job.person_id == cargo.person_id


def test_words_nobody_knows_are_refused(evening: Session, now: datetime) -> None:
    """An order's needs and a rider's skills are words we know, said in a sentence otherwise."""
    luna = factories.restaurant(evening, now)
    new = NewOrder(
        external_id="X-1",
        ready_at=now + timedelta(minutes=10),
        value_minor=1000,
        tip_minor=0,
        paid_by="account",
        card_reference=None,
        drop=factories.HANLEY,
        drop_address="5 Hanley Road",
        needs=("ice",),
    )
    with pytest.raises(BadInput, match="you wrote ice"):
        orders.place(evening, luna, new, now=now)
    assert orders.place(evening, luna, replace(new, needs=("cargo", "age_check")), now=now).needs == [
        "age_check",
        "cargo",
    ]
    someone = factories.person(evening, now, 5, "rider")
    with pytest.raises(BadInput, match="skills are age_check, heat_bag"):
        people.grant(
            evening, known(someone.id), "rider", now=now, by=None, vehicle="bike", skills=("juggling",)
        )
