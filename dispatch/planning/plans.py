"""One round: the evening is read, a plan is made of it or the last one kept, and the referee has its say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

import routing
from dispatch.errors import PlanRefused
from dispatch.planning.able import open_orders
from dispatch.planning.evening import evening
from dispatch.planning.kept import Kept, kept, turns
from dispatch.planning.when import due_at, instant, the_round
from dispatch.tables import Order, known
from payments import books
from payments.rulebook import Rulebook

Told = tuple[object, ...]
"""What a plan goes by in one order."""


def told(order: Order) -> Told:
    """When its food is ready, from where to where it goes, how big it is and what it needs."""
    pickup, drop = (order.pickup_lat, order.pickup_lon), (order.drop_lat, order.drop_lon)
    return (order.ready_at, pickup, drop, order.size, *order.needs)


@dataclass(frozen=True, slots=True)
class Picture:
    """The evening at one instant, as a problem, and which rows its names stand for.

    `told` is what was read of each open order. `last` is the plan before; `same` says that it was made of this very
    evening, not long ago.
    """

    at: datetime
    version: str
    rulebook: Rulebook
    problem: routing.Problem
    fingerprint: str
    budget_s: float
    seed: int
    told: Mapping[int, Told]
    last: Kept | None = None
    same: bool = False


@dataclass(frozen=True, slots=True)
class Asks:
    """What could be ridden if its rider stayed past the end of their shift: a problem of its own, and its plan."""

    problem: routing.Problem
    plan: routing.Plan


@dataclass(frozen=True, slots=True)
class Made:
    """A plan the referee passed, what it found wrong with the solver's own, and whether it is the last one kept.

    `asks` is what only somebody who stays could ride: it is put to them as a question.
    """

    plan: routing.Plan
    faults: tuple[str, ...] = ()
    kept: bool = False
    asks: Asks | None = None


def take(session: Session, *, now: datetime, force: bool = False) -> Picture | None:
    """Read the evening as a problem and mark this round begun; None when nothing is open to plan.

    If the process dies before the plan is used, `due_at` has it made again.
    """
    row = the_round(session)
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
    last = kept(session)
    seen = evening(session, orders, version, rulebook, meant={} if last is None else last.meant(), now=now)
    young = last is not None and now - last.solved_at < timedelta(minutes=rulebook.dispatch.plan_kept_min)
    return Picture(
        at=now,
        version=version,
        rulebook=rulebook,
        problem=seen.problem,
        fingerprint=seen.fingerprint,
        budget_s=rulebook.dispatch.solve_budget_ms / 1000,
        seed=known(orders[-1].id),
        told={known(order.id): told(order) for order in orders},
        last=last,
        same=young and last is not None and last.fingerprint == seen.fingerprint,
    )


def do(picture: Picture, solve: Callable[..., routing.Plan] = routing.solve) -> Made:
    """Make a plan, with no transaction open. A plan the referee faults gives way to the greedy one.

    The last plan of an evening that has not changed is kept, its times read anew. Raises PlanRefused, naming
    what was broken, only if the greedy plan is faulted too.
    """
    if picture.same and (still := _still(picture)) is not None:
        return Made(still, kept=True, asks=_asks(picture, still))
    warm: dict[str, Any] = {}
    if picture.last is not None and picture.rulebook.dispatch.warm_start:
        warm["warm"] = picture.last.plan()
    plan = solve(picture.problem, budget_s=picture.budget_s, seed=picture.seed, **warm)
    faults = tuple(f.message for f in routing.check(picture.problem, plan))
    if not faults:
        return Made(plan, asks=_asks(picture, plan))
    plain = routing.greedy(picture.problem)
    worse = routing.check(picture.problem, plain)
    if worse:
        raise PlanRefused("; ".join(f.message for f in worse))
    return Made(plain, faults, asks=_asks(picture, plain))


def _asks(picture: Picture, plan: routing.Plan) -> Asks | None:
    """Orders left out because shifts end, given to riders with nothing new who might stay; None where there are none.

    Only these riders and these orders, so that it stands beside the plan. The referee has its say here too.
    """
    most_s = picture.rulebook.shifts.stay_ask_min * 60
    late = {name for name, reason in plan.unserved if reason == "shift_ends"}
    busy = {route.courier for route in plan.routes if any(stop.batch >= 0 for stop in route.stops)}
    idle = [c for c in picture.problem.couriers if c.id not in busy]
    if not most_s or not late or not idle:
        return None
    problem = replace(
        picture.problem,
        couriers=tuple(replace(c, tolerance_s=max(c.tolerance_s, most_s)) for c in idle),
        requests=tuple(r for r in picture.problem.requests if r.id in late),
    )
    asked = routing.greedy(problem)
    return None if routing.check(problem, asked) else Asks(problem, asked)


def leaves_at(picture: Picture, route: routing.Route) -> datetime:
    """When a route's first new batch must be offered: the offer's lead before its latest departure."""
    return instant(route.departs[0]) - timedelta(seconds=picture.rulebook.dispatch.offer_lead_s)


def _still(picture: Picture) -> routing.Plan | None:
    """The last plan by the clock of now, without a search; None where it no longer holds as it was."""
    last = picture.last
    if last is None:
        return None
    plan = routing.solve(picture.problem, budget_s=0.0, seed=last.seed, warm=last.plan())
    if turns(plan) != last.turns or routing.check(picture.problem, plan):
        return None
    return replace(plan, solver=last.solver, iterations=last.iterations, seed=last.seed)
