"""Why did nothing arrive? One page answers it, with every step of every text and what they cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from dispatch import people
from dispatch.tables import Person, known
from riders_app.gateways.sandbox import set_weather
from riders_app.gateways.weather import Weather
from riders_app.outbox import fate, news
from riders_app.outbox.fate import Cost
from riders_app.tables import Text, queue
from riders_app.web.desk_delivery import cost_words
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.riders_app.conftest import RIDER, Evening

HOOK = "https://riders.example.coop/hooks/twilio/status"


def _why(evening: Evening, *, sends: bool = True) -> str:
    with evening.database.reading() as session:
        person = people.by_phone(session, RIDER)
        assert person is not None
        return " ".join(
            fate.why_nothing(session, known(person.id), now=evening.clock.now(), sends=sends, hook=HOOK)
        )


def _news(evening: Evening, status: str, error: str | None = None) -> None:
    with evening.database.writing() as session:
        sent = session.exec(select(Text).where(Text.kind == "offer")).one()
        assert sent.vendor_id is not None
        news(session, vendor_id=sent.vendor_id, status=status, error=error, now=evening.clock.now())


@SQLITE_FIRST
def test_a_text_that_arrived_says_so(offered: tuple[Evening, int]) -> None:
    """Only one told as delivered is said to be on the phone; before that it is on its way, and may have got lost."""
    evening, _ = offered
    evening.jobs()
    assert "not told yet" in _why(evening)
    _news(evening, "sent")
    evening.pass_(minutes=6)
    assert "handed it to their network, and has not said that it is on the phone" in _why(evening)
    _news(evening, "delivered")
    assert "Our texts reach this phone" in _why(evening)


@SQLITE_FIRST
@pytest.mark.parametrize(
    ("error", "words"),
    [("30003", "off or out of reach"), ("30007", "spam"), ("30005", "does not exist any more")],
)
def test_the_carriers_code_is_told_in_words(offered: tuple[Evening, int], error: str, words: str) -> None:
    """What the carrier calls a number is told as what it means, and whom to phone."""
    evening, _ = offered
    evening.jobs()
    _news(evening, "undelivered", error)
    told = _why(evening)
    assert words in told
    assert "Phone them" in told


@SQLITE_FIRST
def test_stop_is_told_with_the_way_back(offered: tuple[Evening, int]) -> None:
    """Somebody who texted STOP is said to have, and how it is undone."""
    evening, _ = offered
    evening.hears(RIDER, "STOP")
    evening.jobs()
    assert "START, texted from it" in _why(evening)


@SQLITE_FIRST
def test_no_keys_no_shift_no_text_are_each_told(evening: Evening) -> None:
    """Without Twilio, without a shift and without any text, each is a sentence of its own."""
    from tests import factories

    with evening.database.writing() as session:
        factories.person(session, evening.clock.now(), 1, "rider")
    told = _why(evening, sends=False)
    assert "no Twilio keys" in told
    assert "not on shift" in told
    assert "Nothing was ever written" in told


@SQLITE_FIRST
def test_silence_of_the_carrier_points_at_the_callback(offered: tuple[Evening, int]) -> None:
    """A carrier that tells nothing of any text probably cannot reach our hook."""
    evening, _ = offered
    evening.jobs()
    evening.pass_(minutes=6)
    assert HOOK in _why(evening)


@SQLITE_FIRST
def test_a_waiting_text_says_how_long(offered: tuple[Evening, int]) -> None:
    """A text the carrier does not take says since when it waits and when it is tried again."""
    evening, _ = offered
    with evening.database.writing() as session:
        set_weather(session, Weather(refused=1))
    evening.jobs()
    told = _why(evening)
    assert "still waits" in told
    assert "takes no more texts" in told or "try later" in told


@SQLITE_FIRST
def test_the_page_tells_every_step_and_what_it_cost(house: House) -> None:
    """The desk reads a text's way, filters by what did not arrive, and sees the evening's segments; riders cannot."""
    desk = house.signed_in(50, "dispatcher")
    phone = house.rider(1)
    house.text(phone, "ON")
    with house.database.reading() as session:
        rider = session.exec(select(Person).where(Person.phone == phone)).one()
    page = desk.get(f"/desk/texts/log?person_id={rider.id}")
    assert page.status_code == 200
    assert "taken by the carrier" in page.text
    assert "Why might Sam Okoye hear nothing?" in page.text
    told = desk.get("/desk/texts/log", headers={"accept": "application/json"}).json()
    assert told["cost"]["segments"] == sum(text["segments"] for text in told["texts"]) > 0
    count, held = len(told["texts"]), told["cost"]["segments"]
    assert f"This evening: {count} texts in {held} segments." in desk.get("/desk/texts").text
    none = desk.get("/desk/texts/log?state=trouble", headers={"accept": "application/json"}).json()
    assert none["texts"] == []
    assert house.signed_in(51, "rider").get("/desk/texts/log").status_code == 403
    assert desk.get("/desk/texts/log?day=yesterday").status_code == 422


@SQLITE_FIRST
def test_the_evenings_log_has_no_sign_in_link(house: House) -> None:
    """A sign-in text is in the log, its link is not."""
    desk = house.signed_in(50, "dispatcher")
    phone = house.rider(1)
    with house.database.writing() as session:
        people.ask_link(session, phone, "127.0.0.1", secret=house.program.secret, now=house.now)
    house.move(1)
    page = desk.get("/desk/texts/log")
    assert "Sign in" in page.text
    assert "/sign-in/" not in page.text.replace('href="/sign-in/', "")


def test_cost_is_told_as_far_as_it_is_known() -> None:
    """What the carrier told, what a price makes of the rest, and that the rest is not known."""
    assert cost_words(Cost(0, 0, {}, 0), "GBP", None) == "No text left."
    part = Cost(10, 11, {"GBP": 240_000}, 5)
    assert "reckoned 0.24 GBP" in cost_words(part, "GBP", None)
    assert "the rest cost about 0.20 GBP" in cost_words(part, "GBP", Decimal("0.04"))
    assert "not known yet" in cost_words(Cost(2, 2, {}, 2), "GBP", None)


@SQLITE_FIRST
def test_texts_of_a_day_end_at_six_in_the_morning(evening: Evening) -> None:
    """The log's edges are exact: the first instant is in, the last is not."""
    from tests import factories

    with evening.database.writing() as session:
        person = factories.person(session, evening.clock.now(), 1, "rider")
        queue(session, "a", "answer", "x", now=evening.clock.now(), person_id=known(person.id))
    now = evening.clock.now()
    with evening.database.reading() as session:
        assert len(fate.log(session, since=now, until=now + timedelta(seconds=1))) == 1
        assert fate.log(session, since=now - timedelta(hours=1), until=now) == []
