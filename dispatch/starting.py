"""Saying ON: by the plan, before it, or with none; the members' rules say which of these start the clock of pay."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import attention, shifts
from dispatch.errors import TooEarly, Unplanned
from dispatch.tables import Shift
from payments import books

SOON = timedelta(hours=6)  # who says ON that long before a planned shift means that one


def on(session: Session, person_id: int, *, now: datetime) -> Shift | None:
    """The rider says ON. None when they have no shift planned and the desk was asked to decide.

    Where the rulebook lets riders start unplanned a shift is opened that ends where their next one begins.
    TooEarly says from when a shift planned soon may be started.
    """
    try:
        return shifts.start(session, person_id, now=now)
    except Unplanned:
        rulebook = books.in_force(session, at=now)[1]
        rules = rulebook.shifts
    coming = session.exec(
        select(Shift)
        .where(Shift.person_id == person_id, Shift.state == "planned", Shift.planned_start_at > now)
        .order_by(col(Shift.planned_start_at))
    ).first()
    if coming is not None and coming.planned_start_at - now < SOON:
        starts = rulebook.local(coming.planned_start_at)
        raise TooEarly(starts, starts - timedelta(minutes=rules.early_on_min))
    if rules.unplanned_on == "ask":
        attention.raise_(
            session,
            "unplanned",
            f"unplanned:{person_id}",
            "A rider with no shift planned wants to start: plan one, or tell them why not.",
            now=now,
            person_id=person_id,
        )
        return None
    ends_at = now + timedelta(hours=rules.unplanned_h)
    if coming is not None:
        ends_at = min(ends_at, coming.planned_start_at)
    shift = shifts.plan(session, person_id, starts_at=now, ends_at=ends_at)
    shift.unplanned = True
    session.add(shift)
    session.flush()
    return shifts.start(session, person_id, now=now)
