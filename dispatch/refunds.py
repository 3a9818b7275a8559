"""Refunds: money given back to a customer, by whom it is borne, and each only once."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch import cards
from dispatch.errors import BadInput, WrongState
from dispatch.states import PAYMENT, move
from dispatch.tables import Order, Refund, known
from payments import pay


def refund(
    session: Session,
    order: Order,
    *,
    amount_minor: int,
    liable: str,
    reason: str,
    by: int,
    now: datetime,
    number: int | None = None,
) -> Refund:
    """Give a customer money back: who bears it and why are named, and the books move in the same transaction.

    `number` is which refund of the order this is meant to be, the first being 1. One that stands already is
    answered as it stands when it says the same, and refused when it does not. None: always one more.
    """
    if liable not in ("restaurant", "co-op"):
        raise BadInput("Say who bears the refund: the restaurant or the co-op. A rider never does.")
    if not reason.strip():
        raise BadInput("Write down why money is given back.")
    earlier = refunds(session, known(order.id))
    if number is not None and number != len(earlier) + 1:
        return _standing(earlier, number, (amount_minor, liable, reason.strip()))
    _money_to_give(order)
    cards.may_give_back(session, order)
    number = len(earlier) + 1
    entry_id = pay.refunded(
        session,
        known(order.id),
        amount_minor=amount_minor,
        liable="restaurant" if liable == "restaurant" else "co-op",
        why=f"Refund {number} of order {order.id}, borne by the {liable}",  # the words stay in the refund's row
        attempt=number,
        now=now,
    )
    row = Refund(
        order_id=known(order.id),
        number=number,
        amount_minor=amount_minor,
        liable=liable,
        reason=reason.strip(),
        by_person_id=by,
        at=now,
        entry_id=entry_id,
    )
    move(order, "payment", PAYMENT, "refunded")
    session.add_all((row, order))
    session.flush()
    cards.given_back(session, order, row, now=now)
    return row


def refunds(session: Session, order_id: int) -> Sequence[Refund]:
    """What was given back on an order."""
    return session.exec(select(Refund).where(Refund.order_id == order_id).order_by(col(Refund.id))).all()


def _standing(made: Sequence[Refund], number: int, facts: tuple[int, str, str]) -> Refund:
    for row in made:
        if row.number == number and (row.amount_minor, row.liable, row.reason) == facts:
            return row
    raise WrongState(
        "Another refund of this order was made since this page was opened: look at the order before giving more."
    )


def _money_to_give(order: Order) -> None:
    if order.payment in ("booked", "refunded"):
        return
    if order.payment == "void":
        raise WrongState("This order was cancelled: there is no money of it to give back.")
    if order.payment != "compensated":
        raise WrongState("Only a delivered order has money to give back; cancel one that is still open.")
    if order.paid_by == "card":
        raise WrongState(
            "This food was never delivered: the customer's card money already went back in full."
        )
    raise WrongState(
        "This food was never delivered, and the co-op bears it: the restaurant gives its customer the money back."
    )
