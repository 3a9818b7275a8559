"""Keeping an eye on shifts: riders who may have forgotten OFF or ON are asked; silence goes to a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select

from dispatch import attention, events, shifts
from dispatch.tables import Job, Shift, Stop, known
from payments import books
from payments.columns import UtcDateTime
from payments.rulebook import Rulebook

OVERDUE = timedelta(minutes=25)  # past the next stop's planned time, and past the last word of its rider


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When a shift next needs asking after, or putting before a person."""
    on = shifts.on_now(session)
    due = [at for _, at in _not_started(session, now=now)]
    if on:
        due += [at for _, at in _carrying(session, on, now=now)]
        rulebook = books.in_force(session, at=now)[1]
        due += [at for at in (_due(session, shift, rulebook, now) for shift in on) if at is not None]
    return min(due, default=None)


def ask(session: Session, *, now: datetime) -> int:
    """Ask riders past their planned end whether they are still out; silence goes to a person. Nobody is ended."""
    did = 0
    rulebook = books.in_force(session, at=now)[1]
    for shift in shifts.on_now(session):
        at = _due(session, shift, rulebook, now)
        if at is None or at > now:
            continue
        did += 1
        if shift.end_asked_at is None:
            shift.end_asked_at = now
            session.add(shift)
            events.write(
                session, "shift_end_asked", now=now, person_id=shift.person_id, shift_id=known(shift.id)
            )
        else:
            _raise(
                session,
                shift,
                "forgotten_off",
                "A rider is past the end of their shift and does not answer: phone them, then set the end.",
                now=now,
            )
    for shift, at in _carrying(session, shifts.on_now(session), now=now):
        if at <= now:
            did += 1
            _raise(
                session,
                shift,
                "silent_carrying",
                "A rider with a job in hand has not been heard of for too long: phone them.",
                now=now,
                ring=True,
            )
    for shift, at in _not_started(session, now=now):
        if at <= now:
            did += 1
            _raise(
                session,
                shift,
                "not_started",
                "A planned shift has not been started: phone the rider, then set the start or cancel it.",
                now=now,
            )
    return did


def _due(session: Session, shift: Shift, rulebook: Rulebook, now: datetime) -> datetime | None:
    """When to ask after this shift, or, once asked, to stop waiting for an answer."""
    if shift.off_asked_at is not None and shifts.live_jobs(session, shift.person_id):
        return None
    rules = rulebook.shifts
    if shift.end_asked_at is not None:
        if attention.raised_since(session, f"forgotten_off:{shift.id}", shift.end_asked_at):
            return None  # a person has it; one still open from before counts too
        return shift.end_asked_at + timedelta(minutes=rules.silence_min)
    patience = timedelta(minutes=rules.ask_after_end_min)
    at = shift.planned_end_at + patience
    if shift.off_asked_at is not None:
        # Food is taken back after OFF, which may be long before the planned end.
        at = shift.off_asked_at + patience
    if shift.heard_at is not None:
        at = max(at, shift.heard_at + patience)
    # With a job in hand nobody is asked; the question comes once it is delivered.
    if at <= now and shifts.live_jobs(session, shift.person_id):
        return None
    return at


_TAKEN = (
    select(Job.shift_id, func.min(Stop.planned_at), func.max(Job.taken_at))
    .join(Stop, col(Stop.job_id) == col(Job.id))
    .where(Job.state == "taken", col(Stop.done_at).is_(None), col(Stop.dropped).is_(False))
    .group_by(col(Job.shift_id))
)
_COMING = select(Shift).where(
    Shift.state == "planned",
    col(Shift.planned_start_at) <= bindparam("soon", type_=UtcDateTime),
    col(Shift.planned_end_at) > bindparam("now", type_=UtcDateTime),
)


def _carrying(session: Session, on: Sequence[Shift], *, now: datetime) -> list[tuple[Shift, datetime]]:
    """Riders with a job they took, and when a word from them is overdue."""
    shifts_on = {shift.id: shift for shift in on}
    found = []
    for shift_id, planned_at, taken_at in session.connection().execute(_TAKEN):
        shift = shifts_on.get(shift_id)
        if shift is None:
            continue
        signs = [t for t in (planned_at, taken_at, shift.heard_at, shift.there_at) if t is not None]
        at = max(signs) + OVERDUE
        if at > now or not attention.raised_since(session, f"silent_carrying:{shift_id}", at):
            found.append((shift, at))
    return found


def _not_started(session: Session, *, now: datetime) -> list[tuple[Shift, datetime]]:
    """Shifts that should have been started, or soon should, and when a person is to look."""
    rows = session.exec(_COMING, params={"soon": now + timedelta(hours=1), "now": now}).all()
    if not rows:
        return []
    patience = timedelta(minutes=books.in_force(session, at=now)[1].shifts.late_on_min)
    coming = [(s, s.planned_start_at + patience) for s in rows]
    return [
        (s, at)
        for s, at in coming
        if at > now or not attention.raised_since(session, f"not_started:{s.id}", s.planned_start_at)
    ]


def _raise(
    session: Session, shift: Shift, kind: str, words: str, *, now: datetime, ring: bool = False
) -> None:
    attention.raise_(
        session,
        kind,
        f"{kind}:{shift.id}",
        words,
        now=now,
        person_id=shift.person_id,
        shift_id=shift.id,
        ring=ring,
    )


# At the door -----------------------------------------------------------------------------------------------

_AT_A_DOOR = (
    select(func.min(Stop.arrived_at))
    .join(Job, col(Job.id) == col(Stop.job_id))
    .where(
        Stop.kind == "drop",
        Stop.meeting == "",
        col(Stop.arrived_at).is_not(None),
        col(Stop.done_at).is_(None),
        col(Stop.asked_at).is_(None),
        col(Stop.dropped).is_(False),
        Job.state == "taken",
    )
)


def door_due(session: Session, *, now: datetime) -> datetime | None:
    """When a rider has waited at a door as long as the rulebook says."""
    since = session.connection().scalar(_AT_A_DOOR)
    if since is None:
        return None
    return since + timedelta(minutes=books.in_force(session, at=now)[1].dispatch.door_wait_min)


def ask_at_doors(session: Session, *, now: datetime) -> int:
    """Riders who have waited long enough are told what they can do, once a door, and the desk sees it."""
    wait = timedelta(minutes=books.in_force(session, at=now)[1].dispatch.door_wait_min)
    rows = session.exec(
        select(Stop, Job)
        .join(Job, col(Job.id) == col(Stop.job_id))
        .where(
            Stop.kind == "drop",
            Stop.meeting == "",
            col(Stop.arrived_at) <= now - wait,
            col(Stop.done_at).is_(None),
            col(Stop.asked_at).is_(None),
            col(Stop.dropped).is_(False),
            Job.state == "taken",
        )
        .order_by(col(Stop.id))
    ).all()
    for stop, job in rows:
        stop.asked_at = now
        session.add(stop)
        events.write(
            session,
            "door_waited",
            now=now,
            person_id=job.person_id,
            job_id=known(job.id),
            order_id=stop.order_id,
        )
        attention.raise_(
            session,
            "door_waited",
            f"door:{stop.id}",
            f"Job {job.number}{stop.letter}: its rider waits at the door: phone the customer.",
            now=now,
            person_id=job.person_id,
            order_id=stop.order_id,
            job_id=known(job.id),
        )
    return len(rows)
