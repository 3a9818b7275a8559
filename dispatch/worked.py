"""What a shift's pay is reckoned from: its clock, what was delivered on it, the rain that fell, its unpaid breaks."""

from datetime import datetime

from sqlmodel import Session, col, or_, select

from dispatch.errors import WrongState
from dispatch.tables import Job, Order, RainSpell, Rest, Shift, known
from payments import books
from payments.pay import Drop, ShiftMoney, Spell


def money(session: Session, shift: Shift, *, until: datetime | None = None) -> ShiftMoney:
    """A shift as the books see it, up to its end or, while it goes on, `until`. WrongState without a start or end."""
    ended_at = until or shift.ended_at
    if shift.started_at is None or ended_at is None:
        raise WrongState("Only a shift that started and ended has pay.")
    rides = _rides(session, known(shift.id))
    return ShiftMoney(
        known(shift.id),
        shift.person_id,
        shift.started_at,
        ended_at,
        shift.revision,
        len(rides),
        rides,
        _rain(session, shift.started_at, ended_at),
        _unpaid(session, known(shift.id), shift.started_at),
    )


def clock(session: Session, shift: Shift) -> ShiftMoney:
    """The paid minutes of a shift that started and ended, and nothing else of it: what pooled tips are shared by."""
    if shift.started_at is None or shift.ended_at is None:
        raise WrongState("Only a shift that started and ended has minutes.")
    number, began = known(shift.id), shift.started_at
    unpaid = _unpaid(session, number, began)
    return ShiftMoney(number, shift.person_id, began, shift.ended_at, shift.revision, 0, unpaid=unpaid)


def _rides(session: Session, shift_id: int) -> tuple[Drop, ...]:
    """What was delivered on a shift: each order's zone and its way from restaurant to door."""
    rows = session.exec(
        select(Order.zone, Order.distance_m)
        .join(Job, col(Job.id) == col(Order.job_id))
        .where(Job.shift_id == shift_id, Order.delivery == "delivered")
        .order_by(col(Order.id))
    ).all()
    return tuple(Drop(zone, distance_m) for zone, distance_m in rows)


def _rain(session: Session, since: datetime, until: datetime) -> tuple[Spell, ...]:
    """The rain that fell in a time, as far as the desk has said; what has not stopped falls until its end."""
    rows = session.exec(
        select(RainSpell)
        .where(
            col(RainSpell.taken_back_at).is_(None),
            RainSpell.starts_at < until,
            or_(col(RainSpell.ends_at).is_(None), col(RainSpell.ends_at) > since),
        )
        .order_by(col(RainSpell.starts_at), col(RainSpell.id))
    ).all()
    return tuple(Spell(row.starts_at, max(row.starts_at, min(row.ends_at or until, until))) for row in rows)


def _unpaid(session: Session, shift_id: int, began: datetime) -> tuple[Spell, ...]:
    """The breaks of a shift that the rules it began under do not pay."""
    if books.in_force(session, at=began)[1].rest.break_paid:
        return ()
    rows = session.exec(select(Rest).where(Rest.shift_id == shift_id).order_by(col(Rest.starts_at))).all()
    return tuple(Spell(row.starts_at, row.ends_at) for row in rows)
