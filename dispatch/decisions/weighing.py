"""Weighing: what a job costs by its rider and would have cost by the next best, everything else left as planned."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

import routing
from dispatch import planning
from dispatch.planning import Made, Picture, leaves_at

_log = logging.getLogger(__name__)
OTHERS = 3  # of the next best riders
CONSIDERED = 5  # those who could be there first, where the search had no time to name the next best
NO_BAR = 1e9  # what leaving an order out costs while we ask what somebody else would have cost
SOON = timedelta(seconds=2)  # as long as planning may take


@dataclass(frozen=True, slots=True)
class Other:
    """Another rider for the same job: what it would have cost by them, or why it could not be.

    `instead` is the plan with the job theirs, where the plan's own figures do not hold it.
    """

    courier: str
    cost: routing.Costs
    barred: str = ""
    instead: routing.Plan | None = None


@dataclass(frozen=True, slots=True)
class Reduced:
    """The part of a plan that one job's price hangs on; `requests` are the job's."""

    problem: routing.Problem
    plan: routing.Plan
    courier: str
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """Why a route's first new batch went to its courier: the job's cost by them and by the next best."""

    part: Reduced
    cost: routing.Costs
    others: tuple[Other, ...]
    riders_out: int
    orders_open: int
    without: routing.Plan | None = None


def weigh(picture: Picture, made: Made) -> dict[str, Decided]:
    """Decisions of the batches a plan is about to offer, by courier: thought out with no transaction open."""
    due = [r for r in made.plan.routes if r.departs and leaves_at(picture, r) <= picture.at + SOON]
    found = {route.courier: attempt(picture.problem, made.plan, route) for route in due}
    return {courier: decided for courier, decided in found.items() if decided is not None}


def attempt(problem: routing.Problem, plan: routing.Plan, route: routing.Route) -> Decided | None:
    """The same, or None: food never waits for its reason. What went wrong is logged by its class alone."""
    try:
        return decide(problem, plan, route)
    except Exception as fault:
        _log.error("a batch could not be weighed: %s", type(fault).__name__)
        return None


def decide(problem: routing.Problem, plan: routing.Plan, route: routing.Route) -> Decided:
    """Weigh the first new batch of a route against the next best couriers, everything else left as planned."""
    requests = tuple(s.request for s in route.stops if s.batch == 0 and s.kind == "pickup")
    others = _next_best(problem, plan, route.courier, requests)
    part = _explained(_reduced(problem, plan, route.courier, requests, others))
    out, open_ = len(problem.couriers), len(problem.requests)
    told = told_so(part)
    if told is not None:
        return Decided(part, *told, out, open_)
    cost, weighed, without = _weigh(part)
    return Decided(part, cost, weighed, out, open_, without)


def _next_best(
    problem: routing.Problem, plan: routing.Plan, courier: str, requests: Sequence[str]
) -> tuple[str, ...]:
    """The couriers to weigh against: those the plan names as next best, or whoever could be there first."""
    named = sorted((o.cost.total, o.courier) for w in plan.why if w.request in requests for o in w.others)
    best = tuple(dict.fromkeys(c for _, c in named if c != courier))[:OTHERS]
    if len(best) == OTHERS:
        return best
    pickup = next(r.pickup for r in problem.requests if r.id == requests[0])
    last = {r.courier: s for r in plan.routes for s in r.stops if s.batch < 0}
    there: list[tuple[int, str]] = []
    for other in problem.couriers:
        stop = last.get(other.id)
        free_s, at = (max(other.free_s, problem.now_s), other.at) if stop is None else (stop.leave_s, stop.at)
        there.append((free_s + int(problem.travel_s[at, pickup]), other.id))
    ranked = dict.fromkeys([*best, *(c for _, c in sorted(there) if c != courier)])
    return tuple(ranked)[:CONSIDERED]


def _reduced(
    problem: routing.Problem,
    plan: routing.Plan,
    courier: str,
    requests: tuple[str, ...],
    others: tuple[str, ...],
) -> Reduced:
    kept = {courier, *others}
    couriers = [c for c in problem.couriers if c.id in kept]
    routes = [r for r in plan.routes if r.courier in kept]
    carried = {s.request for r in routes for s in r.stops if s.batch >= 0}
    asked = [r for r in problem.requests if r.id in carried]
    places = sorted(
        {c.at for c in couriers}
        | {s.at for c in couriers for s in c.committed}
        | {place for r in asked for place in (r.pickup, r.drop)}
    )
    at = {place: i for i, place in enumerate(places)}
    grid = np.ix_(places, places)
    small = replace(
        problem,
        couriers=tuple(
            replace(c, at=at[c.at], committed=tuple(replace(s, at=at[s.at]) for s in c.committed))
            for c in couriers
        ),
        requests=tuple(replace(r, pickup=at[r.pickup], drop=at[r.drop], never=r.never & kept) for r in asked),
        travel_s=np.array(problem.travel_s[grid]),
        distance_m=np.array(problem.distance_m[grid]),
    )
    part = replace(
        plan,
        routes=tuple(replace(r, stops=tuple(replace(s, at=at[s.at]) for s in r.stops)) for r in routes),
        unserved=(),
        why=(),
        bound=None,
    )
    return Reduced(small, replace(part, cost=routing.price(small, part)), courier, requests)


def _explained(part: Reduced) -> Reduced:
    """The same with the figures behind the job's requests, as far as the plan stands by itself in this part."""
    again = _as_it_was(part.problem, part.plan)
    if planning.turns(again) != planning.turns(part.plan):
        return part
    told = tuple(why for why in again.why if why.request in part.requests)
    return replace(part, plan=replace(part.plan, why=told))


def told_so(part: Reduced) -> tuple[routing.Costs, tuple[Other, ...]] | None:
    """The job's cost by each of them as those figures have it: for one order, and where everybody could have it."""
    told = part.plan.why
    rivals = min(OTHERS, len(part.problem.couriers) - 1)
    if len(part.requests) != 1 or len(told) != 1 or len(told[0].others) < rivals:
        return None
    others = [Other(other.courier, other.cost) for other in told[0].others]
    return told[0].cost, tuple(sorted(others, key=_rank))


def _rank(other: Other) -> tuple[bool, float, str]:
    return bool(other.barred), other.cost.total, other.courier


def _weigh(part: Reduced) -> tuple[routing.Costs, tuple[Other, ...], routing.Plan]:
    """What the job costs by its courier, and by each other in the place that suits them; and the plan without it."""
    problem, job = part.problem, set(part.requests)
    weights = replace(problem.rules.weights, unserved=NO_BAR)
    rest = tuple(r for r in problem.requests if r.id not in job)
    open_ = replace(problem, rules=replace(problem.rules, weights=weights), requests=rest)
    without = replace(_as_it_was(open_, part.plan), why=())
    others = []
    named = dict.fromkeys(o.courier for w in part.plan.why for o in w.others)
    rivals = dict.fromkeys([*named, *(c.id for c in problem.couriers if c.id != part.courier)])
    for rival in tuple(rivals)[:OTHERS]:
        theirs = tuple(replace(r, only=_pin(r, rival)) for r in problem.requests if r.id in job)
        if any(rival in r.never or r.only != rival for r in theirs):
            barred = "passed" if any(rival in r.never for r in theirs) else "not_allowed"
            others.append(Other(rival, routing.Costs(), barred))
            continue
        made = _as_it_was(replace(open_, requests=rest + theirs), part.plan)
        if made.unserved:
            others.append(Other(rival, routing.Costs(), made.unserved[0][1]))
        else:
            others.append(Other(rival, made.cost - without.cost, instead=replace(made, why=())))
    return part.plan.cost - without.cost, tuple(sorted(others, key=_rank)), without


def _pin(request: routing.Request, courier: str) -> str:
    return courier if request.only is None else request.only


def _as_it_was(problem: routing.Problem, plan: routing.Plan) -> routing.Plan:
    """The plan as far as the problem still has its requests, what is new put where it costs least; no search."""
    kept = {r.id for r in problem.requests if r.only is None}
    routes = tuple(
        replace(r, stops=tuple(s for s in r.stops if s.batch >= 0 and s.request in kept)) for r in plan.routes
    )
    return routing.solve(problem, budget_s=0.0, warm=replace(plan, routes=routes))
