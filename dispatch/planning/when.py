"""When a plan is due: at once after a change, and by the tick when nothing happens."""

from datetime import UTC, datetime, timedelta

from sqlmodel import Session, select

from dispatch.tables import PlanRound

LEAST_GAP = timedelta(seconds=1)  # never more than one plan a second


def wanted(session: Session, *, now: datetime) -> None:
    """Something changed that a plan should know of."""
    row = the_round(session)
    if row.wanted_at is None:
        row.wanted_at = now
        session.add(row)
        session.flush()


_ROUND = select(PlanRound.wanted_at, PlanRound.due_at, PlanRound.planned_at)


def due_at(session: Session, *, now: datetime) -> datetime | None:
    """When the next plan is due: at once when wanted, a second apart at least, and at the latest by the tick."""
    row = session.connection().execute(_ROUND).first()
    if row is None:
        return None
    wanted_at, due_by, planned_at = row
    due: datetime | None = min((t for t in (wanted_at, due_by) if t is not None), default=None)
    if due is None:
        return None
    return due if planned_at is None else max(due, min(planned_at, now) + LEAST_GAP)


def again_by(session: Session, instant: datetime | None) -> None:
    """Plan again by this instant at the latest."""
    row = the_round(session)
    row.due_at = instant
    session.add(row)


def the_round(session: Session) -> PlanRound:
    """The one row of planning, made the first time it is asked for."""
    row = session.get(PlanRound, 1)
    if row is None:
        row = PlanRound()
        session.add(row)
        session.flush()
    return row


def seconds(instant: datetime) -> int:
    """An instant as whole seconds since 1970."""
    return int(instant.timestamp())


def instant(second: int) -> datetime:
    """Whole seconds since 1970 as an instant."""
    return datetime.fromtimestamp(second, UTC)
