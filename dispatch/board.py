"""What people see: why a job was theirs, the evening as the desk sees it, where an order is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from dispatch import decisions, jobs, orders, people, planning, shifts, waiting
from dispatch.errors import NoSuchJob
from dispatch.facts import JobFacts, ShiftFacts, WaitHint, WhyFacts
from dispatch.states import LIVE_JOB, OPEN_DELIVERY
from dispatch.tables import Job, Order, Restaurant, Stop, known
from payments import books


def why(session: Session, person_id: int, number: int | None) -> WhyFacts:
    """Why a rider was given their newest job of that number: its costs beside the best others'."""
    if number is None:
        job = session.exec(
            select(Job).where(Job.person_id == person_id).order_by(col(Job.id).desc()).limit(1)
        ).first()
    else:
        job = jobs.latest(session, person_id, number)
    if job is None:
        if number is None:
            raise NoSuchJob("You have had no job to ask about.")
        raise NoSuchJob("You have had no job {number}.", number=number)
    return decisions.why(session, job)


def pay_so_far(session: Session, person_id: int, *, now: datetime) -> ShiftFacts | None:
    """The rider's shift that is on, or their last one of the past day."""
    shift = shifts.current(session, person_id) or shifts.latest(
        session, person_id, since=now - timedelta(days=1)
    )
    return shifts.facts(session, shift, now=now) if shift is not None else None


# The desk --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order as the desk and its restaurant see it; instants are local. Names only where they may be seen."""

    id: int
    public_id: str
    restaurant: str
    reference: str
    state: str
    kitchen: str
    payment: str
    placed_at: datetime
    ready_at: datetime
    promise_at: datetime
    delivered_at: datetime | None
    late_min: int
    address: str
    customer: str
    rider: str
    job_number: int | None
    value_minor: int
    tip_minor: int
    fee_minor: int


@dataclass(frozen=True, slots=True)
class RiderLine:
    """One rider on shift as the desk sees them."""

    person_id: int
    name: str
    phone: str
    shift: ShiftFacts
    jobs: tuple[JobFacts, ...]
    silent: bool
    unreachable: bool
    leaving: bool
    orders_per_hour: float
    wait: WaitHint | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The evening at a glance."""

    orders: tuple[OrderLine, ...]
    riders: tuple[RiderLine, ...]
    late: int
    waiting: int
    delivered: int


def order_lines(session: Session, rows: Sequence[Order], *, now: datetime) -> tuple[OrderLine, ...]:
    """Orders as lines of a page."""
    zone = ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)
    return tuple(_order_line(session, order, zone, now) for order in rows)


def _order_line(session: Session, order: Order, zone: ZoneInfo, now: datetime) -> OrderLine:
    restaurant = session.get(Restaurant, order.restaurant_id)
    who = orders.contact(session, known(order.id))
    job = session.get(Job, order.job_id) if order.job_id is not None else None
    rider = people.get(session, job.person_id) if job is not None else None
    state = order.delivery
    if state == "assigned" and job is not None and job.state == "offered":
        state = "offered"
    ends = order.delivered_at or (now if order.delivery in OPEN_DELIVERY else order.promise_at)
    return OrderLine(
        id=known(order.id),
        public_id=order.public_id,
        restaurant=restaurant.name if restaurant else "",
        reference=order.external_id,
        state=state,
        kitchen=order.kitchen,
        payment=order.payment,
        placed_at=order.placed_at.astimezone(zone),
        ready_at=order.ready_at.astimezone(zone),
        promise_at=order.promise_at.astimezone(zone),
        delivered_at=order.delivered_at.astimezone(zone) if order.delivered_at else None,
        late_min=max(0, int((ends - order.promise_at).total_seconds() // 60)),
        address=", ".join(part for part in (who.flat, who.address) if part),
        customer=who.name,
        rider=rider.name if rider else "",
        job_number=job.number if job is not None and job.state in LIVE_JOB else None,
        value_minor=order.value_minor,
        tip_minor=order.tip_minor,
        fee_minor=order.fee_minor,
    )


def desk(session: Session, *, now: datetime) -> Desk:
    """Tonight's orders (open ones first, then by placing), riders on shift, and what is late."""
    since = now - timedelta(hours=12)
    rows = sorted(
        orders.listed(session, since=since, limit=400),
        key=lambda o: (
            o.delivery not in OPEN_DELIVERY,
            o.promise_at if o.delivery in OPEN_DELIVERY else o.placed_at,
        ),
    )
    lines = order_lines(session, rows, now=now)
    riders = []
    wait = waiting.hints(session, books.in_force(session, at=now)[1], now=now)
    for shift in shifts.on_now(session):
        person = people.get(session, shift.person_id)
        told = shifts.facts(session, shift, now=now)
        riders.append(
            RiderLine(
                person_id=shift.person_id,
                name=person.name,
                phone=person.phone or "",
                shift=told,
                jobs=jobs.of_rider(session, shift.person_id, now=now),
                silent=shift.silences >= planning.SILENCES,
                unreachable=person.unreachable_at is not None,
                leaving=shift.off_asked_at is not None,
                orders_per_hour=round(told.orders / max(told.minutes / 60, 0.25), 1),
                wait=wait.get(shift.person_id),
            )
        )
    still = [line for line in lines if line.state in (*OPEN_DELIVERY, "offered")]
    return Desk(
        orders=lines,
        riders=tuple(riders),
        late=sum(line.late_min > 0 for line in still),
        waiting=sum(line.state in ("waiting", "offered") for line in still),
        delivered=sum(line.state == "delivered" for line in lines),
    )


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where an order is, as its customer may know: never the rider's name, number or point."""

    state: str
    restaurant: str
    promise_at: datetime
    expected_at: datetime | None
    delivered_at: datetime | None
    code: str = ""  # what they show at the door, while the food is still to come


def tracking(session: Session, public_id: str, *, now: datetime) -> Tracking:
    """The customer's view of one order."""
    order = orders.get(session, public_id)
    zone = ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)
    expected = None
    if order.job_id is not None and order.delivery in OPEN_DELIVERY:
        stop = session.exec(
            select(Stop).where(Stop.job_id == order.job_id, Stop.order_id == order.id, Stop.kind == "drop")
        ).first()
        expected = max(stop.planned_at, now).astimezone(zone) if stop else None
    restaurant = session.get(Restaurant, order.restaurant_id)
    return Tracking(
        state=order.delivery,
        restaurant=restaurant.name if restaurant else "",
        promise_at=order.promise_at.astimezone(zone),
        expected_at=expected,
        delivered_at=order.delivered_at.astimezone(zone) if order.delivered_at else None,
        code=orders.contact(session, known(order.id)).code if order.delivery in OPEN_DELIVERY else "",
    )
