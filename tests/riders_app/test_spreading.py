"""Each event is told once to each person it is for, and not at all if it never came to be."""

from datetime import timedelta

import pytest
from sqlmodel import select

from dispatch import attention, changes, deliveries, events, offers, orders, people, shifts
from dispatch.tables import Event, Order, Shift, SignInLink, known
from riders_app import wording
from tests import factories
from tests.riders_app.conftest import PUBLIC, RIDER, Evening, text_of

CUSTOMER = "+447700900500"
Offered = tuple[Evening, int]


def test_an_offer_and_a_customers_link_go_out_once(offered: Offered) -> None:
    """The rider gets the offer, the customer one text with the link, and spreading again tells nobody again."""
    evening, job_id = offered
    evening.jobs()
    landed = dict(evening.landed())
    number = evening.job(job_id).number
    assert landed[RIDER].endswith(f"TAKE {number} or PASS {number}")
    with evening.database.reading() as session:
        order = session.exec(select(Order)).one()
    assert f"{PUBLIC}/t/{order.public_id}" in landed[CUSTOMER]
    with evening.database.writing() as session:
        for event in session.exec(select(Event)).all():
            event.spread_at = None
            session.add(event)
    evening.jobs()
    assert len(evening.texts()) == 2
    assert len(evening.landed()) == 2


def test_a_rolled_back_event_is_never_told(evening: Evening) -> None:
    """An event of a transaction that failed leaves no text."""

    def fail() -> None:
        with evening.database.writing() as session:
            person = factories.person(session, evening.clock.now(), 1, "rider")
            people.ask_link(session, person.phone, "127.0.0.1", secret=b"s", now=evening.clock.now())
            assert events.unspread(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    evening.jobs()
    assert evening.texts() == []


def test_an_offer_dies_with_its_time_and_its_withdrawal_is_not_told(offered: Offered) -> None:
    """An offer whose text never left is not sent after its time, nor does its end trouble the rider."""
    evening, job_id = offered
    evening.gateway, sandbox = None, evening.gateway
    evening.jobs()
    evening.clock.at = evening.job(job_id).answer_by + timedelta(seconds=1)
    with evening.database.writing() as session:
        assert offers.expire_due(session, now=evening.clock.now()) == 1
    evening.gateway = sandbox
    evening.pass_(seconds=60)
    evening.jobs()
    assert RIDER not in dict(evening.landed())
    assert {t.kind for t in evening.texts()} == {"offer", "order_placed"}


def test_a_sent_offers_end_is_told(offered: Offered) -> None:
    """A rider who got the offer hears that it ran out."""
    evening, job_id = offered
    evening.jobs()
    evening.clock.at = evening.job(job_id).answer_by + timedelta(seconds=1)
    with evening.database.writing() as session:
        offers.expire_due(session, now=evening.clock.now())
    evening.jobs()
    assert evening.landed()[-1] == (RIDER, wording.expired(evening.job(job_id).number))


def test_a_cancelled_order_is_told_to_rider_and_customer(offered: Offered) -> None:
    """The rider hears that the job is withdrawn, the customer who got the link that the order is off."""
    evening, job_id = offered
    evening.jobs()
    with evening.database.writing() as session:
        order = session.exec(select(Order)).one()
        changes.cancel(session, order, reason="closed early", now=evening.clock.now())
    evening.jobs()
    said = evening.landed()[-2:]
    assert {phone for phone, _ in said} == {RIDER, CUSTOMER}
    assert (RIDER, wording.withdrawn(evening.job(job_id).number)) in said


def test_an_order_cancelled_before_its_link_left_says_nothing(evening: Evening) -> None:
    """Link and cancellation cancel out while the link is still queued."""
    evening.gateway, sandbox = None, evening.gateway
    with evening.database.writing() as session:
        now = evening.clock.now()
        order = factories.order(session, now, factories.restaurant(session, now), phone=CUSTOMER)
    evening.jobs()
    with evening.database.writing() as session:
        order = orders.by_id(session, known(order.id))
        changes.cancel(session, order, reason="a slip", now=evening.clock.now())
    evening.gateway = sandbox
    evening.pass_(seconds=61)
    evening.jobs()
    assert evening.landed() == []


def test_a_sign_in_link_is_texted_and_never_stored(evening: Evening) -> None:
    """The text has the link with the token; no row of ours holds it."""
    with evening.database.writing() as session:
        person = factories.person(session, evening.clock.now(), 1, "rider")
        link_id = people.ask_link(
            session, person.phone, "127.0.0.1", secret=evening.secret, now=evening.clock.now()
        )
        assert link_id is not None
    evening.jobs()
    ((phone, body),) = evening.landed()
    with evening.database.reading() as session:
        token = people.sign_in_token(evening.secret, session.get_one(SignInLink, link_id))
    assert phone == RIDER
    assert f"{PUBLIC}/sign-in/{token}" in body
    assert text_of(evening, "sign_in").body is None


def test_an_event_that_cannot_be_told_holds_up_no_other(evening: Evening) -> None:
    """A broken event is put before a person; the next one is told."""
    with evening.database.writing() as session:
        now = evening.clock.now()
        person = factories.person(session, now, 1, "rider")
        events.write(session, "offer_made", now=now, person_id=person.id)  # of no job: a slip
        people.ask_link(session, person.phone, "127.0.0.1", secret=evening.secret, now=now)
    evening.jobs()
    assert [t.kind for t in evening.texts()] == ["sign_in"]
    assert evening.open_attention() == ["untold"]


def test_a_change_by_a_named_person_is_told_with_its_reason(evening: Evening) -> None:
    """The rider hears who set their shift's end, to when, and why."""
    with evening.database.writing() as session:
        now = evening.clock.now()
        shift = factories.rider(session, now, hours=2)
        desk = factories.person(session, now, 2, "dispatcher", name="Ola Berg")
        evening.pass_(hours=3)
        now = evening.clock.now()
        shifts.set_end(
            session,
            known(shift.id),
            at=now - timedelta(minutes=30),
            by=known(desk.id),
            reason="Phone was flat",
            now=now,
        )
    evening.jobs()
    ((_, body),) = evening.landed()
    assert body.startswith("Ola Berg says your shift end is set to 20:30. Why: Phone was flat")


def test_a_job_changed_says_what_is_next(offered: Offered) -> None:
    """When the desk marked something, the rider is sent the stop that comes next."""
    evening, job_id = offered
    job = evening.job(job_id)
    with evening.database.writing() as session:
        now = evening.clock.now()
        offers.take(session, job.person_id, None, now=now)
        deliveries.got(session, job.person_id, None, now=now)
        events.write(session, "job_changed", now=now, person_id=job.person_id, job_id=job_id)
    evening.jobs()
    body = dict(evening.landed())[RIDER]
    assert body.startswith(f"Job {job.number} has changed. {job.number}: Flat 3, 5 Hanley Rd")


def test_a_shift_past_its_end_is_asked_after(evening: Evening) -> None:
    """The question is texted while the shift is on, and not once it has ended."""
    with evening.database.writing() as session:
        shift = factories.rider(session, evening.clock.now())
        row = session.get(Shift, shift.id)
        assert row is not None
        events.write(
            session, "shift_end_asked", now=evening.clock.now(), person_id=row.person_id, shift_id=row.id
        )
    evening.jobs()
    assert "Text OFF" in dict(evening.landed())[RIDER]
    with evening.database.reading() as session:
        assert attention.open_(session) == []
