"""Ways an evening may turn that once went wrong: nobody waits for ever, and nobody is forgotten."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import (
    attention,
    changes,
    deliveries,
    events,
    offers,
    overrides,
    people,
    planning,
    shifts,
    watch,
)
from dispatch.errors import WrongState
from dispatch.tables import Person, known
from infra.database import Database
from tests import factories
from tests.dispatch.test_story import evening, offered, plan

__all__ = ["evening"]


def open_kinds(session: Session) -> list[str]:
    """What a person must look at now."""
    return [row.kind for row in attention.open_(session)]


def test_an_order_that_waited_long_is_still_offered(evening: Session, now: datetime) -> None:
    """A rider who comes on long after an order was placed is offered it: time already lost does not drop it."""
    factories.order(evening, now, factories.restaurant(evening, now))
    later = now + timedelta(hours=3)
    assert plan(evening, later) == []
    assert open_kinds(evening) == ["unserved"]
    factories.rider(evening, later, hours=2)
    assert len(plan(evening, later + timedelta(minutes=1))) == 1
    assert open_kinds(evening) == []


def test_an_order_for_later_is_offered_when_its_time_comes(evening: Session, now: datetime) -> None:
    """An order placed three hours ahead is offered shortly before its food is ready, not dropped as too dear."""
    factories.rider(evening, now, hours=6)
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=180)
    assert plan(evening, now) == []
    assert plan(evening, now + timedelta(minutes=150)) == []
    assert len(plan(evening, now + timedelta(minutes=178))) == 1


def test_a_person_may_give_what_the_plan_would_not(evening: Session, now: datetime) -> None:
    """An order given by hand goes to that rider although they passed on it and it is late."""
    shift = factories.rider(evening, now)
    boss = factories.person(evening, now, 90, "dispatcher", name="Desk Person")
    order = factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.refuse(evening, shift.person_id, job.number, now=then)
    later = then + timedelta(hours=3)
    given = overrides.assign(evening, order, shift.person_id, by=known(boss.id), now=later)
    assert (given.state, order.delivery) == ("offered", "assigned")


@pytest.mark.parametrize("turn", ["cancelled", "undone"])
def test_off_ends_the_shift_whichever_way_the_job_goes(evening: Session, now: datetime, turn: str) -> None:
    """After OFF with a job in hand the shift ends when that job is cancelled or given back, and not never."""
    shift = factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now))
    _job, then = offered(evening, now)
    offers.take(evening, shift.person_id, None, now=then)
    deliveries.off(evening, shift.person_id, now=then)
    assert shift.state == "on"
    if turn == "cancelled":
        changes.cancel(evening, order, reason="the customer rang", now=then + timedelta(minutes=2))
    else:
        deliveries.undo(evening, shift.person_id, now=then + timedelta(minutes=2))
    assert shift.state == "ended"
    assert shift.ended_at == then + timedelta(minutes=2)


def test_asking_after_a_shift_comes_to_an_end(evening: Session, now: datetime) -> None:
    """Asked, silent, ON on the page, asked again, silent again: each is said once, and nothing runs for ever."""
    shift = factories.rider(evening, now, hours=1)
    then = now + timedelta(hours=1, minutes=15)
    assert watch.ask(evening, now=then) == 1
    then += timedelta(minutes=10)
    assert watch.ask(evening, now=then) == 1
    assert open_kinds(evening) == ["forgotten_off"]
    shifts.start(evening, shift.person_id, now=then)
    assert open_kinds(evening) == []
    then += timedelta(minutes=15)
    assert watch.ask(evening, now=then) == 1
    then += timedelta(minutes=10)
    assert watch.ask(evening, now=then) == 1
    assert watch.ask(evening, now=then) == 0
    due = watch.next_due(evening, now=then)
    assert due is None or due > then


def test_an_offer_that_never_arrived_blames_nobody(evening: Session, now: datetime) -> None:
    """While texts do not leave, offers lapse without a silence, and the orders are offered again."""
    shift = factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    then = now
    for _ in range(3):
        made: list[int] = []
        while not made:
            then += timedelta(seconds=30)
            made = plan(evening, then)
        then += timedelta(minutes=4)
        offers.expire_due(evening, now=then)
    assert shift.silences == 0
    assert "silent" not in open_kinds(evening)


def test_food_on_board_and_no_word(evening: Session, now: datetime) -> None:
    """A rider not heard of long after their next stop was due is put before a person; their next word settles it."""
    shift = factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    deliveries.got(evening, shift.person_id, job.number, now=then + timedelta(minutes=6))
    due = watch.next_due(evening, now=then + timedelta(minutes=6))
    assert due is not None
    assert timedelta(minutes=20) < due - then < timedelta(minutes=60)
    assert watch.ask(evening, now=due) == 1
    assert watch.ask(evening, now=due) == 0
    assert open_kinds(evening) == ["silent_carrying"]
    shifts.heard_from(evening, shift.person_id, now=due + timedelta(minutes=1))
    assert open_kinds(evening) == []


def test_a_late_kitchen_is_told_to_its_rider(evening: Session, now: datetime) -> None:
    """When food a rider is coming for will be late, they are told, and their stops move with it."""
    factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.take(evening, job.person_id, None, now=then)
    changes.late(evening, order, order.ready_at + timedelta(minutes=20), now=then)
    assert [e.kind for e in events.unspread(evening)][-1] == "job_changed"


def test_no_end_before_the_last_delivery(evening: Session, now: datetime) -> None:
    """A named person cannot set a shift's end before what its rider still delivered."""
    shift = factories.rider(evening, now)
    boss = factories.person(evening, now, 90, "dispatcher", name="Desk Person")
    factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    deliveries.done(evening, shift.person_id, job.number, now=then + timedelta(minutes=20))
    after = then + timedelta(hours=1)
    with pytest.raises(WrongState, match="work unpaid"):
        shifts.set_end(evening, known(shift.id), then, by=known(boss.id), reason="went home", now=after)
    shifts.set_end(
        evening, known(shift.id), then + timedelta(minutes=30), by=known(boss.id), reason="home", now=after
    )
    assert shift.state == "ended"


def test_a_link_is_its_own_even_when_ids_come_round(database: Database, now: datetime) -> None:
    """A sign-in token belongs to its link and person: the same row id for somebody else makes another token."""
    tokens = []
    for name in ("Alice Rowe", "Bob Stone"):
        with database.writing() as session:
            person = people.add(session, name=name, phone=None, now=now)
            link = people.new_link(session, known(person.id), secret=b"s", now=now)
            tokens.append((link.id, people.sign_in_token(b"s", link)))
            session.delete(link)
            session.flush()
            session.delete(session.get_one(Person, person.id))
    assert tokens[0][1] != tokens[1][1]


def test_a_refusal_made_meanwhile_counts(evening: Session, now: datetime) -> None:
    """A rider who passed while a plan was being made is not offered the same order by that plan."""
    shift = factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    picture = planning.take(evening, now=now, force=True)
    assert picture is not None
    made = planning.do(picture)
    boss = factories.person(evening, now, 90, "dispatcher", name="Desk Person")
    job = overrides.assign(evening, order, shift.person_id, by=known(boss.id), now=now)
    offers.refuse(evening, shift.person_id, job.number, now=now)
    assert offers.settle(evening, picture, made, now=now) == []


def test_work_given_meanwhile_counts(evening: Session, now: datetime) -> None:
    """A rider given an order by hand while a plan was being made gets nothing of that plan, but of the next one."""
    shift = factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    first = factories.order(evening, now, luna, "M-1", ready_min=0)
    picture = planning.take(evening, now=now, force=True)
    assert picture is not None
    made = planning.do(picture)
    boss = factories.person(evening, now, 90, "dispatcher", name="Desk Person")
    by_hand = factories.order(evening, now, luna, "M-2", ready_min=0)
    overrides.assign(evening, by_hand, shift.person_id, by=known(boss.id), now=now)
    assert offers.settle(evening, picture, made, now=now) == []
    assert first.delivery == "waiting"
    assert planning.due_at(evening, now=now) == now + planning.LEAST_GAP


@pytest.mark.parametrize("how", ["late", "elsewhere"])
def test_what_changed_meanwhile_is_planned_anew(evening: Session, now: datetime, how: str) -> None:
    """Food said to be late, or to go elsewhere, while a plan was made is not offered by that plan."""
    factories.rider(evening, now)
    order = factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    picture = planning.take(evening, now=now, force=True)
    assert picture is not None
    made = planning.do(picture)
    if how == "late":
        changes.late(evening, order, now + timedelta(minutes=40), now=now)
    elif how == "elsewhere":
        there = factories.STROUD_GREEN
        changes.readdress(evening, order, drop=there, address="1 Stroud Green Road", by=None, now=now)
    assert offers.settle(evening, picture, made, now=now) == []
    assert order.delivery == "waiting"
    assert planning.due_at(evening, now=now) == now + planning.LEAST_GAP
