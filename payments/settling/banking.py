"""Restaurants paid through the bank: the file it pays them by, and the word of a person that all of it was paid."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from payments import checks, transfers
from payments.bank import BankFile
from payments.errors import SettlementRefused
from payments.payouts import Payout
from payments.settlements import SettlementRow
from payments.settling.steps import arrived, payout_of


def waiting(session: Session) -> list[tuple[SettlementRow, Payout]]:
    """The issued settlements whose money is to be paid through the bank, and was not yet, in the order of number."""
    found = ((row, payout_of(session, row)) for row in _unpaid(session) if row.method == "bank")
    return [(row, out) for row, out in found if out is not None and out.state in ("ready", "sending")]


def needing(session: Session) -> set[int]:
    """The restaurants whose bank account is still needed: for a draft, or for money that has not arrived."""
    drafts = session.exec(select(SettlementRow.restaurant_id).where(SettlementRow.state == "draft"))
    return {row.restaurant_id for row in _unpaid(session)} | set(drafts)


def _unpaid(session: Session) -> list[SettlementRow]:
    query = select(SettlementRow).where(SettlementRow.state == "issued", SettlementRow.payout_minor > 0)
    return list(session.exec(query.order_by(col(SettlementRow.sequence))))


def bank_file(session: Session, *, now: datetime) -> tuple[BankFile, list[int]]:
    """The file of all who wait and have an account here, and the restaurants without one.

    Whoever is in it is being sent their money from now on; asked again, it is the same file, less who was paid since.
    SettlementRefused where nobody is left to pay by it; BooksUnsound.
    """
    checks.stop_if_wrong(session, now=now)
    found, without = transfers.file(session, [payout for _, payout in waiting(session)], now=now)
    if found is None:
        told = (
            "no restaurant that waits has a bank account here"
            if without
            else "no settlement waits to be paid"
        )
        raise SettlementRefused(f"There is nothing to put in a bank file: {told}.")
    return found, sorted({int(each.payee.split(":")[1]) for each in without})


def file_paid(session: Session, which: Collection[int], *, by: int, now: datetime) -> int:
    """A named person says that the bank paid these settlements, all of them in its file; how many were not paid yet.

    Said again, nothing more happens. SettlementRefused, and none of them is paid, for none at all, and for one that
    was in no file or whose payment was refused; BooksUnsound.
    """
    rows = [session.get(SettlementRow, each) for each in which]
    found = [(row, payout_of(session, row)) for row in rows if row is not None]
    unsent = [row.number for row, out in found if out is None or out.state not in ("sending", "paid")]
    if not found or len(found) < len(rows) or unsent:
        told = ", ".join(str(each) for each in unsent) or "nothing"
        raise SettlementRefused(
            f"The bank file does not pay {told}: open the page again, and look at what the bank was handed."
        )
    checks.stop_if_wrong(session, now=now)
    left = [(row, out) for row, out in found if out is not None and out.state == "sending"]
    for row, out in left:
        arrived(session, row, out, by=by, now=now)
    return len(left)
