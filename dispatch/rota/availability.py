"""When riders say they can work and when they cannot. It is read by who plans, and forces nothing."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, or_, select

from dispatch.errors import BadInput, NotFound
from dispatch.rota.working import Span
from dispatch.tables import Availability
from payments.rulebook import Rulebook

MOST = 60  # lines one rider may have


def say(
    session: Session,
    person_id: int,
    *,
    weekday: int | None,
    on_day: date | None,
    from_min: int,
    until_min: int,
    can: bool,
    now: datetime,
) -> Availability:
    """A rider says when they can or cannot work: each week on a weekday, or on one day. Said again, it is one line."""
    if (weekday is None) == (on_day is None):
        raise BadInput("Say either a day of the week or one date.")
    if weekday is not None and not 0 <= weekday <= 6:
        raise BadInput("Day: choose a day of the week.")
    until_min = until_min if until_min > from_min else until_min + 1440
    held = of(session, [person_id])
    for row in held:
        if (row.weekday, row.on_day, row.from_min, row.until_min) == (weekday, on_day, from_min, until_min):
            row.can, row.at = can, now
            session.add(row)
            return row
    if len(held) >= MOST:
        raise BadInput("You have said {count} such times: take some out first.", count=MOST)
    row = Availability(
        person_id=person_id,
        weekday=weekday,
        on_day=on_day,
        from_min=from_min,
        until_min=until_min,
        can=can,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def unsay(session: Session, availability_id: int, person_id: int) -> None:
    """A rider takes a line of theirs back."""
    row = session.get(Availability, availability_id)
    if row is None or row.person_id != person_id:
        raise NotFound("You have not said that.")
    session.delete(row)
    session.flush()


def of(session: Session, person_ids: Collection[int], *, since: date | None = None) -> Sequence[Availability]:
    """What these riders said, by day; single days before `since` are left out."""
    query = select(Availability).where(col(Availability.person_id).in_(person_ids))
    if since is not None:
        query = query.where(or_(col(Availability.on_day).is_(None), col(Availability.on_day) >= since))
    order = (col(Availability.on_day), col(Availability.weekday), col(Availability.from_min))
    return session.exec(query.order_by(*order, col(Availability.id))).all()


def fits(rows: Sequence[Availability], span: Span, rules: Rulebook) -> bool | None:
    """Whether one rider's lines say they can (True) or cannot (False) work then; None where they say nothing.

    A single day's lines count before the weekday's; a "cannot" that overlaps counts before any "can".
    """
    day = rules.local(span.starts_at).date()
    for chosen in (
        [r for r in rows if r.on_day == day],
        [r for r in rows if r.weekday == day.weekday()],
    ):
        touching = [r for r in chosen if span.within(*_times(r, day, rules)) > timedelta()]
        if any(not r.can for r in touching):
            return False
        whole = span.ends_at - span.starts_at
        if any(span.within(*_times(r, day, rules)) == whole for r in touching):
            return True
        if any(r.can for r in chosen):
            return False  # they said when they can, and this is not within it
    return None


def _times(row: Availability, day: date, rules: Rulebook) -> tuple[datetime, datetime]:
    midnight = rules.midnight(day)
    return midnight + timedelta(minutes=row.from_min), midnight + timedelta(minutes=row.until_min)
