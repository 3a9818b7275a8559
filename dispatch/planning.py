"""Planning: what is open and who is out, as a routing problem; a plan that the referee has passed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, select

import routing
from dispatch import fairness, places
from dispatch.errors import PlanRefused
from dispatch.facts import Point
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Order, Person, PlanRound, Refusal, Shift, Stop, known
from payments import books
from payments.rulebook import Rulebook

LEAST_GAP = timedelta(seconds=1)  # never more than one plan a second
FORGIVEN = timedelta(minutes=10)  # an order a rider let go by may be put to them again after that
SILENCES = 2  # offers in a row a rider may let go by before we stop offering and ask a person to look


@dataclass(frozen=True, slots=True)
class Picture:
    """The evening at one instant, as a problem, and which rows its names stand for."""

    at: datetime
    version: str
    rulebook: Rulebook
    problem: routing.Problem
    budget_s: float
    seed: int


@dataclass(slots=True)
class _Points:
    """Places by index; the same point gets the same index."""

    points: list[Point] = field(default_factory=list)
    index: dict[tuple[float, float], int] = field(default_factory=dict)

    def at(self, lat: float, lon: float) -> int:
        key = (lat, lon)
        if key not in self.index:
            self.index[key] = len(self.points)
            self.points.append(Point(lat, lon))
        return self.index[key]


# When ------------------------------------------------------------------------------------------------------


def wanted(session: Session, *, now: datetime) -> None:
    """Something changed that a plan should know of."""
    row = _round(session)
    if row.wanted_at is None:
        row.wanted_at = now
        session.add(row)
        session.flush()


_ROUND = select(PlanRound.wanted_at, PlanRound.due_at, PlanRound.planned_at)


def due_at(session: Session, *, now: datetime) -> datetime | None:
    """When the next plan is due: at once when wanted, a second apart at least, and at the latest by the tick."""
    row = session.connection().execute(_ROUND).first()
    if row is None:
        return None
    wanted_at, due_by, planned_at = row
    due: datetime | None = min((t for t in (wanted_at, due_by) if t is not None), default=None)
    if due is None:
        return None
    return due if planned_at is None else max(due, min(planned_at, now) + LEAST_GAP)


def again_by(session: Session, instant: datetime | None) -> None:
    """Plan again by this instant at the latest."""
    row = _round(session)
    row.due_at = instant
    session.add(row)


def _round(session: Session) -> PlanRound:
    row = session.get(PlanRound, 1)
    if row is None:
        row = PlanRound()
        session.add(row)
        session.flush()
    return row


# What ------------------------------------------------------------------------------------------------------


def take(session: Session, *, now: datetime, force: bool = False) -> Picture | None:
    """Read the evening as a problem and mark this round begun; None when nothing is open to plan.

    If the process dies before the plan is used, `due_at` has it made again.
    """
    row = _round(session)
    if not force and (due := due_at(session, now=now)) is not None and due > now:
        return None
    version, rulebook = books.in_force(session, at=now)
    orders = open_orders(session)
    row.wanted_at, row.planned_at = None, now
    row.due_at = now + timedelta(seconds=rulebook.dispatch.tick_s) if orders else None
    session.add(row)
    session.flush()
    if not orders:
        return None
    return Picture(
        at=now,
        version=version,
        rulebook=rulebook,
        problem=problem(session, orders, version, rulebook, now=now),
        budget_s=rulebook.dispatch.solve_budget_ms / 1000,
        seed=known(orders[-1].id),
    )


@dataclass(frozen=True, slots=True)
class Made:
    """A plan the referee passed, and what it found wrong with the solver's own, if that had to give way."""

    plan: routing.Plan
    faults: tuple[str, ...] = ()


def do(picture: Picture, solve: Callable[..., routing.Plan] = routing.solve) -> Made:
    """Make a plan, with no transaction open. A plan the referee faults gives way to the greedy one.

    Raises PlanRefused, naming what was broken, only if that is faulted too.
    """
    plan = solve(picture.problem, budget_s=picture.budget_s, seed=picture.seed)
    faults = tuple(f.message for f in routing.check(picture.problem, plan))
    if not faults:
        return Made(plan)
    plain = routing.greedy(picture.problem)
    worse = routing.check(picture.problem, plain)
    if worse:
        raise PlanRefused("; ".join(f.message for f in worse))
    return Made(plain, faults)


def open_orders(session: Session) -> Sequence[Order]:
    """Orders that wait for a rider, first placed first."""
    return session.exec(select(Order).where(Order.delivery == "waiting").order_by(col(Order.id))).all()


def problem(
    session: Session, orders: Sequence[Order], version: str, rulebook: Rulebook, *, now: datetime
) -> routing.Problem:
    """The routing problem of these orders and of everyone who can ride."""
    points = _Points()
    refused = refusals(session, [known(o.id) for o in orders], now=now)
    had, hours = fairness.account(session, rulebook, now=now)
    out = able(session)
    work = _work(session, [shift.person_id for shift in out])
    couriers = tuple(
        _courier(shift, work.get(shift.person_id, []), rulebook, points, had, hours, now=now) for shift in out
    )
    requests = tuple(
        routing.Request(
            id=str(order.id),
            pickup=points.at(order.pickup_lat, order.pickup_lon),
            drop=points.at(order.drop_lat, order.drop_lon),
            # What has been waited already is the same whoever rides, and must not make an order too dear to serve.
            placed_s=seconds(max(order.placed_at, now)),
            ready_s=seconds(order.ready_at),
            promise_s=seconds(max(order.promise_at, now)),
            size=order.size,
            restaurant=str(order.restaurant_id),
            pay=rulebook.pay.per_drop_minor / 100 if rulebook.pay.basis == "per_drop" else 1.0,
            never=frozenset(str(p) for p in refused.get(known(order.id), ())),
        )
        for order in orders
    )
    travel_s, distance_m = places.legs(rulebook, points.points)
    shaped = routing.Problem(
        now_s=seconds(now),
        couriers=couriers,
        requests=requests,
        travel_s=travel_s,
        distance_m=distance_m,
        rules=rules(rulebook),
    )
    return _caught_up(shaped)


def able(session: Session) -> list[Shift]:
    """Shifts whose riders may be offered work: on, not winding down, reachable, and answering."""
    rows = session.exec(
        select(Shift)
        .join(Person, col(Person.id) == col(Shift.person_id))
        .where(
            Shift.state == "on",
            col(Shift.off_asked_at).is_(None),
            Shift.silences < SILENCES,
            col(Person.unreachable_at).is_(None),
            col(Person.ended_at).is_(None),
        )
        .order_by(col(Shift.id))
    ).all()
    return list(rows)


def rules(rulebook: Rulebook) -> routing.Rules:
    """The rulebook's dispatch section as the solver's rules."""
    d = rulebook.dispatch
    return routing.Rules(
        pickup_arrive_s=d.pickup_arrive_s,
        pickup_leave_s=d.pickup_leave_s,
        drop_arrive_s=d.drop_arrive_s,
        drop_leave_s=d.drop_leave_s,
        max_batch=d.max_batch,
        freshness_s=None if d.freshness_min is None else d.freshness_min * 60,
        one_restaurant_batches=d.one_restaurant_batches,
        end_rule=d.end_rule,
        weights=routing.Weights(
            wait_per_s=1.0,
            late_per_s=d.late_weight,
            travel_per_s=d.travel_weight,
            unserved=d.unserved_min * 60,
            fairness=d.fairness_weight,
        ),
        fairness_basis=d.fairness_basis,
    )


def seconds(instant: datetime) -> int:
    """An instant as whole seconds since 1970."""
    return int(instant.timestamp())


def instant(second: int) -> datetime:
    """Whole seconds since 1970 as an instant."""
    return datetime.fromtimestamp(second, UTC)


def refusals(session: Session, order_ids: list[int], *, now: datetime) -> dict[int, set[int]]:
    """Who is not to be offered these orders: who passed, and who let one go by just now."""
    found: dict[int, set[int]] = {}
    for row in session.exec(select(Refusal).where(col(Refusal.order_id).in_(order_ids))).all():
        if row.why == "expired" and row.at < now - FORGIVEN:
            continue
        found.setdefault(row.order_id, set()).add(row.person_id)
    return found


@dataclass(slots=True)
class _Task:
    """A live job with the stops still to make, each with its order."""

    job: Job
    left: list[tuple[Stop, Order]] = field(default_factory=list)


def _work(session: Session, person_ids: list[int]) -> dict[int, list[_Task]]:
    """Every rider's live jobs, oldest first, in one look."""
    rows = session.exec(
        select(Job, Stop, Order)
        .join(Stop, col(Stop.job_id) == col(Job.id))
        .join(Order, col(Order.id) == col(Stop.order_id))
        .where(
            col(Job.person_id).in_(person_ids),
            col(Job.state).in_(LIVE_JOB),
            col(Stop.done_at).is_(None),
            col(Stop.dropped).is_(False),
        )
        .order_by(col(Job.id), col(Stop.seq))
    ).all()
    tasks: dict[int, _Task] = {}
    for job, stop, order in rows:
        tasks.setdefault(known(job.id), _Task(job)).left.append((stop, order))
    found: dict[int, list[_Task]] = {}
    for task in tasks.values():
        found.setdefault(task.job.person_id, []).append(task)
    return found


def _courier(
    shift: Shift,
    tasks: list[_Task],
    rulebook: Rulebook,
    points: _Points,
    had: dict[int, float],
    hours: dict[int, float],
    *,
    now: datetime,
) -> routing.Courier:
    d = rulebook.dispatch
    committed = tuple(
        routing.Committed(
            kind="pickup" if stop.kind == "pickup" else "drop",
            request=str(stop.order_id),
            at=points.at(stop.lat, stop.lon),
            ready_s=seconds(order.ready_at),
            size=order.size,
            # A visit number is unique over all of a rider's live jobs.
            visit=known(task.job.id) * 100 + stop.visit,
        )
        for task in tasks
        for stop, order in task.left
    )
    there = _leaves(shift, d.drop_leave_s, now)
    free = max(now, there)
    if tasks:
        first = tasks[0].job
        free = max(there, first.taken_at or first.offered_at + timedelta(seconds=d.offer_lead_s))
    return routing.Courier(
        id=str(shift.person_id),
        at=points.at(shift.lat, shift.lon),
        free_s=seconds(free),
        capacity=d.capacity[shift.vehicle],
        shift_end_s=seconds(shift.planned_end_at),
        tolerance_s=d.end_tolerance_min * 60,
        had=had.get(shift.person_id, 0.0),
        hours=hours.get(shift.person_id, 0.0),
        committed=committed,
    )


def _leaves(shift: Shift, leave_s: int, now: datetime) -> datetime:
    """When the rider can ride on from where they were last: who has just delivered needs a moment at the door."""
    if shift.there_at is None:
        return now
    return (
        shift.there_at if shift.there_at == shift.started_at else shift.there_at + timedelta(seconds=leave_s)
    )


def _caught_up(shaped: routing.Problem) -> routing.Problem:
    """Riders whose next stop should have been marked by now are taken to be reaching it just now.

    Otherwise the plan would believe that a rider who is late will be free in the past.
    """
    rules = shaped.rules
    couriers = []
    for courier in shaped.couriers:
        if courier.committed:
            first = courier.committed[0]
            arrive = courier.free_s + int(shaped.travel_s[courier.at, first.at])
            if first.kind == "pickup":
                done = max(first.ready_s, arrive + rules.pickup_arrive_s)
            else:
                done = arrive + rules.drop_arrive_s
            courier = replace(courier, free_s=courier.free_s + max(0, shaped.now_s - done))
        couriers.append(courier)
    return replace(shaped, couriers=tuple(couriers))
