"""When something goes wrong on the road: late, trouble, a contested decision, food that could not be delivered."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import attention, cards, deliveries, events, jobs, orders, planning, shifts
from dispatch.errors import BadInput, NoSuchJob, WrongState
from dispatch.facts import Marked
from dispatch.refunds import give_back
from dispatch.states import DELIVERY, LIVE_JOB, PAYMENT, move
from dispatch.tables import Contest, Job, Order, Shift, known

CONTEST_DAYS = timedelta(days=14)


def late(session: Session, person_id: int, number: int | None, minutes: int, *, now: datetime) -> Marked:
    """The rider says they are running late: the stops to come move, and the desk sees it."""
    if not 1 <= minutes <= 120:
        raise BadInput("Say how many minutes late, from 1 to 120.")
    job = deliveries.taken(session, person_id, number, now=now, by=None)
    left = jobs.stops_left(session, job)
    for stop in left:
        stop.planned_at += timedelta(minutes=minutes)
        session.add(stop)
    attention.raise_(
        session,
        "rider_late",
        f"rider-late:{job.id}",
        f"Job {job.number}: its rider says {minutes} minutes late.",
        now=now,
        person_id=person_id,
        job_id=known(job.id),
    )
    planning.wanted(session, now=now)
    return jobs.marked(session, "late", job, [s for s in left if s.kind == "drop"], now=now)


def trouble(
    session: Session, person_id: int, number: int | None, *, words: str, now: datetime
) -> Marked | None:
    """Something is wrong: a person must look at once. Works with no job too (the answer is then None)."""
    try:
        job: Job | None = jobs.find(session, person_id, number, LIVE_JOB)
    except NoSuchJob:
        job = None
    attention.raise_(
        session,
        "trouble",
        f"trouble:{person_id}:{job.id if job else 'none'}",
        f"Trouble{f' on job {job.number}' if job else ''}: phone the rider now.",
        now=now,
        person_id=person_id,
        job_id=known(job.id) if job else None,
    )
    return jobs.marked(session, "trouble", job, [], now=now) if job else None


def contest(session: Session, person_id: int, number: int | None, words: str, *, now: datetime) -> Contest:
    """A rider says a decision was wrong: a case opens, to be answered by a named person within fourteen days."""
    job = None
    if number is not None:
        job = session.exec(
            select(Job)
            .where(Job.person_id == person_id, Job.number == number)
            .order_by(col(Job.id).desc())
            .limit(1)
        ).first()
        if job is None:
            raise NoSuchJob(f"You have had no job {number}.", number=number)
    shift = session.exec(
        select(Shift).where(Shift.person_id == person_id).order_by(col(Shift.id).desc()).limit(1)
    ).first()
    case = Contest(
        person_id=person_id,
        job_id=job.id if job else None,
        shift_id=shift.id if shift and not job else None,
        words=words.strip(),
        opened_at=now,
        due_at=now + CONTEST_DAYS,
    )
    session.add(case)
    session.flush()
    attention.raise_(
        session,
        "contest",
        f"contest:{case.id}",
        f"A rider contests {f'job {job.number}' if job else 'a decision'}: answer by {case.due_at:%d %B}.",
        now=now,
        person_id=person_id,
        job_id=known(job.id) if job else None,
    )
    return case


def close_contest(session: Session, contest_id: int, *, by: int, outcome: str, now: datetime) -> Contest:
    """A named person answers a contest, in writing."""
    case = session.get(Contest, contest_id)
    if case is None:
        raise BadInput("There is no such case.")
    if not outcome.strip():
        raise BadInput("Write down the outcome and its reason.")
    if case.closed_at is None:
        case.closed_at, case.closed_by, case.outcome = now, by, outcome.strip()
        session.add(case)
        attention.settle(session, f"contest:{case.id}", now=now, note="Answered.")
    return case


def failed(session: Session, order: Order, how: str, *, by: int, reason: str, now: datetime) -> Order:
    """A dispatcher records that carried food could not be delivered: returned to its restaurant, or abandoned.

    Who is paid, what goes back and who bears it is the rulebook's rule for food that was picked up; the rider
    never bears it.
    """
    if how not in ("returned", "abandoned"):
        raise BadInput("Food that could not be delivered is either returned or abandoned.")
    if not reason.strip():
        raise BadInput("Write down what happened.")
    if order.delivery != "carried" or order.job_id is None:
        raise WrongState("Only food a rider is carrying can fail to be delivered.")
    job = session.get(Job, order.job_id)
    move(order, "delivery", DELIVERY, "failed")
    move(order, "delivery", DELIVERY, how)
    move(order, "payment", PAYMENT, "compensated")
    order.cancelled_at, order.cancel_reason = now, reason.strip()
    session.add(order)
    session.flush()
    give_back(session, order, orders.money(order), stage="picked_up", reason=reason.strip(), by=by, now=now)
    cards.follow(session, order, now=now)
    if job is not None:
        for stop in jobs.stops_of(session, job):
            if stop.order_id == order.id and stop.done_at is None:
                stop.dropped = True
                session.add(stop)
        session.flush()
        events.write(session, "job_changed", now=now, person_id=job.person_id, job_id=known(job.id))
        if job.state in LIVE_JOB and not jobs.stops_left(session, job):
            jobs.finish(session, job, now=now)
            shifts.finish_if_asked(session, job.person_id, now=now)
    planning.wanted(session, now=now)
    return order
