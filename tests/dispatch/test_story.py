"""One order's way from the restaurant to the books, and the ways it may turn."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

import routing
from dispatch import attention, changes, deliveries, events, jobs, offers, orders, planning, shifts
from dispatch.errors import NoSuchJob, NothingToUndo, OfferGone, WrongState
from dispatch.tables import Event, Order, Shift, known
from payments import books, checks
from tests import factories
from tests.dispatch.evening_steps import offered, plan


@pytest.fixture
def evening(session: Session, now: datetime) -> Session:
    """A co-op with its rulebook."""
    factories.adopt(session, now)
    return session


def test_one_order_from_the_pass_to_the_books(evening: Session, now: datetime) -> None:
    """An order is offered, taken, got and delivered, and the books say where each penny went."""
    shift = factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    order = factories.order(evening, now, luna, phone="+447700900500")
    job, then = offered(evening, now)
    assert job.state == "offered"
    assert order.delivery == "assigned"
    rider = shift.person_id
    told = offers.take(evening, rider, None, now=then)
    assert told.next is not None
    assert told.next.pickups[0].references == ("A-1",)
    deliveries.got(evening, rider, job.number, now=then + timedelta(minutes=8))
    assert order.delivery == "carried"
    last = deliveries.done(evening, rider, None, now=then + timedelta(minutes=16))
    assert last.next is None
    assert order.delivery == "delivered"
    assert order.payment == "booked"
    assert job.state == "finished"
    assert books.balance(evening, f"rider:{rider}:tips", unit="GBP") == 250
    assert books.balance(evening, f"restaurant:{luna.id}", unit="GBP") == 1700
    assert books.balance(evening, "co-op:commission", unit="GBP") == 300
    assert checks.findings(evening) == []
    kinds = [e.kind for e in evening.exec(select(Event)).all()]
    assert kinds == ["order_placed", "offer_made"]
    shifts.stop(evening, rider, now=then + timedelta(hours=1))
    assert books.balance(evening, f"rider:{rider}:wages", unit="GBP") > 1480


def test_an_offer_waits_until_it_must_go(evening: Session, now: datetime) -> None:
    """Food that is long from ready is not offered yet, and the next plan is due no later than the tick."""
    factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=40)
    assert plan(evening, now) == []
    due = planning.due_at(evening, now=now)
    assert due is not None
    assert now < due <= now + timedelta(seconds=30)


def test_passed_goes_to_another(evening: Session, now: datetime) -> None:
    """A job passed on is offered to somebody else, never again to the same rider, and without blame."""
    first, second = factories.rider(evening, now, 1), factories.rider(evening, now, 2, name="Ola Berg")
    factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.refuse(evening, job.person_id, job.number, now=then)
    again, _ = offered(evening, then + timedelta(seconds=2))
    assert {job.person_id, again.person_id} == {first.person_id, second.person_id}
    assert attention.open_(evening) == []


def test_silence_expires_the_offer(evening: Session, now: datetime) -> None:
    """An offer nobody answers ends by itself; two in a row stop further offers and ask a person to look."""
    shift = factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    for reference in ("A-1", "A-2"):
        factories.order(evening, now, luna, reference)
        job, then = offered(evening, now)
        now = then + timedelta(minutes=4)
        assert offers.expire_due(evening, now=now) == 1
        assert job.state == "expired"
    assert [a.kind for a in attention.open_(evening)][-1] == "silent"
    assert planning.able(evening) == []
    shifts.heard_from(evening, shift.person_id, now=now)
    assert len(planning.able(evening)) == 1


def test_a_late_take_still_counts(evening: Session, now: datetime) -> None:
    """TAKE after the time ran out is good while nobody else has the order, and kindly refused after."""
    shift = factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.expire_due(evening, now=then + timedelta(minutes=4))
    offers.take(evening, shift.person_id, job.number, now=then + timedelta(minutes=5))
    assert order.delivery == "assigned"
    changes.cancel(evening, order, reason="the customer rang", now=then + timedelta(minutes=6))
    with pytest.raises(OfferGone):
        offers.take(evening, shift.person_id, job.number, now=then + timedelta(minutes=7))


def test_undo_reverses_the_books(evening: Session, now: datetime) -> None:
    """UNDO takes back a DONE and its entry, and the second DONE is booked anew; after five minutes it is too late."""
    shift = factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    rider = shift.person_id
    deliveries.got(evening, rider, job.number, now=then)
    deliveries.done(evening, rider, None, now=then + timedelta(minutes=5))
    told = deliveries.undo(evening, rider, now=then + timedelta(minutes=6))
    assert told.letters == ("A",)
    assert (order.delivery, job.state) == ("carried", "taken")
    assert books.balance(evening, f"rider:{rider}:tips", unit="GBP") == 0
    deliveries.done(evening, rider, None, now=then + timedelta(minutes=9))
    assert books.balance(evening, f"rider:{rider}:tips", unit="GBP") == 250
    assert checks.findings(evening) == []
    with pytest.raises(NothingToUndo):
        deliveries.undo(evening, rider, now=then + timedelta(minutes=15))


def test_everything_said_twice_is_said_once(evening: Session, now: datetime) -> None:
    """TAKE, GOT and DONE repeated change nothing and say so."""
    shift = factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    rider = shift.person_id
    assert not offers.take(evening, rider, job.number, now=then).repeated
    assert offers.take(evening, rider, job.number, now=then).repeated
    assert not deliveries.got(evening, rider, job.number, now=then).repeated
    assert deliveries.got(evening, rider, job.number, now=then).repeated
    assert not deliveries.done(evening, rider, job.number, now=then).repeated
    assert deliveries.done(evening, rider, job.number, now=then).repeated
    assert len(books.lines(evening, f"rider:{rider}:tips")) == 1


def test_cancelled_on_the_way(evening: Session, now: datetime) -> None:
    """An order cancelled before pick-up leaves its rider free and told; once carried it cannot be cancelled."""
    factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    order = factories.order(evening, now, luna)
    job, then = offered(evening, now)
    changes.cancel(evening, order, reason="the customer rang", now=then)
    assert (order.delivery, order.payment, job.state) == ("cancelled", "void", "withdrawn")
    assert [e.kind for e in events.unspread(evening)][-1] == "offer_withdrawn"
    second = factories.order(evening, then, luna, "A-2")
    job, then = offered(evening, then)
    deliveries.got(evening, job.person_id, job.number, now=then)
    with pytest.raises(WrongState):
        changes.cancel(evening, second, reason="too late", now=then)


def test_off_waits_for_the_last_drop(evening: Session, now: datetime) -> None:
    """OFF with a job in hand ends the shift at its last drop, by the clock, and posts its pay then."""
    shift = factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    _job, then = offered(evening, now)
    rider = shift.person_id
    offers.take(evening, rider, None, now=then)
    deliveries.off(evening, rider, now=then + timedelta(minutes=1))
    assert shift.state == "on"
    deliveries.got(evening, rider, None, now=then + timedelta(minutes=10))
    deliveries.done(evening, rider, None, now=then + timedelta(minutes=20))
    assert evening.get(Shift, shift.id).ended_at == then + timedelta(minutes=20)  # type: ignore[union-attr]
    assert books.balance(evening, f"rider:{rider}:wages", unit="GBP") > 0


def test_nearby_orders_ride_together(evening: Session, now: datetime) -> None:
    """Three orders of one restaurant to one street become one job with drops A, B and C."""
    factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    for n in range(3):
        factories.order(evening, now, luna, f"A-{n}")
    job, then = offered(evening, now)
    told = jobs.facts(evening, job, now=then)
    assert [d.letter for d in told.drops] == ["A", "B", "C"]
    assert len(told.pickups) == 1
    offers.take(evening, job.person_id, None, now=then)
    first = deliveries.done(evening, job.person_id, None, letters=("B",), now=then)
    assert first.letters == ("B",)
    # A GOT that was forgotten sends nobody back for what is delivered already.
    left = [d.reference for d in told.drops if d.letter != "B"]
    assert sorted(jobs.facts(evening, job, now=then).pickups[0].references) == sorted(left)
    deliveries.got(evening, job.person_id, None, now=then)
    rest = deliveries.done(evening, job.person_id, None, everything=True, now=then)
    assert rest.letters == ("A", "C")
    assert job.state == "finished"


def test_carried_food_stays_with_its_rider(evening: Session, now: datetime) -> None:
    """A new order never moves food in a bag: the plan keeps every accepted stop, in its order, with its rider."""
    shift = factories.rider(evening, now)
    factories.rider(evening, now, 2, name="Ola Berg")
    luna = factories.restaurant(evening, now)
    order = factories.order(evening, now, luna)
    job, then = offered(evening, now)
    deliveries.got(evening, job.person_id, job.number, now=then)
    factories.order(evening, then, luna, "A-2", drop=factories.BLACKSTOCK)
    picture = planning.take(evening, now=then + timedelta(seconds=5), force=True)
    assert picture is not None
    carrier = next(c for c in picture.problem.couriers if c.id == str(job.person_id))
    assert [c.request for c in carrier.committed] == [str(order.id)]
    made = planning.do(picture)
    route = next(r for r in made.plan.routes if r.courier == carrier.id)
    assert route.stops[0].request == str(order.id)
    assert shift.id is not None


def test_a_number_rests_as_long_as_it_can(evening: Session, now: datetime) -> None:
    """Job numbers go round from 1 to 99 and skip those still alive."""
    factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    factories.order(evening, now, luna)
    job, then = offered(evening, now)
    assert job.number == 1
    assert jobs.free_number(evening) == 2
    job.number = 99
    evening.add(job)
    evening.flush()
    assert jobs.free_number(evening) == 1
    with pytest.raises(NoSuchJob):
        offers.take(evening, job.person_id, 7, now=then)


def test_refund_names_who_bears_it(evening: Session, now: datetime) -> None:
    """A refund moves the money of the party named and never the tip; more than was paid is refused."""
    factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    order = factories.order(evening, now, luna)
    job, then = offered(evening, now)
    deliveries.done(evening, job.person_id, job.number, now=then)
    boss = factories.person(evening, now, 90, "dispatcher", name="Desk Person")
    orders.refund(
        evening, order, amount_minor=500, liable="restaurant", reason="cold", by=known(boss.id), now=then
    )
    assert books.balance(evening, f"restaurant:{luna.id}", unit="GBP") < 1700
    assert books.balance(evening, f"rider:{job.person_id}:tips", unit="GBP") == 250
    assert evening.get(Order, order.id).payment == "refunded"  # type: ignore[union-attr]
    with pytest.raises(Exception, match="can be given back"):
        orders.refund(
            evening, order, amount_minor=9000, liable="co-op", reason="all", by=known(boss.id), now=then
        )
    assert checks.findings(evening) == []


def test_a_faulty_plan_is_refused(evening: Session, now: datetime) -> None:
    """A plan that breaks a rule is not used: the plain plan is, and a person is told."""
    factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)

    def careless(problem: routing.Problem, *, budget_s: float, seed: int) -> routing.Plan:
        good = routing.greedy(problem)
        late = [replace(r, stops=tuple(replace(s, at_s=s.at_s - 60) for s in r.stops)) for r in good.routes]
        return replace(good, routes=tuple(late))

    picture = planning.take(evening, now=now, force=True)
    assert picture is not None
    made = planning.do(picture, careless)
    assert made.faults
    assert offers.settle(evening, picture, made, now=now)
    assert order.delivery == "assigned"
    assert [a.kind for a in attention.open_(evening)] == ["plan_refused"]


def test_who_passes_after_letting_it_go_by_is_not_asked_again(evening: Session, now: datetime) -> None:
    """Let go by, offered again ten minutes on and passed: the pass holds, and a person is told instead."""
    factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    job, then = offered(evening, now)
    offers.expire_due(evening, now=then + timedelta(minutes=4))
    again, later = offered(evening, then + timedelta(minutes=15))
    assert again.person_id == job.person_id
    offers.refuse(evening, again.person_id, again.number, now=later)
    assert plan(evening, later + timedelta(minutes=1)) == []
