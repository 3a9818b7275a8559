"""An order changes after it was placed: cancelled, its kitchen late, its address another; its rider is told."""

from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch import attention, events, jobs, notices, offers, orders, places, planning, shifts
from dispatch.errors import BadInput, OutOfZone, WrongState
from dispatch.facts import Point
from dispatch.states import LIVE_JOB, OPEN_DELIVERY
from dispatch.tables import Job, Notice, Order, Stop, known
from payments import books

TOLD_AGAIN = timedelta(minutes=5)  # a customer is told of a time that much later than what they know


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
    if order.ready_at > was:
        tell_customer_late(session, order, now=now)
    planning.wanted(session, now=now)
    return order


def tell_customer_late(session: Session, order: Order, *, now: datetime) -> None:
    """The customer hears of a later time than they know, if there is a number to text it to."""
    if orders.contact(session, known(order.id)).phone:
        events.write(session, "order_late", now=now, order_id=known(order.id))


def readdress(
    session: Session,
    order: Order,
    *,
    drop: Point,
    address: str,
    by: int | None,
    now: datetime,
    flat: str | None = None,
    note: str | None = None,
    approximate: bool = False,
) -> Notice | None:
    """The food is to go elsewhere. Its rider is texted at once and must confirm; the evening is planned anew.

    Whoever asks, the rules are the same before pick-up and after it. What the customer pays does not change. An
    address that stands already changes nothing: asked for twice, its rider is told once. OutOfZone where the co-op
    does not deliver; WrongState once the order is over. The answer is the notice the rider must confirm, None while
    no rider has the order.
    """
    if order.delivery not in OPEN_DELIVERY:
        raise WrongState(f"This order is {order.delivery}: its address can no longer be changed.")
    if not address.strip():
        raise BadInput("Write the new address.")
    rulebook = books.in_force(session, at=now)[1]
    zone = places.zone_of(rulebook, drop)
    if zone is None:
        names = ", ".join(z.name for z in rulebook.zones)
        raise OutOfZone(f"The co-op does not deliver there: its zones are {names}.")
    who = orders.contact(session, known(order.id))
    was = Point(order.drop_lat, order.drop_lon)
    stood = (who.address, who.flat, who.note, was)
    who.address = address.strip()
    who.flat = who.flat if flat is None else flat.strip()
    who.note = who.note if note is None else note.strip()
    if (who.address, who.flat, who.note, drop) == stood:
        return _standing(session, order)
    order.drop_lat, order.drop_lon, order.zone = drop.lat, drop.lon, zone
    order.approximate = approximate
    start = Point(order.pickup_lat, order.pickup_lon)
    order.distance_m = places.leg(rulebook, start, drop)[1]
    session.add_all((who, order))
    session.flush()
    planning.wanted(session, now=now)
    job = session.get(Job, order.job_id) if order.job_id is not None else None
    if job is None or job.state not in LIVE_JOB:
        return None
    given = _ride_elsewhere(session, job, order, further_s=places.leg(rulebook, was, drop)[0])
    notice = notices.give(session, "address", given, order=order, by=by, now=now)
    events.write(
        session,
        "job_readdressed",
        now=now,
        person_id=given.person_id,
        job_id=known(given.id),
        order_id=known(order.id),
    )
    return notice


def _standing(session: Session, order: Order) -> Notice | None:
    """The notice of an order's address that its rider has still to confirm."""
    job = session.get(Job, order.job_id) if order.job_id is not None else None
    if job is None:
        return None
    given = [row for live in (job, *_handed_on(session, job)) for row in notices.open_of(session, live)]
    return next((row for row in given if (row.kind, row.order_id) == ("address", order.id)), None)


def _ride_elsewhere(session: Session, job: Job, order: Order, *, further_s: int) -> Job:
    """Move the drop, in whichever job will make it, and what comes after it; that job."""
    for live in (job, *_handed_on(session, job)):
        left = jobs.stops_left(session, live)
        drops = [s for s in left if s.order_id == order.id and s.kind == "drop" and not s.meeting]
        for drop in drops:
            drop.lat, drop.lon = order.drop_lat, order.drop_lon
            _later(session, left, drop.seq, further_s)
            return live
    return job


def _handed_on(session: Session, job: Job) -> list[Job]:
    """The jobs of others that food of this one is on its way to."""
    found = [jobs.other_side(session, s) for s in jobs.stops_left(session, job) if s.meeting]
    return [jobs.get(session, stop.job_id) for stop in found if stop is not None]


def _later(session: Session, left: list[Stop], seq: int, by_s: int) -> None:
    """Plan a stop and those after it later; the next plan reads where they truly are."""
    for stop in left:
        if stop.seq >= seq:
            stop.planned_at += timedelta(seconds=by_s)
            session.add(stop)
    session.flush()
