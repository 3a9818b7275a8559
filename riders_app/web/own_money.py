"""A rider's own tips and expenses, and the policy on tips that every member may read."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from dispatch import expenses, people, tipbook
from dispatch.errors import BadInput
from dispatch.facts import Say
from dispatch.web import access, forms, pages, tip_pages
from dispatch.web.access import Member, Now, Reading, Rider, Writing
from payments import books

router = APIRouter(prefix="/my", dependencies=[Depends(access.ours)], include_in_schema=False)


@router.get("/tips")
def my_tips(
    request: Request, who: Rider, session: Reading, now: Now, since: str = "", until: str = ""
) -> Response:
    """My part of every tip."""
    return tip_pages.show(
        request, session, now, since, until, template="rider/tips.html", rider_id=who.person_id
    )


@router.get("/tips.csv")
def my_tips_file(who: Rider, session: Reading, now: Now, since: str = "", until: str = "") -> Response:
    """The same as a file."""
    return tip_pages.download(session, now, since, until, rider_id=who.person_id)


@router.get("/tips/policy")
def policy(request: Request, who: Member, session: Reading, now: Now) -> Response:
    """How tips are allocated, as the rules in force say."""
    version, rules = books.in_force(session, at=now)
    if pages.for_program(request):
        body = {"policy": tipbook.policy(rules), "rulebook": version}
        return JSONResponse(body, headers={"cache-control": "no-store"})
    adopted = next(row for row in books.versions(session) if row.version == version)
    return pages.render(
        request,
        "member/tips_policy.html",
        words=tipbook.policy(rules, pages.speaker(request)),
        name=rules.co_op.name,
        adopted=adopted,
        rider="rider" in who.roles,
    )


@router.get("/expenses")
def my_expenses(request: Request, who: Rider, session: Reading, now: Now) -> Response:
    """What I spent for the co-op, and what became of it."""
    rules = forms.rulebook(session, now)
    return pages.render(
        request,
        "rider/expenses.html",
        rows=[
            (row, people.get(session, row.decided_by).name if row.decided_by else "")
            for row in expenses.of(session, who.person_id)
        ],
        states=_states(pages.speaker(request)),
        today=rules.local(now).date().isoformat(),
        currency=rules.co_op.currency,
    )


def _states(say: Say) -> dict[str, str]:
    return {
        "claimed": say("claimed"),
        "approved": say("approved"),
        "refused": say("refused"),
        "taken_back": say("taken back"),
    }


@router.post("/expenses")
def claim(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    spent_on: Annotated[str, Form(max_length=10)] = "",
    what: Annotated[str, Form(max_length=300)] = "",
    amount: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Ask back what I spent: a named person approves it, or says why not."""
    say = pages.speaker(request)
    today = forms.rulebook(session, now).local(now).date()
    try:
        day = date.fromisoformat(spent_on.strip() or today.isoformat())
    except ValueError:
        raise BadInput("{what}: write a day like 2026-11-20.", what=say("Day")) from None
    row = expenses.claim(
        session,
        who.person_id,
        spent_on=day,
        what=what,
        amount_minor=forms.pounds(amount, say("Amount")),
        today=today,
        now=now,
    )
    return pages.said(request, "/my/expenses", id=row.id)
