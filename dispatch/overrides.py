"""When a dispatcher steps in: an order given by hand, a stop marked for a rider."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

import routing
from dispatch import attention, deliveries, events, jobs, offers, people, planning, shifts
from dispatch.errors import BadInput, WrongState
from dispatch.facts import Marked
from dispatch.tables import Job, Order, Person, known
from payments import books


def assign(session: Session, order: Order, person_id: int, *, by: int, now: datetime) -> Job:
    """A dispatcher offers a waiting order to a rider by hand; the rider may still pass."""
    shift = shifts.current(session, person_id)
    if shift is None:
        raise BadInput("That rider is not on shift.")
    if order.delivery != "waiting":
        raise WrongState(f"That order is {order.delivery}: it can be given by hand only while it waits.")
    version, rulebook = books.in_force(session, at=now)
    alone = _for_one(planning.problem(session, [order], version, rulebook, now=now), str(person_id))
    route = _by_hand(alone)
    job = offers.make(
        session,
        shift,
        route,
        [order],
        metres=offers.first_batch_m(alone, route),
        timeout_s=rulebook.dispatch.offer_timeout_s,
        now=now,
    )
    job.by_person_id = by
    session.add(job)
    attention.settle(session, f"unserved:{order.id}", now=now, note="Given to a rider by hand.")
    return job


def _for_one(problem: routing.Problem, courier: str) -> routing.Problem:
    """The same problem with this rider alone, who may have passed on it, and may run over: a person decided.

    The most for an hour does not bind a person either; a break and the rest after a heavy run still do.
    """
    return replace(
        problem,
        couriers=tuple(
            replace(c, tolerance_s=c.tolerance_s + 3600, orders_left=None, effort_left_s=None)
            for c in problem.couriers
            if c.id == courier
        ),
        requests=tuple(replace(r, never=frozenset()) for r in problem.requests),
        rules=replace(problem.rules, weights=replace(problem.rules.weights, unserved=1e9)),
    )


def _by_hand(alone: routing.Problem) -> routing.Route:
    route = next((r for r in routing.greedy(alone).routes if any(s.batch == 0 for s in r.stops)), None)
    if route is None:
        raise BadInput(
            "That rider cannot take it: it does not fit their load or their shift, or they get no offers."
        )
    return route


def mark_for(
    session: Session, job_id: int, verb: str, *, by: int, now: datetime, letters: tuple[str, ...] = ()
) -> Marked:
    """A dispatcher marks on a rider's behalf; the rider is sent what is next."""
    job = jobs.get(session, job_id)
    if verb == "take":
        told = offers.take(session, job.person_id, job.number, now=now, by=by)
    elif verb == "got":
        told = deliveries.got(session, job.person_id, job.number, now=now, by=by)
    elif verb == "done":
        told = deliveries.done(session, job.person_id, job.number, letters=letters, now=now, by=by)
    else:
        raise BadInput("A job can be marked take, got or done.")
    events.write(session, "job_changed", now=now, person_id=job.person_id, job_id=known(job.id))
    return told


def end_access(session: Session, person_id: int, *, by: int, reason: str, now: datetime) -> Person:
    """End somebody's access; an offer of theirs goes to others at once.

    A job they have taken stays theirs, and their shift's clock runs on: neither their texts nor their page reach us
    any more, so the desk is rung to phone them, hand the job on and end the shift at its true time.
    """
    person = people.end(session, person_id, by=by, reason=reason, now=now)
    numbers = []
    for job in shifts.live_jobs(session, person_id):
        if job.state == "offered":
            offers.release(session, job, "withdrawn", now=now, why="withdrawn")
        else:
            numbers.append(str(job.number))
    shift = shifts.current(session, person_id)
    if shift is not None:
        having = f" with job {', '.join(numbers)}" if numbers else ""
        attention.raise_(
            session,
            "left_mid_shift",
            f"left:{person_id}:{shift.id}",
            f"This person's access ended while on shift{having}."
            " Phone them, hand on what they have, and end the shift.",
            now=now,
            person_id=person_id,
            shift_id=known(shift.id),
            ring=bool(numbers),
        )
    planning.wanted(session, now=now)
    return person


def take_role(session: Session, person_id: int, role: str, *, by: int, reason: str, now: datetime) -> None:
    """Take a role back, with a written reason. WrongState for a rider who is on shift: their shift is ended first."""
    if role == "rider" and shifts.current(session, person_id) is not None:
        raise WrongState(
            "They are on shift: hand on what they have and end their shift first, so that its time is paid "
            "and no food is left."
        )
    people.withdraw(session, person_id, role, by=by, reason=reason, now=now)
    planning.wanted(session, now=now)
