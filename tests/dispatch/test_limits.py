"""The most for an hour, rest after a heavy run, breaks by the rules, and going home on time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, col, create_engine, select

import routing
from dispatch import (
    attention,
    breaks,
    deliveries,
    jobs,
    limits,
    offers,
    planning,
    rain,
    shifts,
    starting,
)
from dispatch.errors import OfferGone, TooEarly
from dispatch.tables import Job, Order, Shift, known
from payments import books
from tests import factories
from tests.dispatch.test_story import evening, offered, plan

__all__ = ["evening"]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def adopt(session: Session, now: datetime, *rules: str) -> None:
    """The rulebook with rules of rest."""
    factories.adopt(session, now, factories.RULEBOOK + "\n[rest]\n" + "\n".join(rules) + "\n")


def problem(session: Session, now: datetime) -> routing.Problem:
    """The evening as the planner sees it."""
    version, rulebook = books.in_force(session, at=now)
    return planning.problem(session, planning.open_orders(session), version, rulebook, now=now)


def ride(session: Session, person_id: int, job: Job, now: datetime, minutes: int = 10) -> datetime:
    """Take, collect and deliver a job; when it is over."""
    offers.take(session, person_id, job.number, now=now)
    deliveries.got(session, person_id, job.number, now=now + minutes * MINUTE / 2)
    deliveries.done(session, person_id, job.number, everything=True, now=now + minutes * MINUTE)
    return now + minutes * MINUTE


def test_who_had_the_most_for_an_hour_gets_no_more_until_it_is_over(session: Session, now: datetime) -> None:
    """With one order an hour, the second waits for another rider or for the hour to pass; the desk sees why."""
    adopt(session, now, "max_orders_an_hour = 1")
    shift = factories.rider(session, now)
    luna = factories.restaurant(session, now)
    factories.order(session, now, luna, "A-1", ready_min=5)
    job, then = offered(session, now)
    over = ride(session, shift.person_id, job, then)
    factories.order(session, over, luna, "A-2", ready_min=1)
    rulebook = books.in_force(session, at=over)[1]
    left = limits.left(session, [shift], rulebook, now=over)[shift.person_id]
    assert left.at_limit
    assert "1 orders" in left.words
    assert problem(session, over).couriers[0].orders_left == 0
    assert plan(session, over) == []
    assert problem(session, then + 61 * MINUTE).couriers[0].orders_left == 1


def test_effort_is_weighed_by_load_and_rain(session: Session, now: datetime) -> None:
    """Bags and rain make the same minutes count for more, so that less is left for the hour."""
    adopt(session, now, "max_effort_min_an_hour = 40", "load_effort_pct = 10", "rain_effort_pct = 50")
    rulebook = books.in_force(session, at=now)[1]
    assert limits.effort_s(rulebook, 600, 1, rain=False) == 600
    assert limits.effort_s(rulebook, 600, 3, rain=True) == 1080
    shift = factories.rider(session, now)
    dry = limits.left(session, [shift], rulebook, now=now)[shift.person_id].effort_s
    spell = rain.began(session, now, None, by=shift.person_id, now=now)
    wet = limits.left(session, [shift], rulebook, now=now)[shift.person_id].effort_s
    assert dry is not None
    assert wet is not None
    assert abs(dry - 1.5 * wet) <= 2
    assert limits.raining(session, now=now + 3 * HOUR)
    rain.stopped(session, known(spell.id), now + MINUTE, now=now + MINUTE)
    assert not limits.raining(session, now=now + MINUTE)
    assert limits.raining(session, now=now)
    rain.taken_back(session, known(spell.id), by=shift.person_id, now=now + MINUTE)
    assert not limits.raining(session, now=now)


def test_a_climb_counts_in_the_hour(session: Session, now: datetime) -> None:
    """An order into a hilly zone, written so or paid for as such, weighs more; so less is left for the hour."""
    hilly = factories.RULEBOOK.replace("delivery_fee_minor", "hilly = true\ndelivery_fee_minor", 1)
    rules = "\n[rest]\nmax_effort_min_an_hour = 40\nclimb_effort_pct = 25\n"
    factories.adopt(session, now, hilly + rules)
    shift = factories.rider(session, now)
    rulebook = books.in_force(session, at=now)[1]
    assert rulebook.hilly == {rulebook.zones[0].name}
    flat = limits.left(session, [shift], rulebook, now=now)[shift.person_id].effort_s
    luna = factories.restaurant(session, now)
    factories.order(session, now, luna, "A-1", ready_min=5)
    climb = problem(session, now).couriers[0].effort_left_s
    assert flat is not None
    assert climb is not None
    assert abs(flat - 1.25 * climb) <= 2
    job, _ = offered(session, now)
    assert job.effort_s == round(1.25 * job.duration_s)


def test_a_heavy_run_is_followed_by_rest(session: Session, now: datetime) -> None:
    """Nothing new begins while a heavy job lasts or in the rest after it, and the problem says so both times."""
    adopt(session, now, "heavy_run_min = 5", "cool_down_min = 25")
    shift = factories.rider(session, now)
    luna = factories.restaurant(session, now)
    factories.order(session, now, luna, "A-1", ready_min=5)
    job, then = offered(session, now)
    offers.take(session, shift.person_id, job.number, now=then)
    factories.order(session, then, luna, "A-2", ready_min=1)
    held = problem(session, then).couriers[0]
    assert held.rest is not None
    assert held.rest[1] >= planning.seconds(then) + 25 * 60
    deliveries.got(session, shift.person_id, None, now=then + 6 * MINUTE)
    over = then + 14 * MINUTE
    deliveries.done(session, shift.person_id, None, now=over)
    assert problem(session, over).couriers[0].free_s >= planning.seconds(over + 25 * MINUTE)
    assert plan(session, over) == []
    assert plan(session, over + 26 * MINUTE)


def test_an_offer_taken_late_must_still_fit(session: Session, now: datetime) -> None:
    """TAKE of an offer that ran out is good, unless an hour is full, a break is on or the shift would run over."""
    adopt(session, now, "max_orders_an_hour = 1")
    shift = factories.rider(session, now)
    luna = factories.restaurant(session, now)
    factories.order(session, now, luna, "A-1", ready_min=5)
    job, then = offered(session, now)
    offers.expire_due(session, now=then + 4 * MINUTE)
    late = then + 5 * MINUTE
    row = breaks.plan(
        session, known(shift.id), late, late + 10 * MINUTE, by=shift.person_id, now=late - MINUTE
    )
    with pytest.raises(OfferGone):
        offers.take(session, shift.person_id, job.number, now=late)
    breaks.end(session, known(shift.id), known(row.id), now=late + MINUTE)
    over = shift.planned_end_at - MINUTE
    with pytest.raises(OfferGone):
        offers.take(session, shift.person_id, job.number, now=over)
    factories.order(session, late, luna, "A-2", ready_min=1)
    with session.begin_nested() as meanwhile:
        other, at = offered(session, late + MINUTE)
        offers.take(session, shift.person_id, other.number, now=at)
        with pytest.raises(OfferGone):
            offers.take(session, shift.person_id, job.number, now=at)
        meanwhile.rollback()
    assert offers.take(session, shift.person_id, job.number, now=late + MINUTE).verb == "took"


def test_no_rule_limits_nobody(evening: Session, now: datetime) -> None:
    """Without a limit in the rulebook riders have none in the problem."""
    factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    courier = problem(evening, now).couriers[0]
    assert (courier.orders_left, courier.effort_left_s, courier.rest) == (None, None, None)


RULE_SETS = st.fixed_dictionaries(
    {
        "max_orders_an_hour": st.sampled_from([None, 1, 2, 3]),
        "max_effort_min_an_hour": st.sampled_from([None, 20, 35, 50]),
        "max_km_an_hour": st.sampled_from([None, 3.0, 6.0]),
        "heavy_run_min": st.sampled_from([None, 8, 15]),
    }
)


@settings(max_examples=5)
@given(rules=RULE_SETS, ready=st.lists(st.integers(1, 100), min_size=3, max_size=9), slow=st.integers(0, 6))
def test_generated_evenings_keep_every_limit(rules: dict[str, Any], ready: list[int], slow: int) -> None:
    """A law: whatever the rules and orders, no hour of a rider holds more than the rule, and heavy runs are rested."""
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    begin = datetime(2026, 11, 20, 18, tzinfo=UTC)
    with Session(engine, expire_on_commit=False) as session:
        ride_out(session, begin, rules, ready, slow)
        _check(session, rules, slow)
    engine.dispose()


def ride_out(session: Session, begin: datetime, rules: dict[str, Any], ready: list[int], slow: int) -> None:
    """Two riders and these orders over some hours, under these rules; the riders are a little slow."""
    written = [f"{name} = {value}" for name, value in rules.items() if value is not None]
    adopt(session, begin, *written, "cool_down_min = 12", "rain_effort_pct = 20")
    out = [factories.rider(session, begin, n, name=f"Rider {n}", hours=5) for n in (1, 2)]
    luna = factories.restaurant(session, begin)
    drops = (factories.HANLEY, factories.BLACKSTOCK, factories.TOLLINGTON)
    waiting = sorted(ready)
    for step in range(80):
        now = begin + step * 2 * MINUTE
        while waiting and waiting[0] <= step * 2:
            waiting.pop(0)
            name = f"A-{len(waiting)}"
            factories.order(
                session, now, luna, name, drop=drops[len(waiting) % 3], ready_min=6, paid_by="account"
            )
        plan(session, now)
        for shift in out:
            for job in shifts.live_jobs(session, shift.person_id):
                _go_on(session, shift.person_id, job, now, slow)


def _go_on(session: Session, person_id: int, job: Job, now: datetime, slow: int) -> None:
    """Ride as planned, or a little slower."""
    if job.state == "offered":
        offers.take(session, person_id, job.number, now=now)
    for stop in jobs.stops_left(session, job):
        if stop.planned_at + slow * MINUTE > now:
            return
        if stop.kind == "pickup":
            deliveries.got(session, person_id, job.number, now=now, visit=stop.visit)
        else:
            deliveries.done(session, person_id, job.number, letters=(stop.letter,), now=now)
        session.refresh(stop)


def _check(session: Session, rules: dict[str, Any], slow: int) -> None:
    """Any hour that ends as a job is given holds at most the rule's orders; and heavy runs are rested after."""
    rows = session.exec(select(Job).where(col(Job.state) != "withdrawn").order_by(col(Job.offered_at))).all()
    most, heavy_s = rules["max_orders_an_hour"], (rules["heavy_run_min"] or 10**6) * 60
    for person_id in {job.person_id for job in rows}:
        mine = [job for job in rows if job.person_id == person_id]
        for job in mine:
            hour = [j for j in mine if job.offered_at - HOUR < j.offered_at <= job.offered_at]
            carried = sum(len(jobs.stops_of(session, j)) // 2 for j in hour)
            assert most is None or carried <= most
            longest = rules["max_effort_min_an_hour"]
            begun = sum(j.duration_s for j in hour if j.depart_at >= job.offered_at - HOUR)
            assert longest is None or begun <= (longest + slow * len(hour)) * 60
            km = rules["max_km_an_hour"]
            assert km is None or job.distance_m <= km * 1000
            for before in mine:
                if before.closed_at is None or before.offered_at >= job.offered_at:
                    continue
                took = (before.closed_at - min(before.depart_at, before.closed_at)).total_seconds()
                if took >= heavy_s and before.closed_at <= job.offered_at:
                    assert job.depart_at >= before.closed_at + 12 * MINUTE


# Breaks -----------------------------------------------------------------------------------------------------


# Going home -------------------------------------------------------------------------------------------------


def last_hour(session: Session, now: datetime, *rules: str) -> tuple[Shift, Order]:
    """A rider whose shift ends before the only order could be at its door."""
    text = factories.RULEBOOK.replace("end_tolerance_min = 5", "end_tolerance_min = 0")
    written = "\n".join(rules)
    factories.adopt(session, now, text.replace("[shifts]", f"[shifts]\n{written}") if rules else text)
    shift = factories.rider(session, now, hours=0.5)
    return shift, factories.order(session, now, factories.restaurant(session, now), ready_min=24)


def test_what_would_end_late_is_asked_and_never_just_given(session: Session, now: datetime) -> None:
    """Only such a plan exists: the offer says when it would end, and taking it is recorded as their yes."""
    shift, _ = last_hour(session, now)
    job, then = offered(session, now)
    told = jobs.facts(session, job, now=then)
    assert told.ends_at is not None
    assert told.shift_ends_at is not None
    assert told.ends_at > told.shift_ends_at
    assert job.stay_at is None
    offers.take(session, shift.person_id, job.number, now=then)
    assert job.stay_at == then


def test_nobody_is_asked_where_the_members_do_not_want_it(session: Session, now: datetime) -> None:
    """With stay_ask_min = 0 such an order waits for somebody else, or for a person."""
    last_hour(session, now, "stay_ask_min = 0")
    with pytest.raises(AssertionError, match="no offer"):
        offered(session, now)


def test_who_can_ride_it_in_time_is_not_passed_over(session: Session, now: datetime) -> None:
    """With another rider who has time, nobody is asked to stay."""
    last_hour(session, now)
    free = factories.rider(session, now, 2, name="Ola Berg")
    job, _ = offered(session, now)
    assert job.person_id == free.person_id
    assert job.past_end_at is None


# Saying ON --------------------------------------------------------------------------------------------------


def test_on_without_a_plan_asks_the_desk_or_starts_as_the_rules_say(session: Session, now: datetime) -> None:
    """Unplanned, the desk is asked once; too early, the rider is told from when; allowed, the clock starts."""
    factories.adopt(session, now)
    rider = known(factories.person(session, now, 1, "rider").id)
    for _ in range(2):
        assert starting.on(session, rider, now=now) is None
    assert [a.kind for a in attention.open_(session)] == ["unplanned"]
    shifts.plan(session, rider, starts_at=now + 3 * HOUR, ends_at=now + 6 * HOUR)
    with pytest.raises(TooEarly, match="21:00"):
        starting.on(session, rider, now=now)
    started = starting.on(session, rider, now=now + 2 * HOUR)
    assert started is not None
    assert started.started_at == now + 2 * HOUR
    assert not attention.open_(session)


def test_on_unplanned_where_it_is_allowed(session: Session, now: datetime) -> None:
    """The shift opened is as long as the rules say, and never runs into the next one."""
    text = factories.RULEBOOK.replace("[shifts]", '[shifts]\nunplanned_on = "allow"\nunplanned_h = 9.0')
    factories.adopt(session, now, text)
    rider = known(factories.person(session, now, 1, "rider").id)
    shifts.plan(session, rider, starts_at=now + 7 * HOUR, ends_at=now + 9 * HOUR)
    started = starting.on(session, rider, now=now)
    assert started is not None
    assert started.unplanned
    assert started.planned_end_at == now + 7 * HOUR
    assert starting.on(session, rider, now=now + MINUTE) is started
