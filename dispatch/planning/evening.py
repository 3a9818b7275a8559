"""The evening as a routing problem: every open order, everyone who can ride, and the rules, as numbers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

import routing
from dispatch import breaks, fairness, kitchens, limits, people, places
from dispatch.facts import Point
from dispatch.kitchens import ON_TIME, Kitchen
from dispatch.limits import FREE, Left
from dispatch.planning.able import able, refusals
from dispatch.planning.when import seconds
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Order, Rest, Shift, Stop, known
from payments.rulebook import Rulebook
from routing.plan.schedule import after_committed

EASED_S = (
    300  # what may be given grows as the hour goes on: so much more is a change worth thinking again for
)
NOTICED_S = 120  # a rider that much later than planned is a change worth thinking again for


@dataclass(frozen=True, slots=True)
class Evening:
    """The problem, and a digest of all it says but the time: equal digests, same evening."""

    problem: routing.Problem
    fingerprint: str


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


# A visit number is unique over all of a rider's live jobs: the job's, and the visit within it.
_VISITS = 100


def job_of(visit: int) -> int:
    """Which job a rider's visit, as a plan numbers it, belongs to."""
    return visit // _VISITS


def problem(
    session: Session, orders: Sequence[Order], version: str, rulebook: Rulebook, *, now: datetime
) -> routing.Problem:
    """The routing problem of these orders and of everyone who can ride."""
    return evening(session, orders, version, rulebook, now=now).problem


def evening(
    session: Session,
    orders: Sequence[Order],
    version: str,
    rulebook: Rulebook,
    *,
    now: datetime,
    meant: Mapping[str, str] | None = None,
) -> Evening:
    """These orders and everyone who can ride; `meant` is whom the last plan meant each request for."""
    read = _Read.of(session, orders, rulebook, now=now)
    points = _Points()
    couriers = tuple(_courier(shift, read, points, now=now) for shift in read.out)
    riding = {courier.id for courier in couriers}
    requests = tuple(_request(order, read, points, meant or {}, riding, now=now) for order in orders)
    travel_s, distance_m = places.legs(rulebook, points.points)
    shaped = routing.Problem(
        now_s=seconds(now),
        couriers=couriers,
        requests=requests,
        travel_s=travel_s,
        distance_m=distance_m,
        rules=rules(rulebook),
    )
    caught = _cooled(_caught_up(shaped), read)
    return Evening(caught, _fingerprint(version, orders, shaped, caught, points, read))


@dataclass(frozen=True, slots=True)
class _Read:
    """What the rows say, each looked up once."""

    rulebook: Rulebook
    out: list[Shift]
    work: dict[int, list["_Task"]]
    account: fairness.Account
    skills: dict[int, frozenset[str]]
    rests: dict[int, list[Rest]]
    left: Mapping[int, Left]
    refused: dict[int, set[int]]
    kitchens: dict[int, Kitchen]

    @staticmethod
    def of(session: Session, orders: Sequence[Order], rulebook: Rulebook, *, now: datetime) -> "_Read":
        out = able(session)
        ids = [shift.person_id for shift in out]
        work = _work(session, ids)
        cooking = [o for o in orders if o.kitchen == "cooking"]
        cooking += [o for tasks in work.values() for t in tasks for _, o in t.left if o.kitchen == "cooking"]
        needing = any(order.needs for order in orders)
        rests: dict[int, list[Rest]] = {}
        for rest in breaks.of(session, [known(shift.id) for shift in out]):
            if rest.ends_at > now:
                rests.setdefault(rest.shift_id, []).append(rest)
        return _Read(
            rulebook=rulebook,
            out=out,
            work=work,
            account=fairness.account(session, rulebook, now=now),
            skills=people.skills(session, ids) if needing else {},
            rests=rests,
            left=limits.left(session, out, rulebook, now=now, climb=limits.climbs(rulebook, orders)),
            refused=refusals(session, [known(o.id) for o in orders], now=now),
            kitchens=kitchens.look_ahead(session, rulebook, {o.restaurant_id for o in cooking}),
        )

    def ready(self, order: Order) -> tuple[int, int]:
        """When an order's food is expected, and how surely: seconds since 1970, and a standard deviation."""
        told_s = seconds(order.ready_at)
        if order.kitchen != "cooking":
            return told_s, 0
        kitchen = self.kitchens.get(order.restaurant_id, ON_TIME)
        return told_s + kitchen.slip_s, kitchen.spread_s


def _request(
    order: Order,
    read: _Read,
    points: _Points,
    meant: Mapping[str, str],
    riding: set[str],
    *,
    now: datetime,
) -> routing.Request:
    ready_s, spread_s = read.ready(order)
    never = frozenset(str(p) for p in read.refused.get(known(order.id), ()))
    previous = meant.get(str(order.id))
    basis = read.rulebook.dispatch.fairness_basis
    return routing.Request(
        id=str(order.id),
        pickup=points.at(order.pickup_lat, order.pickup_lon),
        drop=points.at(order.drop_lat, order.drop_lon),
        # What has been waited already is the same whoever rides, and must not make an order too dear to serve.
        placed_s=seconds(max(order.placed_at, now)),
        ready_s=ready_s,
        promise_s=seconds(max(order.promise_at, now)),
        size=order.size,
        restaurant=str(order.restaurant_id),
        skills=frozenset(order.needs),
        pay=fairness.earns(read.rulebook, order) if basis == "pay" else 1.0,
        desirable=fairness.desirable(read.rulebook, order) if basis == "desirable" else 0.0,
        never=never,
        previous=previous if previous in riding and previous not in never else None,
        spread_s=spread_s,
    )


def _fingerprint(
    version: str,
    orders: Sequence[Order],
    shaped: routing.Problem,
    caught: routing.Problem,
    points: _Points,
    read: _Read,
) -> str:
    """A digest of what was read, the time left out: hours go on and idle riders are free later all by themselves."""
    said: list[Any] = [version, [(p.lat, p.lon) for p in points.points]]
    for shift, courier, late in zip(read.out, shaped.couriers, caught.couriers, strict=True):
        there_s = seconds(shift.there_at) if shift.there_at is not None else 0
        still = replace(
            courier,
            free_s=courier.free_s if courier.committed else there_s,
            had=round(read.account.had.get(shift.person_id, 0.0), 3),
            hours=0.0,
            skills=frozenset(),
            effort_left_s=None if courier.effort_left_s is None else courier.effort_left_s // EASED_S,
        )
        said += [still, sorted(courier.skills), (late.free_s - courier.free_s) // NOTICED_S]
    for order, request in zip(orders, shaped.requests, strict=True):
        still_open = replace(
            request,
            placed_s=0,
            promise_s=seconds(order.promise_at),
            previous=None,
            never=frozenset(),
            skills=frozenset(),
        )
        said += [still_open, sorted(request.never), sorted(request.skills)]
    return hashlib.sha256(repr(said).encode()).hexdigest()


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
            churn=d.churn_weight,
        ),
        fairness_basis=d.fairness_basis,
    )


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


def _courier(shift: Shift, read: _Read, points: _Points, *, now: datetime) -> routing.Courier:
    d = read.rulebook.dispatch
    tasks = read.work.get(shift.person_id, [])
    committed = tuple(
        routing.Committed(
            kind="pickup" if stop.kind == "pickup" else "drop",
            # Food on its way to a meeting is one rider's to hand over and another's to deliver.
            request=f"{stop.order_id}:meet" if stop.meeting and stop.kind == "drop" else str(stop.order_id),
            at=points.at(stop.lat, stop.lon),
            ready_s=read.ready(order)[0],
            size=order.size,
            visit=known(task.job.id) * _VISITS + stop.visit,
        )
        for task in tasks
        for stop, order in task.left
    )
    there = _leaves(shift, d.drop_leave_s, now)
    free = max(now, there)
    if tasks:
        first = tasks[0].job
        free = max(there, first.taken_at or first.offered_at + timedelta(seconds=d.offer_lead_s))
    had, hours = read.account.of(shift.person_id)
    rests = read.rests.get(known(shift.id), [])
    left = read.left.get(shift.person_id, FREE)
    if left.cool_until is not None and not tasks:
        free = max(free, left.cool_until)
    if len(rests) > 1 and rests[0].starts_at <= now and not tasks:  # so that the next one is kept too
        free, rests = max(free, rests[0].ends_at), rests[1:]
    return routing.Courier(
        id=str(shift.person_id),
        at=points.at(shift.lat, shift.lon),
        free_s=seconds(free),
        capacity=d.capacity[shift.vehicle],
        shift_end_s=seconds(shift.planned_end_at),
        tolerance_s=d.end_tolerance_min * 60,
        had=had,
        hours=hours,
        committed=committed,
        skills=read.skills.get(shift.person_id, frozenset()) | ({"cargo"} & {shift.vehicle}),
        rest=(seconds(rests[0].starts_at), seconds(rests[0].ends_at)) if rests else None,
        orders_left=left.orders,
        effort_left_s=left.effort_s,
    )


def _leaves(shift: Shift, leave_s: int, now: datetime) -> datetime:
    """When the rider can ride on from where they were last: who has just delivered needs a moment at the door."""
    if shift.there_at is None:
        return now
    return (
        shift.there_at if shift.there_at == shift.started_at else shift.there_at + timedelta(seconds=leave_s)
    )


def _cooled(shaped: routing.Problem, read: _Read) -> routing.Problem:
    """Who rides a heavy job, or has just ridden one, gets nothing new until they have rested after it.

    A break to come is then taken for one with that rest: what lies between the two is short, and the problem
    knows of one rest only.
    """
    couriers = []
    for shift, courier in zip(read.out, shaped.couriers, strict=True):
        left = read.left.get(shift.person_id, FREE)
        until_s = 0
        if left.cool_s and courier.committed:
            until_s = after_committed(shaped, courier)[0] + left.cool_s
        elif left.cool_until is not None and courier.committed:
            until_s = seconds(left.cool_until)
        if until_s > shaped.now_s:
            begins, ends = courier.rest or (shaped.now_s, until_s)
            courier = replace(courier, rest=(min(shaped.now_s, begins), max(until_s, ends)))
        couriers.append(courier)
    return replace(shaped, couriers=tuple(couriers))


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
