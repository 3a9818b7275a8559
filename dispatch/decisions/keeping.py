"""Keeping: a decision written down, read again, and priced again by the referee."""

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

import routing
from dispatch.decisions.weighing import Decided, Other, Reduced, told_so
from dispatch.errors import NoSuchJob
from dispatch.tables import Decision, Job
from routing.why import verify

CENT = 0.01


def keep(session: Session, decided: Decided, *, made_at: datetime, rulebook: str) -> Decision:
    """Write a decision down."""
    part = decided.part
    body = {
        "problem": routing.to_dict(part.problem),
        "plan": routing.to_dict(part.plan),
        "courier": part.courier,
        "requests": list(part.requests),
        "cost": asdict(decided.cost),
        "others": [_other(other) for other in decided.others],
        "without": None if decided.without is None else routing.to_dict(decided.without),
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


def _other(other: Other) -> dict[str, Any]:
    return {
        "courier": other.courier,
        "cost": asdict(other.cost),
        "barred": other.barred,
        "instead": None if other.instead is None else routing.to_dict(other.instead),
    }


def _plan(body: dict[str, Any] | None) -> routing.Plan | None:
    return None if body is None else routing.plan_from_dict(body)


def read(row: Decision) -> Decided:
    """A decision as it was written down. Raises ValueError when it cannot be read."""
    try:
        return _decided(json.loads(zlib.decompress(row.body)))
    except (zlib.error, LookupError, TypeError, AttributeError) as fault:
        raise ValueError(f"decision {row.id} is not one ({type(fault).__name__})") from fault


def _decided(body: dict[str, Any]) -> Decided:
    return Decided(
        part=Reduced(
            problem=routing.problem_from_dict(body["problem"]),
            plan=routing.plan_from_dict(body["plan"]),
            courier=body["courier"],
            requests=tuple(body["requests"]),
        ),
        cost=routing.Costs(**body["cost"]),
        others=tuple(
            Other(o["courier"], routing.Costs(**o["cost"]), o["barred"], _plan(o["instead"]))
            for o in body["others"]
        ),
        without=_plan(body["without"]),
        riders_out=body["riders_out"],
        orders_open=body["orders_open"],
    )


def row_of(session: Session, job: Job) -> Decision:
    """The decision behind a job; NoSuchJob if a person gave it by hand, or it is no longer kept."""
    row = session.get(Decision, job.decision_id) if job.decision_id is not None else None
    if row is not None:
        return row
    if job.by_person_id is not None:
        raise NoSuchJob("Job {number} was given by the desk, by hand.", number=job.number)
    raise NoSuchJob(
        "The figures of job {number} are not kept any more: the desk can tell you what it knows.",
        number=job.number,
    )


def check(session: Session, job: Job) -> tuple[str, ...]:
    """What does not hold of a job's decision when the referee prices it again; nothing, if all of it does."""
    row = row_of(session, job)
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
    told = told_so(part) if decided.without is None else _weighed_again(decided, priced)
    if told is None:
        yield "there is nothing the figures were taken from"
        return
    cost, others = told
    if abs(cost.total - decided.cost.total) > CENT:
        yield f"the job cost {cost.total:.2f} and not {decided.cost.total:.2f}"
    if len(others) != len(decided.others):
        yield f"{len(others)} others were weighed and not {len(decided.others)}"
    for now, then in zip(others, decided.others, strict=False):
        if now.courier != then.courier or abs(now.cost.total - then.cost.total) > CENT:
            yield f"by rider {then.courier} it would cost {now.cost.total:.2f} and not {then.cost.total:.2f}"
    for other in decided.others:
        if other.instead is not None:
            yield from (fault.message for fault in routing.check(part.problem, other.instead))


def _weighed_again(decided: Decided, priced: routing.Costs) -> tuple[routing.Costs, tuple[Other, ...]] | None:
    """The job's cost by each of them from the plans that were written down, priced by the referee."""
    if decided.without is None:
        return None
    problem = decided.part.problem
    without = routing.price(problem, decided.without)
    others = [
        other
        if other.instead is None
        else replace(other, cost=routing.price(problem, other.instead) - without)
        for other in decided.others
    ]
    return priced - without, tuple(others)
