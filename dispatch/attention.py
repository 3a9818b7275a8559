"""What a person must look at, whichever channel it came by."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from dispatch.errors import NotFound
from dispatch.tables import Attention


def raise_(
    session: Session,
    kind: str,
    key: str,
    words: str,
    *,
    now: datetime,
    person_id: int | None = None,
    order_id: int | None = None,
    job_id: int | None = None,
    shift_id: int | None = None,
    ring: bool = False,
) -> Attention:
    """Put something before a person; while one with this key is open, it stays the only one, in the newest words.

    With `ring` the desk is rung about it too, again and again until a named person acknowledges it.
    """
    row = still_open(session, key)
    if row is None:
        row = Attention(
            kind=kind,
            key=key,
            words=words,
            person_id=person_id,
            order_id=order_id,
            job_id=job_id,
            shift_id=shift_id,
            raised_at=now,
        )
    row.words = words
    if ring and row.acknowledged_at is None and row.rung_at is None:
        row.ring_at = now
    session.add(row)
    session.flush()
    return row


def settle(session: Session, *keys: str, now: datetime, note: str) -> None:
    """Close what resolved itself, saying how."""
    rows = session.exec(
        select(Attention).where(col(Attention.key).in_(keys), col(Attention.closed_at).is_(None))
    ).all()
    for row in rows:
        row.closed_at, row.note, row.ring_at = now, note, None
        session.add(row)


def close(session: Session, attention_id: int, *, by: int, note: str, now: datetime) -> Attention:
    """A named person has dealt with it."""
    row = session.get(Attention, attention_id)
    if row is None:
        raise NotFound("There is nothing by that number to look at.")
    if row.closed_at is None:
        row.closed_at, row.closed_by, row.note, row.ring_at = now, by, note, None
        session.add(row)
        session.flush()
    return row


def open_(session: Session) -> Sequence[Attention]:
    """Everything a person must still look at, oldest first."""
    return session.exec(
        select(Attention).where(col(Attention.closed_at).is_(None)).order_by(col(Attention.id))
    ).all()


def still_open(session: Session, key: str) -> Attention | None:
    """What stands open under this key; None where nothing does."""
    return session.exec(
        select(Attention).where(Attention.key == key, col(Attention.closed_at).is_(None)).limit(1)
    ).first()


def raised_since(session: Session, key: str, since: datetime) -> bool:
    """Whether this is before a person now, or was put there since then and dealt with."""
    found = session.exec(
        select(Attention.id)
        .where(
            Attention.key == key, or_(col(Attention.raised_at) >= since, col(Attention.closed_at).is_(None))
        )
        .limit(1)
    ).first()
    return found is not None
