"""Unpaid breaks where they meet something else: premiums, a change of rate, tips past midnight; sums by hand."""

from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session

from payments import books, checks, pay, runs, terms, work
from payments.pay import OrderMoney, ShiftMoney, Spell
from payments.rulebook import parse
from tests.payments.rulebooks import FINSBURY_PARK, adopted
from tests.payments.test_premiums import ALL

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Eight in the evening to one: 14.80 an hour until midnight of 20 November, 15.40 after it where the rate rises.
EIGHT = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def rising() -> str:
    """Finsbury Park's rules with a rate that goes up at midnight."""
    text = FINSBURY_PARK + "\n[[pay.rates]]\nfrom = 2026-11-21\nper_hour_minor = 1540\n"
    assert parse(text).pay.ladder(date(2026, 11, 21)) == [1_480, 1_540]
    return text


def a_shift(
    *rest: tuple[int, int], rain: tuple[int, int] | None = None, minutes: int = 300, number: int = 5
) -> ShiftMoney:
    """A shift from eight, with breaks and rain in minutes after it began."""
    spells = [
        Spell(EIGHT + since * MINUTE, EIGHT + until * MINUTE) for since, until in (*rest, rain or (0, 0))
    ]
    wet = (spells[-1],) if rain else ()
    return ShiftMoney(number, 3, EIGHT, EIGHT + minutes * MINUTE, 0, 0, (), wet, tuple(spells[:-1]))


def test_late_and_rain_are_paid_for_paid_minutes_alone() -> None:
    """Five hours, a break of 30 minutes from 21:45, rain from 21:00 to 22:30: late 2 h 45, rain 1 h, wages 4 h 30.

    Late from ten to one is three hours, less the 15 minutes of the break past ten: 165 min at 2.00 an hour are 5.50.
    Rain is 90 minutes less the break of 30: 60 min at a tenth of 14.80 are 1.48. Wages are 270 min at 14.80: 66.60.
    """
    shift = a_shift((105, 135), rain=(60, 150))
    assert (shift.clock_minutes, shift.minutes) == (300, 270)
    assert dict(work.premiums(ALL, shift)) == {"late": 550, "rain": 148}
    earned = terms.earned(ALL, shift)
    assert (earned.basis_minor, earned.wages_minor) == (6_660, 7_358)
    assert earned.holiday_minor == 888  # 12.07 % of 73.58 is 8.881


def test_a_break_begun_on_the_last_minute_takes_nothing_it_has_not() -> None:
    """A break that runs past the end of a shift takes its minutes inside alone, of late hours and of rain."""
    shift = a_shift((295, 400), rain=(290, 500))
    assert shift.minutes == 295
    assert dict(work.premiums(ALL, shift)) == {"late": 584, "rain": 13}  # 175 min: 5.8333; 5 min: 12.33


def rates(session: Session) -> list[tuple[tuple[int | None, int], ...]]:
    """The rates of each line of minutes in the run of that week, drawn up now."""
    run = runs.draft(session, on=EIGHT, by=1, now=MONDAY)
    return [line.rates for slip in runs.slips(session, run) for line in slip.lines if line.what == "minutes"]


def test_a_break_across_a_change_of_rate_is_of_both(session: Session) -> None:
    """Eight to one with a break from 23:50 to 0:10, the rate rising at midnight: 230 minutes at the old, 50 at the new.

    Worked out backwards from the end, 280 minutes would be 220 at the old rate and 60 at the new.
    """
    adopted(session, rising())
    pay.shift_ended(session, a_shift((230, 250)), now=EIGHT + 5 * HOUR)
    assert rates(session) == [((1_480, 230), (1_540, 50))]
    assert books.balance(session, "rider:3:wages") == 6_957  # (230 * 14.80 + 50 * 15.40) / 60 is 69.5666
    assert books.balance(session, "rider:3:minutes") == 280


def test_breaks_that_take_a_whole_side_leave_one_rate(session: Session) -> None:
    """All of it after midnight unpaid, only the old rate stands; nothing of the evening paid, only the new one."""
    adopted(session, rising())
    pay.shift_ended(session, a_shift((230, 300)), now=EIGHT + 5 * HOUR)
    pay.shift_ended(session, a_shift((0, 240), number=6), now=EIGHT + 5 * HOUR)
    assert sorted(rates(session)) == [((1_480, 230),), ((1_540, 60),)]


def test_a_corrected_break_takes_back_each_rate(session: Session) -> None:
    """Put right after it was paid, the line that is taken back has its rates, and so has the new one."""
    adopted(session, rising())
    before, after = a_shift((230, 250)), ShiftMoney(5, 3, EIGHT, EIGHT + 5 * HOUR, 1, 0)
    pay.shift_ended(session, before, now=EIGHT + 5 * HOUR)
    pay.shift_corrected(session, before, after, why="No break was had", now=EIGHT + 6 * HOUR)
    assert rates(session) == [
        ((1_480, 230), (1_540, 50)),
        ((1_480, -230), (1_540, -50)),
        ((1_480, 240), (1_540, 60)),
    ]
    assert checks.findings(session) == []


def test_tips_past_midnight_are_shared_by_paid_minutes_of_their_day() -> None:
    """The day of tips ends at four: a shift over it counts for both days, its unpaid break in neither.

    22:00 to 05:00 with a break 01:00 to 01:30 is 330 paid minutes of Friday and 60 of Saturday; 10.00 of Friday
    shared with 110 minutes of another is 7.50 and 2.50, and Saturday's 3.00 are all the first one's.
    """
    rules = parse(FINSBURY_PARK)
    friday, saturday = date(2026, 11, 20), date(2026, 11, 21)
    ten = EIGHT + 2 * HOUR
    rest = (Spell(ten + 3 * HOUR, ten + 3 * HOUR + 30 * MINUTE),)
    night = ShiftMoney(5, 3, ten, ten + 7 * HOUR, 0, 0, unpaid=rest)
    other = ShiftMoney(6, 4, EIGHT, EIGHT + 110 * MINUTE, 0, 0)
    on = {
        day: {each.rider_id: work.minutes_on(rules, each, day) for each in (night, other)}
        for day in (friday, saturday)
    }
    assert on == {friday: {3: 330, 4: 110}, saturday: {3: 60, 4: 0}}
    shared = work.share_postings(friday, 1_000, on[friday])
    assert {each.destination: each.amount for each in shared} == {"rider:3:tips": 750, "rider:4:tips": 250}
    assert [each.amount for each in work.share_postings(saturday, 300, on[saturday])] == [300]


def tips_paid(session: Session, run: runs.PayRun) -> dict[int, int]:
    """What each rider is paid of tips by a run, which is approved and paid."""
    found = {each.person_id: each.tips_minor for each in runs.slips(session, run)}
    runs.approve(session, run, (), by=1, now=run.until)
    runs.mark_paid(session, run, by=1, now=run.until)
    return found


def test_tips_below_nought_after_a_correction_are_carried(session: Session) -> None:
    """What was shared out otherwise after it was paid is taken from later tips alone, never from pay, and is told.

    10.00 were shared 5.00 and 5.00, and are 2.50 and 7.50 by the minutes put right. The first one's 2.50 too much
    wait while 1.00 came in, whole; once 4.00 more came, 2.50 are left to be paid; wages are whole each time.
    """
    text = FINSBURY_PARK.replace('tips = "own"', 'tips = "pooled"').replace(
        "[pay]\n", '[pay]\nstatus = "self_employed"\n', 1
    )
    adopted(session, text)
    friday = date(2026, 11, 20)

    def week(number: int, tip: int, minutes: dict[int, int]) -> runs.PayRun:
        at = EIGHT + timedelta(days=7 * number)
        pay.shift_ended(session, ShiftMoney(50 + number, 3, at, at + HOUR, 0, 0), now=at + HOUR)
        if tip:
            pay.delivered(session, OrderMoney(number + 1, 7, 3, 2000, 400, tip, "card"), now=at + HOUR)
            pay.shared_out(session, friday + timedelta(days=7 * number), minutes, now=at + 12 * HOUR)
        return runs.draft(session, on=at, by=1, now=at + timedelta(days=7))

    assert tips_paid(session, week(0, 1_000, {3: 60, 4: 60})) == {3: 500, 4: 500}
    pay.shared_out(session, friday, {3: 60, 4: 180}, now=EIGHT + timedelta(days=4))
    assert books.balance(session, "rider:3:tips") == -250
    second = week(1, 100, {3: 60})
    assert [(each.account, each.amount_minor) for each in runs.gathered(session, second)[1]] == [
        ("rider:3:tips", -150)
    ]
    (mine,) = [each for each in runs.slips(session, second) if each.person_id == 3]
    assert (mine.gross_minor, mine.tips_minor, mine.net_minor) == (1_480, 0, 1_480)
    assert tips_paid(session, second) == {3: 0, 4: 250}
    third = week(2, 400, {3: 60})
    assert runs.gathered(session, third)[1] == ()
    assert tips_paid(session, third) == {3: 250}
    assert books.balance(session, "rider:3:tips") == 0
    assert checks.findings(session) == []
