"""The sandbox phones in bad weather: late, twice, lost, garbled, unanswered; nothing of ours breaks of it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from dispatch.tables import Person, known
from riders_app import sandbox_carrier
from riders_app.gateways.sandbox import SandboxGateway, set_weather
from riders_app.gateways.weather import RATES, Weather
from riders_app.tables import InboundText, SandboxPost, SandboxText, Text, TextNews, queue
from tests import factories
from tests.riders_app.conftest import PUBLIC, RIDER, Evening

HOOK = f"{PUBLIC}/hooks/twilio/sms"


def _sky(evening: Evening, **switches: float) -> None:
    with evening.database.writing() as session:
        set_weather(session, Weather(**switches))


def _write(evening: Evening, body: str = "hello", key: str = "k", minutes: float | None = None) -> None:
    with evening.database.writing() as session:
        person = session.exec(select(Person)).first() or factories.person(
            session, evening.clock.now(), 1, "rider"
        )
        until = None if minutes is None else evening.clock.now() + timedelta(minutes=minutes)
        queue(
            session,
            key,
            "answer",
            body,
            now=evening.clock.now(),
            person_id=known(person.id),
            expires_at=until,
        )


def _through(evening: Evening, minutes: int = 10) -> None:
    """Let time pass in small steps, every job run at each."""
    for _ in range(minutes * 6):
        evening.jobs()
        evening.pass_(seconds=10)
    evening.jobs()


def _type(evening: Evening, body: str) -> None:
    gateway = evening.gateway
    assert isinstance(gateway, SandboxGateway)
    params, _ = gateway.typed(RIDER, body, url=HOOK)
    assert gateway.sent_off(params)


def _landed(evening: Evening) -> list[str]:
    with evening.database.reading() as session:
        rows = session.exec(select(SandboxText).where(SandboxText.direction == "in")).all()
    return [row.body for row in rows]


def _came(evening: Evening) -> list[InboundText]:
    with evening.database.reading() as session:
        return list(session.exec(select(InboundText)).all())


def test_a_late_text_is_late_and_then_there(evening: Evening) -> None:
    """A text takes as long as the weather says, is not on the phone before, and is told as delivered."""
    _sky(evening, delay_s=60, news=True)
    _write(evening)
    evening.jobs()
    assert _landed(evening) == []
    _through(evening, 3)
    assert _landed(evening) == ["hello"]
    assert evening.texts()[0].state == "delivered"


def test_a_text_can_land_twice_and_is_ours_once(evening: Evening) -> None:
    """What lands twice is one text of ours."""
    _sky(evening, doubled=1, delay_s=5, news=True, news_doubled=1)
    _write(evening)
    _through(evening, 2)
    assert _landed(evening) == ["hello", "hello"]
    assert [text.state for text in evening.texts()] == ["delivered"]


def test_a_lost_answer_of_the_carrier_is_asked_after_and_not_sent_again(evening: Evening) -> None:
    """The carrier took it and its answer was lost: the text lands once and is found."""
    _sky(evening, unanswered=1, delay_s=1)
    _write(evening)
    _through(evening, 10)
    assert _landed(evening) == ["hello"]
    assert [text.state for text in evening.texts()] == ["sent"]


def test_a_refused_text_is_tried_again(evening: Evening) -> None:
    """A carrier that says to try later gets the text again, until it takes it."""
    _sky(evening, refused=0.6, delay_s=1)
    _write(evening)
    _through(evening, 30)
    assert _landed(evening) == ["hello"]


def test_a_text_that_outlives_its_use_dies_at_the_carrier(evening: Evening) -> None:
    """A text slower than its validity never lands, and nobody is thought unreachable for it."""
    _sky(evening, slow=1, slow_s=3600, news=True)
    _write(evening, minutes=0.2)
    _through(evening, 75)
    (text,) = evening.texts()
    if text.state == "expired":
        assert _landed(evening) == []
        with evening.database.reading() as session:
            assert session.exec(select(Person.unreachable_at)).first() is None
    else:
        assert text.state == "delivered"


def test_a_phone_out_of_reach_makes_its_person_unreachable(evening: Evening) -> None:
    """News that a text was not delivered marks the person, so that somebody phones."""
    _sky(evening, undelivered=1, news=True)
    _write(evening)
    _through(evening, 1)
    assert _landed(evening) == []
    assert evening.texts()[0].state in ("undelivered", "failed")
    with evening.database.reading() as session:
        assert session.exec(select(Person.unreachable_at)).first() is not None


def test_what_comes_in_twice_is_acted_on_once(evening: Evening) -> None:
    """A doubled text is stored and answered once."""
    _sky(evening, doubled=1, delay_s=20)
    with evening.database.writing() as session:
        factories.rider(session, evening.clock.now())
    _type(evening, "MENU")
    _through(evening, 3)
    assert len(_came(evening)) == 1
    assert len([text for text in evening.texts() if text.kind == "answer"]) == 1


def test_a_call_we_answered_with_an_error_comes_again_and_counts_once(evening: Evening) -> None:
    """Of a call that failed on our side nothing is kept; the carrier calls again, for texts and for news of texts."""
    _sky(evening, stumbled=1, delay_s=1, news=True)
    with evening.database.writing() as session:
        factories.rider(session, evening.clock.now())
    _type(evening, "MENU")
    evening.pass_(seconds=2)
    sandbox_carrier.run(evening, evening.clock.now())
    assert _came(evening) == []
    _through(evening, 3)
    assert len(_came(evening)) == 1
    assert [text.state for text in evening.texts() if text.kind == "answer"] == ["delivered"]
    with evening.database.reading() as session:
        told = session.exec(select(TextNews.status).order_by(col(TextNews.id))).all()
        calls = session.exec(select(SandboxPost.params).where(SandboxPost.what == "bring")).all()
    assert sorted(told) == ["delivered", "sent"]
    assert [each[sandbox_carrier.CALLS] for each in calls] == [sandbox_carrier.MOST_CALLS]


def test_a_text_that_never_left_is_told_as_failed(evening: Evening) -> None:
    """Of texts that reach no phone some are told as failed, some as undelivered; none of them lands."""
    _sky(evening, undelivered=1, news=True)
    for n in range(12):
        _write(evening, f"text {n}", key=f"k{n}")
    _through(evening, 1)
    assert _landed(evening) == []
    assert {text.state for text in evening.texts()} == {"undelivered", "failed"}


def test_opt_out_words_get_through_any_weather(evening: Evening) -> None:
    """STOP is the carrier's own business: it is neither lost nor mistyped on the way."""
    _sky(evening, lost=1, garbled=1, delay_s=1)
    with evening.database.writing() as session:
        factories.rider(session, evening.clock.now())
    _type(evening, "STOP")
    _type(evening, "hello")
    _through(evening, 1)
    assert [row.body for row in _came(evening)] == ["STOP"]


def test_the_pretend_carrier_repeats_nothing(evening: Evening, now: datetime) -> None:
    """What it has done is done: run again, nothing more happens."""
    _sky(evening, delay_s=1)
    _write(evening)
    _through(evening, 1)
    assert not sandbox_carrier.run(evening, evening.clock.now())
    assert _landed(evening) == ["hello"]


@pytest.mark.parametrize("wrong", [{"lost": 1.5}, {"doubled": -0.1}, {"delay_s": -1}, {"slow_s": 1e9}])
def test_weather_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    """A rate is from nought to one, a delay at most an hour."""
    with pytest.raises(ValueError):
        Weather(**wrong)


@given(st.text(max_size=40), st.integers(0, 99), st.floats(0, 1))
@settings(max_examples=60)
def test_the_same_text_has_the_same_fate(body: str, seed: int, rate: float) -> None:
    """Chances hang on the seed and the text alone, and follow the rate."""
    sky = Weather.chaos(rate, seed=seed)
    again = Weather.of(sky.kept())
    assert again == sky
    assert again.written("SM1", body) == sky.written("SM1", body)
    assert all(sky.befalls("SM1", name, 1.0) and not sky.befalls("SM1", name, 0.0) for name in RATES)
    assert sky.takes("SM1") == again.takes("SM1") <= timedelta(seconds=120)


def test_rates_are_kept_over_many_texts() -> None:
    """Of many texts about as many are lost as the rate says."""
    sky = Weather(seed=7, lost=0.1)
    lost = sum(sky.befalls(f"SM{n}", "lost-out", sky.lost) for n in range(5000))
    assert 400 < lost < 600


def test_bad_weather_loses_no_text_without_saying(evening: Evening) -> None:
    """In a bad hour every text of ours ends as arrived, or in words that say what became of it."""
    with evening.database.writing() as session:
        set_weather(session, Weather.chaos(0.2, seed=3))
    for n in range(30):
        _write(evening, f"text {n}", key=f"k{n}")
    _through(evening, 40)
    states = {text.state for text in evening.texts()}
    assert states <= {"sent", "delivered", "undelivered", "failed"}
    landed = _landed(evening)
    arrived = [text.body for text in evening.texts() if text.state == "delivered"]
    assert set(arrived) <= set(landed)
    with evening.database.reading() as session:
        assert session.exec(select(Text).where(Text.state == "queued")).first() is None
