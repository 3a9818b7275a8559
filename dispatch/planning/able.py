"""Who may be offered what: riders who are out and answer, orders that wait, and what riders let go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch.tables import Order, Person, Refusal, Shift

FORGIVEN = timedelta(minutes=10)  # an order a rider let go by may be put to them again after that
SILENCES = 2  # offers in a row a rider may let go by before we stop offering and ask a person to look


def open_orders(session: Session) -> Sequence[Order]:
    """Orders that wait for a rider, first placed first."""
    return session.exec(select(Order).where(Order.delivery == "waiting").order_by(col(Order.id))).all()


def able(session: Session) -> list[Shift]:
    """Shifts whose riders may be offered work: on, not winding down, reachable, and answering."""
    rows = session.exec(
        select(Shift)
        .join(Person, col(Person.id) == col(Shift.person_id))
        .where(
            Shift.state == "on",
            col(Shift.off_asked_at).is_(None),
            Shift.silences < SILENCES,
            col(Person.unreachable_at).is_(None),
            col(Person.ended_at).is_(None),
        )
        .order_by(col(Shift.id))
    ).all()
    return list(rows)


def refusals(session: Session, order_ids: list[int], *, now: datetime) -> dict[int, set[int]]:
    """Who is not to be offered these orders: who passed, and who let one go by just now."""
    found: dict[int, set[int]] = {}
    for row in session.exec(select(Refusal).where(col(Refusal.order_id).in_(order_ids))).all():
        if row.why == "expired" and row.at < now - FORGIVEN:
            continue
        found.setdefault(row.order_id, set()).add(row.person_id)
    return found
