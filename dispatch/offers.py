"""Offers: a plan's due batches put to their riders; what becomes of them stands in `answers`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sqlmodel import Session

import routing
from dispatch import attention, breaks, decisions, events, jobs, limits, planning, shifts
from dispatch.answers import expire_due as expire_due
from dispatch.answers import next_expiry as next_expiry
from dispatch.answers import next_reminder as next_reminder
from dispatch.answers import reached as reached
from dispatch.answers import refuse as refuse
from dispatch.answers import release as release
from dispatch.answers import remind_due as remind_due
from dispatch.answers import take as take
from dispatch.answers import unreached as unreached
from dispatch.answers import untake as untake
from dispatch.answers import withdraw as withdraw
from dispatch.decisions import Decided
from dispatch.planning import Picture, instant, seconds
from dispatch.states import DELIVERY, move
from dispatch.tables import Job, Order, Shift, Stop, known

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def settle(
    session: Session,
    picture: Picture,
    result: planning.Made,
    *,
    now: datetime,
    weighed: Mapping[str, Decided] | None = None,
) -> list[int]:
    """Offer every batch of the plan whose time to leave has come; what it read is read again first.

    Returns the new jobs' ids. Batches that can wait stay unsaid, so that they may still change. `weighed` is
    what was decided of them with no transaction open; what is missing there is weighed here.
    """
    plan, rules = result.plan, picture.rulebook.dispatch
    if result.faults:
        attention.raise_(
            session,
            "plan_refused",
            "plan-refused",
            f"The solver's plan broke a rule and the plain plan was used: {'; '.join(result.faults)}"[:500],
            now=now,
        )
    elif not result.kept:
        planning.keep(session, plan, fingerprint=picture.fingerprint, solved_at=picture.at)
    made: list[Job] = []
    ready, later = _leaving(session, picture, plan, now=now)
    leaving = [(picture.problem, plan, *each) for each in ready]
    if result.asks is not None:  # whoever rides these would come home late: they are asked
        stays, more = _leaving(session, picture, result.asks.plan, now=now)
        leaving += [(result.asks.problem, result.asks.plan, *each) for each in stays]
        later = later + more
    for problem, planned, shift, route, held in leaving:
        if jobs.all_numbers_live(session):
            words = "Ninety-nine jobs are live: no more can be offered."
            attention.raise_(session, "numbers", "numbers", words, now=now)
            break
        if len(shifts.live_jobs(session, shift.person_id)) < rules.max_live_jobs:
            metres = first_batch_m(problem, route)
            job = make(session, shift, route, held, metres=metres, timeout_s=rules.offer_timeout_s, now=now)
            decided = (weighed or {}).get(route.courier) if planned is plan else None
            decided = decided or decisions.attempt(problem, planned, route)
            if decided is not None:
                kept = decisions.keep(session, decided, made_at=picture.at, rulebook=picture.version)
                job.decision_id = kept.id
            made.append(job)
    if made:
        session.add_all(made)
        planning.wanted(session, now=now)
    still = planning.open_orders(session)
    _raise_unserved(session, still, plan, now=now)
    if still:
        soonest = max(min(later, default=now), now + planning.LEAST_GAP) if later else None
        tick = now + timedelta(seconds=rules.tick_s)
        planning.again_by(session, min(soonest or tick, tick))
    session.flush()
    return [known(j.id) for j in made]


def _leaving(
    session: Session, picture: Picture, plan: routing.Plan, *, now: datetime
) -> tuple[list[tuple[Shift, routing.Route, list[Order]]], list[datetime]]:
    """The routes whose first batch must be offered now, read again; and when the others must be.

    Where the evening moved on while we thought, that route is left out and a new plan is wanted.
    """
    leaving = [(_put_at(session, picture, route, now), route) for route in plan.routes if route.departs]
    later = [at for at, _ in leaving if at > now]
    ready: list[tuple[Shift, routing.Route, list[Order]]] = []
    if len(later) == len(leaving):
        return ready, later
    waiting = {known(o.id): o for o in planning.open_orders(session)}
    refused_by = planning.refusals(session, list(waiting), now=now)
    able = {s.person_id: s for s in planning.able(session)}
    for route in (route for at, route in leaving if at <= now):
        picked = [int(s.request) for s in route.stops if s.batch == 0 and s.kind == "pickup"]
        shift = able.get(int(route.courier))
        held = [waiting[i] for i in picked if i in waiting]
        willing = shift is not None and all(shift.person_id not in refused_by.get(i, ()) for i in picked)
        willing = willing and shift is not None and not _resting(session, shift, route)
        willing = willing and shift is not None and _as_seen(session, picture, shift, held)
        if shift is None or not willing or len(held) < len(picked):
            planning.wanted(session, now=now)
        else:
            ready.append((shift, route, held))
    return ready, later


def _put_at(session: Session, picture: Picture, route: routing.Route, now: datetime) -> datetime:
    """When a route's first batch must be offered: not while its rider has a break, however soon they leave after it."""
    at = planning.leaves_at(picture, route)
    shift = shifts.current(session, int(route.courier)) if at <= now else None
    if shift is None:
        return at
    rests = breaks.of(session, [known(shift.id)])
    return max([at, *(rest.ends_at for rest in rests if rest.starts_at <= now < rest.ends_at)])


def _resting(session: Session, shift: Shift, route: routing.Route) -> bool:
    """Whether the rider took a break meanwhile that this would be ridden into."""
    last = max(stop.leave_s for stop in route.stops if stop.batch == 0)
    return any(
        seconds(rest.starts_at) < last and route.departs[0] < seconds(rest.ends_at)
        for rest in breaks.of(session, [known(shift.id)])
    )


def _as_seen(session: Session, picture: Picture, shift: Shift, held: Sequence[Order]) -> bool:
    """Whether the rider's work and these orders are what the plan was made of.

    A dispatcher may have given the rider something by hand meanwhile, or an offer of theirs been taken late.
    """
    courier = next(c for c in picture.problem.couriers if c.id == str(shift.person_id))
    seen = {planning.job_of(stop.visit) for stop in courier.committed}
    more = (job for job in shifts.live_jobs(session, shift.person_id) if job.id not in seen)
    return all(picture.told.get(known(order.id)) == planning.told(order) for order in held) and not any(
        jobs.stops_left(session, job) for job in more
    )


def make(
    session: Session,
    shift: Shift,
    route: routing.Route,
    batch_orders: Sequence[Order],
    *,
    metres: int,
    timeout_s: int,
    now: datetime,
) -> Job:
    """Offer a route's first new batch to the rider of this shift: a job, its stops, and who must know."""
    batch = [s for s in route.stops if s.batch == 0]
    last = batch[-1]
    first_leave = route.departs[0]
    ends_at, work_s = instant(last.at_s), max(0, last.at_s - max(first_leave, seconds(now)))
    job = Job(
        number=jobs.free_number(session),
        person_id=shift.person_id,
        shift_id=known(shift.id),
        offered_at=now,
        answer_by=now + timedelta(seconds=timeout_s),
        depart_at=instant(first_leave),
        distance_m=metres,
        duration_s=work_s,
        effort_s=limits.effort_of(session, work_s, batch_orders, now=now),
        past_end_at=ends_at if ends_at > shift.planned_end_at else None,
        adds_minor=0,
    )
    session.add(job)
    session.flush()
    by_id = {str(o.id): o for o in batch_orders}
    letters = _letters(batch)
    for seq, stop in enumerate(batch):
        order = by_id[stop.request]
        pickup = stop.kind == "pickup"
        session.add(
            Stop(
                job_id=known(job.id),
                order_id=known(order.id),
                seq=seq,
                visit=stop.visit,
                kind=stop.kind,
                letter=letters[stop.request],
                lat=order.pickup_lat if pickup else order.drop_lat,
                lon=order.pickup_lon if pickup else order.drop_lon,
                planned_at=instant(stop.at_s),
            )
        )
    for order in batch_orders:
        order.job_id = job.id
        move(order, "delivery", DELIVERY, "assigned")
        session.add(order)
        attention.settle(session, f"unserved:{order.id}", now=now, note="Offered to a rider.")
    session.flush()
    events.write(session, "offer_made", now=now, person_id=shift.person_id, job_id=known(job.id))
    return job


def first_batch_m(problem: routing.Problem, route: routing.Route) -> int:
    """Metres of a route's first new batch, from wherever the rider comes to it."""
    courier = next(c for c in problem.couriers if c.id == route.courier)
    places = [courier.at] + [s.at for s in route.stops if s.batch <= 0]
    legs = [int(problem.distance_m[a, b]) for a, b in pairwise(places)]
    committed = sum(s.batch < 0 for s in route.stops)
    return sum(legs[committed:])


def _letters(batch: Sequence[routing.PlannedStop]) -> dict[str, str]:
    drops = [s.request for s in batch if s.kind == "drop"]
    return {request: LETTERS[i] for i, request in enumerate(drops)}


_FOR_GOOD = ("not_allowed", "no_capacity", "unreachable")  # time does not cure these


def _raise_unserved(session: Session, still: Sequence[Order], plan: routing.Plan, *, now: datetime) -> None:
    """Orders no rider can take, or that still wait past their promise, are put before a person."""
    reasons = dict(plan.unserved)
    for order in still:
        reason = reasons.get(str(order.id))
        near = order.promise_at <= now + timedelta(minutes=30)
        if reason in _FOR_GOOD or (reason is not None and near):
            words = f"No rider can take this order ({reason.replace('_', ' ')})"
        elif order.promise_at <= now:
            words = "This order waits past its promise"
        else:
            continue
        attention.raise_(
            session,
            "unserved",
            f"unserved:{order.id}",
            f"{words}: give it to someone by hand, or cancel it.",
            now=now,
            order_id=known(order.id),
        )


def refused(session: Session, why: str, *, now: datetime) -> None:
    """No plan could be made or used: nothing is offered, and a person must look."""
    attention.raise_(session, "plan_refused", "plan-refused", f"No plan could be used: {why}"[:500], now=now)
