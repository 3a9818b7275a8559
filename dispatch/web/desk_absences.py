"""Absences at the treasurer's: work missed through illness, leave taken, and what each rider has left."""

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from dispatch import absences, people
from dispatch.errors import BadInput
from dispatch.tables import Absence
from dispatch.web import access, forms, pages
from dispatch.web.access import Now, Reading, Treasurer, Writing
from payments import pay

HOURS = re.compile(r"(\d{1,3})(?:[.,](\d{1,2})|:([0-5]\d))?")

router = APIRouter(
    prefix="/desk/money/absences", dependencies=[Depends(access.ours)], include_in_schema=False
)


@router.get("")
def listed(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """The last absences, the shifts that may have been missed, and the leave each rider has left."""
    rules = forms.rulebook(session, now)
    takers = absences.takers(session)
    return pages.render(
        request,
        "desk/absences.html",
        rows=[_told(session, row) for row in absences.of(session)],
        missable=[
            (row.id, people.get(session, row.person_id).name, rules.local(row.planned_start_at),
             rules.local(row.planned_end_at))
            for row in absences.missable(session, now=now)
        ],
        riders=takers,
        left=[(name, rides, *pay.leave_left(session, person_id)) for person_id, name, rides in takers],
        sick=rules.pay.sick,
        rolled_up=rules.pay.holiday == "rolled_up",
        currency=rules.co_op.currency,
        today=rules.local(now).date().isoformat(),
    )  # fmt: skip


def _told(session: Session, row: Absence) -> dict[str, object]:
    return {
        "row": row,
        "rider": people.get(session, row.person_id).name,
        "by": people.get(session, row.by_person_id).name,
        "back_by": people.get(session, row.taken_back_by).name if row.taken_back_by else "",
    }


@router.post("")
def record(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    person_id: Annotated[int | None, Form()] = None,
    kind: Annotated[str, Form(max_length=10)] = "",
    on: Annotated[str, Form(max_length=10)] = "",
    hours: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Hours missed through illness, or of leave."""
    if person_id is None:
        raise BadInput("Rider: choose whose absence it is.")
    what: Literal["sick", "leave"] = "sick" if kind == "sick" else "leave"
    if kind not in ("sick", "leave"):
        raise BadInput("Choose what it is: illness or leave.")
    row = absences.record(
        session,
        person_id,
        what,
        on=forms.date_of(on, "Day"),
        minutes=minutes(hours),
        reason=reason,
        by=who.person_id,
        now=now,
    )
    return pages.said(request, "/desk/money/absences", id=row.id)


@router.post("/shifts/{shift_id}")
def missed(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    shift_id: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """A planned shift was missed through illness."""
    row = absences.sick_shift(session, shift_id, reason=reason, by=who.person_id, now=now)
    return pages.said(request, "/desk/money/absences", id=row.id)


@router.post("/{absence_id}/back")
def back(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    absence_id: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """It was recorded by mistake."""
    absences.take_back(session, absence_id, why=reason, by=who.person_id, now=now)
    return pages.said(request, "/desk/money/absences", id=absence_id)


def minutes(text: str) -> int:
    """Whole minutes from "4", "4.5" or "4:30", a part of a minute rounded up; BadInput."""
    found = HOURS.fullmatch(text.strip())
    if found is None:
        raise BadInput("Hours: write how long, like 5 or 4:30.")
    if found[3]:
        return int(found[1]) * 60 + int(found[3])
    return int(found[1]) * 60 - (-int((found[2] or "0").ljust(2, "0")) * 60 // 100)
