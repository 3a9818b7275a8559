"""What is earned beside the clock: rain marked at the desk, tips shared out, sick pay, leave and expenses."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from dispatch import absences, deliveries, jobs, people, rain, shifts, tipbook, tips, worked
from dispatch.errors import BadInput, WrongState
from dispatch.tables import Attention, Rest, Shift, TipDay, known
from payments import books, checks, pay
from payments.pay import OrderMoney, ShiftMoney
from payments.rulebook import parse
from tests import factories
from tests.dispatch.test_story import offered, plan
from tests.dispatch.web_browser import Browser
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.payments.rulebooks import FINSBURY_PARK

pytestmark = SQLITE_FIRST

MORE = """
[pay.rain]
per_hour_minor = 120
[pay.distance]
per_km_minor = 100
[pay.sick]
share_bp = 10000
"""
POOLED = factories.RULEBOOK.replace('tips = "own"', 'tips = "pooled"') + MORE


@pytest.fixture
def evening(session: Session, now: datetime) -> Session:
    """A co-op that pools its tips and pays for rain and long ways."""
    factories.adopt(session, now, POOLED)
    factories.person(session, now, 90, "treasurer", name="Grace")  # person 1
    return session


def delivered(session: Session, now: datetime, reference: str = "A-1", rider: int | None = None) -> datetime:
    """One more order delivered by whoever is offered it, and when."""
    luna = factories.restaurant(session, now, f"Luna {reference}")
    factories.order(session, now, luna, reference)
    job, then = offered(session, now)
    deliveries.got(session, job.person_id, job.number, now=then + timedelta(minutes=10))
    deliveries.done(session, job.person_id, job.number, now=then + timedelta(minutes=20))
    return then + timedelta(minutes=20)


def pounds(session: Session, account: str) -> int:
    return books.balance(session, account, unit="GBP")


def test_a_shift_is_paid_for_its_way_and_its_rain(evening: Session, now: datetime) -> None:
    """What was delivered, how far, and the rain that fell are taken from the evening itself when the shift ends."""
    shift = factories.rider(evening, now)
    at = delivered(evening, now)
    rain.began(evening, now, now + timedelta(minutes=15), by=shift.person_id, now=at)
    rain.began(evening, at, None, by=shift.person_id, now=at)  # and it goes on
    shifts.stop(evening, shift.person_id, now=at + timedelta(minutes=30))
    made = worked.money(evening, shift)
    assert (made.drops, len(made.rides), len(made.rain)) == (1, 1, 2)
    assert pounds(evening, "co-op:wages:rain") == -90  # 45 minutes
    assert pounds(evening, "co-op:wages:distance") == -made.rides[0].distance_m // 10
    assert checks.findings(evening) == []


def test_rain_marked_afterwards_corrects_the_shifts_it_fell_on(evening: Session, now: datetime) -> None:
    """A shift that ended is reversed and booked anew, twice changes nothing, and it can be taken back."""
    wet, dry = factories.rider(evening, now, 1), factories.rider(evening, now, 2, name="Dry")
    shifts.stop(evening, dry.person_id, now=now + timedelta(minutes=30))
    shifts.stop(evening, wet.person_id, now=now + timedelta(hours=2))
    spell = rain.began(
        evening, now + timedelta(hours=1), now + timedelta(hours=2), by=1, now=now + timedelta(hours=3)
    )
    assert pounds(evening, f"rider:{wet.person_id}:wages") == 2 * 1480 + 120
    assert (wet.revision, dry.revision) == (2, 1)
    with pytest.raises(WrongState, match="marked for that time already"):
        rain.began(evening, now + timedelta(minutes=90), None, by=1, now=now + timedelta(hours=3))
    for _ in range(2):
        rain.taken_back(evening, known(spell.id), by=1, now=now + timedelta(hours=4))
    assert pounds(evening, f"rider:{wet.person_id}:wages") == 2 * 1480
    assert wet.revision == 3
    assert checks.findings(evening) == []


def test_rain_that_stopped_earlier_than_a_shift_ended(evening: Session, now: datetime) -> None:
    """While nobody has said that it stopped it rains; said afterwards, the shift is corrected to that time."""
    shift = factories.rider(evening, now)
    spell = rain.began(evening, now, None, by=1, now=now)
    shifts.stop(evening, shift.person_id, now=now + timedelta(hours=2))
    assert pounds(evening, "co-op:wages:rain") == -240
    with pytest.raises(BadInput):
        rain.stopped(evening, known(spell.id), now, now=now + timedelta(hours=2))
    rain.stopped(evening, known(spell.id), now + timedelta(hours=1), now=now + timedelta(hours=2))
    assert pounds(evening, "co-op:wages:rain") == -120
    assert checks.findings(evening) == []


def test_pooled_tips_wait_for_the_day_and_its_last_shift(evening: Session, now: datetime) -> None:
    """Tips are shared out by minutes once the day is over and everybody is off; run again, nothing more happens."""
    one, two = factories.rider(evening, now, 1), factories.rider(evening, now, 2, name="Ida", hours=12)
    at = delivered(evening, now)
    assert pounds(evening, "pool:tips:2026-11-20") == 250
    assert tips.next_due(evening) == datetime.fromisoformat("2026-11-21T04:00:00+00:00")
    shifts.stop(evening, one.person_id, now=now + timedelta(hours=2))
    after = now + timedelta(hours=10, minutes=5)  # five past four
    assert tips.share_out(evening, now=at) == 0
    assert tips.share_out(evening, now=after) == 1
    assert tips.next_due(evening) == after + timedelta(minutes=15)  # the other is still on shift
    shifts.stop(evening, two.person_id, now=after)
    assert tips.share_out(evening, now=after) == 1
    # 120 and 600 minutes: those after four are of the next day.
    held = {pounds(evening, f"rider:{each.person_id}:tips") for each in (one, two)}
    assert (pounds(evening, f"rider:{one.person_id}:tips"), held) == (42, {42, 208})
    assert (tips.next_due(evening), tips.share_out(evening, now=after)) == (None, 0)
    assert checks.findings(evening) == []


def test_a_corrected_shift_shares_its_day_anew(evening: Session, now: datetime) -> None:
    """Two riders with equal minutes, one of them corrected to a third: the shares follow, and the pot stays whole."""
    one, two = factories.rider(evening, now, 1), factories.rider(evening, now, 2, name="Ida")
    delivered(evening, now)
    for each in (one, two):
        shifts.stop(evening, each.person_id, now=now + timedelta(hours=3))
    morning = now + timedelta(days=1)
    tips.share_out(evening, now=morning)
    assert pounds(evening, f"rider:{one.person_id}:tips") == 125
    idle = two if worked.money(evening, one).drops else one
    busy = one if idle is two else two
    shifts.set_end(evening, known(idle.id), now + timedelta(hours=1), by=1, reason="left early", now=morning)
    assert tips.next_due(evening) == morning
    tips.share_out(evening, now=morning)
    assert pounds(evening, f"rider:{idle.person_id}:tips") == 62
    assert pounds(evening, f"rider:{busy.person_id}:tips") == 188
    assert pounds(evening, "pool:tips:2026-11-20") == 0
    told = tipbook.register(evening, parse(POOLED), since=now, until=morning, rider_id=idle.person_id)
    assert [(line.order, line.tip_minor, line.part_minor, line.pooled) for line in told] == [
        ("A-1", 250, 62, True)
    ]
    assert checks.findings(evening) == []


def test_tips_of_a_day_nobody_worked_wait_for_a_person(evening: Session, now: datetime) -> None:
    """Tips on a day without a minute on shift stay in the pool, and the desk is told; a shift set right frees them."""
    shift = factories.rider(evening, now)
    at = delivered(evening, now)
    shift.started_at = at  # as if it had begun just then
    shifts.set_end(evening, known(shift.id), at, by=1, reason="by mistake", now=at)
    morning = now + timedelta(days=1)
    tips.share_out(evening, now=morning)
    assert pounds(evening, "pool:tips:2026-11-20") == 250
    raised = evening.exec(select(Attention).where(Attention.kind == "tips_unshared")).one()
    assert raised.words.startswith("Nobody was on shift on 2026-11-20")
    shifts.set_start(evening, known(shift.id), now, by=1, reason="it began at six", now=morning)
    tips.share_out(evening, now=morning)
    assert pounds(evening, f"rider:{shift.person_id}:tips") == 250
    assert raised.closed_at is not None


def test_own_tips_leave_no_day_to_share(session: Session, now: datetime) -> None:
    """Where tips are each rider's own, nothing is pooled and no job waits."""
    factories.adopt(session, now)
    shift = factories.rider(session, now)
    delivered(session, now)
    assert session.exec(select(TipDay)).all() == []
    assert pounds(session, f"rider:{shift.person_id}:tips") == 250


def test_an_undone_delivery_takes_its_tip_out_of_the_pool(evening: Session, now: datetime) -> None:
    """UNDO leaves the pool empty, and delivered again the tip is there once."""
    shift = factories.rider(evening, now)
    at = delivered(evening, now)
    deliveries.undo(evening, shift.person_id, now=at)
    assert pounds(evening, "pool:tips:2026-11-20") == 0
    job = jobs.find(evening, shift.person_id, None, ("taken",))
    deliveries.done(evening, shift.person_id, job.number, now=at)
    assert pounds(evening, "pool:tips:2026-11-20") == 250
    assert plan(evening, at) == []


def test_a_shift_missed_through_illness_is_paid_and_leaves_the_rota(evening: Session, now: datetime) -> None:
    """Its planned hours are paid by the rule, once; taken back, the money goes and the shift stays cancelled."""
    person = known(factories.person(evening, now, 1, "rider").id)
    shift = shifts.plan(evening, person, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=5))
    row = absences.sick_shift(evening, known(shift.id), reason="Rang in", by=1, now=now)
    assert absences.sick_shift(evening, known(shift.id), reason="Rang in", by=1, now=now).id == row.id
    assert (row.minutes, shift.state) == (240, "cancelled")
    assert pounds(evening, f"rider:{person}:wages") == 5920
    with pytest.raises(BadInput):
        absences.take_back(evening, known(row.id), why=" ", by=1, now=now)
    absences.take_back(evening, known(row.id), why="It was somebody else", by=1, now=now)
    assert pounds(evening, f"rider:{person}:wages") == 0
    assert checks.findings(evening) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": " "}, "Write down why it is recorded. An illness needs no name."),
        ({"minutes": 0}, "Hours: write how long"),
        ({"on": date(2026, 1, 1)}, "Day: write one within three months."),
        ({"kind": "leave"}, "Only 0 h 00 of leave have accrued"),
        ({"person_id": 99}, "Rider: choose whose absence it is."),
    ],
)
def test_an_absence_badly_recorded_is_refused_with_a_sentence(
    evening: Session, now: datetime, fields: dict[str, object], words: str
) -> None:
    """Each reason to refuse an absence is said so that it can be mended."""
    person = known(factories.person(evening, now, 1, "rider").id)
    good = {"person_id": person, "kind": "sick", "on": now.date(), "minutes": 60, "reason": "Rang in"}
    asked = good | fields
    with pytest.raises(BadInput, match=words.split("(")[0]):
        absences.record(
            evening,
            asked.pop("person_id"),
            asked.pop("kind"),
            by=1,
            now=now,
            **asked,  # type: ignore[arg-type]
        )


def test_the_job_shares_out_by_itself(house: House) -> None:
    """In simulated time the job runs when the day is over, and the rider reads the tip in their register."""
    with house.database.writing() as session:
        factories.adopt(session, house.now, POOLED)
    till, sam = house.restaurant(), house.rider(11)
    house.text(sam, "ON")
    house.ridden(till, sam, "A-1")
    house.text(sam, "OFF")
    treasurer = Browser.of(house, 1, "treasurer")
    assert "waits to be shared" in treasurer.get("/desk/money/tips")
    house.move(11 * 60)
    page = treasurer.get("/desk/money/tips?since=2026-11-20&until=2026-11-22")
    assert "Sam Okoye" in page
    assert "£2.50" in page
    file = treasurer.client.get("/desk/money/tips.csv?since=2026-11-20&until=2026-11-22")
    assert file.headers["content-type"].startswith("text/csv")
    head, line = file.content.decode("utf-8-sig").splitlines()
    assert head == "delivered,order,restaurant,tip,rider,part,shared,paid,currency,entries"
    assert ",A-1,Pizza Luna,2.50,Sam Okoye,2.50,by minutes on shift,,GBP," in line


def test_rain_at_the_desk(house: House) -> None:
    """A dispatcher marks rain, says it stopped, and takes a spell back; a time to come is refused in a sentence."""
    desk = Browser.of(house, 1, "dispatcher")
    assert "pay nothing for rain" in desk.get("/desk/rain")
    made = desk.send("/desk/rain", since="17:30", until="")
    assert "raining" in desk.get("/desk/rain")
    desk.send(f"/desk/rain/{made['id']}/stop", at="17:45")
    assert "17:30 to 17:45" in desk.get("/desk/rain")
    assert desk.refused("/desk/rain", since="19:00")[0] == 422
    desk.send(f"/desk/rain/{made['id']}/back")
    assert "No rain in the last month." in desk.get("/desk/rain")


def test_absences_at_the_treasurers(house: House) -> None:
    """Hours are recorded with a reason, shown with who recorded them, and taken back; leave left is told."""
    with house.database.writing() as session:
        factories.adopt(session, house.now, POOLED)
    house.rider(11)
    with house.reading() as session:
        sam, planned = session.exec(select(Shift.person_id, Shift.id)).one()
    money = Browser.of(house, 1, "treasurer")
    page = money.get("/desk/money/absences")
    assert "Missed through illness" in page
    money.send(f"/desk/money/absences/shifts/{planned}", reason="Rang in")
    made = money.send(
        "/desk/money/absences", person_id=sam, kind="sick", on="2026-11-19", hours="2:30", reason="A note"
    )
    page = money.get("/desk/money/absences")
    assert "A note" in page
    assert "2 h 30" in page
    with house.reading() as session:
        assert books.balance(session, f"rider:{sam}:wages", unit="GBP") == 5920 + 3700
    money.send(f"/desk/money/absences/{made['id']}/back", reason="wrong day")
    assert "Taken back by Person 1: wrong day" in money.get("/desk/money/absences")
    for fields, words in (
        ({"hours": "soon"}, "Hours: write how long, like 5 or 4:30."),
        ({"kind": "party"}, "Choose what it is"),
        ({"on": "Friday"}, "Day: write a day like 2026-11-20."),
        ({"kind": "leave", "hours": "9"}, "Only 0 h"),
    ):
        good = {"person_id": sam, "kind": "sick", "on": "2026-11-19", "hours": "1", "reason": "x"}
        status, said = money.refused("/desk/money/absences", **(good | fields))
        assert (status, words in said) == (422, True), said


def test_who_has_left_is_paid_the_leave_they_did_not_take(house: House) -> None:
    """A rider who left stays on the page of leave, and a warning of each pay run, until theirs is paid to the penny."""
    with house.database.writing() as session:
        factories.adopt(session, house.now, FINSBURY_PARK)
        sam = known(factories.person(session, house.now, 11, "rider").id)
        began = house.now - timedelta(days=7)
        end = began + timedelta(hours=7)
        pay.shift_ended(session, ShiftMoney(1, sam, began, end, 0, 2), now=end)
        people.end(session, sam, by=1, reason="Moved away", now=house.now)
    money = Browser.of(house, 1, "treasurer")
    page = money.get("/desk/money/absences")
    assert page.count("Sam Okoye (has left)") == 2
    run = money.send("/desk/pay", on=began.date().isoformat())["id"]
    assert "Sam Okoye has left, and £12.50 of holiday pay is set aside" in money.get(f"/desk/pay/{run}")
    today = house.now.date().isoformat()
    fields = {"person_id": sam, "on": today, "reason": "Left"}
    assert money.refused("/desk/money/absences", kind="sick", hours="1", **fields)[0] == 422
    money.send("/desk/money/absences", kind="leave", hours="0:51", **fields)
    assert "(has left)" not in money.get("/desk/money/absences")
    assert "has left" not in money.get(f"/desk/pay/{run}")
    with house.reading() as session:
        assert books.balance(session, f"rider:{sam}:holiday-pay", unit="GBP") == 1250
        assert checks.findings(session) == []


def test_the_desk_page_tells_what_a_shift_earned_with_premiums(evening: Session, now: datetime) -> None:
    """While it goes on, a shift's facts count the rain that has fallen so far."""
    shift = factories.rider(evening, now)
    rain.began(evening, now, None, by=1, now=now)
    facts = shifts.facts(evening, shift, now=now + timedelta(hours=1))
    assert facts.earned_minor == 1480 + 120
    assert pay.leave_left(evening, shift.person_id) == (0, 0)


def test_tips_of_a_day_shared_out_before_are_shared_by_the_next_round(
    evening: Session, now: datetime
) -> None:
    """A delivery marked the day after brings its tip to its own day or the new one's: the round shares it, once.

    The day's first 2.50 were shared. What a late DONE adds is of the day it is marked on; shared when that is over,
    and the first day stays as it was.
    """
    shift = factories.rider(evening, now)
    at = delivered(evening, now)
    shifts.stop(evening, shift.person_id, now=at + timedelta(minutes=10))
    morning = datetime.fromisoformat("2026-11-21T04:00:00+00:00")
    assert tips.share_out(evening, now=morning) == 1
    mine = f"rider:{shift.person_id}:tips"
    assert pounds(evening, mine) == 250
    late = OrderMoney(900, 1, shift.person_id, 2000, 400, 310, "card")
    pay.delivered(evening, late, now=now + timedelta(minutes=30))  # told today, of yesterday's day
    assert pounds(evening, "pool:tips:2026-11-20") == 310
    tips.came(evening, 900, 1, now=morning + timedelta(hours=1))
    assert tips.next_due(evening) == morning + timedelta(hours=1)
    assert [tips.share_out(evening, now=morning + timedelta(hours=2)) for _ in range(2)] == [1, 0]
    assert (pounds(evening, mine), pounds(evening, "pool:tips:2026-11-20")) == (560, 0)
    shared = [each.key for each in books.about(evening, "tips:2026-11-20")]
    assert shared == [
        "tips:2026-11-20:shared:1", "tips:2026-11-20:shared:1:reversed", "tips:2026-11-20:shared:2"
    ]  # fmt: skip
    assert checks.findings(evening) == []


def test_an_unpaid_break_has_no_share_of_the_tips(session: Session, now: datetime) -> None:
    """Two riders for an hour, one of them half of it at an unpaid break: the tips are shared two to one."""
    factories.adopt(session, now, POOLED + "\n[rest]\nbreak_paid = false\n")
    one, two = factories.rider(session, now, 1), factories.rider(session, now, 2, name="Two")
    session.add(
        Rest(
            shift_id=known(one.id), starts_at=now + timedelta(minutes=10), ends_at=now + timedelta(minutes=40), at=now,
        )
    )  # fmt: skip
    session.flush()
    for each in (one, two):
        shifts.stop(session, each.person_id, now=now + timedelta(hours=1))
    rulebook = books.in_force(session, at=now)[1]
    assert tips.minutes(session, rulebook, date(2026, 11, 20)) == {one.person_id: 30, two.person_id: 60}
