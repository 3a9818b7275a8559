"""Where a payee's money goes: bank accounts, entered by the payee, shown masked, blanked when they have left."""

from datetime import datetime

from sqlmodel import Session, col, select

from payments.bank import BankAccount
from payments.payees.tables import PayeeAccount

__all__ = ["PayeeAccount", "blank", "enter", "kept", "of", "row"]


def enter(session: Session, payee: str, account: BankAccount, *, by: int, now: datetime) -> bool:
    """Keep a payee's bank account in place of the one before; whether anything changed."""
    held = row(session, payee)
    facts = (account.holder, account.sort_code, account.number)
    if held is not None and (held.holder, held.sort_code, held.account_number) == facts:
        return False
    if held is None:
        held = PayeeAccount(payee=payee, holder="", sort_code="", account_number="", set_at=now, set_by=by)
    held.holder, held.sort_code, held.account_number = facts
    held.set_at, held.set_by, held.blanked_at = now, by, None
    held.changes += 1
    session.add(held)
    session.flush()
    return True


def row(session: Session, payee: str) -> PayeeAccount | None:
    """The row of a payee's account, blanked or not; None when there never was one."""
    return session.exec(select(PayeeAccount).where(PayeeAccount.payee == payee)).first()


def of(session: Session, payee: str) -> BankAccount | None:
    """A payee's bank account; None when there is none, or it was blanked."""
    held = row(session, payee)
    if held is None or held.blanked_at is not None:
        return None
    return BankAccount(held.holder, held.sort_code, held.account_number)


def kept(session: Session) -> list[str]:
    """The payees whose account is here."""
    return list(session.exec(select(PayeeAccount.payee).where(col(PayeeAccount.blanked_at).is_(None))))


def blank(session: Session, payee: str, *, now: datetime) -> bool:
    """Forget a payee's account; that there was one, and when, stays. Whether there was anything to forget."""
    held = row(session, payee)
    if held is None or held.blanked_at is not None:
        return False
    held.holder = held.sort_code = held.account_number = ""
    held.blanked_at = now
    session.add(held)
    session.flush()
    return True
