"""Riders' shifts as they see them: by text, on their page, and in their calendar."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from fastapi.testclient import TestClient

from dispatch import people, rota, shifts
from dispatch.facts import RotaFacts, ShiftTime
from dispatch.tables import Shift, known
from payments import books
from payments.rulebook import parse
from riders_app import wording
from riders_app.web import calendar
from tests import factories
from tests.house import House
from tests.marks import SQLITE_FIRST

LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)
HOST = "https://rota.finsburyparkriders.example.org/my/shifts"


def browser(house: House, phone: str) -> TestClient:
    """The rider with this phone, signed in."""
    with house.database.writing() as session:
        who = people.by_phone(session, phone)
        assert who is not None
        token = people.start_visit(session, known(who.id), now=house.now)
    made = TestClient(house.app, base_url="http://127.0.0.1")
    made.cookies.set("pannier", token)
    return made


def post(made: TestClient, path: str, **form: str) -> dict[str, object]:
    """A form of theirs, carried out."""
    csrf = made.get("/me", headers={"accept": "application/json"}).json()["csrf"]
    answer = made.post(path, data=form | {"csrf": csrf}, headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def published(house: House, by: str) -> int:
    """A Tuesday that one rider is wanted for, in a published week; its number."""
    with house.database.writing() as session:
        who = people.by_phone(session, by)
        assert who is not None
        rules = books.in_force(session, at=house.now)[1]
        slot = rota.pattern.add_slot(
            session,
            rules,
            starts_at=datetime(2026, 11, 24, 17, tzinfo=UTC),
            ends_at=datetime(2026, 11, 24, 22, 30, tzinfo=UTC),
            riders=1,
            vehicle=None,
            place="",
            where=None,
            by=known(who.id),
            now=house.now,
        )
        rota.pattern.publish(session, date(2026, 11, 23), rules, by=known(who.id), now=house.now)
        return known(slot.id)


@SQLITE_FIRST
def test_a_rota_is_lived_by_text_and_page(house: House) -> None:
    """Published, taken on the page, given up, joined by text by who waited, and listed in one segment."""
    sam, ola = house.rider(1), house.rider(2, "Ola Berg")
    slot = published(house, sam)
    assert any("Rota for 23 Nov: no shift of yours yet, 1 to choose from" in t["body"] for t in house.move(1))
    hers, his = browser(house, sam), browser(house, ola)
    assert post(hers, f"/my/shifts/places/{slot}/ask")["state"] == "placed"
    assert post(his, f"/my/shifts/places/{slot}/ask")["state"] == "waiting"
    assert house.text(ola, "JOIN")[0].startswith("No place is on offer")
    assert "Tue 24 Nov 17-22:30" in house.text(sam, "shifts")[0]
    page = hers.get("/my/shifts").text
    assert "Tue 24 Nov, 17:00 to 22:30" in page
    with house.reading() as session:
        (mine,) = rota.pattern.shifts_of(session, [slot])
    post(hers, f"/my/shifts/{mine.id}/give-up")
    assert "A place is free: Tue 24 Nov 17-22:30" in house.until_text(ola, "JOIN by", minutes=2)
    assert house.text(ola, "join")[0] == "You are on the rota: Tue 24 Nov 17-22:30. SHIFTS lists yours"
    with house.reading() as session:
        assert [s.person_id for s in rota.pattern.shifts_of(session, [slot])] != [mine.person_id]


@SQLITE_FIRST
def test_a_calendar_opens_with_its_secret_only(house: House) -> None:
    """The feed is a valid calendar of this rider's shifts alone; a wrong or revoked secret opens nothing."""
    sam, ola = house.rider(1), house.rider(2, "Ola Berg")
    hers = browser(house, sam)
    assert browser(house, ola).get("/my/shifts").status_code == 200
    path = str(post(hers, "/my/shifts/calendar")["feed"])
    nobody = TestClient(house.app, base_url="http://127.0.0.1")
    answer = nobody.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    read = icalendar.Calendar.from_ical(answer.content)
    (event,) = read.walk("VEVENT")
    assert event.start == house.now
    assert event["UID"] == icalendar.Calendar.from_ical(nobody.get(path).content).walk("VEVENT")[0]["UID"]
    assert nobody.get("/calendar/guess.ics").status_code == 404
    post(hers, "/my/shifts/calendar/revoke")
    assert nobody.get(path).status_code == 404


def test_a_shift_in_the_hour_that_comes_twice_is_told_by_its_instant(now: datetime) -> None:
    """01:30 after the clocks went back is 01:30 again, not an hour earlier, in a program that knows no folds."""
    rules = parse(Path("infra/examples/finsbury-park.toml").read_text(encoding="utf-8"))
    for starts_at in (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1, 2)):
        row = Shift(
            id=1,
            person_id=1,
            planned_start_at=starts_at,
            planned_end_at=starts_at + HOUR,
            vehicle="bike",
            state="planned",
        )
        told = icalendar.Calendar.from_ical(calendar.feed([row], rules, host="riders.example", now=now))
        (event,) = told.walk("VEVENT")
        assert event.start.astimezone(UTC) == starts_at
        assert event.end.astimezone(UTC) == starts_at + HOUR


@SQLITE_FIRST
def test_a_shift_over_a_change_of_the_clocks_is_as_long_as_it_is(house: House) -> None:
    """20:00 to 02:00 by the clock is five hours in the night the clocks go forward, and the feed says so."""
    sam = house.rider(1)
    with house.database.writing() as session:
        who = people.by_phone(session, sam)
        assert who is not None
        at = datetime(2027, 3, 27, 20, tzinfo=LONDON)
        shifts.plan(
            session,
            known(who.id),
            starts_at=at.astimezone(UTC),
            ends_at=datetime(2027, 3, 28, 2, tzinfo=LONDON).astimezone(UTC),
        )
    path = str(post(browser(house, sam), "/my/shifts/calendar")["feed"])
    read = icalendar.Calendar.from_ical(house.client.get(path).content)
    late = read.walk("VEVENT")[-1]
    assert (late.start.hour, late.end.hour) == (20, 2)
    assert late.end.astimezone(UTC) - late.start.astimezone(UTC) == 5 * HOUR
    assert len(read.walk("VTIMEZONE")) == 1


@SQLITE_FIRST
def test_what_would_end_late_says_so_and_takes_stay(house: House) -> None:
    """The offer asks to stay and says until when; STAY takes it, and nothing calls for the word YES."""
    luna, sam = house.restaurant(), house.rider(1, hours=0.5)
    house.text(sam, "ON")
    house.order(luna, "A-1", ready_at=(house.now + timedelta(minutes=26)).isoformat())
    offer = house.until_text(sam, "STAY", minutes=30)
    assert "after your 18:30. STAY" in offer
    assert "YES" not in offer
    assert "yours" in house.text(sam, "stay")[0]


@SQLITE_FIRST
def test_break_by_text(house: House) -> None:
    """BREAK begins the break and says until when, off shift it says what to do."""
    sam = house.rider(1)
    assert "not on shift" in house.text(sam, "BREAK")[0]
    house.text(sam, "ON")
    assert house.text(sam, "break") == ["Your break, now until 18:20: no jobs meanwhile."]


@SQLITE_FIRST
def test_on_with_no_shift_asks_the_desk(house: House) -> None:
    """ON without a plan starts no clock and puts it before a person."""
    with house.database.writing() as session:
        factories.person(session, house.now, 7, "rider")
    assert "desk has been asked" in house.text("+447700900007", "on")[0]


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_texts_of_the_rota_are_one_segment(language: str) -> None:
    """Every text of the rota fits one segment in every language, with fourteen shifts and the longest link."""
    voice = wording.voice(language)
    at = datetime(2026, 9, 30, 17, 30, tzinfo=LONDON)
    one = ShiftTime(at, at + 5 * HOUR)
    many = tuple(ShiftTime(at + n * 24 * HOUR, at + (n * 24 + 5) * HOUR) for n in range(14))
    long = "Wolfeschlegelsteinhausenbergerdorff " * 6
    texts = [
        wording.rota_published(at, many, 3, HOST, voice),
        wording.rota_published(at, (), 12, HOST, voice),
        wording.rota_published(at, (), 0, HOST, voice),
        wording.my_shifts(RotaFacts(many, 12, 12), HOST, voice),
        wording.my_shifts(RotaFacts((), 0, 0), HOST, voice),
        wording.place_offered(one, at, HOST, voice),
        wording.joined(one, voice),
        wording.nothing_to_join(HOST, voice),
        wording.look_first(HOST, voice),
        wording.shift_planned(one, HOST, voice),
        wording.shift_cancelled(one, by=long, reason=long, voice=voice),
        wording.swapped(one, mine=True, other=long, voice=voice),
        wording.swapped(one, mine=False, other=long, voice=voice),
        wording.swap_declined(one, reason=long, voice=voice),
        wording.break_planned(at, at, at, paid=False, voice=voice),
        wording.break_planned(at + HOUR, at + HOUR, at, paid=False, voice=voice),
        wording.desk_asked(voice),
    ]
    for text in texts:
        assert wording.segments(text) == ("GSM-7", 1), text
    if language == "en":
        assert texts[0].startswith("Rota for 30 Sep")
