"""An offer's life: one reminder, then the next rider, then the desk is rung until a named person has it."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from dispatch import alarms, attention, changes, jobs, offers
from dispatch.errors import NotAllowed, OfferGone
from dispatch.tables import Event, Job, known
from tests import factories
from tests.dispatch.evening_steps import offered, plan, ringing, rules


@pytest.fixture
def evening(session: Session, now: datetime) -> Session:
    """A co-op with its rulebook."""
    factories.adopt(session, now)
    return session


def kinds(session: Session) -> list[str]:
    """Every event so far."""
    return [event.kind for event in session.exec(select(Event).order_by(Event.id)).all()]  # type: ignore[arg-type]


def test_silence_reminds_once_then_asks_the_next_then_rings(evening: Session, now: datetime) -> None:
    """Half way an offer is brought to mind, once; it runs out, the next is asked; after two the desk is rung."""
    for number in (1, 2, 3):
        factories.rider(evening, now, number, name=f"Rider {number}")
    order = factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    asked = []
    for silent in (1, 2):
        job, then = offered(evening, now)
        asked.append(job.person_id)
        half = job.offered_at + (job.answer_by - job.offered_at) / 2
        assert offers.next_reminder(evening) == half
        assert offers.remind_due(evening, now=half) == 1
        assert offers.remind_due(evening, now=half) == 0
        assert offers.next_reminder(evening) is None
        assert kinds(evening).count("offer_reminded") == silent
        now = job.answer_by
        assert offers.expire_due(evening, now=now) == 1
        assert len(ringing(evening)) == silent - 1
    assert len(set(asked)) == 2
    assert ringing(evening)[0].order_id == order.id
    assert then < now


def test_with_nobody_left_to_ask_the_desk_is_rung_at_once(evening: Session, now: datetime) -> None:
    """The only rider lets an order go by: nobody else can be asked, so a person must know now."""
    factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    job, _ = offered(evening, now)
    offers.expire_due(evening, now=job.answer_by)
    assert [row.kind for row in ringing(evening)] == ["unserved"]


def test_an_offer_taken_late_ends_the_ringing_about_its_order(evening: Session, now: datetime) -> None:
    """The desk was rung because nobody answered; the rider answers after all: it is rung no more."""
    factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    job, _ = offered(evening, now)
    offers.expire_due(evening, now=job.answer_by)
    assert [row.kind for row in ringing(evening)] == ["unserved"]
    offers.take(evening, job.person_id, job.number, now=job.answer_by + timedelta(seconds=30))
    assert ringing(evening) == []
    assert attention.open_(evening) == []


def test_the_rulebook_says_when_to_remind(evening: Session, now: datetime) -> None:
    """`remind_after_s` counts from the offer; an offer answered before is not brought to mind."""
    rules(evening, now, remind_after_s=60)
    factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    job, then = offered(evening, now)
    assert offers.next_reminder(evening) == job.offered_at + timedelta(seconds=60)
    offers.take(evening, job.person_id, job.number, now=then)
    assert offers.next_reminder(evening) is None
    assert offers.remind_due(evening, now=then + timedelta(minutes=2)) == 0


def test_an_alarm_repeats_until_a_named_person_has_it(evening: Session, now: datetime) -> None:
    """The desk is rung every two minutes; only somebody who may be on desk duty ends that, and the thing stays open."""
    boss = factories.person(evening, now, 90, "dispatcher", name="Desk Person")
    shift = factories.rider(evening, now)
    row = attention.raise_(evening, "trouble", "k", "Trouble.", now=now, ring=True)
    for n in range(3):
        at = now + timedelta(minutes=2 * n)
        assert alarms.next_due(evening) == at
        assert alarms.ring(evening, now=at, on_duty="+447700900999") == 1
        assert alarms.ring(evening, now=at, on_duty="+447700900999") == 0
    assert row.rings == kinds(evening).count("desk_rung") == 3
    with pytest.raises(NotAllowed):
        alarms.acknowledge(evening, known(row.id), by=shift.person_id, now=now)
    for _ in range(2):  # said twice is said once
        alarms.acknowledge(evening, known(row.id), by=known(boss.id), now=at)
    assert (row.acknowledged_by, row.ring_at, row.closed_at) == (boss.id, None, None)
    assert alarms.next_due(evening) is None
    attention.raise_(evening, "trouble", "k", "Trouble.", now=at, ring=True)
    assert alarms.next_due(evening) is None


def test_without_an_on_duty_phone_every_dispatcher_is_rung(evening: Session, now: datetime) -> None:
    """Nobody told us a number: those who may be on desk duty are rung, each by a text of their own."""
    ids = {factories.person(evening, now, n, "dispatcher", name=f"D {n}").id for n in (90, 91)}
    attention.raise_(evening, "trouble", "k", "Trouble.", now=now, ring=True)
    alarms.ring(evening, now=now, on_duty=None)
    rung = evening.exec(select(Event.person_id).where(Event.kind == "desk_rung")).all()
    assert set(rung) == ids


def test_texts_that_cross_end_in_one_truth(evening: Session, now: datetime) -> None:
    """TAKE after another rider has it, after it was called off, after a pass: each says what is true now."""
    factories.rider(evening, now, 1)
    factories.rider(evening, now, 2, name="Ola Berg")
    order = factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    first, _ = offered(evening, now)
    offers.expire_due(evening, now=first.answer_by)
    second, then = offered(evening, first.answer_by)
    offers.take(evening, second.person_id, second.number, now=then)
    with pytest.raises(OfferGone) as late:
        offers.take(evening, first.person_id, first.number, now=then)
    assert (late.value.facts["was"], late.value.facts["is_now"]) == ("expired", "another")
    changes.cancel(evening, order, reason="rang", now=then)
    with pytest.raises(OfferGone) as off:
        offers.take(evening, second.person_id, second.number, now=then)
    assert off.value.facts["is_now"] == "cancelled"
    live = evening.exec(select(Job).where(Job.state == "taken")).all()
    assert live == []


def test_passing_often_is_put_before_a_person_and_changes_nothing(evening: Session, now: datetime) -> None:
    """The cap of the rulebook reached, a person has a word; the rider is offered work as before."""
    rules(evening, now, passes_per_shift=2)
    factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    for n in range(3):
        factories.order(evening, now, luna, f"A-{n}", ready_min=0)
        job, now = offered(evening, now)
        offers.refuse(evening, job.person_id, job.number, now=now)
        open_kinds = [row.kind for row in attention.open_(evening)]
        assert open_kinds.count("passes") == (1 if n else 0)
    assert ringing(evening) == []


def test_a_phone_that_gets_no_texts_gives_its_offers_back(evening: Session, now: datetime) -> None:
    """Unreached, an offer goes to the next rider at once; a rider on the road unreached rings the desk."""
    factories.rider(evening, now, 1)
    factories.rider(evening, now, 2, name="Ola Berg")
    factories.order(evening, now, factories.restaurant(evening, now), ready_min=0)
    job, then = offered(evening, now)
    offers.unreached(evening, job.person_id, now=then)
    assert job.state == "withdrawn"
    assert ringing(evening) == []
    again = plan(evening, then)
    assert again
    offers.take(evening, jobs.get(evening, again[0]).person_id, None, now=then)
    offers.unreached(evening, jobs.get(evening, again[0]).person_id, now=then)
    assert [row.kind for row in ringing(evening)] == ["unreachable"]
