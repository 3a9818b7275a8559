"""Breaks of a shift: time nothing is planned into. It stays paid time, and is no time on offer."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import shifts
from dispatch.errors import BadInput, WrongState
from dispatch.tables import Rest


def plan(
    session: Session, shift_id: int, starts_at: datetime, ends_at: datetime, *, by: int, now: datetime
) -> Rest:
    """A break of a shift: nothing is planned into it, and it is no time on offer. It stays paid time."""
    shift = shifts.get(session, shift_id)
    if shift.state not in ("planned", "on"):
        raise WrongState(f"That shift is {shift.state}: it has no breaks any more.")
    if not timedelta(minutes=5) <= ends_at - starts_at <= timedelta(hours=4) or ends_at <= now:
        raise BadInput("A break lasts between 5 minutes and 4 hours, and is not over yet.")
    began, ends = shift.started_at or shift.planned_start_at, shift.planned_end_at
    if starts_at >= (max(ends, now) if shift.state == "on" else ends) or ends_at <= began:
        raise BadInput("That break is not within this shift: write its day and time.")
    if any(r.starts_at < ends_at and starts_at < r.ends_at for r in of(session, [shift_id])):
        raise BadInput("This shift already has a break then.")
    row = Rest(shift_id=shift_id, starts_at=starts_at, ends_at=ends_at, by_person_id=by, at=now)
    session.add(row)
    session.flush()
    return row


def end(session: Session, shift_id: int, rest_id: int, *, now: datetime) -> None:
    """Take a break back that has not begun, or end one that is going on."""
    row = session.get(Rest, rest_id)
    if row is None or row.shift_id != shift_id:
        raise BadInput("This shift has no such break: look at its page again.")
    if row.ends_at <= now:
        raise WrongState("That break is over.")
    if row.starts_at >= now:
        session.delete(row)
    else:
        row.ends_at = now
        session.add(row)
    session.flush()


def of(session: Session, shift_ids: Collection[int]) -> Sequence[Rest]:
    """The breaks of these shifts, earliest first."""
    query = select(Rest).where(col(Rest.shift_id).in_(shift_ids)).order_by(col(Rest.starts_at), col(Rest.id))
    return session.exec(query).all() if shift_ids else []
