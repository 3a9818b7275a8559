"""What a shift pays: by the hour or the drop, topped up to the floor, with holiday to the ten-thousandth."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from payments import books, checks, money, pay, terms
from payments.errors import AlreadyBooked, BadAmount, BadCorrection, KeyReused, NoRate
from payments.pay import Earned, ShiftMoney
from payments.rulebook import Rulebook, parse
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK, adopted

START = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
HOURLY, DROPS = parse(FINSBURY_PARK), parse(BY_THE_DROP)


def a_shift(minutes: float = 300, drops: int = 11, revision: int = 0) -> ShiftMoney:
    return ShiftMoney(5, 3, START, START + timedelta(minutes=minutes), revision, drops)


# The living-wage examples: 5.50 or 6.00 a drop, a floor of 14.80 an hour; pence. Derived, floor rounded up.
@pytest.mark.parametrize(
    ("minutes", "drops", "per_drop", "earned", "top_up"),
    [
        (300, 11, 550, 6050, 1350),
        (300, 14, 550, 7700, 0),
        (1, 0, 550, 0, 25),
        (0, 0, 550, 0, 0),
        (305, 10, 600, 6000, 1524),
    ],
)
def test_pay_by_the_drop_is_topped_up_to_the_floor(
    minutes: int, drops: int, per_drop: int, earned: int, top_up: int
) -> None:
    """A shift never pays less than its minutes at the living wage, and the top-up is told apart."""
    rulebook = parse(BY_THE_DROP.replace("550", str(per_drop)))
    sums = terms.earned(rulebook, a_shift(minutes, drops))
    assert (sums.basis_minor, sums.top_up_minor) == (earned, top_up)
    assert pay.shift_pay(rulebook, a_shift(minutes, drops)) == earned + top_up


def test_the_floor_holds_shift_by_shift(session: Session, now: datetime) -> None:
    """A good shift does not pay for a bad one: 15.00 over on one and 13.50 short on the next is a top-up of 13.50."""
    adopted(session, BY_THE_DROP)
    pay.shift_ended(session, replace(a_shift(drops=16), shift_id=4), now=now)
    pay.shift_ended(session, a_shift(), now=now)
    assert books.balance(session, "co-op:wages:top-up") == -1350
    assert books.balance(session, "co-op:wages") == -(16 * 550 + 11 * 550)
    assert books.balance(session, "rider:3:wages") == 16 * 550 + 7400
    assert checks.findings(session) == []


# gov.uk minimum-wage unit tests print 39 h at 12.71 = 495.69; five hours at 14.80 = 74.00 is derived.
@pytest.mark.parametrize(
    ("minutes", "rate", "expected"),
    [(300, 1480, 7400), (1, 1480, 25), (0.5, 1480, 25), (39 * 60, 1271, 49_569)],
)
def test_pay_by_the_hour_rounds_up(minutes: float, rate: int, expected: int) -> None:
    """Whole minutes, one begun counting as one, at the hourly rate, up to the next penny."""
    rulebook = parse(FINSBURY_PARK.replace("per_hour_minor = 1480", f"per_hour_minor = {rate}"))
    assert pay.shift_pay(rulebook, a_shift(minutes)) == expected


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 0), (1, 1), (60, 1), (61, 2), (18_000, 300), (18_000.000001, 301)]
)
def test_a_minute_begun_is_a_minute(seconds: float, minutes: int) -> None:
    """The shift clock counts every minute that was begun."""
    assert replace(a_shift(), ended_at=START + timedelta(seconds=seconds)).minutes == minutes


def test_a_shift_past_midnight_is_paid_by_the_day_of_each_minute() -> None:
    """When the rate rises at midnight in London, each minute has the rate of the day it begins on."""
    rising = parse(
        FINSBURY_PARK.replace(
            "[[pay.floor]]", "[[pay.rates]]\nfrom = 2026-07-01\nper_hour_minor = 1600\n[[pay.floor]]"
        )
    )
    start = datetime(2026, 6, 30, 21, 59, 30, tzinfo=UTC)  # 22:59:30 in London
    shift = ShiftMoney(5, 3, start, start + timedelta(hours=2), 0, 0)
    assert list(terms.worked(rising, shift)) == [(date(2026, 6, 30), 61), (date(2026, 7, 1), 59)]
    assert pay.shift_pay(rising, shift) == money.wages([(61, 1480), (59, 1600)]) == 3078


def test_the_hour_the_clocks_repeat_is_paid_twice() -> None:
    """From 23:00 to 03:00 in the night the clocks go back is five hours of work, and the day has no gap."""
    shift = ShiftMoney(
        5, 3, datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 3, 0, tzinfo=UTC), 0, 0
    )
    assert list(terms.worked(HOURLY, shift)) == [(date(2026, 10, 24), 60), (date(2026, 10, 25), 240)]
    assert pay.shift_pay(HOURLY, shift) == 7400


def test_before_the_first_rate_nothing_can_be_worked_out() -> None:
    """A shift on a day without a rate is refused, not paid at some other rate."""
    long_ago = START - timedelta(days=900)
    with pytest.raises(NoRate):
        pay.shift_pay(HOURLY, ShiftMoney(5, 3, long_ago, long_ago + timedelta(hours=1), 0, 0))


@given(
    st.integers(0, 16 * 3600),
    st.integers(0, 60),
    st.sampled_from([HOURLY, DROPS]),
    st.integers(0, 400 * 24 * 60),
)
def test_the_floor_is_always_reached(seconds: int, drops: int, rulebook: Rulebook, later: int) -> None:
    """Whatever was worked and whenever, wages are at least the floor; a top-up is never more than is missing."""
    start = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=later)
    shift = ShiftMoney(5, 3, start, start + timedelta(seconds=seconds), 0, drops)
    sums = terms.earned(rulebook, shift)
    floor = money.wage(shift.minutes, 1480)
    assert sums.wages_minor == max(floor, sums.basis_minor)
    assert Fraction(sums.wages_minor) >= Fraction(seconds * 1480, 3600)
    assert sum(count for _, count in terms.worked(rulebook, shift)) == shift.minutes
    assert sums.holiday_minor == money.percent_of(sums.wages_minor, 1207)


def test_a_shift_is_booked_in_money_minutes_and_leave(session: Session, now: datetime) -> None:
    """Five hours are 74.00, 8.93 of holiday pay, 300 minutes, and 36.21 minutes of leave exactly."""
    version = adopted(session)
    numbers = pay.shift_ended(session, a_shift(), now=now)
    assert len(numbers) == 3
    assert books.balances(session, "rider:3") == {
        "rider:3:wages": 7400,
        "rider:3:holiday-set-aside": 893,
        "rider:3:minutes": 300,
        "rider:3:holiday": 362_100,
    }
    assert money.holiday_minutes(362_100) == Fraction(3621, 100)
    assert books.balance(session, "co-op:wages") == -7400
    assert books.balance(session, "co-op:holiday") == -893
    assert books.balance(session, "co-op:holiday-hours") == -362_100
    entries = books.standing(session, "shift:5")
    assert [each.unit for each in entries] == ["GBP", "MINUTES", "HOLIDAY"]
    assert {each.rulebook for each in entries} == {version}
    assert {each.entry.at for each in entries} == {a_shift().ended_at}
    assert checks.findings(session) == []


def test_holiday_pay_as_printed(session: Session, now: datetime) -> None:
    """20 hours at 12.00 are 240.00, and 28.97 of holiday pay at 12.07 % (halborns.com)."""
    assert terms.earned(parse(FINSBURY_PARK.replace("1480", "1200")), a_shift(1200)) == Earned(
        24_000, 0, 2_897
    )


def test_an_ended_shift_is_paid_once(session: Session, now: datetime) -> None:
    """Ended again, later and under newer rules, it is the same entries; with other facts it is refused."""
    adopted(session)
    numbers = pay.shift_ended(session, a_shift(), now=now)
    adopted(session, BY_THE_DROP)
    assert pay.shift_ended(session, a_shift(), now=now + timedelta(days=1)) == numbers
    with pytest.raises(KeyReused):
        pay.shift_ended(session, a_shift(301), now=now)
    with pytest.raises(AlreadyBooked):
        pay.shift_ended(session, a_shift(revision=1), now=now)
    assert books.balance(session, "rider:3:wages") == 7400


def test_the_rules_are_those_in_force_as_it_began(session: Session, now: datetime) -> None:
    """A shift that began under one rulebook and ended under the next is paid by the first."""
    first = adopted(session)
    adopted(session, BY_THE_DROP, effective_on=date(2026, 11, 21))
    pay.shift_ended(session, a_shift(10 * 60), now=now)
    assert {each.rulebook for each in books.standing(session, "shift:5")} == {first}


def test_a_shift_of_no_time_pays_nothing(session: Session, now: datetime) -> None:
    """Started and ended at once: no entry; corrected later, it is paid."""
    adopted(session)
    assert pay.shift_ended(session, a_shift(0), now=now) == ()
    pay.shift_corrected(session, a_shift(0), a_shift(60, revision=1), why="forgot to start", now=now)
    assert books.balance(session, "rider:3:wages") == 1480


def test_a_correction_is_a_reversal_and_a_new_entry(session: Session, now: datetime) -> None:
    """Corrected from five hours to four, and to six: the last holds, all is kept, and asking again changes nothing."""
    adopted(session)
    pay.shift_ended(session, a_shift(), now=now)
    later = [now + timedelta(days=day) for day in range(4)]
    shorter, longer = a_shift(240, revision=1), a_shift(360, revision=2)
    first = pay.shift_corrected(session, a_shift(), shorter, why="OFF came late", now=later[1])
    assert len(first) == 6
    assert books.balance(session, "rider:3:wages") == 5920
    second = pay.shift_corrected(session, shorter, longer, why="contested: rode until nine", now=later[2])
    assert books.balances(session, "rider:3") == {
        "rider:3:wages": 8880,
        "rider:3:holiday-set-aside": 1072,
        "rider:3:minutes": 360,
        "rider:3:holiday": 360 * 1207,
    }
    assert pay.shift_corrected(session, a_shift(), shorter, why="OFF came late", now=later[3]) == first
    again = pay.shift_corrected(session, shorter, longer, why="contested: rode until nine", now=later[3])
    assert again == second
    assert pay.shift_ended(session, a_shift(), now=later[3]) == first[:0] + tuple(range(1, 4))
    assert len(list(books.booked(session))) == 15
    assert checks.findings(session) == []


def test_a_correction_keeps_the_rules_of_its_day(session: Session, now: datetime) -> None:
    """Rules adopted later on the day a shift was booked do not reach into it, when it is made a minute longer."""
    adopted(session)
    pay.shift_ended(session, a_shift(), now=now)
    before = books.balance(session, "rider:3:wages")
    lower = FINSBURY_PARK.replace("per_hour_minor = 1480", "per_hour_minor = 1300")
    adopted(session, lower, effective_on=START.date())
    longer = replace(a_shift(), ended_at=a_shift().ended_at + timedelta(minutes=1), revision=1)
    pay.shift_corrected(session, a_shift(), longer, why="a minute more", now=now)
    assert 0 < books.balance(session, "rider:3:wages") - before < 100
    begun = START + timedelta(days=1)
    elsewhen = replace(longer, started_at=begun, ended_at=begun + timedelta(hours=1), revision=2)
    pay.shift_corrected(session, longer, elsewhen, why="the next day", now=now + timedelta(days=2))
    assert books.balance(session, "rider:3:wages") == 1300


def test_what_was_corrected_stands_where_it_was(session: Session, now: datetime) -> None:
    """A correction is dated when it is made: the old period's statement does not change."""
    adopted(session)
    pay.shift_ended(session, a_shift(), now=now)
    week = {"since": START - timedelta(days=1), "until": START + timedelta(days=6)}
    before = pay.rider_statement(session, 3, **week)
    pay.shift_corrected(
        session, a_shift(), a_shift(240, revision=1), why="OFF came late", now=START + timedelta(days=8)
    )
    assert pay.rider_statement(session, 3, **week) == before
    after = pay.rider_statement(session, 3, since=week["until"], until=START + timedelta(days=13))
    assert (after.wages_minor, after.minutes, after.holiday_minutes) == (-1480, -60, Fraction(-7242, 1000))


@pytest.mark.parametrize(
    "new",
    [a_shift(240), replace(a_shift(240, revision=1), rider_id=4), replace(a_shift(revision=1), shift_id=6)],
)
def test_a_correction_is_of_the_same_shift(session: Session, now: datetime, new: ShiftMoney) -> None:
    """Another shift, another rider, or no later revision is no correction."""
    adopted(session)
    pay.shift_ended(session, a_shift(), now=now)
    with pytest.raises(BadCorrection):
        pay.shift_corrected(session, a_shift(), new, why="a slip", now=now)


def test_a_shift_has_one_pay(session: Session, now: datetime) -> None:
    """A correction of a revision that does not stand would pay twice, and is refused."""
    adopted(session)
    pay.shift_ended(session, a_shift(revision=2), now=now)
    with pytest.raises(AlreadyBooked):
        pay.shift_corrected(session, a_shift(), a_shift(240, revision=1), why="a slip", now=now)


@pytest.mark.parametrize(
    "fault",
    [
        {"ended_at": START - timedelta(seconds=1)},
        {"drops": -1},
        {"revision": -1},
        {"started_at": START.replace(tzinfo=None)},
    ],
)
def test_a_shift_makes_sense(fault: dict[str, Any]) -> None:
    """A shift that ends before it starts, has negative drops, or no offset is refused at birth."""
    with pytest.raises(BadAmount):
        replace(a_shift(), **fault)
