"""The rider's page: the job in hand, one button a step, the shift, and what it has paid so far."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import AwareDatetime
from sqlmodel import Session

from dispatch import (
    attention,
    board,
    breaks,
    deliveries,
    incidents,
    jobs,
    notices,
    offers,
    people,
    planning,
    resting,
    shifts,
    starting,
    waiting,
)
from dispatch.errors import BadInput
from dispatch.facts import Marked, Point
from dispatch.people import Who
from dispatch.tables import Shift, known
from dispatch.web import access, pages
from dispatch.web.access import Now, Reading, Rider, Writing
from payments import pay
from riders_app.web import cards
from riders_app.wording import LANGUAGES

router = APIRouter(prefix="/my", dependencies=[Depends(access.ours)], include_in_schema=False)

Number = Annotated[int | None, Form()]


@router.get("")
def my(request: Request, who: Rider, session: Reading, now: Now) -> Response:
    """My jobs, my shift."""
    zone = cards.own_time(session, now=now)
    shift = shifts.current(session, who.person_id)
    facts = board.pay_so_far(session, who.person_id, now=now)
    tips = 0
    if facts is not None and facts.started_at is not None:
        until = (facts.ended_at or now) + timedelta(seconds=1)  # a tip of this very instant counts
        earned = pay.rider_statement(session, who.person_id, since=facts.started_at, until=until)
        tips = earned.tips_minor
    mine = cards.cards(session, who.person_id, now=now)
    return pages.render(
        request,
        "rider/my.html",
        cards=mine,
        planned={card.id: _planned(session, card.id) for card in mine},
        said=cards.last_said(session, who.person_id, zone, now=now),
        shift=facts,
        on=shift is not None,
        leaving=shift is not None and shift.off_asked_at is not None,
        tips=tips,
        rests=_rests(session, shift, now),
        desk_asked=shift is None and attention.raised_since(session, f"unplanned:{who.person_id}", now),
        coming=[
            (row.planned_start_at.astimezone(zone), row.planned_end_at.astimezone(zone))
            for row in cards.coming(session, who.person_id, now=now)
        ],
        asks={card.id: cards.asked_of(session, card, now=now) for card in mine},
        to_read={card.id: bool(notices.open_of(session, jobs.get(session, card.id))) for card in mine},
        wait=waiting.hint(session, who.person_id, now=now) if shift is not None and not mine else None,
        languages=LANGUAGES,
        duty_phone=access.program(request).settings.on_duty_phone,
        at=now.astimezone(zone),
    )


def _rests(session: Session, shift: Shift | None, now: datetime) -> list[tuple[datetime, datetime]]:
    """The breaks of a shift that are still to come or on, in local time."""
    zone = cards.own_time(session, now=now)
    rows = breaks.of(session, [] if shift is None else [known(shift.id)])
    return [(r.starts_at.astimezone(zone), r.ends_at.astimezone(zone)) for r in rows if r.ends_at > now]


def _planned(session: Session, job_id: int) -> str:
    """When the last stop of a job is planned: what a late form carries along."""
    left = jobs.stops_left(session, jobs.get(session, job_id))
    return left[-1].planned_at.isoformat() if left else ""


def answered(request: Request, session: Session, who: Who, told: Marked | None, now: datetime) -> Response:
    """Back to the page; whoever taps is there, and is offered jobs again."""
    shifts.heard_from(session, who.person_id, now=now)
    planning.wanted(session, now=now)
    if told is None:
        return pages.said(request, "/my")
    return pages.said(
        request,
        "/my",
        verb=told.verb,
        number=told.number,
        letters=list(told.letters),
        references=list(told.references),
        repeated=told.repeated,
    )


@router.post("/take")
def take(request: Request, who: Rider, session: Writing, now: Now, number: Number = None) -> Response:
    """Take a job."""
    return answered(request, session, who, offers.take(session, who.person_id, number, now=now), now)


@router.post("/pass")
def pass_on(request: Request, who: Rider, session: Writing, now: Now, number: Number = None) -> Response:
    """Pass on a job: no blame is kept."""
    return answered(request, session, who, offers.refuse(session, who.person_id, number, now=now), now)


@router.post("/here")
def here(request: Request, who: Rider, session: Writing, now: Now, number: Number = None) -> Response:
    """I am at the next stop."""
    return answered(request, session, who, deliveries.here(session, who.person_id, number, now=now), now)


@router.post("/got")
def got(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    number: Number = None,
    visit: Annotated[int | None, Form()] = None,
) -> Response:
    """The food is collected. `visit` says at which call, so that a button tapped twice counts once."""
    if visit is not None:
        job = jobs.find(session, who.person_id, number, ("taken",))
        left = [s.visit for s in jobs.stops_left(session, job) if s.kind == "pickup"]
        if visit not in left[:1]:
            return answered(request, session, who, None, now)
    told = deliveries.got(session, who.person_id, number, now=now, visit=visit)
    return answered(request, session, who, told, now)


@router.post("/done")
def done(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    number: Number = None,
    letters: Annotated[str, Form(max_length=60)] = "",
    everything: Annotated[bool, Form()] = False,
) -> Response:
    """Delivered: the next drop, or those named."""
    named = tuple(c for c in letters.upper() if c.isalpha())
    told = deliveries.done(session, who.person_id, number, letters=named, everything=everything, now=now)
    return answered(request, session, who, told, now)


@router.post("/undo")
def undo(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    mark: Annotated[int | None, Form()] = None,
) -> Response:
    """Take back what I said last. `mark` says what that was, so that a button tapped twice counts once."""
    if mark is not None:
        last = cards.last_said(session, who.person_id, cards.own_time(session, now=now), now=now)
        if last is not None and last.mark_id != mark:
            return answered(request, session, who, None, now)
    return answered(request, session, who, deliveries.undo(session, who.person_id, now=now), now)


@router.post("/late")
def late(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    number: Number = None,
    minutes: Annotated[int | None, Form()] = None,
    planned: Annotated[AwareDatetime | None, Form()] = None,
) -> Response:
    """I am running late. `planned` is when the last stop was planned, so that a button tapped twice counts once."""
    if minutes is None:
        raise BadInput("Say how many minutes late, from 1 to 120.")
    if planned is not None:
        left = jobs.stops_left(session, jobs.find(session, who.person_id, number, ("taken",)))
        if left and left[-1].planned_at - planned == timedelta(minutes=minutes):  # they stand already
            return answered(request, session, who, None, now)
    told = incidents.late(session, who.person_id, number, minutes, now=now)
    return answered(request, session, who, told, now)


@router.post("/trouble")
def trouble(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    number: Number = None,
    words: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Something is wrong: the desk is told at once."""
    told = incidents.trouble(session, who.person_id, number, words=words, now=now)
    return answered(request, session, who, told, now)


@router.post("/on")
def on(request: Request, who: Rider, session: Writing, now: Now) -> Response:
    """Start my shift."""
    if starting.on(session, who.person_id, now=now) is None:
        return pages.said(request, "/my", asked=True)
    return answered(request, session, who, None, now)


@router.post("/off")
def off(request: Request, who: Rider, session: Writing, now: Now) -> Response:
    """End my shift, once what I carry is delivered."""
    deliveries.off(session, who.person_id, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/my")


@router.post("/break")
def take_break(request: Request, who: Rider, session: Writing, now: Now) -> Response:
    """My break begins now, with no food on board."""
    resting.rest(session, who.person_id, now=now)
    return answered(request, session, who, None, now)


@router.post("/language")
def language(
    request: Request, who: Rider, session: Writing, language: Annotated[str, Form(max_length=5)] = ""
) -> Response:
    """The language of my texts."""
    people.speak(session, who.person_id, language)
    return pages.said(request, "/my")


@router.post("/point")
def point(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    lat: Annotated[float, Form(ge=-90, le=90)],
    lon: Annotated[float, Form(ge=-180, le=180)],
) -> Response:
    """Where I am, told by me."""
    deliveries.report_point(session, who.person_id, Point(lat, lon), now=now)
    return answered(request, session, who, None, now)
