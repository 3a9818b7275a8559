"""When something goes wrong on the road: late, trouble, food that could not be delivered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch import attention, cards, cases, deliveries, events, jobs, orders, people, planning, shifts
from dispatch.errors import BadInput, NoSuchJob, WrongState
from dispatch.facts import Marked
from dispatch.refunds import give_back
from dispatch.states import DELIVERY, LIVE_JOB, PAYMENT, move
from dispatch.tables import Job, Order, Stop, known


def late(session: Session, person_id: int, number: int | None, minutes: int, *, now: datetime) -> Marked:
    """The rider says they are running late: the stops to come move, the evening is planned anew.

    The desk sees it; restaurants whose food is still to be fetched are told, and customers who will get theirs
    after the time they were promised.
    """
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
    _tell_of_lateness(session, left, now=now)
    planning.wanted(session, now=now)
    return jobs.marked(session, "late", job, [s for s in left if s.kind == "drop"], now=now)


def _tell_of_lateness(session: Session, left: Sequence[Stop], *, now: datetime) -> None:
    """Who must know that these stops are later: each restaurant once a call, each customer past their promise."""
    calls: set[int] = set()
    for stop in left:
        order = orders.by_id(session, stop.order_id)
        if stop.meeting:
            continue
        if stop.kind == "pickup" and stop.visit not in calls:
            calls.add(stop.visit)
            for person_id in people.of_restaurant(session, order.restaurant_id):
                events.write(
                    session,
                    "rider_late",
                    now=now,
                    person_id=person_id,
                    order_id=known(order.id),
                    job_id=stop.job_id,
                )
        if (
            stop.kind == "drop"
            and stop.planned_at > order.promise_at
            and orders.contact(session, known(order.id)).phone
        ):
            events.write(session, "order_late", now=now, order_id=known(order.id))


def trouble(
    session: Session, person_id: int, number: int | None, *, words: str, now: datetime
) -> Marked | None:
    """Something is wrong: an incident opens, and the desk is rung until somebody has it.

    Works with no job too (the answer is then None).
    """
    try:
        job: Job | None = jobs.find(session, person_id, number, LIVE_JOB)
    except NoSuchJob:
        job = None
    job_id = known(job.id) if job else None
    cases.open_(session, "trouble", person_id=person_id, job_id=job_id, words=words, by=person_id, now=now)
    attention.raise_(
        session,
        "trouble",
        f"trouble:{person_id}:{job.id if job else 'none'}",
        f"Trouble{f' on job {job.number}' if job else ''}: phone the rider now.",
        now=now,
        person_id=person_id,
        job_id=job_id,
        ring=True,
    )
    return jobs.marked(session, "trouble", job, [], now=now) if job else None


def failed(
    session: Session, order: Order, how: str, *, by: int, reason: str, now: datetime, tell: bool = True
) -> Order:
    """A dispatcher records that carried food could not be delivered: returned to its restaurant, or abandoned.

    Who is paid, what goes back and who bears it is the rulebook's rule for food that was picked up; the rider
    never bears it, and is paid for taking food back: a shift that waits for its last job runs on until they say OFF
    again. They are told that their job has changed, unless a caller tells them more with it (`tell`).
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
        if tell:
            events.write(session, "job_changed", now=now, person_id=job.person_id, job_id=known(job.id))
        if job.state in LIVE_JOB and not jobs.stops_left(session, job):
            jobs.finish(session, job, now=now)
            if how == "abandoned":  # taking food back is work: that shift ends once they say so
                shifts.finish_if_asked(session, job.person_id, now=now)
    planning.wanted(session, now=now)
    return order
