"""Past evenings as numbers, to be ridden again: the orders that were carried and the shifts that were worked."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, select

from dispatch import breaks, fairness, places, planning
from dispatch.facts import Point
from dispatch.states import OPEN_DELIVERY
from dispatch.tables import Order, Rest, RoleGrant, Shift, known
from payments.rulebook import Rulebook
from routing import rolling
from routing.tuning import Evening

DAY_BEGINS = timedelta(hours=4)  # what is ordered after midnight is still of the evening before
LOOK_BACK = timedelta(days=92)
AHEAD = timedelta(hours=1)  # who orders for later counts as ordering so long before the food is to be ready
RIDDEN = ("delivered", "failed", "returned", "abandoned")


def held(session: Session, rulebook: Rulebook, *, now: datetime) -> dict[date, int]:
    """The evenings of the last three months that are over, oldest first, and how many orders each had."""
    since = now - LOOK_BACK
    rows = session.exec(
        select(Order.ready_at, Order.delivery).where(
            Order.ready_at >= since, col(Order.delivery).in_((*RIDDEN, *OPEN_DELIVERY))
        )
    ).all()
    counts = Counter(_on(rulebook, ready_at) for ready_at, _ in rows)
    going_on = {_on(rulebook, ready_at) for ready_at, delivery in rows if delivery in OPEN_DELIVERY}
    on = session.exec(select(Shift.started_at).where(Shift.state == "on")).all()
    going_on |= {_on(rulebook, started_at) for started_at in on if started_at is not None}
    return {day: counts[day] for day in sorted(counts) if day not in going_on}


def evening(session: Session, rulebook: Rulebook, on: date) -> Evening:
    """One evening as it was ordered and staffed; riders begin at their usual place, food is ready when it was."""
    since, until = _instant(rulebook, on), _instant(rulebook, on + timedelta(days=1))
    orders = session.exec(
        select(Order)
        .where(Order.ready_at >= since, Order.ready_at < until, col(Order.delivery).in_(RIDDEN))
        .order_by(col(Order.id))
    ).all()
    worked = session.exec(
        select(Shift)
        .where(col(Shift.started_at) >= since, col(Shift.started_at) < until)
        .order_by(col(Shift.started_at), col(Shift.id))
    ).all()
    rests: dict[int, Rest] = {}
    for rest in breaks.of(session, [known(shift.id) for shift in worked]):
        rests.setdefault(rest.shift_id, rest)
    grants = _grants(session, {shift.person_id for shift in worked})
    where: dict[Point, int] = {}
    riders: list[rolling.Rider] = []
    who: dict[str, str] = {}
    for shift in worked:
        rider = _rider(shift, grants.get(shift.person_id), rests.get(known(shift.id)), rulebook, where)
        if rider.until_s > rider.from_s:
            riders.append(rider)
            who[rider.id] = str(shift.person_id)
    asked = tuple(_order(order, rulebook, where) for order in orders)
    travel_s, distance_m = places.legs(rulebook, list(where))
    day = rolling.Day(asked, tuple(riders), travel_s, distance_m)
    return Evening(on.isoformat(), _window(rulebook, on), day, who)


def _order(order: Order, rulebook: Rulebook, where: dict[Point, int]) -> rolling.Order:
    return rolling.Order(
        id=str(order.id),
        pickup=_place(where, order.pickup_lat, order.pickup_lon),
        drop=_place(where, order.drop_lat, order.drop_lon),
        placed_s=planning.seconds(max(order.placed_at, order.ready_at - AHEAD)),
        ready_s=_ready_s(order),
        promise_s=planning.seconds(order.promise_at),
        restaurant=str(order.restaurant_id),
        size=order.size,
        pay=fairness.earns(rulebook, order),
        desirable=fairness.desirable(rulebook, order),
        skills=frozenset(order.needs),
    )


def _ready_s(order: Order) -> int:
    """When food was ready: late by the kitchen's slip, and at the latest when a rider had it.

    An early kitchen needs no slip: its word moved `ready_at`, or the food was carried before then.
    """
    ready_s = planning.seconds(order.ready_at) + max(0, order.kitchen_slip_s or 0)
    return ready_s if order.carried_at is None else min(ready_s, planning.seconds(order.carried_at))


def _rider(
    shift: Shift, grant: RoleGrant | None, rest: Rest | None, rulebook: Rulebook, where: dict[Point, int]
) -> rolling.Rider:
    lat, lon = shift.lat, shift.lon
    if grant is not None and grant.home_lat is not None and grant.home_lon is not None:
        lat, lon = grant.home_lat, grant.home_lon
    ends_at = min(shift.planned_end_at, shift.ended_at or shift.planned_end_at)
    return rolling.Rider(
        id=f"{shift.person_id}.{shift.id}",
        at=_place(where, lat, lon),
        from_s=planning.seconds(shift.started_at or shift.planned_start_at),
        until_s=planning.seconds(ends_at),
        capacity=rulebook.dispatch.capacity[shift.vehicle],
        tolerance_s=rulebook.dispatch.end_tolerance_min * 60,
        skills=frozenset(grant.skills if grant else ()) | ({"cargo"} & {shift.vehicle}),
        rest=None if rest is None else (planning.seconds(rest.starts_at), planning.seconds(rest.ends_at)),
    )


def _place(where: dict[Point, int], lat: float, lon: float) -> int:
    return where.setdefault(Point(lat, lon), len(where))


def _grants(session: Session, person_ids: Iterable[int]) -> dict[int, RoleGrant]:
    """Each rider's newest grant, ended or not: they may have left since."""
    rows = session.exec(
        select(RoleGrant)
        .where(RoleGrant.role == "rider", col(RoleGrant.person_id).in_(list(person_ids)))
        .order_by(col(RoleGrant.id))
    ).all()
    return {grant.person_id: grant for grant in rows}


def _on(rulebook: Rulebook, at: datetime) -> date:
    """The evening an instant is of."""
    return (rulebook.local(at) - DAY_BEGINS).date()


def _instant(rulebook: Rulebook, on: date) -> datetime:
    """When an evening's day begins."""
    return datetime.combine(on, time(DAY_BEGINS.seconds // 3600), rulebook.timezone).astimezone(UTC)


def _window(rulebook: Rulebook, on: date) -> str:
    """Which time an evening is to be even within."""
    kind = rulebook.dispatch.fairness_window
    if kind == "month":
        return f"{on:%Y-%m}"
    return (on if kind == "shift" else rulebook.pay_period.around(on)[0]).isoformat()
