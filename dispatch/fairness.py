"""Fairness over the pay period: what each rider has had, and in how many hours."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Order, Shift
from payments.rulebook import Rulebook


def period_start(rulebook: Rulebook, now: datetime) -> datetime:
    """When the pay period running now began, at local midnight."""
    zone = ZoneInfo(rulebook.co_op.timezone)
    first, _next = rulebook.pay_period.around(now.astimezone(zone).date())
    return datetime.combine(first, time.min, zone).astimezone(UTC)


def account(
    session: Session, rulebook: Rulebook, *, now: datetime
) -> tuple[dict[int, float], dict[int, float]]:
    """What each rider has had this pay period in the rulebook's basis, and their hours on shift.

    Jobs taken or still on offer count with those finished: orders for `orders`, hours of riding and serving
    for `effort`, and for `pay` what the drops earn in whole units of currency. What a rider passed on or let
    go by counts for nothing either way: nobody is owed work for resting.
    """
    since = period_start(rulebook, now)
    basis = rulebook.dispatch.fairness_basis
    counted = (*LIVE_JOB, "finished")
    if basis == "effort":
        figure = func.sum(Job.duration_s) / 3600.0
        rows = session.exec(
            select(Job.person_id, figure)
            .where(Job.offered_at >= since, col(Job.state).in_(counted))
            .group_by(col(Job.person_id))
        ).all()
    else:
        rows = session.exec(
            select(Job.person_id, func.count())
            .join(Order, col(Order.job_id) == col(Job.id))
            .where(Job.offered_at >= since, col(Job.state).in_(counted))
            .group_by(col(Job.person_id))
        ).all()
    worth = rulebook.pay.per_drop_minor / 100 if basis == "pay" else 1.0
    had = {person_id: float(figure) * worth for person_id, figure in rows}
    hours: dict[int, float] = {}
    worked = session.exec(
        select(Shift).where(col(Shift.started_at).is_not(None), Shift.planned_end_at >= since)
    ).all()
    for shift in worked:
        began = max(shift.started_at or since, since)
        spent = ((shift.ended_at or now) - began).total_seconds() / 3600
        hours[shift.person_id] = hours.get(shift.person_id, 0.0) + max(0.0, spent)
    return had, hours
