"""Restaurants' money that the bank refuses or sends back: named people say so, and it is paid again or carried."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from payments import bank, books, checks, pay, payees, payouts, settlements, settling, transfers
from payments.errors import PayoutRefused, SettlementRefused
from tests.payments.rulebooks import adopted
from tests.payments.taxed import UNTAXED
from tests.payments.test_settlements import DAY, MONDAY, WEEK, drafted, issued, order

ISSUER, TREASURER, SECOND = 1, 2, 3
PAYDAY = MONDAY + WEEK + DAY
FIRST, OTHER = (bank.BankAccount("Pizza Luna", "089999", number) for number in ("01234567", "76543210"))


def owed(session: Session) -> int:
    return books.balance(session, "restaurant:7")


@pytest.fixture
def row(session: Session) -> settlements.SettlementRow:
    """A settlement of one order, issued; its money is held."""
    adopted(session, UNTAXED)
    pay.delivered(session, order(1), now=MONDAY + DAY)
    return issued(session, MONDAY + WEEK)


@pytest.mark.parametrize("how", ["refused", "came back", "came back after it was closed"])
def test_what_the_bank_does_not_pay_is_paid_again(
    session: Session, row: settlements.SettlementRow, how: str
) -> None:
    """Refused or come back, the money is the restaurant's again; paid again once, each step named, the books hold."""
    sum_ = row.payout_minor
    assert owed(session) == 0
    if how != "refused":
        settling.paid(session, row, by=ISSUER, now=PAYDAY)
    if how.endswith("closed"):
        settling.close(session, row, by=ISSUER, now=PAYDAY)
    with pytest.raises(SettlementRefused, match="what the bank said"):
        settling.did_not_arrive(session, row, reason=" ", by=TREASURER, now=PAYDAY)
    for _ in range(2):
        settling.did_not_arrive(session, row, reason="No such account", by=TREASURER, now=PAYDAY)
    assert (row.state, row.paid_at, row.closed_at, owed(session)) == ("issued", None, None, sum_)
    with pytest.raises(PayoutRefused):
        settling.paid(session, row, by=ISSUER, now=PAYDAY)
    again = settling.pay_again(session, row, by=SECOND, now=PAYDAY)
    assert settling.pay_again(session, row, by=SECOND, now=PAYDAY) == again
    assert owed(session) == 0
    settling.paid(session, row, by=ISSUER, now=PAYDAY)
    settling.close(session, row, by=ISSUER, now=PAYDAY)
    first, second = settling.payouts_of(session, row)
    state = "failed" if how == "refused" else "returned"
    assert (first.state, first.made_by, first.undone_by) == (state, ISSUER, TREASURER)
    assert (second.state, second.made_by, second.paid_by) == ("paid", SECOND, ISSUER)
    assert (owed(session), books.balance(session, "outside:bank")) == (0, sum_)
    assert checks.findings(session) == []


def test_what_is_not_paid_again_stands_in_the_next(session: Session, row: settlements.SettlementRow) -> None:
    """Money that came back and was not paid again is paid with the next settlement, once; the earlier one closes."""
    settling.paid(session, row, by=ISSUER, now=PAYDAY)
    settling.did_not_arrive(session, row, reason="Closed account", by=TREASURER, now=PAYDAY)
    pay.delivered(session, order(2), now=MONDAY + WEEK + 2 * DAY)
    both = owed(session)
    second = issued(session, MONDAY + 2 * WEEK)
    assert (second.payout_minor, row.state) == (both, "closed")
    with pytest.raises(SettlementRefused, match="nothing to repeat"):
        settling.pay_again(session, row, by=TREASURER, now=MONDAY + 2 * WEEK)
    settling.paid(session, second, by=ISSUER, now=MONDAY + 2 * WEEK)
    assert (owed(session), books.balance(session, "outside:bank")) == (0, both)
    assert checks.findings(session) == []


def test_what_is_not_owed_any_more_is_not_paid_again(
    session: Session, row: settlements.SettlementRow
) -> None:
    """Charged meanwhile, a restaurant is not paid more than it is owed: the whole waits for the next settlement."""
    settling.did_not_arrive(session, row, reason="Refused", by=TREASURER, now=PAYDAY)
    settling.adjust(
        session, 7, kind="correction", amount_minor=-1, reason="A bag", by=TREASURER, now=PAYDAY, number=1
    )
    with pytest.raises(SettlementRefused, match="in its next settlement"):
        settling.pay_again(session, row, by=TREASURER, now=PAYDAY)


def test_nothing_came_back_that_was_not_paid(session: Session) -> None:
    """A draft, and a settlement the restaurant is to pay, have no payment that could be refused."""
    adopted(session, UNTAXED)
    pay.delivered(session, order(1, by="account"), now=MONDAY + DAY)
    draft = drafted(session, MONDAY + WEEK)
    with pytest.raises(SettlementRefused, match="no payment"):
        settling.did_not_arrive(session, draft, reason="?", by=TREASURER, now=PAYDAY)


def test_all_in_the_file_are_paid_at_once(session: Session, row: settlements.SettlementRow) -> None:
    """Those the bank's file named are paid by one word; one that is in no file, or was refused, stops all of it."""
    with pytest.raises(SettlementRefused, match="FPR-0001"):
        settling.file_paid(session, [row.row_id], by=TREASURER, now=PAYDAY)
    payees.enter(session, "restaurant:7", FIRST, by=TREASURER, now=PAYDAY)
    file, without = settling.bank_file(session, now=PAYDAY)
    assert (file.count, file.total_minor, without) == (1, row.payout_minor, [])
    for nothing in ([], [row.row_id, 999]):
        with pytest.raises(SettlementRefused, match="open the page again"):
            settling.file_paid(session, nothing, by=TREASURER, now=PAYDAY)
    assert [settling.file_paid(session, [row.row_id], by=TREASURER, now=PAYDAY) for _ in range(2)] == [1, 0]
    assert (row.state, row.paid_by) == ("paid", TREASURER)


def test_a_changed_account_is_told_until_it_is_paid_to(
    session: Session, row: settlements.SettlementRow
) -> None:
    """Only an account in place of another, changed lately or since the last payment sent; a returned one is none."""
    late = PAYDAY + 90 * DAY

    def changed(since: timedelta = DAY) -> list[tuple[int, str, bool]]:
        found = transfers.changed(session, ["restaurant:7", "restaurant:8"], since=late - since)
        return [(each.by, each.masked, each.paid_at is None) for each in found]

    payees.enter(session, "restaurant:7", FIRST, by=TREASURER, now=MONDAY)
    assert changed(900 * DAY) == []
    settling.bank_file(session, now=PAYDAY)
    payees.enter(session, "restaurant:7", OTHER, by=SECOND, now=PAYDAY + DAY)
    assert changed() == [(SECOND, "account ending 3210", True)]
    settling.paid(session, row, by=ISSUER, now=PAYDAY + 2 * DAY)  # to the account before: it was in the file
    assert changed() == [(SECOND, "account ending 3210", False)]
    settling.did_not_arrive(session, row, reason="Closed", by=TREASURER, now=PAYDAY + 3 * DAY)
    again = settling.pay_again(session, row, by=TREASURER, now=PAYDAY + 3 * DAY)
    assert changed() == [(SECOND, "account ending 3210", True)]
    payouts.paid(session, again, by=ISSUER, now=PAYDAY + 4 * DAY)
    assert changed() == []
    assert len(changed(900 * DAY)) == 1  # still among those changed lately
    payees.blank(session, "restaurant:7", now=late)
    assert changed(900 * DAY) == []
