"""Decisions: why a job was offered to its rider, kept small enough to keep and whole enough to check again.

What is kept of a plan is the part a job's price hangs on: its rider and the next best ones, their routes, the
legs between the places on them, and the rules. There are no names, addresses or coordinates in it, only numbers
of rows and seconds.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session

import routing
from dispatch import orders, planning
from dispatch.errors import NoSuchJob
from dispatch.facts import Candidate, WhyFacts
from dispatch.planning import Made, Picture, leaves_at
from dispatch.tables import Decision, Job
from payments import books
from routing.why import verify

OTHERS = 3  # of the next best riders
CONSIDERED = 5  # those who could be there first, where the search had no time to name the next best
CAUSES = ("wait", "late", "travel", "freshness", "fairness", "churn")
NO_BAR = 1e9  # what leaving an order out costs while we ask what somebody else would have cost
CENT = 0.01


@dataclass(frozen=True, slots=True)
class Other:
    """Another rider for the same job: what it would have cost by them, or why it could not be."""

    courier: str
    cost: routing.Costs
    barred: str = ""


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


# Made ------------------------------------------------------------------------------------------------------


SOON = timedelta(seconds=2)  # as long as planning may take


def weigh(picture: Picture, made: Made) -> dict[str, Decided]:
    """Decisions of the batches a plan is about to offer, by courier: thought out with no transaction open."""
    due = [r for r in made.plan.routes if r.departs and leaves_at(picture, r) <= picture.at + SOON]
    return {route.courier: decide(picture.problem, made.plan, route) for route in due}


def decide(problem: routing.Problem, plan: routing.Plan, route: routing.Route) -> Decided:
    """Weigh the first new batch of a route against the next best couriers, everything else left as planned."""
    requests = tuple(s.request for s in route.stops if s.batch == 0 and s.kind == "pickup")
    others = _next_best(problem, plan, route.courier, requests)
    part = _explained(_reduced(problem, plan, route.courier, requests, others))
    cost, weighed = _told_so(part) or _weigh(part)
    return Decided(part, cost, weighed, len(problem.couriers), len(problem.requests))


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


def _told_so(part: Reduced) -> tuple[routing.Costs, tuple[Other, ...]] | None:
    """The job's cost by each of them as those figures have it: for one order, and where everybody could have it."""
    told = part.plan.why
    rivals = min(OTHERS, len(part.problem.couriers) - 1)
    if len(part.requests) != 1 or len(told) != 1 or len(told[0].others) < rivals:
        return None
    others = [Other(other.courier, other.cost) for other in told[0].others]
    return told[0].cost, tuple(sorted(others, key=_rank))


def _rank(other: Other) -> tuple[bool, float, str]:
    return bool(other.barred), other.cost.total, other.courier


def _weigh(part: Reduced) -> tuple[routing.Costs, tuple[Other, ...]]:
    """What the job costs by its courier, and by each of the others in the place that suits them best."""
    problem, job = part.problem, set(part.requests)
    weights = replace(problem.rules.weights, unserved=NO_BAR)
    rest = tuple(r for r in problem.requests if r.id not in job)
    open_ = replace(problem, rules=replace(problem.rules, weights=weights), requests=rest)
    without = _as_it_was(open_, part.plan).cost
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
            others.append(Other(rival, made.cost - without))
    return part.plan.cost - without, tuple(sorted(others, key=_rank))


def _pin(request: routing.Request, courier: str) -> str:
    return courier if request.only is None else request.only


def _as_it_was(problem: routing.Problem, plan: routing.Plan) -> routing.Plan:
    """The plan as far as the problem still has its requests, what is new put where it costs least; no search."""
    kept = {r.id for r in problem.requests if r.only is None}
    routes = tuple(
        replace(r, stops=tuple(s for s in r.stops if s.batch >= 0 and s.request in kept)) for r in plan.routes
    )
    return routing.solve(problem, budget_s=0.0, warm=replace(plan, routes=routes))


# Kept ------------------------------------------------------------------------------------------------------


def keep(session: Session, decided: Decided, *, made_at: datetime, rulebook: str) -> Decision:
    """Write a decision down."""
    part = decided.part
    body = {
        "problem": routing.to_dict(part.problem),
        "plan": routing.to_dict(part.plan),
        "courier": part.courier,
        "requests": list(part.requests),
        "cost": asdict(decided.cost),
        "others": [asdict(other) for other in decided.others],
        "riders_out": decided.riders_out,
        "orders_open": decided.orders_open,
    }
    said = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    row = Decision(
        made_at=made_at,
        rulebook=rulebook,
        solver=part.plan.solver,
        seed=part.plan.seed,
        iterations=part.plan.iterations,
        wall_ms=round(part.plan.wall_s * 1000),
        cost=round(decided.cost.total),
        digest=hashlib.sha256(said).hexdigest(),
        body=zlib.compress(said, 6),
    )
    session.add(row)
    session.flush()
    return row


def read(row: Decision) -> Decided:
    """A decision as it was written down. Raises ValueError when it cannot be read."""
    body = json.loads(zlib.decompress(row.body))
    return Decided(
        part=Reduced(
            problem=routing.problem_from_dict(body["problem"]),
            plan=routing.plan_from_dict(body["plan"]),
            courier=body["courier"],
            requests=tuple(body["requests"]),
        ),
        cost=routing.Costs(**body["cost"]),
        others=tuple(Other(o["courier"], routing.Costs(**o["cost"]), o["barred"]) for o in body["others"]),
        riders_out=body["riders_out"],
        orders_open=body["orders_open"],
    )


# Told ------------------------------------------------------------------------------------------------------


def why(session: Session, job: Job) -> WhyFacts:
    """Why a job was its rider's, other riders by number; NoSuchJob if a person gave it, or nothing is kept."""
    row = _row(session, job)
    decided = read(row)
    reference = ", ".join(
        orders.by_id(session, int(request)).external_id for request in decided.part.requests
    )
    mine = _candidate("you", decided, decided.part.courier, decided.cost)
    others = tuple(
        _candidate(f"rider {i}", decided, other.courier, other.cost, other.barred)
        for i, other in enumerate(decided.others, 1)
    )
    zone = ZoneInfo(books.in_force(session, at=row.made_at)[1].co_op.timezone)
    best = next((other for other in others if not other.barred), None)
    return WhyFacts(
        number=job.number,
        reference=reference,
        chosen=mine.costs,
        others=tuple((other.who, other.costs) for other in others if not other.barred),
        decided_at=row.made_at.astimezone(zone),
        rulebook=row.rulebook,
        candidates=(mine, *others),
        margin_min=None if best is None else round(best.total_min - mine.total_min, 1),
        because=() if best is None else _because(mine, best),
        basis=decided.part.problem.rules.fairness_basis,
        riders_out=decided.riders_out,
        orders_open=decided.orders_open,
        solver=row.solver,
        iterations=row.iterations,
        wall_ms=row.wall_ms,
    )


def _row(session: Session, job: Job) -> Decision:
    row = session.get(Decision, job.decision_id) if job.decision_id is not None else None
    if row is not None:
        return row
    if job.by_person_id is not None:
        raise NoSuchJob(f"Job {job.number} was given by the desk, by hand.")
    raise NoSuchJob(f"The figures of job {job.number} are no longer kept: the desk can tell you more.")


def _candidate(
    who: str, decided: Decided, courier_id: str, cost: routing.Costs, barred: str = ""
) -> Candidate:
    part, problem = decided.part, decided.part.problem
    courier = next(c for c in problem.couriers if c.id == courier_id)
    busy = [s.leave_s for r in part.plan.routes if r.courier == courier_id for s in r.stops if s.batch < 0]
    return Candidate(
        who=who,
        costs=tuple((cause, round(getattr(cost, cause) / 60, 1)) for cause in CAUSES if getattr(cost, cause)),
        total_min=round(cost.total / 60, 1),
        barred=barred,
        wanted=_wanted(part.plan, courier_id) if len(part.requests) == 1 else (),
        free_in_min=max(0, round((max([courier.free_s, *busy]) - problem.now_s) / 60)),
        had_an_hour=round(courier.had / max(courier.hours, 1.0), 2),
    )


def _wanted(plan: routing.Plan, courier: str) -> tuple[tuple[str, int], ...]:
    """What would have made it this courier's, each alone: seconds sooner free, seconds nearer; "fairer" 0."""
    for other in (other for why in plan.why for other in why.others if other.courier == courier):
        fairer = 0 if other.fairer else None
        wanted = (("sooner", other.sooner_s), ("nearer", other.nearer_s), ("fairer", fairer))
        return tuple((what, seconds) for what, seconds in wanted if seconds is not None)
    return ()


def _because(mine: Candidate, best: Candidate) -> tuple[tuple[str, float], ...]:
    """What made the difference to the next best, the largest first: minutes saved by cause."""
    ours, theirs = dict(mine.costs), dict(best.costs)
    saved = {cause: round(theirs.get(cause, 0.0) - ours.get(cause, 0.0), 1) for cause in CAUSES}
    return tuple(sorted(((c, m) for c, m in saved.items() if m), key=lambda pair: (-pair[1], pair[0])))


def check(session: Session, job: Job) -> tuple[str, ...]:
    """What does not hold of a job's decision when the referee prices it again; nothing, if all of it does."""
    row = _row(session, job)
    return tuple(_findings(row))


def _findings(row: Decision) -> Iterator[str]:
    said = zlib.decompress(row.body)
    if hashlib.sha256(said).hexdigest() != row.digest:
        yield "what is kept is not what was written down"
    decided = read(row)
    part = decided.part
    for violation in (*routing.check(part.problem, part.plan), *verify(part.problem, part.plan)):
        yield violation.message
    priced = routing.price(part.problem, part.plan)
    if abs(priced.total - part.plan.cost.total) > CENT:
        yield f"the plan costs {priced.total:.2f} and not {part.plan.cost.total:.2f}"
    cost, others = _told_so(part) or _weigh(part)
    if abs(cost.total - decided.cost.total) > CENT:
        yield f"the job cost {cost.total:.2f} and not {decided.cost.total:.2f}"
    for now, then in zip(others, decided.others, strict=True):
        if (now.courier, now.barred) != (then.courier, then.barred):
            yield "the next best riders come in another order"
        elif abs(now.cost.total - then.cost.total) > CENT:
            yield f"by rider {then.courier} it would cost {now.cost.total:.2f} and not {then.cost.total:.2f}"
