"""Contested decisions: a named person answers within fourteen days."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session, col, select

from dispatch import contests, people
from dispatch.errors import BadInput
from dispatch.tables import Contest, Job, known
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing

SAID = {"upheld": "upheld", "in_part": "upheld in part", "not_upheld": "not upheld"}
router = APIRouter(prefix="/desk/contests", dependencies=[Depends(access.ours)], include_in_schema=False)


@router.get("")
def listed(request: Request, who: Desk, session: Reading, now: Now) -> Response:
    """Open cases by when they are due, and the last that were answered."""
    zone = forms.zone(session, now)
    still = session.exec(
        select(Contest).where(col(Contest.closed_at).is_(None)).order_by(col(Contest.due_at))
    ).all()
    past = session.exec(
        select(Contest)
        .where(col(Contest.closed_at).is_not(None))
        .order_by(col(Contest.closed_at).desc())
        .limit(30)
    ).all()

    def told(case: Contest) -> dict[str, object]:
        job = session.get(Job, case.job_id) if case.job_id is not None else None
        return {
            "id": case.id,
            "words": case.words,
            "by": people.get(session, case.person_id),
            "job": job.number if job else None,
            "opened_at": case.opened_at.astimezone(zone),
            "due_at": case.due_at.astimezone(zone),
            "days_left": (case.due_at - now).days,
            "closed_at": case.closed_at.astimezone(zone) if case.closed_at else None,
            "closed_by": people.get(session, case.closed_by).name if case.closed_by else "",
            "verdict": SAID.get(case.verdict or "", ""),
            "outcome": case.outcome or "",
            "owner": people.get(session, case.owner_id).name if case.owner_id else "",
            "mine": case.person_id == who.person_id,
        }

    return pages.render(
        request,
        "desk/contests.html",
        still=[told(c) for c in still],
        past=[told(c) for c in past],
        able=_able(session),
        verdicts=list(SAID.items()),
    )


def _able(session: Session) -> list[tuple[int, str]]:
    """Who may be given a case, by name."""
    found = {known(p.id): p.name for role in contests.ANSWERERS for p in people.with_role(session, role)}
    return sorted(found.items(), key=lambda item: item[1])


@router.post("/{contest_id}/close")
def close(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    contest_id: int,
    outcome: Annotated[str, Form(max_length=2000)] = "",
    verdict: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Answer it, in writing; its rider is told."""
    contests.answer(session, contest_id, by=who.person_id, verdict=verdict, outcome=outcome, now=now)
    return pages.said(request, "/desk/contests", id=contest_id)


@router.post("/{contest_id}/give")
def give(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    contest_id: int,
    owner_id: Annotated[int | None, Form()] = None,
) -> Response:
    """Name somebody else to answer it."""
    if owner_id is None:
        raise BadInput("Choose who is to answer it.")
    contests.give(session, contest_id, owner_id, now=now)
    return pages.said(request, "/desk/contests", id=contest_id)
