"""One text for the person an event is for."""

from datetime import datetime

from sqlmodel import Session

from dispatch.tables import Event, known
from riders_app.tables import queue


def tell(
    session: Session,
    event: Event,
    kind: str,
    body: str | None,
    now: datetime,
    *,
    until: datetime | None = None,
) -> None:
    """One text for the person this event is for."""
    person_id = known(event.person_id)
    queue(
        session,
        f"event:{known(event.id)}:person:{person_id}",
        kind,
        body,
        now=now,
        person_id=person_id,
        event_id=known(event.id),
        expires_at=until,
    )
