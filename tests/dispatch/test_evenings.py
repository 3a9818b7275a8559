"""Past evenings read as numbers: what was ordered and who was out, each on its own day."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from dispatch import evenings, orders
from dispatch.tables import Order, Rest, Shift, known
from payments import books
from payments.rulebook import Rulebook
from tests import factories, past


@pytest.fixture
def rulebook(session: Session, now: datetime) -> Rulebook:
    """The Finsbury Park rules, in force."""
    factories.adopt(session, now)
    return books.in_force(session, at=now)[1]


def test_an_evening_is_read_as_it_was(session: Session, rulebook: Rulebook, now: datetime) -> None:
    """Every carried order and every shift worked is there: moments, places, sizes, and riders from where they start."""
    riders = past.crew(session, now)
    brought = past.evening(session, now, past.kitchens(session, now), riders)
    brought[0].kitchen_slip_s = 240
    brought[0].carried_at = brought[0].ready_at + timedelta(minutes=5)
    assert evenings.held(session, rulebook, now=now + timedelta(hours=6)) == {now.date(): 24}
    read = evenings.evening(session, rulebook, now.date())
    day = read.day
    assert [order.id for order in day.orders] == [str(order.id) for order in brought]
    assert day.orders[0].ready_s == brought[0].ready_at.timestamp() + 240
    assert day.orders[1].ready_s == brought[1].ready_at.timestamp()
    assert day.orders[1].promise_s == brought[1].promise_at.timestamp()
    assert len({order.pickup for order in day.orders}) == 3
    assert set(read.who.values()) == {str(person.id) for person in riders}
    assert len({rider.at for rider in day.riders}) == 1
    assert [rider.until_s - rider.from_s for rider in day.riders] == [14_400, 13_500, 12_600, 11_700]
    assert day.riders[0].capacity == rulebook.dispatch.capacity["bike"]
    from_home = day.travel_s[day.riders[0].at, day.orders[0].pickup]
    assert 0 < from_home < 600


def test_orders_after_midnight_are_of_the_evening_before(
    session: Session, rulebook: Rulebook, now: datetime
) -> None:
    """An evening ends at four in the morning, and another day's orders are not among its own."""
    places, riders = past.kitchens(session, now), past.crew(session, now)
    last = past.evening(session, now, places, riders, orders=20)[-1]
    last.placed_at = now + timedelta(hours=6, minutes=20)
    session.add(last)
    past.evening(session, now + timedelta(days=1), places, riders, orders=6, seed=1)
    later = now + timedelta(days=2)
    assert list(evenings.held(session, rulebook, now=later).items()) == [
        (date(2026, 11, 20), 20),
        (date(2026, 11, 21), 6),
    ]
    assert len(evenings.evening(session, rulebook, date(2026, 11, 21)).day.orders) == 6


def test_an_order_for_later_is_of_the_evening_it_was_for(
    session: Session, rulebook: Rulebook, now: datetime
) -> None:
    """What was ordered the day before is ridden on its own day, as if ordered an hour before it is ready."""
    places, riders = past.kitchens(session, now), past.crew(session, now)
    tomorrow = now + timedelta(days=1)
    past.evening(session, tomorrow, places, riders, orders=6)
    ahead = factories.order(session, now + timedelta(hours=6), places[0], "ahead", ready_min=20 * 60)
    friday, saturday = now.date(), tomorrow.date()
    assert evenings.held(session, rulebook, now=tomorrow + timedelta(days=1)) == {}  # it goes on
    _brought(ahead, ahead.ready_at, known(riders[0].id))
    session.add(ahead)
    session.flush()
    assert evenings.held(session, rulebook, now=tomorrow + timedelta(days=1)) == {saturday: 7}
    assert evenings.evening(session, rulebook, friday).day.orders == ()
    read = {order.id: order for order in evenings.evening(session, rulebook, saturday).day.orders}
    assert read[str(ahead.id)].placed_s == ahead.ready_at.timestamp() - 3600


def _brought(order: Order, carried_at: datetime, rider_id: int) -> None:
    order.delivery, order.carried_at, order.rider_id = "delivered", carried_at, rider_id
    order.delivered_at = carried_at + timedelta(minutes=15)


def test_food_ready_early_is_early_once(session: Session, rulebook: Rulebook, now: datetime) -> None:
    """Ten minutes early by the kitchen's word, or in a rider's bag by then, is ten minutes and not twenty."""
    luna, rider = factories.restaurant(session, now), known(past.crew(session, now, 1)[0].id)
    said, seen = (factories.order(session, now, luna, name, ready_min=30) for name in ("said", "seen"))
    early = now + timedelta(minutes=20)
    orders.ready(session, said, now=early)
    seen.kitchen, seen.kitchen_slip_s = "ready", -600
    for order in (said, seen):
        _brought(order, early, rider)
        session.add(order)
    session.flush()
    assert said.kitchen_slip_s == -600
    read = evenings.evening(session, rulebook, now.date()).day.orders
    assert [order.ready_s for order in read] == [early.timestamp()] * 2


def test_an_evening_that_goes_on_is_not_past(session: Session, rulebook: Rulebook, now: datetime) -> None:
    """While an order is open or a rider on shift, its evening is not read; what was cancelled never is."""
    places, riders = past.kitchens(session, now), past.crew(session, now)
    brought = past.evening(session, now, places, riders)
    open_ = factories.order(session, now, places[0], "open")
    later = now + timedelta(hours=6)
    assert evenings.held(session, rulebook, now=later) == {}
    open_.delivery, open_.cancelled_at = "cancelled", now
    session.add(open_)
    session.flush()
    assert evenings.held(session, rulebook, now=later) == {now.date(): len(brought)}
    factories.rider(session, now + timedelta(hours=1), 77)
    assert evenings.held(session, rulebook, now=later) == {}


def test_days_of_one_pay_period_are_even_together(
    session: Session, rulebook: Rulebook, now: datetime
) -> None:
    """The evenings of a week share their window, those of two weeks do not; under "shift" none do."""
    places, riders = past.kitchens(session, now), past.crew(session, now)
    days = [now + timedelta(days=ahead) for ahead in (0, 1, 7)]
    for number, day in enumerate(days):
        past.evening(session, day, places, riders, orders=3, seed=number)
    first, second, third = (evenings.evening(session, rulebook, day.date()).window for day in days)
    assert first == second != third
    alone = rulebook.model_copy(
        update={"dispatch": rulebook.dispatch.model_copy(update={"fairness_window": "shift"})}
    )
    assert len({evenings.evening(session, alone, day.date()).window for day in days}) == 3


def test_rests_are_kept(session: Session, rulebook: Rulebook, now: datetime) -> None:
    """A rider who rested is not given work in that time again."""
    riders = past.crew(session, now)
    past.evening(session, now, past.kitchens(session, now), riders, orders=3)
    first = session.exec(select(Shift).order_by(col(Shift.id))).all()[0]
    begins, ends = now + timedelta(hours=1), now + timedelta(hours=2)
    session.add(
        Rest(
            shift_id=known(first.id), starts_at=begins, ends_at=ends, by_person_id=known(riders[0].id), at=now
        )
    )
    session.flush()
    read = evenings.evening(session, rulebook, now.date())
    rested = {rider.id: rider.rest for rider in read.day.riders if rider.rest is not None}
    assert rested == {f"{first.person_id}.{first.id}": (int(begins.timestamp()), int(ends.timestamp()))}
