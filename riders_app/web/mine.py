"""The rider's page itself: the job in hand, the shift, what it has paid, how even the work is, and what was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zlib import crc32

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from dispatch import attention, board, breaks, cases, fairness, jobs, notices, shifts, waiting
from dispatch.tables import Event, Incident, Job, Mark, Notice, Order, Rest, Shift, Stop, known
from dispatch.web import access, live, pages
from dispatch.web.access import Now, Reading, Rider
from payments import books, pay
from riders_app import tables
from riders_app.tables import InboundText, Text
from riders_app.web import cards, shell

router = APIRouter(prefix="/my", include_in_schema=False)

LOOKS_S = 2.0  # between two looks for somebody's open page
SHOWN = 12  # texts of a thread
FEWEST = 3  # riders it takes before a middle says nothing of any one of them


@dataclass(frozen=True, slots=True)
class Standing:
    """What a rider has had for each hour on offer beside all riders, in the rulebook's basis; nobody is named."""

    basis: str
    since: datetime
    mine: float
    middle: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a rider's thread, in local time."""

    theirs: bool
    body: str
    at: datetime


@router.get("")
def my(request: Request, who: Rider, session: Reading, now: Now) -> Response:
    """My jobs, my shift."""
    zone = cards.own_time(session, now=now)
    shift = shifts.current(session, who.person_id)
    facts = board.pay_so_far(session, who.person_id, now=now)
    mine = cards.cards(session, who.person_id, now=now)
    return pages.render(
        request,
        "rider/my.html",
        **shell.page(request),
        **_shift(session, who.person_id, shift, now),
        cards=mine,
        planned={card.id: _planned(session, card.id) for card in mine},
        said=cards.last_said(session, who.person_id, zone, now=now),
        shift=facts,
        tips=_tips(session, who.person_id, facts.started_at, facts.ended_at, now) if facts else 0,
        to_read={card.id: bool(notices.open_of(session, jobs.get(session, card.id))) for card in mine},
        late={card.id: attention.still_open(session, f"rider-late:{card.id}") for card in mine},
        trouble=cases.trouble_of(session, who.person_id),
        wait=waiting.hint(session, who.person_id, now=now) if shift is not None and not mine else None,
        even=standing(session, who.person_id, now=now),
        thread=thread(session, who.person_id, now=now),
        duty_phone=access.program(request).settings.on_duty_phone,
        at=now.astimezone(zone),
        change=change(session, who.person_id),
    )


def _shift(session: Session, person_id: int, shift: Shift | None, now: datetime) -> dict[str, Any]:
    """The shift that is on, its rests, and what is planned."""
    zone = cards.own_time(session, now=now)
    rests = breaks.of(session, [] if shift is None else [known(shift.id)])
    return {
        "on": shift is not None,
        "desk_asked": shift is None and attention.raised_since(session, f"unplanned:{person_id}", now),
        "leaving": shift is not None and shift.off_asked_at is not None,
        "rests": [
            (r.starts_at.astimezone(zone), r.ends_at.astimezone(zone)) for r in rests if r.ends_at > now
        ],
        "coming": [
            (row.planned_start_at.astimezone(zone), row.planned_end_at.astimezone(zone))
            for row in cards.coming(session, person_id, now=now)
        ],
    }


def _planned(session: Session, job_id: int) -> str:
    """When the last stop of a job is planned: what a late form carries along."""
    left = jobs.stops_left(session, jobs.get(session, job_id))
    return left[-1].planned_at.isoformat() if left else ""


def _tips(
    session: Session, person_id: int, since: datetime | None, until: datetime | None, now: datetime
) -> int:
    if since is None:
        return 0
    until = (until or now) + timedelta(seconds=1)  # a tip of this very instant counts
    return pay.rider_statement(session, person_id, since=since, until=until).tips_minor


def standing(session: Session, person_id: int, *, now: datetime) -> Standing | None:
    """Where a rider stands beside the others; None while there are too few for a middle that names nobody."""
    rules = books.in_force(session, at=now)[1]
    account = fairness.account(session, rules, now=now)
    rates = sorted(account.had.get(i, 0.0) / hours for i, hours in account.hours.items() if hours >= 0.25)
    hours = account.hours.get(person_id, 0.0)
    if len(rates) < FEWEST or hours < 0.25:
        return None
    return Standing(
        basis=rules.dispatch.fairness_basis,
        since=rules.local(account.since),
        mine=account.had.get(person_id, 0.0) / hours,
        middle=sum(account.had.values()) / sum(account.hours.values()),
        least=rates[0],
        most=rates[-1],
    )


def thread(session: Session, person_id: int, *, now: datetime) -> Sequence[Said]:
    """What was written to a rider and by them, newest first.

    What names a customer's door is shown only while the job is live, so texts of jobs that are over are left out,
    and so are answers to a rider's own texts, which may name the next door: they are on the phone that asked.
    """
    zone = cards.own_time(session, now=now)
    live_jobs = [known(job.id) for job in shifts.live_jobs(session, person_id)]
    no_job = and_(col(Event.job_id).is_(None), col(Event.order_id).is_(None))
    ours = session.exec(
        select(Text)
        .join(Event, col(Event.id) == col(Text.event_id))
        .where(Text.person_id == person_id, col(Text.body).is_not(None), Text.body != "")
        .where(or_(no_job, col(Event.job_id).in_(live_jobs)))
        .order_by(col(Text.id).desc())
        .limit(SHOWN)
    ).all()
    theirs = session.exec(
        select(InboundText)
        .where(InboundText.person_id == person_id, InboundText.body != "")
        .order_by(col(InboundText.id).desc())
        .limit(SHOWN)
    ).all()
    lines = [Said(True, row.body, row.received_at.astimezone(zone)) for row in theirs]
    lines += [Said(False, row.body or "", row.created_at.astimezone(zone)) for row in ours]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:SHOWN]


def change(session: Session, person_id: int) -> int:
    """A number that stays while nothing on a rider's page moves, and moves when something does."""
    live_jobs = [known(job.id) for job in shifts.live_jobs(session, person_id)]
    asked = (
        select(func.max(col(Event.id))).where(Event.person_id == person_id),
        select(func.max(col(Text.id))).where(Text.person_id == person_id),
        select(func.max(col(InboundText.id))).where(InboundText.person_id == person_id),
        select(func.max(col(tables.Tap.id))).where(tables.Tap.person_id == person_id),
        select(func.max(col(Mark.id)), func.max(col(Mark.undone_at))).where(Mark.person_id == person_id),
        select(col(Job.id), col(Job.state), col(Job.number), col(Job.answer_by)).where(
            col(Job.id).in_(live_jobs)
        ),
        select(
            col(Stop.id),
            col(Stop.seq),
            col(Stop.done_at),
            col(Stop.planned_at),
        )
        .where(col(Stop.job_id).in_(live_jobs), col(Stop.dropped).is_(False))
        .order_by(col(Stop.id)),
        select(col(Stop.id), col(Order.ready_at))
        .join(Order, col(Order.id) == col(Stop.order_id))
        .where(col(Stop.job_id).in_(live_jobs))
        .order_by(col(Stop.id)),
        select(func.count(), func.count(col(Incident.closed_at))).where(Incident.person_id == person_id),
        select(func.count(), func.count(col(Notice.acknowledged_at))).where(
            col(Notice.job_id).in_(live_jobs)
        ),
        select(col(Shift.id), col(Shift.state), col(Shift.off_asked_at), col(Shift.planned_end_at))
        .where(Shift.person_id == person_id)
        .order_by(col(Shift.id).desc())
        .limit(5),
        select(func.max(col(Rest.id)), func.max(col(Rest.ends_at)))
        .join(Shift, col(Shift.id) == col(Rest.shift_id))
        .where(Shift.person_id == person_id),
    )
    seen = [[tuple(row) for row in session.connection().execute(query)] for query in asked]
    return crc32(repr(seen).encode())


@router.get("/events")
async def stream(request: Request, who: Rider) -> StreamingResponse:
    """The newest change of my page, as a stream of events."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    looks = live.changes(access.program(request), partial(change, person_id=who.person_id), each_s=LOOKS_S)
    return StreamingResponse(looks, media_type="text/event-stream", headers=headers)
