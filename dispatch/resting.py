"""A rider takes their break now: what was put to them goes to others, as long as no food is on board."""

from datetime import datetime

from sqlmodel import Session

from dispatch import breaks, events, jobs, offers, planning, shifts
from dispatch.errors import NotOnShift, WrongState
from dispatch.tables import Job, Rest, known


def rest(session: Session, person_id: int, *, now: datetime) -> Rest:
    """The rider's break begins now, said twice it is one. Jobs they have not collected for go to others, unblamed.

    WrongState with food on board: that is delivered first.
    """
    shift = shifts.current(session, person_id)
    if shift is None:
        raise NotOnShift
    live = shifts.live_jobs(session, person_id)
    carrying = [job for job in live if _on_board(session, job)]
    if carrying:
        raise WrongState(
            "You have food of job {number} on board: deliver it, then text BREAK.", number=carrying[0].number
        )
    row = breaks.begin(session, shift, now=now)
    for job in live:
        taken = job.state == "taken"
        offers.release(session, job, "withdrawn", now=now, why="withdrawn")
        if taken:
            events.write(session, "offer_withdrawn", now=now, person_id=person_id, job_id=known(job.id))
    planning.wanted(session, now=now)
    return row


def _on_board(session: Session, job: Job) -> bool:
    """Whether food of this job was collected and not yet handed over."""
    got = {stop.order_id for stop in jobs.stops_of(session, job) if stop.kind == "pickup" and stop.done_at}
    return any(stop.kind == "drop" and stop.order_id in got for stop in jobs.stops_left(session, job))
