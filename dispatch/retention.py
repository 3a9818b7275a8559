"""Forgetting: personal data is blanked once its purpose is over; what happened and the books stay."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from dispatch.states import OPEN_DELIVERY
from dispatch.tables import (
    DeskNote,
    IdempotencyKey,
    Order,
    OrderContact,
    SignInAttempt,
    Stop,
    Visit,
)
from payments import books

ATTEMPTS_KEPT = timedelta(days=1)
KEYS_KEPT = timedelta(days=7)
VISITS_KEPT = timedelta(days=30)


_OLDEST = (
    select(Order.delivered_at, Order.cancelled_at, Order.ready_at)
    .join(OrderContact, col(OrderContact.order_id) == col(Order.id))
    .where(col(OrderContact.blanked_at).is_(None), col(Order.delivery).not_in(OPEN_DELIVERY))
    .order_by(col(Order.id))
    .limit(1)
)


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When the oldest contact still kept must go: contacts age in the order their orders were placed."""
    row = session.connection().execute(_OLDEST).first()
    if row is None:
        return None
    days = books.in_force(session, at=now)[1].retention.contacts_days
    over: datetime = row.delivered_at or row.cancelled_at or row.ready_at
    return over + timedelta(days=days)


def forget_due(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Blank contacts past their days (oldest first, some at a time) and drop spent links, tries and keys.

    Returns how many contacts were blanked.
    """
    rules = books.in_force(session, at=now)[1].retention
    before = now - timedelta(days=rules.contacts_days)
    rows = session.exec(
        select(OrderContact, Order)
        .join(Order, col(Order.id) == col(OrderContact.order_id))
        .where(col(OrderContact.blanked_at).is_(None), Order.placed_at <= before)
        .order_by(col(OrderContact.order_id))
        .limit(limit)
    ).all()
    blanked = 0
    for contact, order in rows:
        if order.delivery in OPEN_DELIVERY or _over(order) > before:
            continue
        contact.name = contact.address = contact.flat = contact.note = ""
        contact.items_note = contact.pickup_address = ""
        contact.phone = None
        contact.blanked_at = now
        session.add(contact)
        _round_off(session, order)
        blanked += 1
    for table, column, kept in (
        (SignInAttempt, SignInAttempt.at, ATTEMPTS_KEPT),
        (IdempotencyKey, IdempotencyKey.at, KEYS_KEPT),
        (Visit, Visit.expires_at, VISITS_KEPT),
    ):
        session.exec(delete(table).where(col(column) < now - kept))
    for note in session.exec(
        select(DeskNote).where(DeskNote.at < now - timedelta(days=rules.texts_days), DeskNote.body != "")
    ).all():
        note.body = ""
        session.add(note)
    session.flush()
    return blanked


def _over(order: Order) -> datetime:
    return order.delivered_at or order.cancelled_at or order.ready_at


def _round_off(session: Session, order: Order) -> None:
    """Doors become neighbourhoods: two decimals of a degree are about a kilometre."""
    order.drop_lat, order.drop_lon = round(order.drop_lat, 2), round(order.drop_lon, 2)
    session.add(order)
    for stop in session.exec(select(Stop).where(Stop.order_id == order.id, Stop.kind == "drop")).all():
        stop.lat, stop.lon = round(stop.lat, 2), round(stop.lon, 2)
        session.add(stop)


def texts_before(session: Session, *, now: datetime) -> datetime:
    """Texts older than this have their words blanked."""
    return now - timedelta(days=books.in_force(session, at=now)[1].retention.texts_days)
