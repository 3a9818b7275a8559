"""Each event is told once to each person, each text is sent once, and what becomes of it is kept."""

from datetime import timedelta

import pytest
from sqlmodel import select

from dispatch import attention, changes, deliveries, events, offers, orders, people, shifts
from dispatch.tables import DeskNote, Event, Order, Person, Shift, SignInLink, known
from riders_app import outbox, wording
from riders_app.gateways.carrier import TwilioGateway
from riders_app.tables import InboundText, Text, queue
from tests import factories
from tests.riders_app.conftest import PUBLIC, RIDER, Evening
from tests.riders_app.fake_twilio import FakeTwilio

CUSTOMER = "+447700900500"
Offered = tuple[Evening, int]


def text_of(evening: Evening, kind: str) -> Text:
    """The only text of a kind."""
    (found,) = [t for t in evening.texts() if t.kind == kind]
    return found


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


def test_an_answered_offer_is_not_sent(offered: Offered) -> None:
    """An offer taken before its text left (on the page, say) is not sent any more."""
    evening, job_id = offered
    evening.gateway, sandbox = None, evening.gateway
    evening.jobs()
    with evening.database.writing() as session:
        offers.take(session, evening.job(job_id).person_id, None, now=evening.clock.now())
    evening.gateway = sandbox
    evening.pass_(seconds=60)
    evening.jobs()
    assert text_of(evening, "offer").state == "expired"
    assert RIDER not in dict(evening.landed())


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


def test_without_a_gateway_texts_wait_and_a_person_hears_once(offered: Offered) -> None:
    """With no way to send, rows stay queued, are looked at each minute, and attention says so once."""
    evening, _ = offered
    evening.gateway, sandbox = None, evening.gateway
    evening.jobs()
    evening.pass_(seconds=61)
    evening.jobs()
    assert {t.state for t in evening.texts()} == {"queued"}
    assert evening.open_attention() == ["no_gateway"]
    evening.gateway = sandbox
    evening.pass_(seconds=61)
    evening.jobs()
    assert text_of(evening, "order_placed").state == "sent"
    assert evening.open_attention() == []


def test_an_unknown_outcome_is_asked_after_and_not_sent_twice(
    offered: Offered, twilio: TwilioGateway, fake: FakeTwilio
) -> None:
    """When the answer of the carrier is lost, the text is found there instead of being sent again."""
    evening, _ = offered
    evening.gateway = twilio
    fake.next_fault = "no_answer"
    evening.jobs()
    unsure = [t for t in evening.texts() if t.state == "sending"]
    assert len(unsure) == 1
    evening.pass_(seconds=30)
    evening.jobs()
    assert {t.state for t in evening.texts()} == {"sent"}
    assert len(fake.messages) == 2
    assert fake.lists == 1


def test_a_crash_after_claiming_is_asked_after_and_then_sent(
    offered: Offered, twilio: TwilioGateway, fake: FakeTwilio
) -> None:
    """A claim left by a crash is leased for two minutes, then asked after, and sent since it had not been."""
    evening, _ = offered
    evening.gateway = twilio
    with evening.database.writing() as session:
        outbox.spread(session, now=evening.clock.now(), public_url=PUBLIC)
        claimed = outbox.take(session, now=evening.clock.now(), secret=b"s", public_url=PUBLIC)
    assert claimed is not None
    assert not claimed.ask_first
    with evening.database.reading() as session:
        assert outbox.next_due(session, evening.clock.now()) == evening.clock.now()  # the other text
    evening.jobs()
    assert len(fake.messages) == 1
    evening.pass_(seconds=121)
    evening.jobs()
    assert len(fake.messages) == 2
    assert fake.lists == 1
    assert {t.state for t in evening.texts()} <= {"sent", "expired"}


def test_a_late_result_of_a_lost_try_changes_nothing(offered: Offered) -> None:
    """A result that comes after a later try has claimed the text is not written over it."""
    evening, _ = offered
    now = evening.clock.now()
    with evening.database.writing() as session:
        outbox.spread(session, now=now, public_url=PUBLIC)
        first = outbox.take(session, now=now, secret=b"s", public_url=PUBLIC)
        assert first is not None
    with evening.database.writing() as session:
        later = now + timedelta(seconds=121)
        second = outbox.take(session, now=later, secret=b"s", public_url=PUBLIC)
        while second is not None and second.text_id != first.text_id:
            second = outbox.take(session, now=later, secret=b"s", public_url=PUBLIC)
        assert second is not None
        assert second.ask_first
        outbox.settle(session, outbox.Outcome(first.text_id, first.tries, "opted_out"), now=later)
        assert session.get(Text, first.text_id).state == "sending"  # type: ignore[union-attr]


def test_refusals_back_off_and_are_given_up(
    evening: Evening, twilio: TwilioGateway, fake: FakeTwilio
) -> None:
    """A carrier that takes nothing is tried ten times, ever more slowly; a person hears early and at the end."""
    evening.gateway = twilio
    with evening.database.writing() as session:
        person = factories.person(session, evening.clock.now(), 1, "rider")
        note = DeskNote(
            by_person_id=known(person.id), to_person_id=known(person.id), body="hi", at=evening.clock.now()
        )
        session.add(note)
        session.flush()
        events.write(session, "desk_note", now=evening.clock.now(), person_id=person.id, note_id=note.id)
    waits = []
    for _ in range(20):
        fake.next_fault = 20429
        evening.jobs()
        row = text_of(evening, "desk_note")
        if row.state == "failed":
            break
        waits.append((row.due_at - evening.clock.now()).total_seconds())
        evening.clock.at = row.due_at
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300, 300]
    assert text_of(evening, "desk_note").state == "failed"
    assert sorted(evening.open_attention()) == ["text_failed", "texts_stuck"]


def test_an_opted_out_rider_is_unreachable_and_gets_no_offers(
    offered: Offered, twilio: TwilioGateway, fake: FakeTwilio
) -> None:
    """Error 21610 marks the person unreachable and puts it before a person."""
    evening, job_id = offered
    evening.gateway = twilio
    fake.opted_out.add(RIDER)
    evening.jobs()
    assert text_of(evening, "offer").state == "failed"
    with evening.database.reading() as session:
        person = session.get(Person, evening.job(job_id).person_id)
        assert person is not None
        assert person.unreachable_at == evening.clock.now()
    assert evening.open_attention() == ["unreachable"]


def sent(evening: Evening, twilio: TwilioGateway) -> str:
    """Send what waits; the carrier's id of the offer."""
    evening.gateway = twilio
    evening.jobs()
    vendor_id = text_of(evening, "offer").vendor_id
    assert vendor_id is not None
    return vendor_id


def tell(evening: Evening, vendor_id: str, *statuses: str, error: str | None = None) -> None:
    """News of a text comes in, in this order."""
    for status in statuses:
        with evening.database.writing() as session:
            outbox.news(session, vendor_id=vendor_id, status=status, error=error, now=evening.clock.now())


NEWS = {
    ("queued", "sent", "delivered"): "delivered",
    ("delivered", "sent", "queued"): "delivered",
    ("delivered", "undelivered"): "delivered",
    ("undelivered", "delivered"): "delivered",
    ("sent", "sent", "undelivered", "sent"): "undelivered",
    ("failed", "undelivered"): "failed",
    ("read",): "delivered",
    ("sending",): "sent",
}


def test_news_in_any_order_keeps_the_furthest_state(evening: Evening) -> None:
    """Whatever order news comes in and however often, a text never goes back from delivered.

    Who could not be reached is unreachable and put before a person; a text that arrived after all undoes that.
    """
    now = evening.clock.now()
    for number, statuses in enumerate(NEWS, 1):
        with evening.database.writing() as session:
            person = factories.person(session, now, number, "rider")
            row = queue(session, f"k{number}", "desk_note", "hi", now=now, person_id=known(person.id))
            row.state, row.vendor_id = "sent", f"SM{number}"
        tell(evening, f"SM{number}", *statuses)
        with evening.database.reading() as session:
            row = session.exec(select(Text).where(Text.vendor_id == f"SM{number}")).one()
            lost = row.state in ("undelivered", "failed")
            assert row.state == NEWS[statuses], statuses
            assert (people.get(session, known(row.person_id)).unreachable_at is not None) == lost
            keys = {found.key for found in attention.open_(session)}
            assert (f"unreachable:{row.person_id}" in keys) == lost


def test_news_before_its_id_is_known_is_not_lost(
    offered: Offered, twilio: TwilioGateway, fake: FakeTwilio
) -> None:
    """A status that overtakes our own answer from the carrier is acted on once the id is known."""
    evening, _ = offered
    tell(evening, f"SM{0:032d}", "delivered")
    evening.gateway = twilio
    evening.jobs()
    by_id = {t.vendor_id: t.state for t in evening.texts()}
    assert by_id[f"SM{0:032d}"] == "delivered"


def test_an_offer_that_ran_out_in_the_carriers_queue_blames_no_phone(
    offered: Offered, twilio: TwilioGateway
) -> None:
    """Error 30036 (validity over) makes the text expired, and the rider stays reachable."""
    evening, _ = offered
    vendor_id = sent(evening, twilio)
    tell(evening, vendor_id, "failed", error="30036")
    assert text_of(evening, "offer").state == "expired"
    assert evening.open_attention() == []


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


def test_old_words_are_forgotten(offered: Offered) -> None:
    """Bodies and numbers older than the rulebook's days are blanked, in and out; newer ones stay."""
    evening, _ = offered
    evening.jobs()
    evening.hears(RIDER, "MENU")
    evening.pass_(days=91)
    evening.hears(RIDER, "PAY")
    with evening.database.writing() as session:
        assert outbox.forget(session, before=evening.clock.now() - timedelta(days=90)) > 0
    with evening.database.reading() as session:
        inbound = session.exec(select(InboundText).order_by(InboundText.id)).all()  # type: ignore[arg-type]
        assert [(t.body, t.phone) for t in inbound] == [("", ""), ("PAY", RIDER)]
    assert [bool(t.body) for t in evening.texts()] == [False, False, False, True]


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
