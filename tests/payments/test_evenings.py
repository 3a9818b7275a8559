"""What an evening brought and cost: the published break-even, and the books of an evening agreeing with it."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from payments import books, evenings, money
from tests.conftest import FRIDAY_SIX

FRIDAY = date(2026, 11, 20)


def test_the_published_break_even() -> None:
    """At GBP 14.80 an hour and 12.07 % on top, GBP 9 an order needs 1.84 orders a rider-hour."""
    hours = 100
    wages = 1480 * hours
    found = evenings.reckoned(
        FRIDAY, 200, 60 * hours,
        [
            ("co-op:commission", 100 * 900), ("co-op:delivery", 100 * 900), ("co-op:wages", -wages),
            ("co-op:holiday", -money.percent_of(wages, 1207)),
        ],
    )  # fmt: skip
    assert found.income_per_order == 900
    assert round(float(found.cost_per_hour or 0), 2) == 1658.64
    assert found.break_even is not None
    assert round(float(found.break_even), 2) == 1.84
    assert found.orders_per_hour == 2
    assert found.left_minor == 200 * 900 - wages - 17864


AMOUNT = st.integers(0, 10**6)


@given(st.integers(1, 500), st.integers(1, 10**5), AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_at_break_even_nothing_is_left(
    orders: int, minutes: int, commission: int, fees: int, wages: int, top_up: int, holiday: int
) -> None:
    """At as many orders an hour as break-even says, income is cost, whatever the sums are; below it something lacks."""
    moved = [
        ("co-op:commission", commission), ("co-op:delivery", fees), ("co-op:wages", -wages),
        ("co-op:wages:top-up", -top_up), ("co-op:holiday", -holiday), ("co-op:refunds", 0),
    ]  # fmt: skip
    found = evenings.reckoned(FRIDAY, orders, minutes, moved)
    assert found.wages_minor == wages + top_up
    assert found.income_minor == commission + fees
    if found.break_even is None:
        assert found.income_minor == 0
        return
    assert found.income_per_order is not None
    assert found.income_per_order * found.break_even * Fraction(minutes, 60) == found.cost_minor
    assert found.orders_per_hour is not None
    assert (found.orders_per_hour >= found.break_even) == (found.left_minor >= 0)


def test_an_evening_without_orders_or_riders_has_no_rates() -> None:
    """Where there is nothing to divide by, there is no figure, and no error."""
    found = evenings.reckoned(FRIDAY, 0, 0, [])
    assert (found.income_per_order, found.cost_per_hour, found.orders_per_hour, found.break_even) == (
        None,
    ) * 4
    assert evenings.reckoned(FRIDAY, -1, 60, []).income_per_order is None


def test_what_moved_is_what_the_lines_say(evening: Session) -> None:
    """The sums of a span of time are those of its lines, account by account and unit by unit."""
    for since, until in (
        (FRIDAY_SIX, FRIDAY_SIX + timedelta(hours=1)),
        (FRIDAY_SIX + timedelta(hours=1), FRIDAY_SIX + timedelta(days=1)),
    ):
        for prefix in ("", "co-op", "rider:3", "rider:3:tips"):
            sums: dict[tuple[str, str], int] = {}
            for line in books.lines(evening, prefix, since=since, until=until):
                key = (line.account, line.unit)
                sums[key] = sums.get(key, 0) + line.amount
            moved = books.moved(evening, prefix, since=since, until=until)
            assert {(each.account, each.unit): each.balance for each in moved} == sums


def test_lines_are_paged_newest_first_with_what_stood_then(evening: Session) -> None:
    """However small the pages, they are all the lines once, and each balance is the sum of the lines up to it."""
    for account in ("rider:3:tips", "restaurant:7", "outside:card", "co-op:commission"):
        lines = [line for line in books.lines(evening, account) if line.account == account]
        lines.sort(key=lambda line: line.entry_id)
        for count in (1, 2, 50):
            told: list[tuple[books.Line, int]] = []
            before: int | None = None
            while True:
                page = books.page(evening, account, "GBP", before=before, count=count)
                told += page.lines
                if page.older is None:
                    break
                before = page.older
            assert sorted((line.entry_id, line.amount) for line, _ in told) == sorted(
                (line.entry_id, line.amount) for line in lines
            )
            assert [line.entry_id for line, _ in told] == [line.entry_id for line in reversed(lines)]
            stands = 0
            for line, stood in reversed(told):
                stands += line.amount
                assert stood == stands
            assert stands == books.balance(evening, account)
