"""Expenses: what a rider spent for the co-op, claimed, and approved or refused by another named person."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import events
from dispatch.errors import BadInput, NotAllowed, NotFound, WrongState
from dispatch.tables import Expense, known
from payments import pay

BACK = timedelta(days=92)
MOST_MINOR = 100_000
AGAIN = timedelta(minutes=10)


def claim(
    session: Session,
    person_id: int,
    *,
    spent_on: date,
    what: str,
    amount_minor: int,
    today: date,
    now: datetime,
) -> Expense:
    """A rider asks back what they spent; the same claim sent again within minutes is the same one. BadInput."""
    if not what.strip():
        raise BadInput("Write down what it was for.")
    if not 0 < amount_minor <= MOST_MINOR:
        raise BadInput(
            "Amount: write what you paid, like 12.50; for more than 1,000 talk to the treasurer first."
        )
    if not today - BACK <= spent_on <= today:
        raise BadInput("Day: write when you paid it, within the last three months.")
    wanted = Expense(
        person_id=person_id, spent_on=spent_on, what=what.strip(), amount_minor=amount_minor, claimed_at=now
    )
    for row in of(session, person_id):
        same = (row.spent_on, row.what, row.amount_minor) == (spent_on, wanted.what, amount_minor)
        if same and row.state == "claimed" and row.claimed_at > now - AGAIN:
            return row
    session.add(wanted)
    session.flush()
    return wanted


def approve(session: Session, expense_id: int, *, by: int, now: datetime) -> Expense:
    """Another named person approves it, and it is owed from now on. NotAllowed for one's own; WrongState."""
    row = _decide(session, expense_id, "approved", "", by=by, now=now)
    pay.expense_approved(session, known(row.id), row.person_id, row.amount_minor, now=now)
    return row


def refuse(session: Session, expense_id: int, answer: str, *, by: int, now: datetime) -> Expense:
    """Another named person says no, and why; the rider reads it. NotAllowed for one's own; BadInput; WrongState."""
    if not answer.strip():
        raise BadInput("Write down why not: the rider reads it.")
    return _decide(session, expense_id, "refused", answer.strip(), by=by, now=now)


def take_back(session: Session, expense_id: int, why: str, *, by: int, now: datetime) -> Expense:
    """It was approved by mistake: what was booked is undone by another named person, who says why; the rider reads it.

    NotAllowed for one's own; BadInput; WrongState for one that is not approved.
    """
    row = session.get(Expense, expense_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no expense by that number.")
    if row.person_id == by:
        raise NotAllowed("This claim is your own: somebody else must take it back.")
    if not why.strip():
        raise BadInput("Write down why it is taken back: the rider reads it.")
    if row.state == "taken_back":
        return row
    if row.state != "approved":
        raise WrongState("Only an approved claim can be taken back.")
    row.state = "taken_back"
    row.taken_back_at, row.taken_back_by, row.taken_back_why = now, by, why.strip()
    session.add(row)
    session.flush()
    events.write(session, "expense_answered", now=now, person_id=row.person_id, expense_id=expense_id)
    pay.expense_taken_back(session, expense_id, why="Taken back by a named person", now=now)
    return row


def of(session: Session, person_id: int) -> Sequence[Expense]:
    """A rider's claims, newest first."""
    query = select(Expense).where(Expense.person_id == person_id).order_by(col(Expense.id).desc())
    return session.exec(query.limit(50)).all()


def waiting(session: Session) -> Sequence[Expense]:
    """The claims nobody has answered, oldest first."""
    return session.exec(select(Expense).where(Expense.state == "claimed").order_by(col(Expense.id))).all()


def answered(session: Session) -> Sequence[Expense]:
    """The last claims that were answered, newest first."""
    query = select(Expense).where(Expense.state != "claimed").order_by(col(Expense.decided_at).desc())
    return session.exec(query.limit(30)).all()


def _decide(session: Session, expense_id: int, state: str, answer: str, *, by: int, now: datetime) -> Expense:
    row = session.get(Expense, expense_id)
    if row is None:
        raise NotFound("There is no expense by that number.")
    if row.person_id == by:
        raise NotAllowed("This claim is your own: somebody else must answer it.")
    if row.state == state and (row.decided_by, row.answer) == (by, answer):
        return row
    if row.state != "claimed":
        raise WrongState(f"This claim was {row.state} already.")
    row.state, row.decided_at, row.decided_by, row.answer = state, now, by, answer
    session.add(row)
    session.flush()
    events.write(session, "expense_answered", now=now, person_id=row.person_id, expense_id=expense_id)
    return row
