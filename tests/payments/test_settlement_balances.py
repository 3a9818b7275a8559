"""What a settlement leaves: received, carried, late, small, or changed by a refund after it."""

import pytest
from sqlmodel import Session

from payments import books, checks, pay, settlements, settling
from payments.errors import SettlementRefused
from tests.payments.rulebooks import adopted
from tests.payments.taxed import TAXED
from tests.payments.test_settlements import CUSTOMER, DAY, MONDAY, WEEK, drafted, issued, order


def test_what_a_restaurant_owes_is_received_or_carried(session: Session) -> None:
    """An invoice due is marked received by a named person; one that is not is asked for again in the next."""
    adopted(session, TAXED)
    pay.delivered(session, order(1, by="account"), now=MONDAY + DAY)
    first = issued(session, MONDAY + WEEK)
    assert (first.payout_minor, first.due_minor, str(first.due_on)) == (0, 1050, "2026-11-23")
    pay.delivered(session, order(2, by="account"), now=MONDAY + WEEK + DAY)
    second = issued(session, MONDAY + 2 * WEEK)
    assert (second.opening_minor, second.due_minor, first.state) == (-1050, 2100, "closed")
    with pytest.raises(SettlementRefused, match="asked for in FPR-0002 now"):
        settling.received(session, first, by=1, now=MONDAY + 2 * WEEK)
    for _twice in range(2):
        settling.received(session, second, by=1, now=MONDAY + 2 * WEEK)
    assert books.balance(session, "restaurant:7") == 0
    assert checks.findings(session) == []


def test_what_comes_in_late_is_booked_where_nothing_asks_for_it(session: Session) -> None:
    """Carried into a settlement that owes the restaurant, an invoice paid after all is money in the bank, once."""
    adopted(session, TAXED)
    pay.delivered(session, order(1, by="account"), now=MONDAY + DAY)
    first = issued(session, MONDAY + WEEK)
    pay.delivered(session, order(2), now=MONDAY + WEEK + DAY)
    second = issued(session, MONDAY + 2 * WEEK)
    assert (second.due_minor, first.state) == (0, "closed")
    left = books.balance(session, "restaurant:7")
    for _twice in range(2):
        settling.received(session, first, by=1, now=MONDAY + 2 * WEEK)
    assert (first.state, first.received_minor, first.paid_by) == ("closed", 1050, 1)
    assert books.balance(session, "restaurant:7") == left + 1050
    with pytest.raises(SettlementRefused, match="another amount"):
        settling.received(session, first, by=1, amount_minor=1, now=MONDAY + 2 * WEEK)
    third = issued(session, MONDAY + 3 * WEEK)
    assert [(line.what, line.amount_minor) for line in settlements.bill(session, third).lines] == [
        ("payment", -second.payout_minor), ("payment", 1050),
    ][-len(settlements.bill(session, third).lines):]  # fmt: skip
    assert checks.findings(session) == []


def test_a_small_balance_is_carried(session: Session) -> None:
    """Below the least that is paid out nothing is paid, and the next settlement begins with it."""
    adopted(session, TAXED)
    pay.delivered(session, order(1, value=1000), now=MONDAY + DAY)
    first = issued(session, MONDAY + WEEK)
    assert (first.closing_minor, first.payout_minor) == (820, 0)
    pay.delivered(session, order(2, value=1000), now=MONDAY + WEEK + DAY)
    second = issued(session, MONDAY + 2 * WEEK)
    assert (second.opening_minor, second.payout_minor, first.state) == (820, 1640, "closed")


def test_a_refund_after_the_period_lowers_what_is_paid(session: Session) -> None:
    """What the restaurant gave back since the period's end is not paid out, and stands in the next settlement."""
    adopted(session, TAXED)
    pay.delivered(session, order(1, value=3000), now=MONDAY + DAY)
    row = drafted(session, MONDAY + WEEK)
    pay.refunded(session, 1, amount_minor=1000, liable="restaurant", why="x", attempt=1, now=MONDAY + WEEK)
    settling.issue(session, row, customer=CUSTOMER, by=1, now=MONDAY + WEEK)
    assert (row.closing_minor, row.payout_minor) == (2460, 2460 - 1000 + 180)
    settling.paid(session, row, by=1, now=MONDAY + WEEK)
    assert books.balance(session, "restaurant:7") == 0
    assert issued(session, MONDAY + 2 * WEEK).closing_minor == 0
