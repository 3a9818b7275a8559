"""What a rider must confirm to have read (a changed address, a job handed to them), and whether they did."""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import attention, jobs
from dispatch.errors import NoSuchJob
from dispatch.facts import Marked
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Notice, Order, known
from payments import books

_OPEN = (
    col(Notice.acknowledged_at).is_(None),
    col(Notice.withdrawn_at).is_(None),
)
_NEXT = select(func.min(Notice.ring_at)).where(*_OPEN, col(Notice.rung_at).is_(None))
_SAYS = {
    "address": "a rider was told of a changed address and has not confirmed it: phone them.",
    "handover": "a rider was handed this job and has not confirmed it: phone them.",
}


def give(
    session: Session, kind: str, job: Job, *, now: datetime, order: Order | None = None, by: int | None = None
) -> Notice:
    """Note that a job's rider must confirm something; a newer notice of the same thing takes the older's place."""
    order_id = None if order is None else order.id
    for earlier in open_of(session, job):
        if (earlier.kind, earlier.order_id) == (kind, order_id):
            earlier.withdrawn_at = now
            session.add(earlier)
    within = timedelta(seconds=books.in_force(session, at=now)[1].dispatch.acknowledge_within_s)
    row = Notice(
        kind=kind, job_id=known(job.id), order_id=order_id, by_person_id=by, at=now, ring_at=now + within
    )
    session.add(row)
    session.flush()
    return row


def open_of(session: Session, job: Job) -> list[Notice]:
    """What a job's rider has not confirmed yet."""
    return list(session.exec(select(Notice).where(Notice.job_id == job.id, *_OPEN)).all())


def acknowledge(
    session: Session, person_id: int, number: int | None, *, now: datetime, by: int | None = None
) -> Marked:
    """The rider has read it: every open notice of the job meant. Said again, it changes nothing."""
    job = _meant(session, person_id, number)
    rows = open_of(session, job)
    for row in rows:
        row.acknowledged_at, row.acknowledged_by = now, by or person_id
        session.add(row)
        attention.settle(session, _key(row), now=now, note="The rider has confirmed it.")
    session.flush()
    return jobs.marked(session, "acknowledged", job, [], now=now, repeated=not rows)


def asked(session: Session, person_id: int, number: int | None) -> bool:
    """Whether a rider who confirms can mean something: "OK" alone often only means that they have read an offer."""
    query = (
        select(Notice.id)
        .join(Job, col(Job.id) == col(Notice.job_id))
        .where(Job.person_id == person_id, col(Notice.withdrawn_at).is_(None))
        .limit(1)
    )
    meant = col(Job.state).in_(LIVE_JOB) if number is None else col(Job.number) == number
    query = query.where(meant)
    return session.exec(query).first() is not None


def _meant(session: Session, person_id: int, number: int | None) -> Job:
    """The job by its number; without one, the only job that has something to confirm, or the only live one."""
    if number is None:
        query = (
            select(Job)
            .join(Notice, col(Notice.job_id) == col(Job.id))
            .where(Job.person_id == person_id, col(Job.state).in_(LIVE_JOB), *_OPEN)
            .distinct()
        )
        waiting = session.exec(query).all()
        if len(waiting) == 1:
            return waiting[0]
    try:
        return jobs.find(session, person_id, number, LIVE_JOB)
    except NoSuchJob:
        latest = jobs.latest(session, person_id, number) if number is not None else None
        if latest is None:
            raise
        return latest


def next_due(session: Session) -> datetime | None:
    """When the first notice has waited too long."""
    return session.connection().scalar(_NEXT)


def ring_overdue(session: Session, *, now: datetime) -> int:
    """Ring the desk about what no rider confirmed in time, once each; how many."""
    rows = session.exec(
        select(Notice, Job)
        .join(Job, col(Job.id) == col(Notice.job_id))
        .where(*_OPEN, col(Notice.rung_at).is_(None), Notice.ring_at <= now)
        .order_by(col(Notice.id))
    ).all()
    for row, job in rows:
        if job.state not in LIVE_JOB:  # over, one way or another
            row.withdrawn_at = now
        else:
            row.rung_at = now
            attention.raise_(
                session,
                "unconfirmed",
                _key(row),
                f"Job {job.number}: {_SAYS[row.kind]}",
                now=now,
                person_id=job.person_id,
                order_id=row.order_id,
                job_id=known(job.id),
                ring=True,
            )
        session.add(row)
    session.flush()
    return len(rows)


def _key(row: Notice) -> str:
    return f"notice:{row.id}"
