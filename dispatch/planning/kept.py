"""The last plan, kept in its round's row: where the next one begins, and whether there need be a next one."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

import routing
from dispatch.planning.when import the_round
from dispatch.tables import PlanRound

Turns = dict[str, tuple[tuple[str, str], ...]]
"""Courier to what is new on their route: (pickup or drop, request) in riding order."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The last plan's turns, when and how they were found, and what evening they are for."""

    turns: Turns
    fingerprint: str
    solved_at: datetime
    solver: str
    iterations: int
    seed: int

    def plan(self) -> routing.Plan:
        """The turns as a plan to begin from: its stops are in order but have no times."""
        routes = tuple(
            routing.Route(
                courier,
                tuple(_stop(kind, request) for kind, request in stops),
                departs=(),
                adds_s=0,
                adds_m=0,
            )
            for courier, stops in self.turns.items()
        )
        return routing.Plan(routes, (), routing.Costs(), solver=self.solver, seed=self.seed)

    def meant(self) -> dict[str, str]:
        """Request to the courier the plan meant it for."""
        return {request: courier for courier, stops in self.turns.items() for _, request in stops}


def turns(plan: routing.Plan) -> Turns:
    """What is new on each route of a plan."""
    new = {r.courier: tuple((s.kind, s.request) for s in r.stops if s.batch >= 0) for r in plan.routes}
    return {courier: stops for courier, stops in new.items() if stops}


def keep(session: Session, plan: routing.Plan, *, fingerprint: str, solved_at: datetime) -> None:
    """Keep a plan in the round's row."""
    row = the_round(session)
    row.solved_at, row.fingerprint = solved_at, fingerprint
    row.plan = {
        "solver": plan.solver,
        "iterations": plan.iterations,
        "seed": plan.seed,
        "turns": {courier: [list(stop) for stop in stops] for courier, stops in turns(plan).items()},
    }
    session.add(row)


def kept(session: Session) -> Kept | None:
    """The last plan; None when there is none, or none that can be read: then one is made from nothing."""
    row = session.get(PlanRound, 1)  # not made here: pages that only look ask too
    if row is None or row.plan is None or row.solved_at is None:
        return None
    try:
        return Kept(
            turns={
                str(courier): tuple((str(kind), str(request)) for kind, request in stops)
                for courier, stops in row.plan["turns"].items()
            },
            fingerprint=row.fingerprint or "",
            solved_at=row.solved_at,
            solver=str(row.plan["solver"]),
            iterations=int(row.plan["iterations"]),
            seed=int(row.plan["seed"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _stop(kind: str, request: str) -> routing.PlannedStop:
    return routing.PlannedStop(
        kind="pickup" if kind == "pickup" else "drop",
        request=request,
        at=0,
        arrive_s=0,
        at_s=0,
        leave_s=0,
        batch=0,
        visit=0,
    )
