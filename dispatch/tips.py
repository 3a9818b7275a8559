"""Pooled tips: which days have some to share out, and who was on shift then. The sharing itself is the books'."""

from collections import Counter
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, or_, select

from dispatch import attention, worked
from dispatch.tables import Shift, TipDay
from payments import books, pay, work
from payments.errors import NobodyToShare
from payments.pay import ShiftMoney
from payments.rulebook import Rulebook

LOOK_AGAIN = timedelta(minutes=15)  # while a shift of that day goes on
LONGEST = timedelta(days=2)  # no shift that began earlier touches a day


def came(session: Session, order_id: int, attempt: int, *, now: datetime) -> None:
    """An order's tip came to a day's pool, or left it again: that day is to be shared out once it is over, or anew."""
    day = pay.pooled_on(session, order_id, attempt)
    if day is not None:
        _due(session, day, now=now)


def worked_otherwise(session: Session, *times: ShiftMoney, now: datetime) -> None:
    """A shift's minutes have changed: the days it touches, as it was and as it is, are shared out anew."""
    rulebook = books.in_force(session, at=now)[1]
    first = min(work.tip_day(rulebook, each.started_at) for each in times)
    last = max(work.tip_day(rulebook, each.ended_at) for each in times)
    for row in session.exec(select(TipDay).where(TipDay.day >= first, TipDay.day <= last)).all():
        _due(session, row.day, now=now)


def next_due(session: Session) -> datetime | None:
    """When a day is next to be looked at."""
    query = select(TipDay.due_at).where(col(TipDay.due_at).is_not(None)).order_by(col(TipDay.due_at)).limit(1)
    return session.exec(query).first()


def share_out(session: Session, *, now: datetime) -> int:
    """Share out the tips of each day that is over and whose shifts have all ended; how many days were looked at.

    A day with a shift still on is looked at again later. Tips of a day on which nobody was on shift wait for a person.
    """
    days = session.exec(
        select(TipDay).where(col(TipDay.due_at) <= now).order_by(col(TipDay.day)).with_for_update()
    ).all()
    for row in days:
        rulebook = books.in_force(session, at=now)[1]
        if _going_on(session, rulebook, row.day):
            row.due_at = now + LOOK_AGAIN
        else:
            _share(session, rulebook, row, now=now)
        session.add(row)
    session.flush()
    return len(days)


def minutes(session: Session, rulebook: Rulebook, day: date) -> dict[int, int]:
    """Who was on shift on a day, and for how many paid minutes of it, by the shifts that have ended."""
    found: Counter[int] = Counter()
    for shift in _touching(session, rulebook, day):
        if shift.started_at is not None and shift.ended_at is not None:
            found[shift.person_id] += work.minutes_on(rulebook, worked.clock(session, shift), day)
    return {rider: count for rider, count in sorted(found.items()) if count}


def _share(session: Session, rulebook: Rulebook, row: TipDay, *, now: datetime) -> None:
    key = f"tips_unshared:{row.day.isoformat()}"
    row.due_at = None
    try:
        pay.shared_out(session, row.day, minutes(session, rulebook, row.day), now=now)
    except NobodyToShare as fault:
        words = f"{fault}. Set the times of the shift that is missing, and they are shared by it."
        attention.raise_(session, "tips_unshared", key, words[0].upper() + words[1:], now=now)
        return
    row.shared_at = now
    attention.settle(session, key, now=now, note="The tips of that day have been shared out.")


def _due(session: Session, day: date, *, now: datetime) -> None:
    over_at = work.tip_day_bounds(books.in_force(session, at=now)[1], day)[1]
    row = session.get(TipDay, day) or TipDay(day=day)
    row.due_at = max(now, over_at)
    session.add(row)
    session.flush()


def _touching(session: Session, rulebook: Rulebook, day: date) -> list[Shift]:
    since, until = work.tip_day_bounds(rulebook, day)
    query = select(Shift).where(
        col(Shift.started_at) < until,
        col(Shift.started_at) >= since - LONGEST,
        or_(col(Shift.ended_at).is_(None), col(Shift.ended_at) > since),
    )
    return list(session.exec(query.order_by(col(Shift.id))).all())


def _going_on(session: Session, rulebook: Rulebook, day: date) -> bool:
    """Whether a shift that began that day, or before it, has no end yet; one cancelled after all never has."""
    shifts = _touching(session, rulebook, day)
    return any(shift.ended_at is None and shift.state != "cancelled" for shift in shifts)
