"""Tonight: the evening at a glance, what a person must look at, and the switch that stops orders."""

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import attention, board, orders, people, planning, shifts
from dispatch.errors import BadInput
from dispatch.states import OPEN_DELIVERY
from dispatch.tables import Attention
from dispatch.web import access, forms, live, pages
from dispatch.web.access import Desk, Now, Reading, Writing

router = APIRouter(prefix="/desk", dependencies=[Depends(access.ours)], include_in_schema=False)

OPEN = (*OPEN_DELIVERY, "offered")


@router.get("")
def tonight(request: Request, who: Desk, session: Reading, now: Now) -> Response:
    """The evening: attention first, then orders and riders."""
    if pages.for_program(request):
        told = {"attention": _told(session), "on_shift": [s.person_id for s in shifts.on_now(session)]}
        return JSONResponse(told, headers={"cache-control": "no-store"})
    seen = board.desk(session, now=now)
    zone = forms.zone(session, now)
    paused = orders.pause(session, now=now)
    still = [line for line in seen.orders if line.state in OPEN]
    return pages.render(
        request,
        "desk/tonight.html",
        desk=seen,
        groups=(
            ("Late", [line for line in still if line.late_min > 0]),
            ("Open", [line for line in still if line.late_min == 0]),
            ("Done", [line for line in seen.orders if line.state not in OPEN]),
        ),
        on_the_road=sum(line.state in ("assigned", "carried") for line in still),
        attention=_attention(session, zone),
        paused_until=paused.until_at.astimezone(zone) if paused else None,
        paused_why=paused.reason if paused else "",
        change=live.change(session),
        at=now.astimezone(zone),
    )


def _attention(session: Session, zone: ZoneInfo) -> list[dict[str, object]]:
    return [item(session, row, zone) for row in attention.open_(session)]


def item(session: Session, row: Attention, zone: ZoneInfo) -> dict[str, object]:
    """One thing to look at, with who and what it is about."""
    person = people.get(session, row.person_id) if row.person_id is not None else None
    order = orders.by_id(session, row.order_id) if row.order_id is not None else None
    return {
        "id": row.id,
        "kind": row.kind,
        "words": row.words,
        "at": row.raised_at.astimezone(zone),
        "rings": row.rings,
        "ringing": row.ring_at is not None,
        "taken_by": people.get(session, row.acknowledged_by).name if row.acknowledged_by else "",
        "person": person,
        "order": order,
    }


def _told(session: Session) -> list[dict[str, object]]:
    """What a person must look at, for a program: ids and our own words."""
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "words": row.words,
            "raised_at": row.raised_at.isoformat(),
            "person_id": row.person_id,
            "job_id": row.job_id,
            "order": orders.by_id(session, row.order_id).public_id if row.order_id is not None else None,
        }
        for row in attention.open_(session)
    ]


@router.post("/attention/{attention_id}/close")
def close(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    attention_id: int,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """A named person has dealt with it."""
    attention.close(session, attention_id, by=who.person_id, note=note.strip() or "Dealt with.", now=now)
    return pages.said(request, "/desk", id=attention_id)


@router.post("/pause")
def pause(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    until: Annotated[str, Form(max_length=40)] = "",
    minutes: Annotated[int | None, Form()] = None,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Stop taking orders, until a time or for so many minutes."""
    if minutes is not None:
        at = now + timedelta(minutes=minutes)
    elif until.strip():
        at = forms.next_time(until, forms.zone(session, now), now=now, what="Until")
    else:
        raise BadInput("Until: write a time like 20:30, or say for how many minutes.")
    row = orders.stop_taking(session, until=at, reason=reason, by=who.person_id, now=now)
    return pages.said(request, "/desk", until=row.until_at.isoformat())


@router.post("/resume")
def resume(request: Request, who: Desk, session: Writing, now: Now) -> Response:
    """Take orders again."""
    orders.take_again(session, by=who.person_id, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/desk")
