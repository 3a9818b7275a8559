"""What each rider is counted to have had, and in how many hours: nobody is owed what they let go, nobody starves."""

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import breaks, changes, deliveries, fairness, offers, planning, shifts
from dispatch.tables import Job, Shift, known
from payments.rulebook import Rulebook, check, parse
from routing.problem import unfairness
from tests import factories
from tests.dispatch.test_story import evening, offered

__all__ = ["evening"]

NIGHT = timedelta(hours=1)


def ruled(**dispatch: object) -> Rulebook:
    """The Finsbury Park rulebook with some of its dispatch rules changed."""
    return parse(factories.RULEBOOK).model_copy(
        update={"dispatch": parse(factories.RULEBOOK).dispatch.model_copy(update=dispatch)}
    )


def ride(session: Session, shift: Shift, now: datetime, reference: str, *, tip: int = 0) -> Job:
    """One order ridden by this rider, from placing to the door."""
    luna = factories.restaurant(session, now, f"Kitchen {reference}")
    factories.order(session, now, luna, reference, tip=tip)
    job, then = offered(session, now)
    assert job.person_id == shift.person_id
    deliveries.done(session, shift.person_id, job.number, now=then + timedelta(minutes=12))
    return job


@pytest.mark.parametrize(
    ("basis", "units"),
    [
        ("orders", lambda job: 2.0),
        ("pay", lambda job: 2.5),
        ("distance", lambda job: job[0].distance_m / 1000 + job[1].distance_m / 1000),
        ("effort", lambda job: (job[0].duration_s + job[1].duration_s) / 3600),
        ("waiting", lambda job: (job[0].duration_s + job[1].duration_s) / 3600),
        ("desirable", lambda job: 1.0),
    ],
)
def test_each_basis_counts_its_own(
    evening: Session, now: datetime, basis: str, units: Callable[[list[Job]], float]
) -> None:
    """Orders, tips, kilometres, hours of work, or short tipped rides: two jobs count as what the rulebook names."""
    shift = factories.rider(evening, now)
    ridden = [ride(evening, shift, now, "A-1", tip=250), ride(evening, shift, now + NIGHT, "A-2")]
    told = fairness.account(evening, ruled(fairness_basis=basis), now=now + 2 * NIGHT)
    assert told.had[shift.person_id] == pytest.approx(units(ridden))
    assert told.hours[shift.person_id] == pytest.approx(2.0)


def test_who_passes_five_offers_is_owed_nothing(evening: Session, now: datetime) -> None:
    """Five offers passed on count as five had: their rider comes before nobody who rode five."""
    passer, rider = factories.rider(evening, now), factories.rider(evening, now, 2, name="Ola Berg")
    luna = factories.restaurant(evening, now)
    for n in range(5):
        factories.order(evening, now, luna, f"P-{n}")
        picture = planning.take(evening, now=now, force=True)
        assert picture is not None
        alone = [c for c in picture.problem.couriers if c.id == str(passer.person_id)]
        assert alone
        job, then = _offered_to(evening, passer, now)
        offers.refuse(evening, passer.person_id, job.number, now=then)
        taken, then = _offered_to(evening, rider, then)
        deliveries.done(evening, rider.person_id, taken.number, now=then + timedelta(minutes=10))
        now = then + timedelta(minutes=11)
    told = fairness.account(evening, ruled(fairness_basis="orders"), now=now)
    assert told.had == {passer.person_id: 5.0, rider.person_id: 5.0}
    effort = fairness.account(evening, ruled(fairness_basis="effort"), now=now)
    assert effort.had[passer.person_id] == pytest.approx(effort.had[rider.person_id], rel=0.5)


def _offered_to(session: Session, shift: Shift, now: datetime) -> tuple[Job, datetime]:
    """The next offer, made to this rider by leaving the others aside for the moment."""
    others = [s for s in planning.able(session) if s.id != shift.id]
    for other in others:
        other.off_asked_at = now
    session.add_all(others)
    session.flush()
    found = offered(session, now)
    for other in others:
        other.off_asked_at = None
    session.add_all(others)
    session.flush()
    return found


def test_an_offer_let_go_by_and_taken_after_all_is_one(evening: Session, now: datetime) -> None:
    """TAKE after the time ran out counts once, in orders as in hours of work."""
    shift = factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.expire_due(evening, now=then + timedelta(minutes=4))
    let_go = fairness.account(evening, ruled(fairness_basis="orders"), now=then + timedelta(minutes=4))
    assert let_go.had == {shift.person_id: 1.0}
    offers.take(evening, shift.person_id, job.number, now=then + timedelta(minutes=5))
    for basis, units in (("orders", 1.0), ("effort", job.duration_s / 3600)):
        told = fairness.account(evening, ruled(fairness_basis=basis), now=then + timedelta(minutes=6))
        assert told.had == {shift.person_id: pytest.approx(units)}


def test_an_offer_that_never_arrived_is_nobodys(evening: Session, now: datetime) -> None:
    """An offer that ran out before its rider could read it counts for nothing."""
    factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    job.reached_at = None
    evening.add(job)
    offers.expire_due(evening, now=then + timedelta(minutes=4))
    assert fairness.account(evening, ruled(), now=then + timedelta(minutes=4)).had == {}


def test_a_take_taken_back_still_counts(evening: Session, now: datetime) -> None:
    """UNDO after TAKE is letting a job go, and counts as had."""
    shift = factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.take(evening, shift.person_id, job.number, now=then)
    deliveries.undo(evening, shift.person_id, now=then + timedelta(minutes=1))
    told = fairness.account(evening, ruled(fairness_basis="orders"), now=then + timedelta(minutes=2))
    assert told.had == {shift.person_id: 1.0}


def test_time_at_rest_is_no_time_on_offer(evening: Session, now: datetime) -> None:
    """A break takes its hours out of the account, and no work is planned into it."""
    rests, works = factories.rider(evening, now), factories.rider(evening, now, 2, name="Ola Berg")
    boss = factories.person(evening, now, 90, "dispatcher", name="Desk Person")
    breaks.plan(
        evening,
        known(rests.id),
        now + timedelta(minutes=30),
        now + timedelta(minutes=90),
        by=known(boss.id),
        now=now,
    )
    told = fairness.account(evening, ruled(), now=now + 2 * NIGHT)
    assert told.hours == {rests.person_id: pytest.approx(1.0), works.person_id: pytest.approx(2.0)}
    factories.order(evening, now + timedelta(minutes=40), factories.restaurant(evening, now), ready_min=5)
    picture = planning.take(evening, now=now + timedelta(minutes=40), force=True)
    assert picture is not None
    by_id = {c.id: c.rest for c in picture.problem.couriers}
    assert by_id[str(works.person_id)] is None
    assert by_id[str(rests.person_id)] == (
        planning.seconds(now + timedelta(minutes=30)),
        planning.seconds(now + timedelta(minutes=90)),
    )


def test_who_joins_later_stands_where_the_fleet_stands(evening: Session, now: datetime) -> None:
    """Who joins mid-month has the fleet's mean rate: an order costs about the same by them as by others."""
    old = factories.rider(evening, now)
    for n in range(4):
        ride(evening, old, now + n * NIGHT * 0.8, f"A-{n}")
    later = now + 3.5 * NIGHT
    new = factories.rider(evening, later, 2, name="Ola Berg")
    rules = ruled(fairness_basis="orders", fairness_window="month")
    told = fairness.account(evening, rules, now=later)
    assert told.had.get(new.person_id, 0.0) == 0.0
    (had_old, hours_old), (had_new, hours_new) = told.of(old.person_id), told.of(new.person_id)
    assert hours_new == pytest.approx(1.0)
    assert had_new / hours_new == pytest.approx(had_old / hours_old)
    dear, cheap = unfairness(had_new, 1, hours_new), unfairness(had_old, 1, hours_old)
    assert dear == pytest.approx(cheap, rel=0.4)  # neither flooded with work nor starved of it
    bare = fairness.account(evening, ruled(fairness_basis="orders", fairness_newcomer_h=0), now=later)
    assert bare.of(new.person_id) == (0.0, 0.0)


def test_the_window_is_the_rulebooks(evening: Session, now: datetime) -> None:
    """Last week's work counts under "month", not under the week's pay period, and another shift's not under "shift"."""
    shift = factories.rider(evening, now, hours=2)
    ride(evening, shift, now, "A-1")
    shifts.stop(evening, shift.person_id, now=now + NIGHT)
    week = now + timedelta(days=7)
    shifts.plan(evening, shift.person_id, starts_at=week, ends_at=week + 2 * NIGHT)
    second = shifts.start(evening, shift.person_id, now=week)
    assert second.id != shift.id
    counted = {
        window: fairness.account(evening, ruled(fairness_window=window), now=week + NIGHT)
        for window in ("shift", "pay_period", "month")
    }
    assert counted["shift"].had == counted["pay_period"].had == {}
    assert counted["month"].had[shift.person_id] > 0
    assert counted["month"].hours[shift.person_id] == pytest.approx(2.0)
    assert counted["shift"].hours[shift.person_id] == pytest.approx(1.0)


def test_a_rulebook_says_what_may_be_even_in_plain_words() -> None:
    """A basis or window nobody knows is refused by a sentence that lists those there are."""
    raw = {"fairness_basis": "miles", "fairness_window": "year", "fairness_may_cost_p90_min": -1}

    text = tomllib.loads(factories.RULEBOOK)
    text["dispatch"] |= raw
    with pytest.raises(Exception, match="fairness_basis: must be") as refused:
        check(text)
    said = str(refused.value)
    assert '"desirable"; you wrote "miles"' in said
    assert '"pay_period" or "month"; you wrote "year"' in said
    assert "fairness_may_cost_p90_min: must be a number between 0 and 120" in said


def test_an_offer_let_go_by_counts_though_the_next_was_called_off(evening: Session, now: datetime) -> None:
    """Let go by, offered again and withdrawn with its order: one job had, in hours of work as in orders."""
    shift = factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.expire_due(evening, now=then + timedelta(minutes=4))
    again, later = offered(evening, then + timedelta(minutes=15))
    assert again.person_id == job.person_id
    changes.cancel(evening, order, reason="eaten by the staff", now=later)
    for basis, units in (("orders", 1.0), ("effort", job.duration_s / 3600)):
        told = fairness.account(evening, ruled(fairness_basis=basis), now=later)
        assert told.had == {shift.person_id: pytest.approx(units)}


def test_hours_past_the_planned_end_count_in_the_next_window(evening: Session, now: datetime) -> None:
    """A shift planned to end before the window began and ridden on into it has its hours there."""
    month_end = datetime(2026, 11, 30, 22, tzinfo=UTC)
    shift = factories.rider(evening, month_end, hours=1.75)  # planned until a quarter to midnight
    monthly = ruled(fairness_window="month")
    half_past = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    assert fairness.account(evening, monthly, now=half_past).hours == {shift.person_id: pytest.approx(0.5)}
    shifts.stop(evening, shift.person_id, now=half_past)
    assert fairness.account(evening, monthly, now=half_past + NIGHT).hours == {
        shift.person_id: pytest.approx(0.5)
    }
