"""A rider's calendar address: a secret that opens their shifts and nothing else; made anew or revoked at will."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch.tables import CalendarFeed, Person, Shift

BACK, AHEAD = timedelta(days=60), timedelta(days=180)


def issue(session: Session, person_id: int, *, now: datetime) -> str:
    """A new secret for a rider's calendar, told once; the one before opens nothing from now on."""
    revoke(session, person_id, now=now)
    token = secrets.token_urlsafe(32)
    session.add(CalendarFeed(person_id=person_id, token_hash=_hashed(token), at=now))
    session.flush()
    return token


def revoke(session: Session, person_id: int, *, now: datetime) -> None:
    """The rider's calendar address opens nothing any more."""
    for row in session.exec(
        select(CalendarFeed).where(CalendarFeed.person_id == person_id, col(CalendarFeed.ended_at).is_(None))
    ).all():
        row.ended_at = now
        session.add(row)
    session.flush()


def since(session: Session, person_id: int) -> datetime | None:
    """When the address that works was made."""
    return session.exec(
        select(CalendarFeed.at).where(
            CalendarFeed.person_id == person_id, col(CalendarFeed.ended_at).is_(None)
        )
    ).first()


def whose(session: Session, token: str) -> Person | None:
    """Whose calendar a secret opens; nobody's once it is revoked or they have left."""
    row = session.exec(
        select(CalendarFeed).where(
            CalendarFeed.token_hash == _hashed(token), col(CalendarFeed.ended_at).is_(None)
        )
    ).first()
    person = session.get(Person, row.person_id) if row is not None else None
    return person if person is not None and person.ended_at is None else None


def shifts_for(session: Session, person_id: int, *, now: datetime) -> Sequence[Shift]:
    """The rider's shifts of two months back and half a year ahead, cancelled ones too, so that calendars drop them."""
    return session.exec(
        select(Shift)
        .where(
            Shift.person_id == person_id,
            Shift.planned_start_at > now - BACK,
            Shift.planned_start_at < now + AHEAD,
        )
        .order_by(col(Shift.planned_start_at), col(Shift.id))
    ).all()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
