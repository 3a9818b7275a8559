"""What a rider spent for the co-op, given back once a named person has approved it."""

from datetime import datetime

from sqlmodel import Session

from payments import books, terms
from payments.errors import BadAmount
from payments.ledger import Entry, Posting

EXPENSES = "co-op:expenses"


def expense_approved(
    session: Session, expense_id: int, rider_id: int, amount_minor: int, *, now: datetime
) -> int:
    """Book an approved expense (minor units) and return the entry's number; asked again, the same. BadAmount."""
    if type(amount_minor) is not int or amount_minor <= 0:
        raise BadAmount(f"{amount_minor!r} is nothing to give back")
    subject = f"expense:{expense_id}"
    key = f"{subject}:approved:1"
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        at, version, unit = earlier.entry.at, earlier.rulebook, earlier.unit
    else:
        version, rulebook = books.in_force(session, at=now)
        at, unit = now, rulebook.co_op.currency
    postings = (Posting(EXPENSES, terms.rider(rider_id, "expenses"), amount_minor),)
    why = f"Expense {expense_id} approved"
    return books.post(session, Entry(key, at, why, postings, unit, version, subject), now=now)


def expense_taken_back(session: Session, expense_id: int, *, why: str, now: datetime) -> int:
    """Undo what an approved expense booked and return the reversal's number; asked again, the same.

    What was paid out before is below nought on the rider's account, and netted from their next expenses.
    """
    key = f"expense:{expense_id}:approved:1"
    return books.reverse(session, key, new_key=f"{key}:reversed", why=why, now=now)
