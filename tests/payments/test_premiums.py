"""Premiums, drops beside hours, and holiday paid at once: each its own posting and its own line."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from payments import books, checks, pay, terms, work
from payments.errors import BadAmount, RulebookFault
from payments.pay import Drop, ShiftMoney, Spell
from payments.rulebook import differences, parse
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK, adopted

START = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
PREMIUMS = """
[pay.late]
from = "22:00"
until = "02:00"
per_hour_minor = 200
[pay.rain]
rate_bp = 1000
[pay.distance]
per_km_minor = 40
over_m = 3000
[pay.hills]
per_drop_minor = 30
zones = ["Finsbury Park"]
"""
ALL = parse(FINSBURY_PARK + PREMIUMS)
BOTH = BY_THE_DROP.replace(
    'basis = "per_drop"', 'basis = "both"\nrates = [{ from = 2026-05-01, per_hour_minor = 1200 }]'
)


def a_shift(minutes: int = 300, rides: tuple[Drop, ...] = (), rain: tuple[Spell, ...] = ()) -> ShiftMoney:
    return ShiftMoney(5, 3, START, START + timedelta(minutes=minutes), 0, len(rides), rides, rain)


def sums(shift: ShiftMoney) -> dict[str, int]:
    return {each.name: each.amount_minor for each in work.premiums(ALL, shift)}


@pytest.mark.parametrize(("minutes", "late"), [(120, 0), (121, 4), (180, 200), (360, 800), (480, 800)])
def test_late_hours_are_counted_by_the_clock_on_the_wall(minutes: int, late: int) -> None:
    """Minutes that begin from ten to two earn 2.00 an hour more, across midnight, rounded up once."""
    assert sums(a_shift(minutes)).get("late", 0) == late


def test_the_late_hour_the_clocks_repeat_counts_twice() -> None:
    """In the night the clocks go back, one to two o'clock comes twice, and both hours are late."""
    start = datetime(2026, 10, 24, 21, 0, tzinfo=UTC)  # 22:00 in London
    shift = replace(a_shift(), started_at=start, ended_at=start + timedelta(hours=5))
    assert sums(shift)["late"] == 1000


def test_rain_is_a_part_of_the_rate_while_it_falls() -> None:
    """90 minutes of rain at a tenth of 14.80 are 2.22; spells over one another count once, outside the shift not."""
    at = [START + timedelta(minutes=minute) for minute in (-30, 30, 60, 90, 290, 400)]
    rain = (Spell(at[0], at[1]), Spell(at[1], at[2]), Spell(at[1], at[3]), Spell(at[5], at[5]))
    assert sums(replace(a_shift(), rain=rain))["rain"] == 222
    assert sums(replace(a_shift(), rain=(Spell(at[4], at[5]),)))["rain"] == 25  # 10 minutes: 24.67, up


def test_long_ways_and_hills_are_paid_by_the_drop() -> None:
    """0.04 for each 100 m beyond three km, and 0.30 for each drop into a zone on the hill."""
    rides = (Drop("Finsbury Park", 2999), Drop("Finsbury Park", 4500), Drop("Elsewhere", 3001))
    assert sums(a_shift(10, rides)) == {"distance": 61, "hills": 60}  # 1501 m are 60.04, up


def test_each_premium_is_its_own_posting_and_line(session: Session, now: datetime) -> None:
    """The books and the statement tell every premium apart, holiday is on all of them, and the checks agree."""
    adopted(session, FINSBURY_PARK + PREMIUMS)
    shift = a_shift(180, (Drop("Finsbury Park", 4500),), (Spell(START, START + timedelta(hours=1)),))
    pay.shift_ended(session, shift, now=now)
    held = books.balances(session, "co-op")
    assert {name: -held[f"co-op:wages:{name}"] for name in work.PREMIUMS} == {
        "late": 200, "rain": 148, "distance": 60, "hills": 30,
    }  # fmt: skip
    told = pay.rider_statement(session, 3, since=START, until=START + timedelta(days=1))
    assert [(line.what, line.amount_minor) for line in told.lines] == [
        ("wages", 4440),
        ("premium: late", 200),
        ("premium: rain", 148),
        ("premium: distance", 60),
        ("premium: hills", 30),
        ("holiday pay set aside", 589),
    ]
    assert told.work_minor == 4878
    assert told.premiums_minor == 438
    assert checks.findings(session) == []


def test_a_correction_takes_premiums_back_and_books_them_anew(session: Session, now: datetime) -> None:
    """Rain marked afterwards is a reversal of the whole shift and a new posting of it, rain and all."""
    adopted(session, FINSBURY_PARK + PREMIUMS)
    dry = a_shift(60)
    wet = replace(dry, revision=1, rain=(Spell(START, START + timedelta(minutes=30)),))
    pay.shift_ended(session, dry, now=now)
    assert pay.pays_otherwise(session, dry, wet)
    assert not pay.pays_otherwise(session, dry, replace(dry, revision=1))
    pay.shift_corrected(session, dry, wet, why="it rained", now=now)
    assert books.balance(session, "rider:3:wages") == 1480 + 74
    assert books.balance(session, "co-op:wages:rain") == -74
    assert checks.findings(session) == []


def test_premiums_come_on_top_of_the_floor() -> None:
    """An empty evening by the drop is topped up to the floor, and its late hour still earns its premium."""
    rules = parse(BY_THE_DROP + '[pay.late]\nfrom = "22:00"\nper_hour_minor = 200\n')
    made = terms.earned(rules, a_shift(180))
    assert (made.basis_minor, made.top_up_minor, made.premiums_minor) == (0, 4440, 200)
    assert made.holiday_minor == 560  # 12.07 % of 46.40


def test_hours_and_drops_together(session: Session, now: datetime) -> None:
    """12.00 an hour and 5.50 a drop: both are told apart, and together they are held against the floor."""
    adopted(session, BOTH)
    pay.shift_ended(session, a_shift(300, (Drop("Town", 100),) * 3), now=now)
    told = pay.rider_statement(session, 3, since=START, until=START + timedelta(days=1))
    assert [(line.what, line.amount_minor) for line in told.lines] == [
        ("wages", 6000),
        ("drops", 1650),
        ("holiday pay set aside", 923),
    ]
    short = terms.earned(parse(BOTH), a_shift(300, (Drop("Town", 100),)))
    assert (short.basis_minor, short.top_up_minor) == (6550, 850)
    assert checks.findings(session) == []


def test_rolled_up_holiday_as_printed(session: Session, now: datetime) -> None:
    """20 hours at 12.00 are 240.00, and with rolled-up holiday 268.97, a line of its own, payable (halborns.com)."""
    text = FINSBURY_PARK.replace("1480", "1200").replace("[pay]", '[pay]\nholiday = "rolled_up"', 1)
    adopted(session, text)
    pay.shift_ended(session, a_shift(1200), now=now)
    assert books.balances(session, "rider:3") == {
        "rider:3:wages": 24_000,
        "rider:3:holiday-pay": 2_897,
        "rider:3:minutes": 1200,
        "rider:3:holiday": 1200 * 1207,
    }
    told = pay.rider_statement(session, 3, since=START, until=START + timedelta(days=2))
    assert [(line.what, line.amount_minor) for line in told.lines] == [
        ("wages", 24_000),
        ("holiday pay", 2_897),
    ]
    assert told.total_minor == 26_897
    assert told.lines[1].holiday_minutes == Fraction(1200 * 1207, 10_000)


def test_a_climb_where_no_zone_is_hilly_is_told() -> None:
    """A climb that makes work harder needs somewhere to climb."""
    with pytest.raises(RulebookFault) as refused:
        parse(FINSBURY_PARK.replace("\n[dispatch]", "climb_effort_pct = 20\n\n[dispatch]"))
    (fault,) = refused.value.faults
    assert fault.startswith("rest.climb_effort_pct: no zone is hilly: write hilly = true")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            PREMIUMS.replace("per_hour_minor = 200", ""),
            "pay.late: needs either per_hour_minor (pence an hour) or rate_bp (hundredths of a percent of the rate), "
            "and not both",
        ),
        (PREMIUMS.replace("rate_bp = 1000", "rate_bp = 1\nper_hour_minor = 1"), "pay.rain: needs either "),
        (PREMIUMS.replace('from = "22:00"', ""), "pay.late.from: is missing, and has no default"),
        (PREMIUMS.replace('from = "22:00"', "from = 22"), "pay.late.from: must be an hour of the day"),
        (
            PREMIUMS.replace('["Finsbury Park"]', '["Crouch End"]'),
            'pay.hills.zones: there is no zone called "Crouch End" in this file',
        ),
        (PREMIUMS.replace('["Finsbury Park"]', "[]"), "pay.hills.zones: names no zone"),
        (
            PREMIUMS.replace("over_m = 3000", "over_km = 3"),
            "pay.distance.over_km: is not a rule we know; did you mean",
        ),
        ("[pay.sick]\n", "pay.sick: needs either per_hour_minor (pence an hour) or share_bp"),
    ],
)
def test_a_premium_that_makes_no_sense_is_told(text: str, words: str) -> None:
    """A treasurer reads which premium lacks what, in the words of the file."""
    with pytest.raises(RulebookFault) as refused:
        parse(FINSBURY_PARK + text)
    assert any(each.startswith(words) for each in refused.value.faults), refused.value.faults


def test_what_changes_is_told_in_words() -> None:
    """A proposal with premiums, pooled tips and rolled-up holiday says so, with units, and whom it touches."""
    new = FINSBURY_PARK.replace('tips = "own"', 'tips = "pooled"\nholiday = "rolled_up"') + PREMIUMS
    told = {each.rule: (each.old, each.new) for each in differences(parse(FINSBURY_PARK), parse(new))}
    assert told == {
        "Whose the tips are": (
            "the rider's who delivered",
            "all who were on shift that day, by their minutes",
        ),
        "When holiday pay is paid": ("when leave is taken", "with each shift, as its own line"),
        "Late hours begin": (None, "22:00"),
        "Late hours end": (None, "02:00"),
        "A late hour earns more": (None, "£2.00"),
        "An hour in the rain earns more, of the rate": (None, "10 %"),
        "A km of a long way earns more": (None, "£0.40"),
        "A way is long beyond": (None, "3000 metres"),
        "A drop up the hill earns more": (None, "£0.30"),
        "The zones on a hill": (None, "Finsbury Park"),
    }


@settings(max_examples=25)
@given(st.integers(0, 960), st.integers(0, 1440), st.integers(0, 600), st.integers(0, 600))
def test_premium_minutes_are_never_more_than_were_worked(
    minutes: int, later: int, wet: int, dry: int
) -> None:
    """Late and wet minutes are counted one by one, and agree with counting them another way."""
    began = START + timedelta(minutes=later)
    shift = replace(
        a_shift(),
        started_at=began,
        ended_at=began + timedelta(minutes=minutes),
        rain=(Spell(began + timedelta(minutes=wet), began + timedelta(minutes=wet + dry)),),
    )
    clock = [ALL.local(began + timedelta(minutes=each)).time() for each in range(minutes)]
    late = sum(at >= time(22) or at < time(2) for at in clock)
    rained = max(0, min(minutes, wet + dry) - wet)
    assert sums(shift).get("late", 0) == -(-late * 200 // 60)
    assert sums(shift).get("rain", 0) == -(-rained * 148 // 60)


def test_facts_that_cannot_be_are_refused() -> None:
    """A way below nought, rain that stops before it starts, or more rides than drops make no shift."""
    with pytest.raises(BadAmount):
        Drop("Town", -1)
    with pytest.raises(BadAmount):
        Spell(START, START - timedelta(seconds=1))
    with pytest.raises(BadAmount):
        replace(a_shift(), rides=(Drop("Town", 1),))
