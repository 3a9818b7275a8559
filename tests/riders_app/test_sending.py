"""Each text is sent once, whatever becomes of the gateway and the process that sends it."""

from datetime import timedelta
from typing import Any

from sqlmodel import select

from dispatch import events, offers
from dispatch.tables import DeskNote, Person, known
from riders_app import outbox
from riders_app.gateways.carrier import TwilioGateway
from riders_app.gateways.sandbox import SandboxGateway
from riders_app.outbox.sending import LEASE
from riders_app.tables import Text
from tests import factories
from tests.riders_app.conftest import PUBLIC, RIDER, Evening, text_of
from tests.riders_app.fake_twilio import FakeTwilio

Offered = tuple[Evening, int]


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


class Slow(SandboxGateway):
    """Phones behind a carrier that takes its time with every text."""

    def __init__(self, evening: Evening, took: timedelta) -> None:
        super().__init__(evening.database, evening.clock.now, token="sandbox")
        self.evening, self.took = evening, took
        self.leases: list[timedelta] = []

    def send(self, to: str, body: str, **how: Any) -> str:
        """Send it, and be long about it."""
        with self.evening.database.reading() as session:
            (due_at,) = session.exec(select(Text.due_at).where(Text.state == "sending"))
        self.leases.append(due_at - self.evening.clock.now())
        self.evening.clock.at += self.took
        return super().send(to, body, **how)


def test_a_slow_carrier_makes_no_text_older_than_it_is(offered: Offered) -> None:
    """Each text of a round is claimed, and noted as sent, when it is: not when the round began."""
    evening, _ = offered
    evening.gateway = slow = Slow(evening, timedelta(seconds=100))
    began = evening.clock.now()
    evening.jobs()
    assert {t.sent_at for t in evening.texts()} == {began + timedelta(seconds=n) for n in (100, 200)}
    assert slow.leases == [LEASE] * 2
