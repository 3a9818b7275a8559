"""Telling: a decision as facts for texts and pages, other riders by number."""

from zoneinfo import ZoneInfo

from sqlmodel import Session

import routing
from dispatch import orders
from dispatch.decisions.keeping import read, row_of
from dispatch.decisions.weighing import Decided
from dispatch.errors import NoSuchJob
from dispatch.facts import Candidate, WhyFacts
from dispatch.tables import Job
from payments import books

CAUSES = ("wait", "late", "travel", "freshness", "fairness", "churn")


def why(session: Session, job: Job) -> WhyFacts:
    """Why a job was its rider's, other riders by number; NoSuchJob if a person gave it, or nothing can be read."""
    row = row_of(session, job)
    try:
        decided = read(row)
    except ValueError:
        raise NoSuchJob(
            "The figures of job {number} cannot be read any more: the desk can tell you what it knows.",
            number=job.number,
        ) from None
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
