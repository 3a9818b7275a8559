"""Riders' expenses at the treasurer's: approved or refused, each by a named person who did not claim it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from dispatch import expenses, people
from dispatch.tables import Expense
from dispatch.web import access, forms, pages
from dispatch.web.access import Now, Reading, Treasurer, Writing

router = APIRouter(
    prefix="/desk/money/expenses", dependencies=[Depends(access.ours)], include_in_schema=False
)


@router.get("")
def listed(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """What waits for an answer, and the last answers."""
    return pages.render(
        request,
        "desk/expenses.html",
        waiting=[_told(session, row) for row in expenses.waiting(session)],
        answered=[_told(session, row) for row in expenses.answered(session)],
        me=who.person_id,
        currency=forms.rulebook(session, now).co_op.currency,
    )


def _told(session: Session, row: Expense) -> tuple[Expense, str, str, str]:
    by, back = (
        people.get(session, each).name if each else "" for each in (row.decided_by, row.taken_back_by)
    )
    return row, people.get(session, row.person_id).name, by, back


@router.post("/{expense_id}/approve")
def approve(request: Request, who: Treasurer, session: Writing, now: Now, expense_id: int) -> Response:
    """It is owed to the rider from now on."""
    expenses.approve(session, expense_id, by=who.person_id, now=now)
    return pages.said(request, "/desk/money/expenses", id=expense_id)


@router.post("/{expense_id}/refuse")
def refuse(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    expense_id: int,
    answer: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """No, and why."""
    expenses.refuse(session, expense_id, answer, by=who.person_id, now=now)
    return pages.said(request, "/desk/money/expenses", id=expense_id)


@router.post("/{expense_id}/back")
def take_back(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    expense_id: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """It was approved by mistake: undone, and why."""
    expenses.take_back(session, expense_id, reason, by=who.person_id, now=now)
    return pages.said(request, "/desk/money/expenses", id=expense_id)
