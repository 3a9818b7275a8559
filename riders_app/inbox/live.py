"""What a rider has live, and the words for what was marked of it."""

from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch import jobs, shifts
from dispatch.facts import JobFacts, Marked, ShiftFacts
from dispatch.tables import Job
from riders_app import wording
from riders_app.inbox.house import House

_ENDED_LATELY = timedelta(hours=1)

Live = tuple[tuple[JobFacts, ...], bool, tuple[wording.Turn, ...]]


def live(session: Session, person_id: int, now: datetime) -> Live:
    """The rider's live jobs, whether they are on shift, and which kind of stop each job comes to next."""
    rows = shifts.live_jobs(session, person_id)
    return (
        tuple(jobs.facts(session, job, now=now) for job in rows),
        shifts.current(session, person_id) is not None,
        tuple(turn(session, job) for job in rows),
    )


def turn(session: Session, job: Job) -> wording.Turn:
    left = jobs.stops_left(session, job)
    return "drop" if left and left[0].kind == "drop" else "pickup"


def marked(
    session: Session, person_id: int, told: Marked, now: datetime, house: House, at: datetime | None = None
) -> str:
    """Words for what was marked, with the stop that comes next, or the shift that ended with it."""
    if house.brief:
        return wording.short(told, truly=at, voice=house.voice)
    job = jobs.latest(session, person_id, told.number)
    comes: wording.Turn = turn(session, job) if job is not None else "pickup"
    ended: ShiftFacts | None = None
    if told.next is None and told.verb == "done" and shifts.current(session, person_id) is None:
        shift = shifts.latest(session, person_id, since=now - timedelta(days=1))
        if shift is not None and shift.ended_at is not None and shift.ended_at > now - _ENDED_LATELY:
            ended = shifts.facts(session, shift, now=now)
    link = f"{house.url}/my"
    return wording.marked(told, comes, ended=ended, desk=house.desk, link=link, truly=at, voice=house.voice)
