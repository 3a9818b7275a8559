"""What happened and who must know: a row in the transaction that caused it, spread later by whoever owns a channel."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch.tables import Event

KINDS = (
    "offer_made",
    "offer_withdrawn",
    "offer_expired",
    "offer_reminded",
    "job_changed",
    "job_readdressed",
    "job_handed",
    "job_handed_on",
    "delivery_decided",
    "door_waited",
    "order_placed",
    "order_cancelled",
    "order_late",
    "rider_late",
    "shift_start_set",
    "shift_end_set",
    "shift_end_asked",
    "shift_over",
    "shift_planned",
    "shift_cancelled",
    "rota_published",
    "place_offered",
    "swap_done",
    "swap_declined",
    "break_planned",
    "sign_in",
    "desk_note",
    "wait_hint",
    "bank_changed",
    "desk_rung",
    "contest_answered",
    "expense_answered",
    "absence_noted",
    "pay_sent",
)


def write(
    session: Session,
    kind: str,
    *,
    now: datetime,
    person_id: int | None = None,
    order_id: int | None = None,
    job_id: int | None = None,
    shift_id: int | None = None,
    link_id: int | None = None,
    note_id: int | None = None,
    attention_id: int | None = None,
    incident_id: int | None = None,
    contest_id: int | None = None,
    expense_id: int | None = None,
    absence_id: int | None = None,
    pay_run_id: int | None = None,
    restaurant_id: int | None = None,
) -> Event:
    """Write down that something happened and who must know. Ids only."""
    if kind not in KINDS:
        raise ValueError(f"unknown event kind {kind!r}")
    event = Event(
        kind=kind,
        at=now,
        person_id=person_id,
        order_id=order_id,
        job_id=job_id,
        shift_id=shift_id,
        link_id=link_id,
        note_id=note_id,
        attention_id=attention_id,
        incident_id=incident_id,
        contest_id=contest_id,
        expense_id=expense_id,
        absence_id=absence_id,
        pay_run_id=pay_run_id,
        restaurant_id=restaurant_id,
    )
    session.add(event)
    session.flush()
    return event


def unspread(session: Session, limit: int = 200) -> Sequence[Event]:
    """Events nobody has been told of yet, oldest first."""
    return session.exec(
        select(Event).where(col(Event.spread_at).is_(None)).order_by(col(Event.id)).limit(limit)
    ).all()


_ANY = select(Event.id).where(col(Event.spread_at).is_(None)).limit(1)


def any_unspread(session: Session) -> bool:
    """Whether anybody is still to be told of anything."""
    return session.connection().scalar(_ANY) is not None
