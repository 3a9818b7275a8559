"""An order changes after it was placed: cancelled, or its kitchen late; a rider who has it is told."""

from datetime import datetime

from sqlmodel import Session

from dispatch import attention, events, jobs, offers, orders, planning, shifts
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Order, known


def cancel(session: Session, order: Order, *, reason: str, now: datetime, by: int | None = None) -> Order:
    """Cancel an order wherever it stands before pick-up; a rider who has it is told, a job left empty ends."""
    job = session.get(Job, order.job_id) if order.job_id is not None else None
    if order.delivery == "cancelled":
        return order
    orders.cancelled(session, order, reason=reason, by=by, now=now)
    if job is not None and job.state in LIVE_JOB:
        for stop in jobs.stops_of(session, job):
            if stop.order_id == order.id:
                stop.dropped = True
                session.add(stop)
        session.flush()
        made = any(s.done_at for s in jobs.stops_of(session, job))
        if made or jobs.stops_left(session, job):
            events.write(session, "job_changed", now=now, person_id=job.person_id, job_id=known(job.id))
        if made and not jobs.stops_left(session, job):
            jobs.finish(session, job, now=now)
            shifts.finish_if_asked(session, job.person_id, now=now)
        elif not made and not jobs.stops_left(session, job):
            offers.withdraw(session, job, now=now)
    attention.settle(session, f"unserved:{order.id}", now=now, note="The order was cancelled.")
    planning.wanted(session, now=now)
    return order


def late(session: Session, order: Order, ready_at: datetime, *, now: datetime) -> Order:
    """The kitchen is late (or sooner): a rider who has the job is told, and the evening is planned anew."""
    was = order.ready_at
    orders.late(session, order, ready_at, now=now)
    job = session.get(Job, order.job_id) if order.job_id is not None else None
    if job is not None and job.state in LIVE_JOB and order.ready_at != was:
        for stop in jobs.stops_left(session, job):
            stop.planned_at += order.ready_at - was
            session.add(stop)
        events.write(session, "job_changed", now=now, person_id=job.person_id, job_id=known(job.id))
    planning.wanted(session, now=now)
    return order
