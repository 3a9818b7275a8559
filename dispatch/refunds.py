"""Refunds: money given back to a customer, by whom it is borne, and each only once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch import cards
from dispatch.errors import BadInput, WrongState
from dispatch.states import PAYMENT, move
from dispatch.tables import Order, Refund, known
from payments import pay
from payments.pay import OrderMoney
from payments.rulebook import Stage


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
    fee_minor: int | None = None,
) -> Refund:
    """Give a customer money back: who bears it and why are named, and the books move in the same transaction.

    `number` is which refund of the order this is meant to be, the first being 1. One that stands already is
    answered as it stands when it says the same, and refused when it does not. None: always one more.
    `fee_minor` of the amount is delivery fee; None: only what is more than the food was.
    """
    if liable not in ("restaurant", "co-op"):
        raise BadInput("Say who bears the refund: the restaurant or the co-op. A rider never does.")
    if not reason.strip():
        raise BadInput("Write down why money is given back.")
    earlier = refunds(session, known(order.id))
    if number is not None and number != len(earlier) + 1:
        return _standing(earlier, number, (amount_minor, liable, reason.strip()), fee_minor)
    _money_to_give(order)
    cards.may_give_back(session, order)
    number = len(earlier) + 1
    part = _beyond_food(order, earlier, amount_minor) if fee_minor is None else fee_minor
    entry_id = pay.refunded(
        session,
        known(order.id),
        amount_minor=amount_minor,
        liable="restaurant" if liable == "restaurant" else "co-op",
        why=f"Refund {number} of order {order.id}, borne by the {liable}",  # the words stay in the refund's row
        attempt=number,
        fee_minor=part,
        now=now,
    )
    row = Refund(
        order_id=known(order.id),
        number=number,
        amount_minor=amount_minor,
        fee_minor=part,
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


def give_back(
    session: Session,
    order: Order,
    money: OrderMoney,
    *,
    stage: Stage,
    reason: str,
    by: int | None,
    now: datetime,
) -> Refund | None:
    """Book an order cancelled at a stage; what was paid by card and goes back is a row like any other refund.

    None where nothing goes back by card: one not paid online yet, or one whose customer
    paid at the restaurant and has it back from there.
    `by` is None when the restaurant's till cancelled it. Said again, it is the same row.
    """
    order_id = known(order.id)
    for row in refunds(session, order_id):
        if row.kind == "cancelled":
            return row
    unpaid = cards.waits_for(session, order)
    if unpaid:  # of what nobody paid no fee is kept
        money = replace(money, delivery_fee_minor=0)
    entry_id = pay.cancelled(session, money, stage=stage, now=now)
    if unpaid:
        return None
    amount_minor, liable = pay.cancel_gives_back(session, money, stage=stage, now=now)
    if order.paid_by != "card" or not amount_minor:
        return None
    row = Refund(
        order_id=order_id,
        number=len(refunds(session, order_id)) + 1,
        kind="cancelled",
        amount_minor=amount_minor,
        fee_minor=amount_minor - money.value_minor - money.tip_minor,
        liable=liable,
        reason=reason,
        by_person_id=by,
        at=now,
        entry_id=entry_id,
    )
    session.add(row)
    session.flush()
    return row


def refunds(session: Session, order_id: int) -> Sequence[Refund]:
    """What was given back on an order."""
    return session.exec(
        select(Refund)
        .where(Refund.order_id == order_id, col(Refund.undone_at).is_(None))
        .order_by(col(Refund.id))
    ).all()


def taken_back(session: Session, order: Order, *, why: str, now: datetime) -> None:
    """The order comes after all: what an end of it had booked is reversed, and its refund is none any more.

    WrongState for an order paid online: its money is on its way back by then, and only a person can ask for it.
    """
    if cards.online(order):
        raise WrongState("Its customer's money is on its way back.")
    pay.uncancelled(session, known(order.id), why=why, now=now)
    for row in refunds(session, known(order.id)):
        if row.kind == "cancelled":
            row.undone_at = now
            session.add(row)
    session.flush()


def _standing(
    made: Sequence[Refund], number: int, facts: tuple[int, str, str], fee_minor: int | None
) -> Refund:
    for row in made:
        same = (row.amount_minor, row.liable, row.reason) == facts and fee_minor in (None, row.fee_minor)
        if row.number == number and same:
            return row
    raise WrongState(
        "Another refund of this order was made since this page was opened: look at the order before giving more."
    )


def _beyond_food(order: Order, earlier: Sequence[Refund], amount_minor: int) -> int:
    """How much of a refund is delivery fee where nobody says: what the food that is left does not cover."""
    food_left = order.value_minor - sum(row.amount_minor - row.fee_minor for row in earlier)
    fee_left = order.fee_minor - sum(row.fee_minor for row in earlier)
    return max(0, min(amount_minor - max(0, food_left), fee_left))


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
