"""Food from hand to hand: collected, handed to another rider, brought; the books move in the same transaction."""

from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch import attention, cards, cases, jobs, kitchens, orders, shifts, tips
from dispatch.states import DELIVERY, KITCHEN, LIVE_JOB, PAYMENT, move
from dispatch.tables import Job, Order, Stop, known
from payments import pay

CROSSED = timedelta(minutes=3)  # within which a giver's DONE may have been texted before they were told
WAITED = timedelta(minutes=2)  # a rider who was there this long before GOT waited for the food


def picked_up(
    session: Session, job: Job, stop: Stop, when: datetime, *, now: datetime, told: bool = True
) -> None:
    """The food of a stop is collected; `told` by a word about this very stop, and not only by its drop's."""
    if stop.meeting:
        stop.done_at = when
        session.add(stop)
        there = jobs.other_side(session, stop)
        if there is not None and there.done_at is None:
            met(session, jobs.get(session, there.job_id), there, when, now=now)
        return
    order = orders.by_id(session, stop.order_id)
    stop.done_at = when
    move(order, "delivery", DELIVERY, "carried")
    order.rider_id, order.carried_at = job.person_id, when
    if order.kitchen == "cooking":
        move(order, "kitchen", KITCHEN, "ready")
        order.kitchen_slip_s = _slip_s(stop, order, when) if told else None
    session.add_all((stop, order))


def _slip_s(stop: Stop, order: Order, when: datetime) -> int | None:
    """How late the food was, as far as its rider's words tell: food that stood there when they came was on time."""
    if stop.arrived_at is None:
        return None
    slip = kitchens.slip_s(order.ready_at.timestamp(), when.timestamp())
    return slip if when - stop.arrived_at >= WAITED else min(0, slip)


def truly_got(session: Session, job: Job, when: datetime) -> None:
    """The true time of pick-ups that only a DONE had marked, told after it."""
    for stop in jobs.stops_of(session, job):
        if stop.kind == "pickup" and not stop.meeting and stop.done_at is not None and stop.done_at > when:
            order = orders.by_id(session, stop.order_id)
            stop.done_at = order.carried_at = when
            session.add_all((stop, order))


def delivered(session: Session, job: Job, stop: Stop, when: datetime, *, now: datetime) -> None:
    """The food of a drop is with its customer, and paid for in the books."""
    order = orders.by_id(session, stop.order_id)
    stop.done_at = when
    move(order, "delivery", DELIVERY, "delivered")
    move(order, "payment", PAYMENT, "booked")
    order.delivered_at, order.rider_id = when, job.person_id
    session.add_all((stop, order))
    session.flush()
    pay.delivered(session, orders.money(order), now=when)
    tips.came(session, known(order.id), order.attempt, now=now)
    cards.follow(session, order, now=when)
    _not_before_pick_up(session, job, stop, order, when)
    failure = cases.failure_of(session, known(order.id))
    if failure is not None:  # it could be delivered after all
        cases.close(session, failure, by=job.person_id, outcome="Delivered after all.", now=now)
        attention.settle(session, f"failed:{order.id}", now=now, note="Delivered after all.")


def _not_before_pick_up(session: Session, job: Job, drop: Stop, order: Order, when: datetime) -> None:
    """A true time told of a drop, earlier than its GOT was texted, says that the GOT was late too."""
    for stop in jobs.stops_of(session, job):
        if stop.kind == "pickup" and stop.order_id == drop.order_id and stop.done_at and stop.done_at > when:
            stop.done_at = when
            order.carried_at = when
            session.add_all((stop, order))


def met(session: Session, job: Job, stop: Stop, when: datetime, *, now: datetime, told: bool = False) -> None:
    """The food of a meeting has changed hands, whichever of the two riders says so first.

    `job` is the one it leaves; `told` when its rider said so, and is answered.
    """
    order = orders.by_id(session, stop.order_id)
    there = jobs.other_side(session, stop)
    stop.done_at = when
    session.add(stop)
    if there is not None:
        theirs = jobs.get(session, there.job_id)
        there.done_at = there.done_at or when
        order.job_id, order.rider_id = theirs.id, theirs.person_id
        session.add_all((there, order))
    session.flush()
    if job.state in LIVE_JOB and not jobs.stops_left(session, job):
        jobs.finish(session, job, now=now)
        shifts.finish_if_asked(session, job.person_id, now=now, told=told)


def ask_if_crossed(session: Session, job: Job, stop: Stop, *, now: datetime) -> None:
    """A DONE moments after the food was handed on may be of its door, said before its rider knew: a person asks."""
    there = jobs.other_side(session, stop)
    theirs = jobs.get(session, there.job_id) if there is not None else None
    if theirs is None or now - theirs.offered_at >= CROSSED:
        return
    attention.raise_(
        session,
        "handover_crossed",
        f"crossed:{theirs.id}",
        f"Job {job.number}: its rider said DONE just as it was handed on. Ask if the food is at its door: "
        f"if so, hand job {theirs.number} back to them and mark it.",
        now=now,
        person_id=job.person_id,
        order_id=stop.order_id,
        job_id=known(job.id),
        ring=True,
    )
