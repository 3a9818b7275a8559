"""The week's rota at the desk: the pattern, the week made from it, who is on it, what wants a look, publishing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session

from dispatch import limits, people, planning, rota, shifts
from dispatch.errors import BadInput
from dispatch.facts import VEHICLES, ShiftTime
from dispatch.rota.working import Span
from dispatch.tables import Shift, Slot, known
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing
from payments.rulebook import Rulebook
from payments.rulebook.words import WEEKDAYS

router = APIRouter(prefix="/desk/rota", dependencies=[Depends(access.ours)], include_in_schema=False)

Reason = Annotated[str, Form(max_length=500)]


class Work(BaseModel):
    """A line of the pattern, or work of one day."""

    weekday: int | None = None
    on: str = ""
    starts: str = ""
    ends: str = ""
    riders: int = 1
    vehicle: str = ""
    place: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A rider on a place, and what wants a look."""

    shift_id: int
    name: str
    state: str
    person_id: int
    cautions: tuple[str, ...]
    on_offer: bool


@dataclass(frozen=True, slots=True)
class SlotLine:
    """Work of one day as the desk sees it."""

    id: int
    time: ShiftTime
    riders: int
    vehicle: str
    place: str
    placed: tuple[Placed, ...]
    waiting: tuple[str, ...]
    free: int
    can: tuple[tuple[int, str], ...]
    over: bool


@router.get("")
def week(request: Request, who: Desk, session: Reading, now: Now, monday: str = "") -> Response:
    """A week's rota."""
    rules = forms.rulebook(session, now)
    first = _monday(monday, rules, now)
    lines: dict[date, list[SlotLine]] = {d: [] for d in (first + timedelta(days=i) for i in range(7))}
    for slot in rota.pattern.slots(session, first):
        lines[rules.local(slot.starts_at).date()].append(_slot(session, slot, rules, now))
    riders = people.with_role(session, "rider")
    week_is = rota.pattern.published(session, first)
    return pages.render(
        request,
        "desk/rota.html",
        monday=first,
        today=rules.local(now).date(),
        before=(first - timedelta(days=7)).isoformat(),
        after=(first + timedelta(days=7)).isoformat(),
        days=lines,
        pattern=[
            (line, _clock(line.starts_min), _clock(line.ends_min)) for line in rota.pattern.lines(session)
        ],
        published=rules.local(week_is.at) if week_is else None,
        published_by=people.get(session, week_is.by_person_id).name if week_is else "",
        swaps=_swaps(session, rules, now),
        weekdays=[(n, name.capitalize()) for n, name in enumerate(WEEKDAYS)],
        vehicles=VEHICLES,
        riders=riders,
        hours=_hours(session, [known(r.id) for r in riders], first, rules),
        stated=_stated(session, [known(r.id) for r in riders]),
        rain=limits.raining(session, now=now),
        rain_counts=rules.rest.rain_effort_pct > 0,
    )


def _monday(text: str, rules: Rulebook, now: datetime) -> date:
    try:
        day = date.fromisoformat(text) if text else rules.local(now).date()
    except ValueError:
        raise BadInput("Week: write its Monday like 2026-11-23.") from None
    return rota.pattern.monday_of(day)


def _slot(session: Session, slot: Slot, rules: Rulebook, now: datetime) -> SlotLine:
    rows = list(rota.pattern.shifts_of(session, [known(slot.id)]))
    told = rota.statements.coming_cautions(session, rows, now=now)
    return SlotLine(
        id=known(slot.id),
        time=rota.seeing.time_of(rules, slot),
        riders=slot.riders,
        vehicle=slot.vehicle or "",
        place=slot.place,
        placed=tuple(_placed(session, row, told.get(known(row.id), ())) for row in rows),
        waiting=tuple(
            people.get(session, each.person_id).name for each in rota.asking.in_turn(session, slot, rules)
        ),
        free=rota.asking.free(session, slot),
        can=_can(session, slot, {row.person_id for row in rows}, rules, now),
        over=slot.ends_at <= now,
    )


def _placed(session: Session, row: Shift, cautions: tuple[rota.working.Caution, ...]) -> Placed:
    return Placed(
        shift_id=known(row.id),
        name=people.get(session, row.person_id).name,
        state=row.state,
        person_id=row.person_id,
        cautions=tuple(caution.words for caution in cautions),
        on_offer=rota.leaving.of_shift(session, known(row.id)) is not None,
    )


def _can(
    session: Session, slot: Slot, had: set[int], rules: Rulebook, now: datetime
) -> tuple[tuple[int, str], ...]:
    """Who could be put there, those who said they can first, those who said they cannot named as such."""
    if slot.ends_at <= now:
        return ()
    riders = [r for r in people.with_role(session, "rider") if r.id not in had]
    said = rota.availability.of(session, [known(r.id) for r in riders])
    span = Span(slot.starts_at, slot.ends_at)
    ranked = []
    for rider in riders:
        fits = rota.availability.fits([s for s in said if s.person_id == rider.id], span, rules)
        words = {True: "can", False: "cannot", None: ""}[fits]
        rank = {True: 0, None: 1, False: 2}[fits]
        ranked.append((rank, rider.name, known(rider.id), f"{rider.name}{', ' if words else ''}{words}"))
    return tuple((number, words) for _, _, number, words in sorted(ranked))


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _swaps(session: Session, rules: Rulebook, now: datetime) -> list[tuple[int, ShiftTime, str, str, str]]:
    """What riders offer each other: number, when, who, who takes it, its state."""
    told = []
    for swap, shift in rota.leaving.live(session, now=now):
        taker = people.get(session, swap.to_person_id).name if swap.to_person_id else ""
        giver = people.get(session, swap.from_person_id).name
        told.append((known(swap.id), rota.seeing.time_of(rules, shift), giver, taker, swap.state))
    return told


def _hours(
    session: Session, ids: list[int], monday: date, rules: Rulebook
) -> dict[int, tuple[float, float, int]]:
    """Hours of each rider in this week, and on average over how many weeks."""
    at = rules.midnight(monday) + timedelta(hours=1)
    told = {}
    for person_id in ids:
        spans = rota.statements.spans(session, person_id, rules, around=at)
        average, weeks = rota.working.average_h(rules, spans, at)
        told[person_id] = (rota.working.hours_in(spans, *rota.working.week_of(rules, at)), average, weeks)
    return told


def _stated(session: Session, ids: list[int]) -> dict[int, dict[str, str]]:
    """What was stated about each rider's working time, with its dates."""
    return {
        person_id: {
            kind: f"since {row.at:%-d %b %Y}" if kind == "opt_out" else f"until {row.until_on:%-d %b %Y}"
            for kind, row in rota.statements.standing(session, person_id).items()
        }
        for person_id in ids
    }


def _back(request: Request, monday: date | str, **facts: object) -> Response:
    return pages.said(request, f"/desk/rota?monday={monday}", **facts)


@router.post("/pattern")
def add_line(request: Request, who: Desk, now: Now, form: Annotated[Work, Form()]) -> Response:
    """A line for every week."""
    starts, ends = forms.minute(form.starts, "Starts"), forms.minute(form.ends, "Ends")
    where = forms.point(access.program(request), None, None, form.address)
    if form.weekday is None:
        raise BadInput("Day: choose a day of the week.")
    with access.program(request).database.writing() as session:
        row = rota.pattern.add_line(
            session,
            weekday=form.weekday,
            starts_min=starts,
            ends_min=ends if ends > starts else ends + 1440,
            riders=form.riders,
            vehicle=form.vehicle or None,
            place=form.place or form.address,
            where=where,
            by=who.person_id,
            now=now,
        )
    return pages.said(request, "/desk/rota#pattern", id=row.id)


@router.post("/pattern/{line_id}/end")
def end_line(request: Request, who: Desk, session: Writing, now: Now, line_id: int) -> Response:
    """Take a line out of the pattern."""
    rota.pattern.end_line(session, line_id, now=now)
    return pages.said(request, "/desk/rota#pattern", id=line_id)


@router.post("/slots")
def add_slot(request: Request, who: Desk, now: Now, form: Annotated[Work, Form()]) -> Response:
    """Work of one day that is in no pattern."""
    program = access.program(request)
    where, zone = forms.point(program, None, None, form.address), forms.local_zone(program, now)
    try:
        day = date.fromisoformat(form.on)
    except ValueError:
        raise BadInput("Day: write it like 2026-11-27.") from None
    starts = forms.instant(f"{day}T{form.starts.strip()}", zone, now=now, what="Starts")
    ends = forms.instant(f"{day}T{form.ends.strip()}", zone, now=now, what="Ends")
    if ends <= starts:
        ends = forms.instant(f"{day + timedelta(days=1)}T{form.ends.strip()}", zone, now=now, what="Ends")
    with program.database.writing() as session:
        row = rota.pattern.add_slot(
            session,
            forms.rulebook(session, now),
            starts_at=starts,
            ends_at=ends,
            riders=form.riders,
            vehicle=form.vehicle or None,
            place=form.place or form.address,
            where=where,
            by=who.person_id,
            now=now,
        )
    return _back(request, row.monday, id=row.id)


@router.post("/slots/{slot_id}/end")
def end_slot(
    request: Request, who: Desk, session: Writing, now: Now, slot_id: int, reason: Reason = ""
) -> Response:
    """Take work off the rota; its riders are told why."""
    rota.leaving.end_slot(session, slot_id, by=who.person_id, reason=reason, now=now)
    return _back(request, rota.pattern.slot(session, slot_id).monday, id=slot_id)


@router.post("/slots/{slot_id}/put")
def put(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    slot_id: int,
    person_id: Annotated[int | None, Form()] = None,
    reason: Reason = "",
) -> Response:
    """Put a rider on a place; where working time wants a look, with a reason."""
    if person_id is None:
        raise BadInput("Rider: choose whose shift it is.")
    slot = rota.pattern.slot(session, slot_id)
    shift = rota.asking.put(session, slot, person_id, by=who.person_id, now=now, reason=reason)
    planning.wanted(session, now=now)
    return _back(request, slot.monday, id=shift.id)


@router.post("/shifts/{shift_id}/off")
def take_off(
    request: Request, who: Desk, session: Writing, now: Now, shift_id: int, reason: Reason = ""
) -> Response:
    """Take a rider off a place; whoever waits for it is offered it."""
    shift = rota.leaving.take_off(
        session, shifts.get(session, shift_id), by=who.person_id, reason=reason, now=now
    )
    monday = rota.pattern.monday_of(forms.rulebook(session, now).local(shift.planned_start_at).date())
    return _back(request, monday, id=shift_id)


@router.post("/swaps/{swap_id}/agree")
def agree(request: Request, who: Desk, session: Writing, now: Now, swap_id: int) -> Response:
    """Agree to a swap."""
    rota.leaving.agree(session, swap_id, by=who.person_id, now=now)
    return pages.said(request, "/desk/rota", id=swap_id)


@router.post("/swaps/{swap_id}/decline")
def decline(
    request: Request, who: Desk, session: Writing, now: Now, swap_id: int, reason: Reason = ""
) -> Response:
    """Do not agree, and say why."""
    rota.leaving.decline(session, swap_id, by=who.person_id, reason=reason, now=now)
    return pages.said(request, "/desk/rota", id=swap_id)


@router.post("/weeks/{monday}/make")
def make(request: Request, who: Desk, session: Writing, now: Now, monday: date) -> Response:
    """Make a week from the pattern."""
    made = rota.pattern.apply(session, monday, forms.rulebook(session, now), by=who.person_id, now=now)
    return _back(request, monday, made=len(made))


@router.post("/weeks/{monday}/publish")
def publish(request: Request, who: Desk, session: Writing, now: Now, monday: date) -> Response:
    """Put a week up; every rider is told once."""
    rota.pattern.publish(session, monday, forms.rulebook(session, now), by=who.person_id, now=now)
    return _back(request, monday)


@router.post("/riders/{person_id}/young")
def young(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    person_id: int,
    until_on: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Until when a rider counts as a young worker; nothing written takes it back."""
    people.get(session, person_id)
    if not until_on.strip():
        rota.statements.take_back(session, person_id, "young", now=now)
        return pages.said(request, "/desk/rota#hours")
    try:
        day = date.fromisoformat(until_on.strip())
    except ValueError:
        raise BadInput("Turns 18 on: write the day like 2027-03-14.") from None
    rota.statements.state(session, person_id, "young", by=who.person_id, now=now, until_on=day)
    return pages.said(request, "/desk/rota#hours")
