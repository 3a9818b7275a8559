"""One text for the person an event is for, and the voices of those who are told."""

from datetime import datetime

from sqlmodel import Session

from dispatch import orders, people
from dispatch.tables import Event, Order, known
from payments import books
from riders_app import wording
from riders_app.tables import queue


def voice_of(session: Session, event: Event) -> wording.Voice:
    """The voice of whom an event is for."""
    return wording.voice(people.get(session, known(event.person_id)).language)


def customers_voice(session: Session, order: Order, now: datetime) -> wording.Voice:
    """The customer's language, where their order says it; the co-op's own otherwise."""
    said = orders.contact(session, known(order.id)).language
    return wording.voice(said or books.in_force(session, at=now)[1].co_op.language)


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
