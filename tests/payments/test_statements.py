"""Statements: every line names its order or shift and the entries behind it, and the lines are the totals."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from sqlmodel import Session

from payments import books, pay, settlements
from payments.ledger import Entry, Posting
from payments.pay import OrderMoney, ShiftMoney, Statement
from payments.settlements import Settlement
from tests.payments.rulebooks import BY_THE_DROP, adopted

SINCE = datetime(2026, 11, 16, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=7)
FRIDAY = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@pytest.fixture
def evening(session: Session) -> Session:
    """An evening: card and account orders, an undone one, refunds, a cancellation, shifts and a correction."""
    version = adopted(session, BY_THE_DROP)
    shift = ShiftMoney(5, 3, FRIDAY, FRIDAY + timedelta(hours=5), 0, 4)
    pay.delivered(session, OrderMoney(1, 7, 3, 2000, 400, 250, "card"), now=FRIDAY)
    pay.delivered(session, OrderMoney(2, 7, 3, 1500, 400, 100, "account"), now=FRIDAY)
    pay.delivered(session, OrderMoney(3, 8, 3, 999, 400, 50, "card"), now=FRIDAY)
    pay.undelivered(session, 3, 1, why="wrong door", now=FRIDAY + timedelta(minutes=2))
    pay.delivered(
        session, OrderMoney(3, 8, 3, 999, 400, 50, "card", attempt=2), now=FRIDAY + timedelta(minutes=9)
    )
    pay.delivered(session, OrderMoney(4, 7, 4, 1200, 400, 75, "card"), now=FRIDAY)
    pay.refunded(session, 1, amount_minor=300, liable="restaurant", why="no rice", attempt=1, now=FRIDAY)
    pay.refunded(session, 2, amount_minor=200, liable="co-op", why="late", attempt=1, now=FRIDAY)
    pay.refunded(session, 2, amount_minor=100, liable="restaurant", why="cold", attempt=2, now=FRIDAY)
    pay.cancelled(session, OrderMoney(6, 7, 3, 800, 400, 0, "card"), stage="picked_up", now=FRIDAY)
    pay.shift_ended(session, shift, now=shift.ended_at)
    corrected = ShiftMoney(5, 3, FRIDAY, FRIDAY + timedelta(hours=4), 1, 3)
    pay.shift_corrected(session, shift, corrected, why="OFF came late", now=FRIDAY + timedelta(hours=6))
    pay.delivered(session, OrderMoney(9, 7, 3, 5000, 400, 500, "card"), now=UNTIL)
    gift = (Posting("co-op:delivery", "restaurant:7", 11),)
    books.post(session, Entry("gift:1", FRIDAY, "Goodwill", gift, "GBP", version, "restaurant:7"), now=FRIDAY)
    return session


def rider(session: Session, number: int = 3) -> Statement:
    return pay.rider_statement(session, number, since=SINCE, until=UNTIL)


def restaurant(session: Session, number: int = 7) -> Settlement:
    return settlements.statement(session, number, since=SINCE, until=UNTIL)


def test_a_rider_reads_each_thing_earned(evening: Session) -> None:
    """The lines are the tips of each order and the wages, top-up and holiday of each shift, in their order."""
    told = [(line.subject, line.what, line.minutes, line.amount_minor) for line in rider(evening).lines]
    assert told == [
        ("order:1", "tip", None, 250),
        ("order:2", "tip", None, 100),
        ("order:3", "tip", None, 50),
        ("order:3", "tip", None, -50),
        ("order:3", "tip", None, 50),
        ("shift:5", "wages", 300, 2200),
        ("shift:5", "top-up", None, 5200),
        ("shift:5", "holiday pay set aside", None, 893),
        ("shift:5", "wages", -300, -2200),
        ("shift:5", "top-up", None, -5200),
        ("shift:5", "holiday pay set aside", None, -893),
        ("shift:5", "wages", 240, 1650),
        ("shift:5", "top-up", None, 4270),
        ("shift:5", "holiday pay set aside", None, 715),
    ]


def test_a_riders_lines_are_the_totals_and_the_accounts(evening: Session) -> None:
    """Totals are sums of lines, and over all time they are the balances of the rider's accounts."""
    week = rider(evening)
    assert week.total_minor == sum(line.amount_minor for line in week.lines)
    assert week.total_minor == week.wages_minor + week.top_up_minor + week.tips_minor + week.holiday_pay_minor
    assert (week.wages_minor, week.top_up_minor, week.tips_minor, week.holiday_pay_minor) == (
        1650,
        4270,
        400,
        715,
    )
    assert (week.minutes, week.holiday_minutes, week.holiday_hours) == (240, Fraction(240 * 1207, 10_000), 0)
    ever = pay.rider_statement(evening, 3, since=SINCE, until=UNTIL + timedelta(days=99))
    held = books.balances(evening, "rider:3")
    assert (
        ever.total_minor == held["rider:3:wages"] + held["rider:3:tips"] + held["rider:3:holiday-set-aside"]
    )
    assert ever.minutes == held["rider:3:minutes"]
    assert ever.holiday_minutes == Fraction(held["rider:3:holiday"], 10_000)


def test_every_line_names_the_entries_behind_it(evening: Session) -> None:
    """Each line's entries exist, are about its subject, and move its amount on the rider's accounts."""
    by_number = {each.id: each for each in books.booked(evening)}
    seen: set[int] = set()
    for line in rider(evening).lines:
        behind = [by_number[number] for number in line.entry_ids]
        assert {each.subject for each in behind} == {line.subject}
        assert len(behind) == (2 if line.what in ("wages", "holiday pay set aside") else 1)
        seen.update(line.entry_ids)
    mine = {line.entry_id for line in books.lines(evening, "rider:3", since=SINCE, until=UNTIL)}
    assert seen == mine


def test_a_rider_with_nothing_has_an_empty_statement(evening: Session) -> None:
    """No lines, nought everywhere."""
    empty = rider(evening, 99)
    assert empty.lines == ()
    assert empty.total_minor == empty.minutes == empty.holiday_minutes == 0


def test_a_restaurant_reads_each_thing(evening: Session) -> None:
    """The lines of a restaurant are its food, commission, charges and refunds, each with its order."""
    told = [(line.subject, line.what, line.amount_minor) for line in restaurant(evening).lines]
    assert sorted(told) == sorted(
        [
            ("order:1", "food", 2000),
            ("order:1", "commission", -240),
            ("order:1", "refund", -300),
            ("order:2", "delivery fee", -400),
            ("order:2", "tip", -100),
            ("order:2", "commission", -180),
            ("order:2", "refund", 200),
            ("order:4", "food", 1200),
            ("order:4", "commission", -144),
            ("order:6", "food", 800),
            ("restaurant:7", "delivery fee", 11),
        ]
    )


def test_a_settlement_adds_up(evening: Session) -> None:
    """Due is food less commission, charges and refunds; it is the sum of the lines and the account's balance."""
    week = restaurant(evening)
    assert (week.food_minor, week.commission_minor, week.refunds_minor) == (4000, 564, 100)
    assert week.charged_minor == 489
    assert week.till_minor == 2000 - 200 - 100
    assert week.due_minor == sum(line.amount_minor for line in week.lines)
    figures = (
        week.food_minor - week.commission_minor - week.charged_minor - week.refunds_minor + week.other_minor
    )
    assert week.due_minor == figures
    ever = settlements.statement(evening, 7, since=SINCE, until=UNTIL + timedelta(days=9))
    assert ever.due_minor == books.balance(evening, "restaurant:7")
    assert all(len(line.entry_ids) == 1 for line in week.lines)


def test_an_undone_order_shows_both_ways(evening: Session) -> None:
    """A delivery undone and done again shows all three times, and counts once."""
    other = restaurant(evening, 8)
    assert [line.amount_minor for line in other.lines if line.what == "food"] == [999, -999, 999]
    assert (other.food_minor, other.commission_minor, other.due_minor) == (999, 120, 879)


def test_something_else_is_called_other(evening: Session) -> None:
    """What is no order's doing is in the total all the same."""
    version = books.in_force(evening, at=FRIDAY)[0]
    loan = (Posting("outside:bank", "restaurant:7", 500),)
    books.post(evening, Entry("bank:1", FRIDAY, "Loan", loan, "GBP", version, "restaurant:7"), now=FRIDAY)
    assert restaurant(evening).other_minor == 500
