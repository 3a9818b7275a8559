"""An order's money: booked when it is delivered, undone when it was not, given back when it went wrong."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from payments import books, terms
from payments.errors import AlreadyBooked, BadAmount, NotBooked, RefundStands, RefundTooLarge
from payments.ledger import Entry, Posting
from payments.terms import OrderMoney


def delivered(session: Session, order: OrderMoney, *, now: datetime) -> int | None:
    """Book a delivered order and return the entry's number, or None when it moves no money.

    Asked again, with any `now`, it is the same entry: a repeat is judged by the moment and the rulebook of
    the first. AlreadyBooked while another attempt, or a cancellation, stands; KeyReused when this attempt
    was booked with other facts.
    """
    key, subject = f"order:{order.order_id}:delivered:{order.attempt}", _subject(order.order_id)
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        at, version, rulebook = earlier.entry.at, earlier.rulebook, books.rules(session, earlier.rulebook)
    else:
        for other in books.standing(session, subject):
            raise AlreadyBooked(subject, other.key)
        at, (version, rulebook) = now, books.in_force(session, at=now)
    postings = terms.order_postings(rulebook, order, at=at)
    if not postings:
        return None
    why = f"Order {order.order_id} delivered"
    return books.post(
        session, Entry(key, at, why, postings, rulebook.co_op.currency, version, subject), now=now
    )


def undelivered(session: Session, order_id: int, attempt: int, *, why: str, now: datetime) -> int | None:
    """Undo a delivery that was marked by mistake; None when it had moved no money.

    RefundStands when money was given back on it; NotBooked when another attempt than this one stands.
    """
    key, new_key = f"order:{order_id}:delivered:{attempt}", f"order:{order_id}:undelivered:{attempt}"
    if books.entry_by_key(session, key) is None:
        if books.standing(session, _subject(order_id)):
            raise NotBooked(key)
        return None
    if books.entry_by_key(session, new_key) is None:
        for refund in _refunds(session, order_id):
            raise RefundStands(order_id, refund.key)
    return books.reverse(session, key, new_key=new_key, why=why, now=now)


def refunded(
    session: Session,
    order_id: int,
    *,
    amount_minor: int,
    liable: Literal["restaurant", "co-op"],
    why: str,
    attempt: int,
    now: datetime,
) -> int:
    """Give a customer money back on a delivered order; `attempt` counts the refunds of the order.

    What is `liable` bears it. RefundTooLarge beyond what was paid, less the tip and earlier refunds;
    NotBooked when the order is not delivered; BadAmount for nothing, or for a party that cannot bear it.
    """
    key, subject = f"order:{order_id}:refunded:{attempt}", _subject(order_id)
    if type(amount_minor) is not int or amount_minor <= 0:
        raise BadAmount(f"order {order_id}: {amount_minor!r} is nothing to give back")
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        sale = _sale([each for each in books.about(session, subject) if each.id < earlier.id], order_id)
        at, version, unit = earlier.entry.at, earlier.rulebook, earlier.unit
    else:
        sale = _sale(books.standing(session, subject), order_id)
        left = refundable(session, order_id)
        if amount_minor > left:
            raise RefundTooLarge(order_id, amount_minor, left)
        version, rulebook = books.in_force(session, at=now)
        at, unit = now, rulebook.co_op.currency
    postings = terms.refund_postings(sale, amount_minor, liable)
    return books.post(session, Entry(key, at, why, postings, unit, version, subject), now=now)


def refundable(session: Session, order_id: int) -> int:
    """What can still be given back (minor units) on a delivered order: what was paid, less tip and refunds.

    NotBooked when the order is not delivered.
    """
    given = sum(terms.refunded_minor(each.entry.postings) for each in _refunds(session, order_id))
    return _sale(books.standing(session, _subject(order_id)), order_id).refundable_minor - given


def cancelled(
    session: Session, order: OrderMoney, *, stage: Literal["before_pickup", "picked_up"], now: datetime
) -> int | None:
    """Book a cancellation; None when no money moves.

    The customer's money was never booked and goes back in full by the way it came. What was booked as
    delivered is undone. Once picked up, the restaurant is still owed its food, at the co-op's cost.
    RefundStands when money was given back on it as delivered; BadAmount for an unknown stage.
    """
    if stage not in ("before_pickup", "picked_up"):
        raise BadAmount(f"order {order.order_id}: {stage!r} is not a stage of a cancellation")
    key, subject = f"order:{order.order_id}:cancelled", _subject(order.order_id)
    undone: int | None = None
    for entry in books.standing(session, subject):
        if ":delivered:" in entry.key:
            attempt = int(entry.key.rsplit(":", 1)[-1])
            undone = undelivered(session, order.order_id, attempt, why="The order was cancelled", now=now)
    if stage == "before_pickup" or not order.value_minor:
        return undone
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        at, version, unit = earlier.entry.at, earlier.rulebook, earlier.unit
    else:
        version, rulebook = books.in_force(session, at=now)
        at, unit = now, rulebook.co_op.currency
    postings = (Posting(terms.REFUNDS, terms.restaurant(order.restaurant_id), order.value_minor),)
    why = f"Order {order.order_id} cancelled after pick-up: the co-op bears the food"
    return books.post(session, Entry(key, at, why, postings, unit, version, subject), now=now)


def _subject(order_id: int) -> str:
    return f"order:{order_id}"


def _refunds(session: Session, order_id: int) -> list[books.Booked]:
    return [each for each in books.standing(session, _subject(order_id)) if ":refunded:" in each.key]


def _sale(entries: Sequence[books.Booked], order_id: int) -> terms.Sale:
    """The sale the last delivery among these entries booked."""
    for entry in reversed(entries):
        if ":delivered:" in entry.key:
            return terms.read_sale(entry.entry.postings)
    raise NotBooked(f"{_subject(order_id)}:delivered")
