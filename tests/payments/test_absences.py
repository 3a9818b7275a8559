"""Sick pay, leave taken and expenses: booked once, told as lines, taken back by reversal."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from payments import books, checks, pay, work
from payments.errors import BadAmount, NoSickPay, NotSoMuchLeave
from payments.ledger import HOLIDAY
from payments.pay import AbsenceMoney, ShiftMoney
from payments.rulebook import parse
from tests.payments.rulebooks import FINSBURY_PARK, adopted

START = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)
SICK = FINSBURY_PARK + "[pay.sick]\nshare_bp = 8000\n"
EVER: dict[str, Any] = {"since": START - timedelta(days=9), "until": START + timedelta(days=9)}


def hours(count: float, number: int = 5) -> ShiftMoney:
    return ShiftMoney(number, 3, START, START + timedelta(hours=count), 0, 0)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("share_bp = 8000", 5920), ("share_bp = 10000", 7400), ("per_hour_minor = 333", 1665)],
)
def test_sick_pay_is_what_the_rulebook_says(rule: str, expected: int) -> None:
    """Five planned hours at 14.80: four fifths, all of it, or 3.33 an hour."""
    rules = parse(FINSBURY_PARK + f"[pay.sick]\n{rule}\n")
    assert work.sick_pay(rules, AbsenceMoney(1, 3, DAY, 300)) == expected


def test_sick_pay_has_its_line_and_its_holiday(session: Session, now: datetime) -> None:
    """It is pay like any other: its own source, holiday pay and leave with it; recorded twice it is booked once."""
    adopted(session, SICK)
    numbers = pay.sick(session, AbsenceMoney(1, 3, DAY, 300), now=now)
    assert pay.sick(session, AbsenceMoney(1, 3, DAY, 300), now=now + timedelta(days=1)) == numbers
    assert books.balances(session, "rider:3") == {
        "rider:3:wages": 5920,
        "rider:3:holiday-set-aside": 715,
        "rider:3:holiday": 300 * 1207,
    }
    assert books.balance(session, "co-op:wages:sick") == -5920
    told = pay.rider_statement(session, 3, **EVER)
    assert [(line.what, line.amount_minor, line.minutes) for line in told.lines] == [
        ("sick pay", 5920, None),
        ("holiday pay set aside", 715, None),
    ]
    assert (told.work_minor, told.minutes) == (5920, 0)
    assert checks.findings(session) == []


def test_without_a_rule_there_is_no_sick_pay(session: Session, now: datetime) -> None:
    """A rulebook that says nothing of it pays none, and says which section is missing."""
    adopted(session)
    with pytest.raises(NoSickPay, match=r"\[pay.sick\]"):
        pay.sick(session, AbsenceMoney(1, 3, DAY, 300), now=now)


def test_the_last_minute_of_leave_takes_all_that_is_left(session: Session, now: datetime) -> None:
    """Seven hours accrue 50.694 minutes: 51 may be taken, and then not a penny is set aside for ever."""
    adopted(session)
    pay.shift_ended(session, hours(7, 1), now=now)
    assert pay.leave_left(session, 3) == (51, 1250)
    assert pay.leave_owed(session) == {3: 1250}
    with pytest.raises(NotSoMuchLeave):
        pay.leave(session, AbsenceMoney(1, 3, DAY, 52), now=now)
    pay.leave(session, AbsenceMoney(1, 3, DAY, 20), now=now)
    pay.leave(session, AbsenceMoney(2, 3, DAY, 31), now=now)
    assert (pay.leave_left(session, 3), pay.leave_owed(session)) == ((0, 0), {})
    assert books.balance(session, "rider:3:holiday-pay") == 1250
    assert books.balance(session, "rider:3:holiday", unit=HOLIDAY) == 0
    assert checks.findings(session) == []


def test_leave_taken_is_paid_from_what_was_set_aside(session: Session, now: datetime) -> None:
    """40 hours accrue 4.828 of leave and set 71.45 aside; two hours taken pay their part of it, the rest stays."""
    adopted(session)
    for number in range(4):
        pay.shift_ended(session, hours(10, number), now=now)
    assert pay.leave_left(session, 3) == (290, 7144)
    numbers = pay.leave(session, AbsenceMoney(1, 3, DAY, 120), now=now)
    assert pay.leave(session, AbsenceMoney(1, 3, DAY, 120), now=now + timedelta(days=1)) == numbers
    exact = Fraction(7144 * 120 * 10_000, 2400 * 1207)
    assert books.balance(session, "rider:3:holiday-pay") == round(exact) == 2959
    assert books.balance(session, "rider:3:holiday-set-aside") == 7144 - 2959
    assert books.balance(session, "rider:3:holiday", unit=HOLIDAY) == 2400 * 1207 - 1_200_000
    told = pay.rider_statement(session, 3, since=now, until=now + timedelta(minutes=1))
    leave = [
        (line.what, line.amount_minor, line.holiday_minutes)
        for line in told.lines
        if "absence" in line.subject
    ]
    assert sorted(leave) == [("from what was set aside", -2959, None), ("leave taken", 2959, -120)]
    assert told.leave_minor == 2959
    assert checks.findings(session) == []


def test_no_more_leave_than_has_accrued(session: Session, now: datetime) -> None:
    """Asked for more, the answer says how much there is; the last minute takes the last penny."""
    adopted(session, FINSBURY_PARK.replace("holiday_bp = 1207", "holiday_bp = 1000"))
    pay.shift_ended(session, hours(10), now=now)
    with pytest.raises(NotSoMuchLeave, match="61 minutes of leave were asked for; 60 have accrued"):
        pay.leave(session, AbsenceMoney(1, 3, DAY, 61), now=now)
    pay.leave(session, AbsenceMoney(1, 3, DAY, 7), now=now)
    pay.leave(session, AbsenceMoney(2, 3, DAY, 53), now=now)
    assert pay.leave_left(session, 3) == (0, 0)
    assert books.balance(session, "rider:3:holiday-pay") == 1480


def test_rolled_up_leave_was_paid_before(session: Session, now: datetime) -> None:
    """With holiday paid at once, leave taken is rest without pay: its minutes go, and no money moves."""
    adopted(session, FINSBURY_PARK.replace("[pay]", '[pay]\nholiday = "rolled_up"', 1))
    pay.shift_ended(session, hours(20), now=now)
    assert len(pay.leave(session, AbsenceMoney(1, 3, DAY, 60), now=now)) == 1
    assert books.balance(session, "rider:3:holiday-pay") == 3573
    told = pay.rider_statement(session, 3, since=now, until=now + timedelta(minutes=1))
    assert [(line.what, line.amount_minor) for line in told.lines if "absence" in line.subject] == [
        ("leave taken", 0)
    ]


def test_what_was_recorded_by_mistake_is_taken_back(session: Session, now: datetime) -> None:
    """Sick pay and leave go back by reversal, once, and the books are as before."""
    adopted(session, SICK)
    pay.shift_ended(session, hours(40), now=now)
    before = books.balances(session, "rider:3")
    pay.sick(session, AbsenceMoney(1, 3, DAY, 300), now=now)
    pay.leave(session, AbsenceMoney(2, 3, DAY, 60), now=now)
    for number in (1, 2):
        assert len(pay.absence_taken_back(session, number, why="a slip", now=now)) == 2
        assert pay.absence_taken_back(session, number, why="a slip", now=now) == ()
    after = books.balances(session, "rider:3")
    assert {name: amount for name, amount in after.items() if amount} == before
    assert checks.findings(session) == []


def test_an_approved_expense_is_owed_once(session: Session, now: datetime) -> None:
    """Approved twice it is one entry, a line of its own that is no pay for work."""
    adopted(session)
    first = pay.expense_approved(session, 1, 3, 1250, now=now)
    assert pay.expense_approved(session, 1, 3, 1250, now=now + timedelta(days=1)) == first
    told = pay.rider_statement(session, 3, since=now, until=now + timedelta(minutes=1))
    assert [(line.what, line.amount_minor) for line in told.lines] == [("expenses", 1250)]
    assert (told.work_minor, told.expenses_minor) == (0, 1250)
    assert books.balance(session, "co-op:expenses") == -1250
    with pytest.raises(BadAmount):
        pay.expense_approved(session, 2, 3, 0, now=now)
    assert checks.findings(session) == []


def test_an_absence_has_some_length() -> None:
    """No minutes make no absence."""
    with pytest.raises(BadAmount):
        AbsenceMoney(1, 3, DAY, 0)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.integers(0, 90_000))
def test_leave_bit_by_bit_pays_all_that_was_set_aside(bits: list[int], set_aside: int) -> None:
    """However leave is divided, what it pays sums to what was set aside, and never more on the way."""
    units, left, paid = sum(bits) * 10_000, set_aside, 0
    for number, minutes in enumerate(bits, start=1):
        _, money = work.leave_postings(
            AbsenceMoney(number, 3, DAY, minutes),
            accrued_units=units, set_aside_minor=left, set_aside="rider:3:a", paid_to="rider:3:b",
        )  # fmt: skip
        units -= minutes * 10_000
        amount = sum(posting.amount for posting in money)
        left, paid = left - amount, paid + amount
        assert left >= 0
    assert (paid, left) == (set_aside, 0)
