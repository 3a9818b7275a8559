"""The file the bank pays restaurants by, out of what issued settlements have set aside for them."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from payments import bank, checks, payouts
from payments.bank import BankAccount, BankFile, Transfer
from payments.errors import SettlementRefused
from payments.payouts import Payout
from payments.settlements import SettlementRow
from payments.settling.steps import payout_of


def waiting(session: Session) -> list[tuple[SettlementRow, Payout]]:
    """The issued settlements whose money is to be paid through the bank, and was not yet, in the order of number."""
    query = select(SettlementRow).where(
        SettlementRow.state == "issued", SettlementRow.payout_minor > 0, SettlementRow.method == "bank"
    )
    found = (
        (row, payout_of(session, row)) for row in session.exec(query.order_by(col(SettlementRow.sequence)))
    )
    return [(row, out) for row, out in found if out is not None and out.state in ("ready", "sending")]


def bank_file(
    session: Session, accounts: Mapping[int, BankAccount], *, now: datetime
) -> tuple[BankFile, list[int]]:
    """The file of all who wait and have an account in `accounts` (by restaurant), and the restaurants without one.

    Whoever is in it is being sent their money from now on; asked again, it is the same file, less who was paid since.
    SettlementRefused where nobody is left to pay by it; BooksUnsound.
    """
    checks.stop_if_wrong(session, now=now)
    transfers, without = [], []
    for row, payout in waiting(session):
        account = accounts.get(row.restaurant_id)
        if account is None:
            without.append(row.restaurant_id)
            continue
        if payout.state == "ready":
            payouts.sending(session, payout, now=now)
        transfers.append(Transfer(account, payout.amount_minor, payout.reference))
    if not transfers:
        told = (
            "no restaurant that waits has a bank account here"
            if without
            else "no settlement waits to be paid"
        )
        raise SettlementRefused(f"There is nothing to put in a bank file: {told}.")
    return bank.file(transfers), sorted(set(without))
