"""What the bank pays: its file, and who is to be paid to another account than the one they were paid to before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from payments import bank, payees, payouts
from payments.bank import BankFile, Transfer
from payments.payouts import Payout


@dataclass(frozen=True, slots=True)
class Changed:
    """An account that nobody has been paid to yet: whose, since when, entered by whom, and enough to know it by.

    `paid_at` is when the payee was last paid to the one before it, None for a payee who never was.
    """

    payee: str
    at: datetime
    by: int
    masked: str
    paid_at: datetime | None


def file(
    session: Session, waiting: Iterable[Payout], *, now: datetime
) -> tuple[BankFile | None, list[Payout]]:
    """The file of those whose account is here (None: of nobody), and the payouts of those whose is not.

    Whoever is in it is being sent their money from now on; asked again, it is the same file, less who was paid since.
    """
    transfers, without = [], []
    for payout in waiting:
        account = payees.of(session, payout.payee)
        if account is None:
            without.append(payout)
            continue
        if payout.state == "ready":
            payouts.sending(session, payout, now=now)
        transfers.append(Transfer(account, payout.amount_minor, payout.reference))
    return (bank.file(transfers) if transfers else None), without


def changed(session: Session, whose: Sequence[str], *, since: datetime) -> list[Changed]:
    """Which payees have an account that took the place of another since `since`, or since they were last paid.

    By their names. A first account is no change; what came back was not paid.
    """
    found = []
    for payee in sorted(set(whose)):
        held, account = payees.row(session, payee), payees.of(session, payee)
        if held is None or account is None or held.changes < 2:
            continue
        paid_at = _paid(session, payee)
        if held.set_at >= since or paid_at is None or held.set_at > paid_at:
            found.append(Changed(payee, held.set_at, held.set_by, account.masked, paid_at))
    return found


def _paid(session: Session, payee: str) -> datetime | None:
    """When a payee's last payment that arrived through the bank was sent there."""
    paid = session.exec(
        select(Payout)
        .where(Payout.payee == payee, Payout.method == "bank", Payout.state == "paid")
        .order_by(col(Payout.id).desc())
        .limit(1)
    ).first()
    return (paid.sent_at or paid.created_at) if paid is not None else None
