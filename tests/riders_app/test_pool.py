"""Numbers, their pace and their price: each person hears from one of ours, which is given no more than it can send."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from dispatch.tables import known
from riders_app import inbox, outbox
from riders_app.gateways import Pool
from riders_app.gateways.carrier import TwilioGateway, numbers
from riders_app.gateways.sandbox import SEGMENT_MICRO, SandboxGateway
from riders_app.tables import SandboxText, Text, queue
from tests import factories
from tests.riders_app.conftest import PUBLIC, RIDER, Evening
from tests.riders_app.fake_twilio import ACCOUNT, TOKEN, FakeTwilio

OURS = ("+447700900901", "+447700900902", "+447700900903")


def test_a_phone_hears_from_one_number_and_from_the_one_it_texted() -> None:
    """A phone's texts come from the same number each time, from the one it wrote to where that is ours."""
    pool = Pool(OURS)
    assert {pool.of(RIDER) for _ in range(5)} == {pool.of(RIDER)}
    assert pool.of(RIDER, OURS[2]) == OURS[2]
    assert pool.of(RIDER, "+447700900999") == pool.of(RIDER)
    assert {pool.of(f"+4477009000{n:02d}") for n in range(30)} == set(OURS)
    assert Pool(places=2).of(RIDER) in ("place-0", "place-1")


@given(st.lists(st.sampled_from([*OURS, "", " "]), max_size=8))
def test_numbers_are_read_from_one_line(written: list[str]) -> None:
    """Numbers with commas between them are read in order, each once, blanks left out."""
    expected = tuple(dict.fromkeys(each for each in written if each.strip()))
    assert numbers(" , ".join(written)) == expected


def test_twilio_sends_from_the_number_of_the_pool(fake: FakeTwilio) -> None:
    """With several numbers each text leaves from the one chosen; with a service, Twilio chooses."""
    gateway = TwilioGateway(ACCOUNT, TOKEN, public_url=PUBLIC, sender=", ".join(OURS), http_client=fake)
    gateway.send(RIDER, "one", key="1", validity_s=None, sender=OURS[1])
    gateway.send(RIDER, "two", key="2", validity_s=None)
    assert [form["From"] for form in fake.forms] == [OURS[1], gateway.pool.of(RIDER)]


def _paced(evening: Evening, segments_per_s: float) -> None:
    evening.gateway = SandboxGateway(
        evening.database, evening.clock.now, token="sandbox", segments_per_s=segments_per_s
    )


def _write(evening: Evening, count: int, kind: str = "answer", body: str = "x") -> None:
    with evening.database.writing() as session:
        person = factories.person(session, evening.clock.now(), 1, "rider")
        for n in range(count):
            queue(
                session,
                f"{kind}:{n}",
                kind,
                f"{body}{n}",
                now=evening.clock.now(),
                person_id=known(person.id),
            )


def _landed(evening: Evening) -> list[str]:
    with evening.database.reading() as session:
        return [row.body for row in session.exec(select(SandboxText).order_by(SandboxText.id)).all()]


def test_a_number_is_given_no_more_than_it_can_send(evening: Evening) -> None:
    """At one segment a second five texts leave in five seconds, in order, and the next is due when there is room."""
    _paced(evening, 1.0)
    _write(evening, 5)
    for second in range(5):
        evening.jobs()
        assert len(_landed(evening)) == second + 1
        with evening.database.reading() as session:
            due = outbox.next_due(session, evening.clock.now())
        if second < 4:
            assert due == evening.clock.now() + timedelta(seconds=1)
        evening.pass_(seconds=1)
    assert _landed(evening) == [f"x{n}" for n in range(5)]


def test_long_texts_keep_a_number_busy_longer(evening: Evening) -> None:
    """A text of two segments takes the time of two."""
    _paced(evening, 1.0)
    _write(evening, 2, body="long " * 50)
    evening.jobs()
    evening.pass_(seconds=1)
    evening.jobs()
    assert len(_landed(evening)) == 1
    evening.pass_(seconds=1)
    evening.jobs()
    assert len(_landed(evening)) == 2


def test_a_fast_number_is_given_a_second_worth_at_once(evening: Evening) -> None:
    """At ten a second, ten leave at once and the eleventh does not."""
    _paced(evening, 10.0)
    _write(evening, 12)
    evening.jobs()
    assert len(_landed(evening)) == 10


def test_what_is_urgent_goes_first_when_a_number_is_busy(evening: Evening) -> None:
    """An answer written later overtakes notes that wait for the same number."""
    _paced(evening, 1.0)
    _write(evening, 3, kind="desk_note", body="note")
    evening.jobs()
    with evening.database.writing() as session:
        person_id = session.exec(select(Text.person_id)).first()
        queue(session, "late", "answer", "urgent", now=evening.clock.now(), person_id=person_id)
    for _ in range(3):
        evening.pass_(seconds=1)
        evening.jobs()
    assert _landed(evening) == ["note0", "urgent", "note1", "note2"]


def test_an_answer_leaves_from_the_number_that_was_texted(evening: Evening, fake: FakeTwilio) -> None:
    """Whoever texts one of our numbers is answered from it."""
    evening.gateway = TwilioGateway(
        ACCOUNT, TOKEN, public_url=PUBLIC, sender=", ".join(OURS), http_client=fake
    )
    with evening.database.writing() as session:
        factories.rider(session, evening.clock.now())
        chosen = next(each for each in OURS if each != evening.gateway.pool.of(RIDER))
        inbox.store(
            session, vendor_id="SMin", phone=RIDER, body="MENU", our_number=chosen, now=evening.clock.now()
        )
    evening.jobs()
    assert [form["From"] for form in fake.forms] == [chosen]
    assert {text.sender for text in evening.texts()} == {chosen}


def test_prices_are_asked_for_hours_later_and_again_while_unknown(
    evening: Evening, twilio: TwilioGateway, fake: FakeTwilio
) -> None:
    """A price Twilio has not made yet is asked for again a day later; once known it is kept and asked no more."""
    evening.gateway = twilio
    _write(evening, 1)
    evening.jobs()
    sent_at = evening.clock.now()
    with evening.database.reading() as session:
        due = outbox.prices_due(session, sent_at)
    assert due is not None
    assert sent_at + timedelta(hours=8) <= due <= sent_at + timedelta(hours=9)
    evening.clock.at = due
    assert outbox.run_prices(evening, due)
    assert evening.texts()[0].price_micro is None
    fake.messages[0].update(price="-0.04120", num_segments="2")
    evening.pass_(hours=24)
    assert outbox.run_prices(evening, evening.clock.now())
    (text,) = evening.texts()
    assert (text.price_micro, text.price_unit, text.segments) == (41_200, "GBP", 2)
    assert not outbox.run_prices(evening, evening.clock.now())


@pytest.mark.parametrize("days", [4, 9])
def test_a_price_that_never_comes_is_given_up(evening: Evening, twilio: TwilioGateway, days: int) -> None:
    """After four days nobody asks any more."""
    evening.gateway = twilio
    _write(evening, 1)
    evening.jobs()
    evening.pass_(days=days)
    assert outbox.run_prices(evening, evening.clock.now())
    with evening.database.reading() as session:
        assert outbox.prices_due(session, evening.clock.now()) is None


def test_the_sandbox_has_prices_too(evening: Evening) -> None:
    """A pretend text has a pretend price, by its segments."""
    _write(evening, 2)
    evening.jobs()
    evening.pass_(hours=10)
    assert outbox.run_prices(evening, evening.clock.now())
    assert {text.price_micro for text in evening.texts()} == {SEGMENT_MICRO}
