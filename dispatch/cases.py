"""Incidents as they are kept: opened, owned by a named person, what was done written down, closed with an outcome."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch.errors import BadInput, NotFound
from dispatch.tables import Incident, IncidentNote, known


def open_(
    session: Session,
    kind: str,
    *,
    person_id: int,
    now: datetime,
    by: int,
    words: str = "",
    job_id: int | None = None,
    order_id: int | None = None,
) -> Incident:
    """Open an incident; one that is open on the same rider, job and order takes the new words as a note."""
    row = session.exec(
        select(Incident).where(
            Incident.kind == kind,
            Incident.person_id == person_id,
            Incident.job_id == job_id,
            Incident.order_id == order_id,
            col(Incident.closed_at).is_(None),
        )
    ).first()
    if row is not None:
        if words.strip():
            write(session, row, words, by=by, now=now)
        return row
    row = Incident(
        kind=kind,
        person_id=person_id,
        job_id=job_id,
        order_id=order_id,
        words=words.strip(),
        opened_at=now,
        opened_by=by,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, incident_id: int) -> Incident:
    """The incident by that number."""
    row = session.get(Incident, incident_id)
    if row is None:
        raise NotFound("There is no incident by that number.")
    return row


def own(session: Session, row: Incident, *, by: int, now: datetime) -> Incident:
    """A named person takes an incident on; from another it passes to them."""
    if row.closed_at is None and row.owner_id != by:
        row.owner_id, row.owned_at = by, now
        session.add(row)
        session.flush()
    return row


def write(session: Session, row: Incident, words: str, *, by: int, now: datetime) -> IncidentNote:
    """Write down what was done or said."""
    if not words.strip():
        raise BadInput("Write down what was done.")
    note = IncidentNote(incident_id=known(row.id), by_person_id=by, at=now, words=words.strip())
    session.add(note)
    session.flush()
    return note


def close(session: Session, row: Incident, *, by: int, outcome: str, now: datetime) -> Incident:
    """A named person closes it, in writing; closed once, it stays as it was closed."""
    if not outcome.strip():
        raise BadInput("Write down how it ended.")
    if row.closed_at is None:
        own(session, row, by=row.owner_id or by, now=now)
        row.closed_at, row.closed_by, row.outcome = now, by, outcome.strip()
        session.add(row)
        session.flush()
    return row


def notes(session: Session, row: Incident) -> Sequence[IncidentNote]:
    """What was written down, oldest first."""
    return session.exec(
        select(IncidentNote).where(IncidentNote.incident_id == row.id).order_by(col(IncidentNote.id))
    ).all()


def listed(session: Session, *, closed: bool, limit: int = 50) -> Sequence[Incident]:
    """Open incidents, oldest first; or the last that were closed."""
    query = select(Incident)
    if closed:
        query = query.where(col(Incident.closed_at).is_not(None)).order_by(col(Incident.closed_at).desc())
    else:
        query = query.where(col(Incident.closed_at).is_(None)).order_by(col(Incident.id))
    return session.exec(query.limit(limit)).all()


def failure_of(session: Session, order_id: int) -> Incident | None:
    """The failed delivery of an order that nobody has decided yet."""
    return session.exec(
        select(Incident).where(
            Incident.order_id == order_id, Incident.kind == "failed", col(Incident.closed_at).is_(None)
        )
    ).first()


def trouble_of(session: Session, person_id: int) -> Incident | None:
    """The newest trouble a rider told of that is still open."""
    return session.exec(
        select(Incident)
        .where(Incident.person_id == person_id, Incident.kind == "trouble", col(Incident.closed_at).is_(None))
        .order_by(col(Incident.id).desc())
        .limit(1)
    ).first()
