"""Where idle riders are advised to wait: by recent demand, as a hint, by text only where the members want it."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from dispatch import attention, breaks, offers, orders, places, planning, shifts, waiting
from dispatch.facts import Point
from dispatch.tables import Event, PlanRound, Restaurant, Shift, known
from payments.rulebook import Rulebook
from riders_app import wording
from tests import factories
from tests.dispatch.test_fairness import ruled
from tests.dispatch.test_story import evening, offered

__all__ = ["evening"]

FAR = Point(51.5480, -0.1010)


@pytest.fixture
def busy_luna(evening: Session, now: datetime) -> Session:
    """Pizza Luna had eight orders in the last half hour, and no rider is near it."""
    luna = factories.restaurant(evening, now)
    for n in range(8):
        then = now - timedelta(minutes=30 - 3 * n)
        order = factories.order(evening, then, luna, f"A-{n}")
        orders.cancelled(evening, order, reason="eaten by the staff", now=then)
    return evening


def idle(session: Session, now: datetime, number: int = 1) -> Shift:
    """A rider far from it all with nothing to do."""
    shift = factories.rider(session, now, number, name=f"Rider {number}")
    shifts.report_position(session, shift.person_id, FAR, now=now + timedelta(seconds=1))
    return shift


def hints(session: Session, now: datetime, rulebook: Rulebook | None = None) -> dict[int, str]:
    """Near which restaurant each rider might wait."""
    found = waiting.hints(session, rulebook or ruled(), now=now)
    return {person_id: hint.near for person_id, hint in found.items()}


def test_an_idle_rider_is_shown_where_the_orders_are(busy_luna: Session, now: datetime) -> None:
    """Far from the busy kitchen, the hint is to wait near it; who stands there already gets none."""
    far, near = idle(busy_luna, now), factories.rider(busy_luna, now, 2, name="Ola Berg")
    shifts.report_position(busy_luna, near.person_id, factories.STROUD_GREEN, now=now + timedelta(seconds=1))
    assert hints(busy_luna, now + timedelta(minutes=1)).get(near.person_id) is None
    near.off_asked_at = now
    busy_luna.add(near)
    busy_luna.flush()
    found = waiting.hint(busy_luna, far.person_id, now=now + timedelta(minutes=1))
    assert found is not None
    assert (found.near, found.street) == ("Pizza Luna", "12 Stroud Green Road")
    assert found.ride_min > 5
    assert found.saves_s > 0


def test_no_hint_to_who_has_something_to_do(busy_luna: Session, now: datetime) -> None:
    """An offer, a batch coming in the plan, a break: no hint then, nor to anybody where the rulebook says no."""
    far = idle(busy_luna, now)
    later = now + timedelta(minutes=1)
    assert hints(busy_luna, later)
    assert hints(busy_luna, later, ruled(waiting_hints=False)) == {}
    boss = factories.person(busy_luna, now, 90, "dispatcher", name="Desk Person")
    breaks.plan(busy_luna, known(far.id), later, later + timedelta(minutes=20), by=known(boss.id), now=now)
    assert hints(busy_luna, later + timedelta(minutes=5)) == {}
    after = later + timedelta(minutes=21)
    assert hints(busy_luna, after)
    luna = factories.restaurant(busy_luna, now, "Curry Sol")
    factories.order(busy_luna, after, luna, "N-1", ready_min=40)
    picture = planning.take(busy_luna, now=after, force=True)
    assert picture is not None
    planning.keep(busy_luna, planning.do(picture).plan, fingerprint="x", solved_at=after)
    assert hints(busy_luna, after) == {}
    job, then = offered(busy_luna, after)
    assert job.person_id == far.person_id
    assert hints(busy_luna, then) == {}
    offers.refuse(busy_luna, job.person_id, job.number, now=then)
    waiting_still = planning.open_orders(busy_luna)
    for order in waiting_still:
        orders.cancelled(busy_luna, order, reason="nobody will", now=then)
    assert hints(busy_luna, then)  # the last plan meant them for an order that is gone


def test_no_hint_to_where_no_order_can_come_from(busy_luna: Session, now: datetime) -> None:
    """A kitchen about to close, or a co-op that takes no orders for a while, is no place to wait for one."""
    idle(busy_luna, now)
    later = now + timedelta(minutes=1)
    assert hints(busy_luna, later)
    boss = known(factories.person(busy_luna, now, 90, "dispatcher", name="Desk Person").id)
    orders.stop_taking(busy_luna, until=later + timedelta(hours=1), reason="full", by=boss, now=now)
    assert hints(busy_luna, later) == {}
    orders.take_again(busy_luna, by=boss, now=now)
    assert hints(busy_luna, later)
    luna = busy_luna.exec(select(Restaurant)).one()
    local = ruled().local(later)
    closes = local.hour * 60 + local.minute + 10
    places.set_hours(busy_luna, known(luna.id), [(day, 0, closes) for day in range(7)])
    assert hints(busy_luna, later) == {}


def test_without_orders_there_is_nothing_to_say(evening: Session, now: datetime) -> None:
    """Nothing of the future is made up: before the first order, and with nobody out, there are no hints."""
    factories.restaurant(evening, now)
    assert hints(evening, now) == {}
    idle(evening, now)
    assert hints(evening, now) == {}


def test_looking_for_a_hint_writes_nothing(evening: Session, now: datetime) -> None:
    """Before the first plan a page may ask for hints in a transaction that only looks."""
    idle(evening, now)
    assert evening.get(PlanRound, 1) is None
    assert hints(evening, now + timedelta(minutes=1)) == {}
    assert evening.get(PlanRound, 1) is None


def test_texts_only_where_the_members_want_them(busy_luna: Session, now: datetime) -> None:
    """By default nobody is texted; with every twenty minutes, each idle rider once in twenty minutes."""
    idle(busy_luna, now)
    assert waiting.next_due(busy_luna, now=now) is None
    assert waiting.tell(busy_luna, now=now + timedelta(hours=1)) == 0
    wanted = factories.RULEBOOK.replace("[dispatch]", "[dispatch]\nwaiting_text_every_min = 20", 1)
    factories.adopt(busy_luna, now, wanted)
    due = waiting.next_due(busy_luna, now=now)
    assert due == now + timedelta(minutes=20)
    assert waiting.tell(busy_luna, now=due - timedelta(minutes=1)) == 0
    assert waiting.tell(busy_luna, now=due) == 1
    assert waiting.tell(busy_luna, now=due) == 0
    told = busy_luna.exec(select(Event).where(Event.kind == "wait_hint")).all()
    assert len(told) == 1
    assert waiting.next_due(busy_luna, now=due) == due + timedelta(minutes=20)
    assert attention.open_(busy_luna) == []


def test_the_text_is_a_hint(busy_luna: Session, now: datetime) -> None:
    """The words say where, how far, and that it is only advice, in one segment."""
    far = idle(busy_luna, now)
    found = waiting.hint(busy_luna, far.person_id, now=now + timedelta(minutes=1))
    assert found is not None
    text = wording.wait_here(found)
    assert wording.segments(text) == ("GSM-7", 1)
    assert "near Pizza Luna" in text
    assert "Only a hint" in text
