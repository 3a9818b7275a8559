"""The people channel under bad luck and bad will: numbers that change hands, news out of order, a doubled hour."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from time import sleep
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from dispatch import offers, overrides, people, planning, shifts
from dispatch.errors import WrongState
from dispatch.tables import Attention, Person, known
from infra.database import Database
from riders_app import inbox
from riders_app.outbox import fate, news
from riders_app.replies import parse, truly
from riders_app.tables import InboundText, Text
from tests import factories
from tests.riders_app.conftest import RIDER, Evening

Offered = tuple[Evening, int]
LONDON = ZoneInfo("Europe/London")


def rider(evening: Evening, phone: str = RIDER) -> Person:
    """Whoever has that number now."""
    with evening.database.reading() as session:
        found = people.by_phone(session, phone)
        assert found is not None
        return found


def reach(evening: Evening, phone: str = RIDER) -> bool:
    """Whether texts are thought to reach that phone."""
    return rider(evening, phone).unreachable_at is None


def why(evening: Evening, phone: str = RIDER) -> str:
    """What the desk is told of a phone that hears nothing."""
    with evening.database.reading() as session:
        told = fate.why_nothing(
            session, known(rider(evening, phone).id), now=evening.clock.now(), sends=True, hook="h"
        )
    return " ".join(told)


def open_words(evening: Evening) -> list[str]:
    """What the desk is told of phones that get no texts."""
    with evening.database.reading() as session:
        rows = session.exec(
            select(Attention).where(Attention.kind == "unreachable", col(Attention.closed_at).is_(None))
        ).all()
        return [row.words for row in rows]


@pytest.mark.parametrize(
    ("heard", "said", "meant"),
    [
        ("2026-10-25T00:50", "0130", "2026-10-25T00:30"),  # 01:50 in summer time, before the clocks go back
        ("2026-10-25T01:10", "0130", "2026-10-25T00:30"),  # 01:10 the second time: 01:30 was the first
        ("2026-10-25T01:40", "0130", "2026-10-25T01:30"),  # 01:40 the second time: ten minutes ago
        ("2026-10-25T02:10", "0150", "2026-10-25T01:50"),
        ("2026-10-25T02:10", "0030", "2026-10-24T23:30"),
        ("2026-03-29T01:10", "0055", "2026-03-29T00:55"),  # 02:10, fifteen minutes after 00:55
    ],
)
def test_the_night_the_clocks_change_a_time_is_the_last_that_was(heard: str, said: str, meant: str) -> None:
    """In the hour that comes twice DONE 12 0130 means the 01:30 that was last; no hour is lost or won around it."""
    at = datetime.fromisoformat(heard).replace(tzinfo=UTC).astimezone(LONDON)
    told = truly(parse(f"DONE 12 {said}"), at)
    assert told is not None
    assert told.astimezone(UTC) == datetime.fromisoformat(meant).replace(tzinfo=UTC)
    assert told.astimezone(LONDON).time() == time(int(said[:2]), int(said[2:]))


def test_minutes_ago_are_minutes_also_over_the_change() -> None:
    """Twenty minutes before the second 01:10 is the first 01:50."""
    at = datetime(2026, 10, 25, 1, 10, tzinfo=UTC).astimezone(LONDON)
    told = truly(parse("DONE 12 20 min ago"), at)
    assert told is not None
    assert at.astimezone(UTC) - told.astimezone(UTC) == timedelta(minutes=20)


def test_a_text_with_what_no_database_keeps_is_read_like_any(offered: Offered) -> None:
    """NUL and half a character do not lose a rider's word: every database takes the rest."""
    evening, job_id = offered
    evening.jobs()
    evening.hears(RIDER, f"TAKE\0 {evening.job(job_id).number} \ud83d", "odd")
    assert evening.job(job_id).state == "taken"


def test_news_of_a_text_from_before_a_stop_does_not_undo_it(offered: Offered) -> None:
    """A text that left before STOP may be told as delivered after it; the phone stays stopped and the desk asked."""
    evening, _ = offered
    evening.jobs()
    evening.pass_(seconds=20)
    evening.hears(RIDER, "STOP")
    with evening.database.writing() as session:
        before = session.exec(select(Text).where(col(Text.vendor_id).is_not(None))).first()
        assert before is not None
        news(
            session, vendor_id=before.vendor_id or "", status="delivered", error=None, now=evening.clock.now()
        )
    assert not reach(evening)
    assert "unreachable" in evening.open_attention()
    assert "START, texted from it" in why(evening)


def test_a_stop_stays_with_the_number_and_not_with_who_had_it(offered: Offered) -> None:
    """Given a new phone, a rider is reached again; whoever takes the old number over inherits its STOP."""
    evening, _ = offered
    evening.hears(RIDER, "STOP")
    number = "+447700900002"
    with evening.database.writing() as session:
        old = known(rider(evening).id)
        people.change(session, old, name="Sam Okoye", phone=number, language="en")
        second = people.add(session, name="Ines", phone=RIDER, now=evening.clock.now())
        people.grant(session, known(second.id), "rider", now=evening.clock.now(), by=None, vehicle="bike")
        for person_id in (old, known(second.id)):  # texts went wrong, for whatever reason
            people.mark_unreachable(session, person_id, now=evening.clock.now())
    evening.pass_(minutes=1)
    assert "START" not in why(evening, number)
    assert "START, texted from it" in why(evening)
    for phone in (number, RIDER):
        evening.hears(phone, "PAY")
    assert (reach(evening, number), reach(evening)) == (True, False)
    evening.hears(RIDER, "START")
    assert reach(evening)


def test_the_desk_reads_why_a_phone_hears_nothing(offered: Offered) -> None:
    """What stands open says the reason that is newest: a phone out of reach, and then its STOP, which START undoes."""
    evening, _ = offered
    evening.jobs()
    with evening.database.writing() as session:
        text = session.exec(select(Text).where(Text.kind == "offer")).one()
        text.state = "sent"
        session.add(text)
        news(
            session,
            vendor_id=str(text.vendor_id),
            status="undelivered",
            error="30003",
            now=evening.clock.now(),
        )
    (words,) = open_words(evening)
    assert words.startswith("Texts do not reach this person (the phone is off or out of reach")
    evening.hears(RIDER, "STOP")
    (words,) = open_words(evening)
    assert "START brings the texts back" in words


def test_a_carrier_that_says_opted_out_is_believed_without_a_stop(offered: Offered) -> None:
    """A phone the carrier blocks (21610) is not offered jobs for each text it sends: only START brings it back."""
    evening, _ = offered
    with evening.database.writing() as session:
        text = Text(
            key="k", person_id=known(rider(evening).id), kind="desk_note", body="x", state="failed",
            error="Twilio 400, error 21610", due_at=evening.clock.now(), created_at=evening.clock.now(),
            claimed_at=evening.clock.now(),
        )  # fmt: skip
        session.add(text)
        people.mark_unreachable(session, known(rider(evening).id), now=evening.clock.now())
    evening.pass_(minutes=1)
    evening.hears(RIDER, "ON")
    assert not reach(evening)
    assert "START, texted from it" in why(evening)
    evening.pass_(minutes=1)
    evening.hears(RIDER, "START")
    assert reach(evening)


def test_a_rider_who_leaves_mid_evening_leaves_no_food_unseen(offered: Offered) -> None:
    """Their offer goes to others, a job they took rings the desk, and a text of theirs is known for whose it is."""
    evening, job_id = offered
    evening.jobs()
    evening.hears(RIDER, f"TAKE {evening.job(job_id).number}")
    now = evening.clock.now()
    with evening.database.writing() as session:
        boss = known(factories.person(session, now, 90, "administrator", name="Boss").id)
        other = factories.rider(session, now, 2, name="Ines").person_id
        factories.order(session, now, factories.restaurant(session, now, "Taco Sol"), "B-1")
        left = known(rider(evening).id)
        overrides.end_access(session, left, by=boss, reason="Moved away", now=now)
    evening.hears(RIDER, "GOT")
    with evening.database.reading() as session:
        rows = session.exec(select(Attention).where(col(Attention.closed_at).is_(None))).all()
    told = {row.kind: row for row in rows}
    assert told["left_mid_shift"].ring_at is not None
    assert f"job {evening.job(job_id).number}" in told["left_mid_shift"].words
    assert "whose access has ended" in told["foreign_text"].words
    assert told["foreign_text"].person_id == left
    # Who is only offered a job when they leave holds nobody's dinner up.
    second = evening.plan()
    assert evening.job(second).person_id == other
    with evening.database.writing() as session:
        overrides.end_access(session, other, by=boss, reason="Moved away", now=evening.clock.now())
        assert shifts.live_jobs(session, other) == []
        assert planning.due_at(session, now=evening.clock.now()) is not None
        ringing = [row for row in session.exec(select(Attention)).all() if row.kind == "left_mid_shift"]
        assert [row.ring_at is not None for row in ringing] == [True, False]
        assert offers.next_expiry(session) is None


def test_a_rider_on_shift_keeps_the_role_until_their_shift_is_ended(offered: Offered) -> None:
    """Taking the role rider from somebody on shift is refused with what to do first; ended, it is taken."""
    evening, _ = offered
    now, left = evening.clock.now(), known(rider(evening).id)
    with evening.database.writing() as session:
        boss = known(factories.person(session, now, 90, "administrator", name="Boss").id)
        with pytest.raises(WrongState, match="end their shift first"):
            overrides.take_role(session, left, "rider", by=boss, reason="Moved to the desk", now=now)
    evening.hears(RIDER, "PASS")
    with evening.database.writing() as session:
        shift = shifts.current(session, left)
        assert shift is not None
        shifts.set_end(session, known(shift.id), now, by=boss, reason="Went home", now=now)
        overrides.take_role(session, left, "rider", by=boss, reason="Moved to the desk", now=now)
        assert "rider" not in people.roles(session, left)[0]


def test_one_text_posted_twice_at_once_is_kept_once(database: Database) -> None:
    """The carrier's second try comes while the first is being kept: it waits, and is answered that all is well."""
    facts = {
        "vendor_id": "SM77",
        "phone": RIDER,
        "body": "ON",
        "now": datetime(2026, 11, 20, 18, 0, tzinfo=UTC),
    }

    def second() -> bool:
        with database.writing() as session:
            return inbox.store(session, **facts)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            assert inbox.store(session, **facts)
            came = pool.submit(second)
            sleep(0.2)  # long enough to have looked, and to wait for this transaction's end
        assert came.result(timeout=30) is False
    with database.reading() as session:
        assert len(session.exec(select(InboundText)).all()) == 1
