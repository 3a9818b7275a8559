"""Ringing the desk: the on-duty phone is texted, and again, until a named person has acknowledged it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import events, people
from dispatch.errors import NotAllowed, NotFound
from dispatch.tables import Attention, known
from payments import books

MAY = frozenset({"dispatcher", "administrator"})

# Asked at every turn of the clock, so written once.
_NEXT = select(func.min(Attention.ring_at)).where(col(Attention.ring_at).is_not(None))


def next_due(session: Session) -> datetime | None:
    """When the desk is rung next."""
    return session.connection().scalar(_NEXT)


def ringing(session: Session) -> Sequence[Attention]:
    """What the desk is being rung about and nobody has acknowledged, oldest first."""
    return session.exec(
        select(Attention).where(col(Attention.ring_at).is_not(None)).order_by(col(Attention.id))
    ).all()


def ring(session: Session, *, now: datetime, on_duty: str | None) -> int:
    """Ring about whatever is due, in one text to each phone, and set when to ring again; how many are due.

    `on_duty` is the on-duty phone; a number that is nobody's is texted as the desk's own. Without one every
    dispatcher is rung.
    """
    due = [row for row in ringing(session) if row.ring_at is not None and row.ring_at <= now]
    if not due:
        return 0
    every = timedelta(seconds=books.in_force(session, at=now)[1].dispatch.ring_every_s)
    for row in due:
        row.rung_at, row.ring_at, row.rings = now, now + every, row.rings + 1
        session.add(row)
    session.flush()
    for person_id in _whom(session, on_duty):
        events.write(session, "desk_rung", now=now, person_id=person_id, attention_id=known(due[0].id))
    return len(due)


def _whom(session: Session, on_duty: str | None) -> list[int | None]:
    """Who is rung; None is the desk's own phone, which is nobody's in particular."""
    if on_duty:
        person = people.by_phone(session, on_duty)
        return [person.id if person is not None else None]
    return [person.id for person in people.with_role(session, "dispatcher") if person.phone]


def acknowledge(session: Session, attention_id: int, *, by: int, now: datetime) -> Attention:
    """A named person on the desk has it: the ringing ends, the thing itself stays open until it is dealt with."""
    row = session.get(Attention, attention_id)
    if row is None:
        raise NotFound("There is no alarm by that number.")
    if not people.roles(session, by)[0] & MAY:
        raise NotAllowed("Only somebody who may be on desk duty can take an alarm.")
    if row.acknowledged_at is None and row.closed_at is None:
        row.acknowledged_at, row.acknowledged_by, row.ring_at = now, by, None
        session.add(row)
        session.flush()
    return row
