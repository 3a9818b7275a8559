"""What a rider presses on their page: each step of a job, late, trouble, the shift; each counted once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import AwareDatetime
from sqlmodel import Session

from dispatch import (
    attention,
    deliveries,
    incidents,
    jobs,
    notices,
    offers,
    planning,
    resting,
    shifts,
    starting,
)
from dispatch.errors import BadInput, NothingToUndo, ProofWrong, WrongState
from dispatch.facts import Marked, Point
from dispatch.people import Who
from dispatch.tables import Mark
from dispatch.web import access, errors, pages
from dispatch.web.access import Now, Rider, Writing
from riders_app import desk, taps
from riders_app.taps import Outcome, Press
from riders_app.web import cards

router = APIRouter(prefix="/my", dependencies=[Depends(access.ours)], include_in_schema=False)

Number = Annotated[int | None, Form()]
Letters = Annotated[str, Form(max_length=60)]
Words = Annotated[str, Form(max_length=500)]


def press(
    key: Annotated[str, Form(max_length=64, pattern=r"^[A-Za-z0-9-]*$")] = "",
    at: Annotated[AwareDatetime | None, Form()] = None,
    waited: Annotated[bool, Form()] = False,
    job: Annotated[int | None, Form()] = None,
) -> Press:
    """What the page's script says of a press; nothing at all without one."""
    return Press(key, at, waited, job)


Pressed = Annotated[Press, Depends(press)]


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


def counted(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    pressed: Press,
    verb: str,
    act: Callable[[datetime | None], Marked | None],
) -> Response:
    """Do what was pressed, once; what cannot count is answered, and what is written down of it stays."""
    outcome = taps.once(session, who.person_id, pressed, verb, act, now=now)
    if isinstance(outcome.error, ProofWrong):
        desk.wrong_code(session, who.person_id, outcome.error, now=now)
    if outcome.error is not None:
        return refused(request, outcome)
    return answered(request, session, who, outcome.told, now)


def refused(request: Request, outcome: Outcome) -> Response:
    """Why a press could not count, and whether a person has been told: the page says so only if it is true."""
    answer = errors.answer(request, outcome.error or WrongState())
    if outcome.desk:
        answer.headers["x-desk"] = "told"
    return answer


@router.post("/take")
def take(
    request: Request, who: Rider, session: Writing, now: Now, pressed: Pressed, number: Number = None
) -> Response:
    """Take a job."""

    def act(_at: datetime | None) -> Marked:
        return offers.take(
            session, who.person_id, taps.meant(session, who.person_id, number, pressed), now=now
        )

    return counted(request, who, session, now, pressed, "Take", act)


@router.post("/pass")
def pass_on(
    request: Request, who: Rider, session: Writing, now: Now, pressed: Pressed, number: Number = None
) -> Response:
    """Pass on a job: no blame is kept."""

    def act(_at: datetime | None) -> Marked:
        return offers.refuse(
            session, who.person_id, taps.meant(session, who.person_id, number, pressed), now=now
        )

    return counted(request, who, session, now, pressed, "Pass", act)


@router.post("/here")
def here(
    request: Request, who: Rider, session: Writing, now: Now, pressed: Pressed, number: Number = None
) -> Response:
    """I am at the next stop."""

    def act(at: datetime | None) -> Marked:
        mine = taps.meant(session, who.person_id, number, pressed)
        return deliveries.here(
            session, who.person_id, mine, now=now, at=taps.since_taken(session, pressed, at)
        )

    return counted(request, who, session, now, pressed, "I am there", act)


@router.post("/got")
def got(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    pressed: Pressed,
    number: Number = None,
    visit: Annotated[int | None, Form()] = None,
) -> Response:
    """The food is collected. `visit` says at which call, so that a button tapped twice counts once."""

    def act(at: datetime | None) -> Marked | None:
        mine = taps.meant(session, who.person_id, number, pressed)
        if visit is not None:
            job = jobs.find(session, who.person_id, mine, ("taken",))
            left = [s.visit for s in jobs.stops_left(session, job) if s.kind == "pickup"]
            if visit not in left:
                return None
            if visit != left[0]:
                raise WrongState("Another restaurant of this job comes first.")
        when = taps.since_taken(session, pressed, at)
        return deliveries.got(session, who.person_id, mine, now=now, at=when, visit=visit)

    return counted(request, who, session, now, pressed, "Got it", act)


@router.post("/done")
def done(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    pressed: Pressed,
    number: Number = None,
    letters: Letters = "",
    everything: Annotated[bool, Form()] = False,
) -> Response:
    """Delivered: the next drop, or those named."""
    named = tuple(c for c in letters.upper() if c.isalpha())

    def act(at: datetime | None) -> Marked:
        mine = taps.meant(session, who.person_id, number, pressed)
        when = taps.since_taken(session, pressed, at)
        return deliveries.done(
            session, who.person_id, mine, letters=named, everything=everything, at=when, now=now
        )

    return counted(request, who, session, now, pressed, "Delivered", act)


@router.post("/undo")
def undo(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    pressed: Pressed,
    mark: Annotated[int | None, Form()] = None,
) -> Response:
    """Take back what I said last. `mark` says what that was, so that a button tapped twice counts once."""

    def act(_at: datetime | None) -> Marked | None:
        if mark is not None:
            row = session.get(Mark, mark)
            if row is not None and row.person_id == who.person_id and row.undone_at is not None:
                return None
            zone = cards.own_time(session, now=now)
            last = cards.last_said(session, who.person_id, zone, now=now)
            if last is not None and last.mark_id != mark:
                raise NothingToUndo("Something else was said since: look again, then undo that.")
        return deliveries.undo(session, who.person_id, now=now)

    return counted(request, who, session, now, pressed, "Undo", act)


@router.post("/late")
def late(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    pressed: Pressed,
    number: Number = None,
    minutes: Annotated[int | None, Form()] = None,
    planned: Annotated[AwareDatetime | None, Form()] = None,
) -> Response:
    """I am running late. `planned` is when the last stop was planned, so that a button tapped twice counts once."""

    def act(_at: datetime | None) -> Marked | None:
        if minutes is None:
            raise BadInput("Say how many minutes late, from 1 to 120.")
        mine = taps.meant(session, who.person_id, number, pressed)
        if planned is not None:
            left = jobs.stops_left(session, jobs.find(session, who.person_id, mine, ("taken",)))
            if left and left[-1].planned_at - planned == timedelta(minutes=minutes):  # they stand already
                return None
        return incidents.late(session, who.person_id, mine, minutes, now=now)

    return counted(request, who, session, now, pressed, "I am late", act)


@router.post("/trouble")
def trouble(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    pressed: Pressed,
    number: Number = None,
    words: Words = "",
) -> Response:
    """Something is wrong: the desk is told at once."""

    def act(at: datetime | None) -> Marked | None:
        said = f"{words} (pressed at {local(session, at, now)}, out of reach)".strip() if at else words
        return incidents.trouble(session, who.person_id, number, words=said, now=now)

    return counted(request, who, session, now, pressed, "Trouble", act)


def local(session: Session, at: datetime, now: datetime) -> str:
    """An instant as the co-op's clocks show it."""
    return pages.hm(at.astimezone(cards.own_time(session, now=now)))


@router.post("/acknowledge")
def acknowledge(
    request: Request, who: Rider, session: Writing, now: Now, pressed: Pressed, number: Number = None
) -> Response:
    """I have read what changed."""

    def act(_at: datetime | None) -> Marked:
        mine = taps.meant(session, who.person_id, number, pressed)
        return notices.acknowledge(session, who.person_id, mine, now=now)

    return counted(request, who, session, now, pressed, "I have read it", act)


@router.post("/on")
def on(request: Request, who: Rider, session: Writing, now: Now, pressed: Pressed) -> Response:
    """Start my shift."""

    def act(at: datetime | None) -> None:
        shift = starting.on(session, who.person_id, now=now)
        _by_the_clock(session, who, shift.id if shift is not None else None, "start", at, now=now)

    return counted(request, who, session, now, pressed, "Start my shift", act)


@router.post("/off")
def off(request: Request, who: Rider, session: Writing, now: Now, pressed: Pressed) -> Response:
    """End my shift, once what I carry is delivered."""

    def act(at: datetime | None) -> None:
        shift = deliveries.off(session, who.person_id, now=now)
        _by_the_clock(session, who, shift.id, "end", at, now=now)
        planning.wanted(session, now=now)

    outcome = taps.once(session, who.person_id, pressed, "End my shift", act, now=now)
    return refused(request, outcome) if outcome.error else pages.said(request, "/my")


@router.post("/break")
def take_break(request: Request, who: Rider, session: Writing, now: Now, pressed: Pressed) -> Response:
    """My break begins now, with no food on board."""

    def act(_at: datetime | None) -> None:
        resting.rest(session, who.person_id, now=now)

    return counted(request, who, session, now, pressed, "Take my break", act)


def _by_the_clock(
    session: Session, who: Who, shift_id: int | None, what: str, at: datetime | None, *, now: datetime
) -> None:
    """A start or end that waited counts from when it reached us; a person sets the clock of pay to what is true."""
    if at is not None:
        attention.raise_(
            session,
            "shift_waited",
            f"shift-waited:{shift_id}:{what}",
            f"A rider pressed {what} at {local(session, at, now)}, out of reach; it counts from"
            f" {local(session, now, now)}, when it reached us. Set the {what} of their shift if that is not right.",
            now=now,
            person_id=who.person_id,
            shift_id=shift_id,
        )


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
