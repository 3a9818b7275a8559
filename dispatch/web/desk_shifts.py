"""Shifts at the desk: planned, mended by a named person, cancelled."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session, col, or_, select

from dispatch import breaks, limits, people, planning, rota, shifts
from dispatch.errors import BadInput
from dispatch.facts import VEHICLES, ShiftFacts
from dispatch.tables import Person, Shift, ShiftChange, known
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing

BACK = timedelta(days=8)

router = APIRouter(prefix="/desk/shifts", dependencies=[Depends(access.ours)], include_in_schema=False)


class ShiftForm(BaseModel):
    """A shift to plan."""

    person_id: int | None = None
    starts_at: str = ""
    ends_at: str = ""
    vehicle: str = ""
    lat: float | None = None
    lon: float | None = None
    address: str = ""
    reason: str = ""


@router.get("")
def listed(request: Request, who: Desk, session: Reading, now: Now) -> Response:
    """Who is out, who comes, who was."""
    rows = session.exec(
        select(Shift)
        .where(or_(col(Shift.planned_start_at) >= now - BACK, col(Shift.state).in_(("planned", "on"))))
        .order_by(col(Shift.planned_start_at), col(Shift.id))
    ).all()
    told = [(shifts.facts(session, row, now=now), people.get(session, row.person_id)) for row in rows]
    out = [row for row in rows if row.state == "on"]
    left = limits.left(session, out, forms.rulebook(session, now), now=now)
    looked = rota.statements.coming_cautions(session, rows, now=now)
    return pages.render(
        request,
        "desk/shifts.html",
        groups=(
            ("On now", _only(told, "on")),
            ("Planned", _only(told, "planned")),
            ("The last eight days", _only(told, "ended", "cancelled")[::-1]),
        ),
        rests=_rests(session, [known(row.id) for row in rows], now),
        limits={row.id: left[row.person_id].words for row in out if row.person_id in left},
        cautions={number: [c.words for c in found] for number, found in looked.items()},
        changes=_changes(session, [row.id for row in rows]),
        riders=people.with_role(session, "rider"),
        vehicles=VEHICLES,
        at=now.astimezone(forms.zone(session, now)),
    )


def _only(told: list[tuple[ShiftFacts, Person]], *states: str) -> list[tuple[ShiftFacts, Person]]:
    return [(facts, person) for facts, person in told if facts.state in states]


def _rests(
    session: Session, ids: list[int], now: Now
) -> dict[int, list[tuple[int, datetime, datetime, bool]]]:
    """The breaks of these shifts: number, from and until in local time, and whether they can still be ended."""
    zone = forms.zone(session, now)
    found: dict[int, list[tuple[int, datetime, datetime, bool]]] = {}
    for row in breaks.of(session, ids):
        times = (row.starts_at.astimezone(zone), row.ends_at.astimezone(zone))
        found.setdefault(row.shift_id, []).append((known(row.id), *times, row.ends_at > now))
    return found


def _changes(session: Session, ids: list[int | None]) -> dict[int, str]:
    """The reason of the newest change a named person made to each of these shifts."""
    query = select(ShiftChange).where(col(ShiftChange.shift_id).in_(ids)).order_by(col(ShiftChange.id))
    return {
        row.shift_id: f"{row.what} set by {people.get(session, row.by_person_id).name}: {row.reason}"
        for row in session.exec(query).all()
    }


@router.post("")
def plan(request: Request, who: Desk, now: Now, form: Annotated[ShiftForm, Form()]) -> Response:
    """Plan a shift; vehicle and place are the rider's own where none are given."""
    if form.person_id is None:
        raise BadInput("Rider: choose whose shift it is.")
    program = access.program(request)
    where = forms.point(program, form.lat, form.lon, form.address)
    zone = forms.local_zone(program, now)
    starts_at = forms.instant(form.starts_at, zone, now=now, what="Starts")
    ends_at = forms.instant(form.ends_at, zone, now=now, what="Ends")
    with program.database.writing() as session:
        shift = rota.statements.plan(
            session,
            form.person_id,
            starts_at=starts_at,
            ends_at=ends_at,
            vehicle=form.vehicle or None,
            where=where,
            by=who.person_id,
            now=now,
            reason=form.reason,
        )
        planning.wanted(session, now=now)
    program.nudge()
    return pages.said(request, "/desk/shifts", id=shift.id)


@router.post("/{shift_id}/start")
def start(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    shift_id: int,
    at: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Set when a shift started, with a reason the rider reads."""
    when = forms.instant(at, forms.zone(session, now), now=now, what="Started at")
    shifts.set_start(session, shift_id, when, by=who.person_id, reason=reason, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/desk/shifts", id=shift_id)


@router.post("/{shift_id}/end")
def end(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    shift_id: int,
    at: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Set when a shift ended, with a reason the rider reads and may contest."""
    when = forms.instant(at, forms.zone(session, now), now=now, what="Ended at")
    shifts.set_end(session, shift_id, when, by=who.person_id, reason=reason, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/desk/shifts", id=shift_id)


@router.post("/{shift_id}/rest")
def rest(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    shift_id: int,
    starts_at: Annotated[str, Form(max_length=40)] = "",
    ends_at: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """A break that no job is planned into; it stays paid."""
    zone = forms.zone(session, now)
    about = max(now, shifts.get(session, shift_id).planned_start_at)  # an hour without its day is the shift's
    since = forms.instant(starts_at, zone, now=about, what="Break from")
    until = forms.instant(ends_at, zone, now=about, what="Break until")
    breaks.plan(session, shift_id, since, until, by=who.person_id, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/desk/shifts", id=shift_id)


@router.post("/{shift_id}/rest/{rest_id}/end")
def end_rest(
    request: Request, who: Desk, session: Writing, now: Now, shift_id: int, rest_id: int
) -> Response:
    """Take a coming break back, or end the one that is going on."""
    breaks.end(session, shift_id, rest_id, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/desk/shifts", id=shift_id)


@router.post("/{shift_id}/cancel")
def cancel(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    shift_id: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Take a planned shift off the rota."""
    rota.leaving.take_off(session, shifts.get(session, shift_id), by=who.person_id, reason=reason, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/desk/shifts", id=shift_id)
