"""Incidents: taken on by a named person, what was done written down, closed with an outcome."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from dispatch import attention, cases, orders, people
from dispatch.errors import WrongState
from dispatch.tables import Incident, Job
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing

router = APIRouter(prefix="/desk/incidents", dependencies=[Depends(access.ours)], include_in_schema=False)

KINDS = {"trouble": "Trouble", "failed": "Could not be delivered"}


@router.get("")
def listed(request: Request, who: Desk, session: Reading, now: Now) -> Response:
    """Open incidents, oldest first, and the last that were closed."""
    return pages.render(
        request,
        "desk/incidents.html",
        still=[_told(session, row, now) for row in cases.listed(session, closed=False)],
        past=[_told(session, row, now) for row in cases.listed(session, closed=True, limit=30)],
    )


def _told(session: Session, row: Incident, now: Now) -> dict[str, object]:
    zone = forms.zone(session, now)
    job = session.get(Job, row.job_id) if row.job_id is not None else None
    return {
        "id": row.id,
        "kind": row.kind,
        "title": KINDS[row.kind],
        "rider": people.get(session, row.person_id),
        "job": job.number if job else None,
        "order": orders.by_id(session, row.order_id) if row.order_id is not None else None,
        "words": row.words,
        "opened_at": row.opened_at.astimezone(zone),
        "owner": people.get(session, row.owner_id).name if row.owner_id is not None else "",
        "notes": [
            (people.get(session, n.by_person_id).name, n.at.astimezone(zone), n.words)
            for n in cases.notes(session, row)
        ],
        "closed_at": row.closed_at.astimezone(zone) if row.closed_at else None,
        "closed_by": people.get(session, row.closed_by).name if row.closed_by else "",
        "outcome": row.outcome or "",
    }


@router.post("/{incident_id}/own")
def own(request: Request, who: Desk, session: Writing, now: Now, incident_id: int) -> Response:
    """I take it on."""
    cases.own(session, cases.get(session, incident_id), by=who.person_id, now=now)
    return pages.said(request, "/desk/incidents", id=incident_id)


@router.post("/{incident_id}/note")
def note(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    incident_id: int,
    words: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """What was done."""
    cases.write(session, cases.get(session, incident_id), words, by=who.person_id, now=now)
    return pages.said(request, "/desk/incidents", id=incident_id)


@router.post("/{incident_id}/close")
def close(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    incident_id: int,
    outcome: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """How it ended. Food nobody took is closed by what is decided about it."""
    row = cases.get(session, incident_id)
    if row.kind == "failed" and row.closed_at is None:
        raise WrongState("Decide on the order's page what becomes of the food: that closes this.")
    cases.close(session, row, by=who.person_id, outcome=outcome, now=now)
    key = f"trouble:{row.person_id}:{row.job_id or 'none'}"
    attention.settle(session, key, now=now, note="The incident is closed.")
    return pages.said(request, "/desk/incidents", id=incident_id)
