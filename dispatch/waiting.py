"""Waiting: where a rider with nothing to do might best wait. Advice from recent orders, never an order."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import breaks, events, orders, places, planning
from dispatch.facts import Point, WaitHint
from dispatch.planning import seconds
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, OpeningHours, Order, Restaurant, Shift, Stop, known
from payments import books
from payments.errors import NoRulebook
from payments.rulebook import Rulebook
from routing.waiting import Seen, Standing, Waiting, advise

LOOK_BACK = timedelta(hours=4)  # orders before that say nothing of the next half hour
SOON = timedelta(minutes=15)  # food ordered just now is ready about then
LEAST_RIDE_S = 120  # who is that near is there


def hints(session: Session, rulebook: Rulebook, *, now: datetime) -> dict[int, WaitHint]:
    """Where each rider who is out with nothing to do might wait, by person; nobody where staying is as good."""
    if not rulebook.dispatch.waiting_hints:
        return {}
    out = planning.able(session)
    idle = _idle(session, out, now=now)
    seen = session.exec(select(Order).where(Order.placed_at >= now - LOOK_BACK).order_by(col(Order.id))).all()
    if not idle or not seen:
        return {}
    restaurants = _kitchens(session, rulebook, {order.restaurant_id for order in seen}, now=now)
    if not restaurants:
        return {}
    points = [Point(r.lat, r.lon) for r in restaurants]
    index = {known(r.id): i for i, r in enumerate(restaurants)}
    ends = _ends(session, out)
    standing: list[Standing] = []
    for shift in out:
        where, free_at = ends.get(shift.person_id, (Point(shift.lat, shift.lon), now))
        points.append(where)
        standing.append(
            Standing(
                id=str(shift.person_id),
                at=len(points) - 1,
                free_s=seconds(max(free_at, now)),
                until_s=seconds(shift.planned_end_at),
                idle=shift.person_id in idle,
            )
        )
    travel_s, _metres = places.legs(rulebook, points)
    asked = [
        Seen(index[o.restaurant_id], seconds(o.placed_at), max(0, seconds(o.ready_at) - seconds(o.placed_at)))
        for o in seen
        if o.restaurant_id in index
    ]
    advice = advise(seconds(now), standing, range(len(restaurants)), asked, travel_s, Waiting())
    return {
        int(a.courier): _hint(restaurants[a.to], a.ride_s, a.saves_s)
        for a in advice
        if a.ride_s >= LEAST_RIDE_S
    }


def hint(session: Session, person_id: int, *, now: datetime) -> WaitHint | None:
    """Where this rider might wait; None when they have something to do, or nothing better is known."""
    return hints(session, books.in_force(session, at=now)[1], now=now).get(person_id)


def _hint(restaurant: Restaurant, ride_s: int, saves_s: float) -> WaitHint:
    return WaitHint(
        near=restaurant.name,
        street=restaurant.address,
        lat=restaurant.lat,
        lon=restaurant.lon,
        ride_min=-(-ride_s // 60),
        saves_s=round(saves_s),
    )


def _idle(session: Session, out: Sequence[Shift], *, now: datetime) -> set[int]:
    """Riders with no job, none meant for them by the last plan, and no break."""
    busy = set(session.exec(select(Job.person_id).where(col(Job.state).in_(LIVE_JOB))).all())
    last = planning.kept(session)
    still = {str(order.id) for order in planning.open_orders(session)}
    meant = {int(c) for request, c in last.meant().items() if request in still} if last is not None else set()
    resting = {
        r.shift_id for r in breaks.of(session, [known(s.id) for s in out]) if r.starts_at <= now < r.ends_at
    }
    return {s.person_id for s in out if s.id not in resting} - busy - meant


def _ends(session: Session, out: Sequence[Shift]) -> dict[int, tuple[Point, datetime]]:
    """Where and when each rider with jobs makes the last stop of them."""
    rows = session.exec(
        select(Job.person_id, Stop)
        .join(Stop, col(Stop.job_id) == col(Job.id))
        .where(
            col(Job.person_id).in_([shift.person_id for shift in out]),
            col(Job.state).in_(LIVE_JOB),
            col(Stop.done_at).is_(None),
            col(Stop.dropped).is_(False),
        )
        .order_by(col(Job.id), col(Stop.seq))
    ).all()
    return {person_id: (Point(stop.lat, stop.lon), stop.planned_at) for person_id, stop in rows}


def _kitchens(
    session: Session, rulebook: Rulebook, restaurant_ids: set[int], *, now: datetime
) -> list[Restaurant]:
    """Those of these restaurants that may have orders soon: theirs and the co-op's hours go on, with no pause."""
    then, paused = now + SOON, orders.pause(session, now=now)
    closed = rulebook.hours is not None and not rulebook.hours.open_at(rulebook.local(then))
    if closed or (paused is not None and paused.until_at > then):
        return []
    hours: dict[int, list[OpeningHours]] = {}
    for row in session.exec(
        select(OpeningHours).where(col(OpeningHours.restaurant_id).in_(restaurant_ids))
    ).all():
        hours.setdefault(row.restaurant_id, []).append(row)
    found = session.exec(
        select(Restaurant)
        .where(col(Restaurant.id).in_(restaurant_ids), col(Restaurant.ended_at).is_(None))
        .order_by(col(Restaurant.id))
    ).all()
    return [r for r in found if places.open_at(hours.get(known(r.id), ()), then, rulebook.timezone)]


# By text ---------------------------------------------------------------------------------------------------


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When a rider is next to be texted where to wait; None where the rulebook wants no such texts."""
    every = _every(session, now=now)
    if every is None:
        return None
    due = [_due(shift, every) for shift in planning.able(session)]
    return min((at for at in due if at is not None), default=None)


def tell(session: Session, *, now: datetime) -> int:
    """Write down whom to text where to wait: idle riders, each at most once in the rulebook's minutes; how many.

    Who stands well where they are is looked at again after as long.
    """
    every = _every(session, now=now)
    due = [s for s in planning.able(session) if (at := _due(s, every)) is not None and at <= now]
    if every is None or not due:
        return 0
    found = hints(session, books.in_force(session, at=now)[1], now=now)
    for shift in due:
        shift.hinted_at = now
        session.add(shift)
        if shift.person_id in found:
            events.write(session, "wait_hint", now=now, person_id=shift.person_id, shift_id=known(shift.id))
    session.flush()
    return len(due)


def _every(session: Session, *, now: datetime) -> timedelta | None:
    try:
        rules = books.in_force(session, at=now)[1].dispatch
    except NoRulebook:
        return None
    wanted = rules.waiting_hints and rules.waiting_text_every_min > 0
    return timedelta(minutes=rules.waiting_text_every_min) if wanted else None


def _due(shift: Shift, every: timedelta | None) -> datetime | None:
    """Not at once when a shift begins: then the rider knows where they are going."""
    last = shift.hinted_at or shift.started_at
    return None if every is None or last is None else last + every
