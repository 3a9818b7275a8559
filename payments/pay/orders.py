"""An order's money: booked when it is delivered, undone when it was not, given back when it went wrong."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from payments import books, terms
from payments.errors import AlreadyBooked, BadAmount, NotBooked, RefundStands, RefundTooLarge
from payments.ledger import Entry, Posting
from payments.rulebook import STAGES, Rulebook, Stage
from payments.terms import GivenBack, OrderMoney


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
    postings = terms.order_postings(rulebook, order, rulebook.local(at).date(), at=at)
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
    fee_minor: int | None = None,
) -> int:
    """Give a customer money back on a delivered order; `attempt` counts the refunds of the order.

    What is `liable` bears it; `fee_minor` of the amount is delivery fee (None: only what is more than the food). It
    is worked out by the rules, and the VAT, the order was delivered by. RefundTooLarge beyond what was paid, less
    the tip and earlier refunds; NotBooked when the order is not delivered; BadAmount for nothing, for a party that
    cannot bear it, or for more of the fee than there is.
    """
    key, subject = f"order:{order_id}:refunded:{attempt}", _subject(order_id)
    if type(amount_minor) is not int or amount_minor <= 0:
        raise BadAmount(f"order {order_id}: {amount_minor!r} is nothing to give back")
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        sold, before = _sold(
            [each for each in books.about(session, subject) if each.id < earlier.id], order_id
        )
    else:
        sold, before = _sold(books.standing(session, subject), order_id)
        left = refundable(session, order_id)
        if amount_minor > left:
            raise RefundTooLarge(order_id, amount_minor, left)
    rulebook = books.rules(session, sold.rulebook)
    part = fee_minor if fee_minor is not None else _beyond_food(sold, before, amount_minor)
    back = GivenBack(amount_minor, part, liable)
    on = rulebook.local(sold.entry.at).date()
    postings = terms.refund_postings(rulebook, sold.entry.postings, _all(before), back, on)
    at, unit = (earlier.entry.at, earlier.unit) if earlier is not None else (now, sold.unit)
    return books.post(session, Entry(key, at, why, postings, unit, sold.rulebook, subject), now=now)


def _beyond_food(sold: books.Booked, before: Sequence[books.Booked], amount_minor: int) -> int:
    """How much of a refund must be delivery fee: what the food, less what was given back of it, does not cover."""
    earlier = _all(before)
    food_given = terms.refunded_minor(earlier) - terms.fee_given_back(earlier)
    food_left = terms.read_sale(sold.entry.postings).value_minor - food_given
    beyond = max(0, amount_minor - max(0, food_left))
    return min(beyond, terms.fee_standing([*sold.entry.postings, *earlier]))


def refundable(session: Session, order_id: int) -> int:
    """What can still be given back (minor units) on a delivered order: what was paid, less tip and refunds.

    NotBooked when the order is not delivered.
    """
    given = sum(terms.refunded_minor(each.entry.postings) for each in _refunds(session, order_id))
    return _sale(books.standing(session, _subject(order_id)), order_id).refundable_minor - given


def cancelled(session: Session, order: OrderMoney, *, stage: Stage, now: datetime) -> int | None:
    """Book a cancellation at a stage, as its rule says; None when no money moves.

    The customer's money was never booked and goes back by the way it came, all but a fee that is kept. What was
    booked as delivered is undone. RefundStands when money was given back on it as delivered; BadAmount for an
    unknown stage.
    """
    key, subject = _cancel_key(session, order), _subject(order.order_id)
    if stage not in STAGES:
        raise BadAmount(f"order {order.order_id}: {stage!r} is not a stage of a cancellation")
    undone: int | None = None
    for entry in books.standing(session, subject):
        if ":delivered:" in entry.key:
            attempt = int(entry.key.rsplit(":", 1)[-1])
            undone = undelivered(session, order.order_id, attempt, why="The order was cancelled", now=now)
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        at, version, rulebook = earlier.entry.at, earlier.rulebook, books.rules(session, earlier.rulebook)
    else:
        at, (version, rulebook) = now, books.in_force(session, at=now)
    postings = terms.cancel_postings(rulebook, order, stage, rulebook.local(at).date())
    if not postings:
        return undone
    why = f"Order {order.order_id} cancelled {_WHEN[stage]}: {_borne(rulebook, stage)}"
    return books.post(
        session, Entry(key, at, why, postings, rulebook.co_op.currency, version, subject), now=now
    )


def uncancelled(session: Session, order_id: int, *, why: str, now: datetime) -> int | None:
    """Undo a cancellation that was booked too soon: the order comes after all; None when it had moved no money.

    RefundStands when money was given back on it since.
    """
    undone: int | None = None
    for entry in books.standing(session, _subject(order_id)):
        if ":cancelled" not in entry.key:
            continue
        for refund in _refunds(session, order_id):
            raise RefundStands(order_id, refund.key)
        new_key = entry.key.replace(":cancelled", ":uncancelled")
        undone = books.reverse(session, entry.key, new_key=new_key, why=why, now=now)
    return undone


def _cancel_key(session: Session, order: OrderMoney) -> str:
    """One for each order, and one more for each time its cancellation was undone."""
    key = f"order:{order.order_id}:cancelled"
    undone = books.entry_by_key(session, f"order:{order.order_id}:uncancelled") is not None
    return f"{key}:{order.attempt}" if undone else key


_WHEN: dict[Stage, str] = {
    "before_kitchen": "before the kitchen began",
    "cooking": "while it was cooking",
    "ready": "when it was ready",
    "picked_up": "after pick-up",
}


def _borne(rulebook: Rulebook, stage: Stage) -> str:
    rule = rulebook.revenue.cancelled.at(stage)
    fee = " and the delivery fee is kept" if rule.delivery_fee == "kept" else ""
    return f"the {rule.borne_by} bears the food{fee}"


def cancel_gives_back(session: Session, order: OrderMoney, *, stage: Stage, now: datetime) -> tuple[int, str]:
    """What a customer has back (minor units) of an order cancelled now at a stage, and who bears what that costs."""
    _version, rulebook = books.in_force(session, at=now)
    return terms.cancel_gives_back(rulebook, order, stage), rulebook.revenue.cancelled.at(stage).borne_by


def _subject(order_id: int) -> str:
    return f"order:{order_id}"


def _refunds(session: Session, order_id: int) -> list[books.Booked]:
    return [each for each in books.standing(session, _subject(order_id)) if ":refunded:" in each.key]


def _sale(entries: Sequence[books.Booked], order_id: int) -> terms.Sale:
    """The sale the last delivery among these entries booked."""
    return terms.read_sale(_sold(entries, order_id)[0].entry.postings)


def _sold(entries: Sequence[books.Booked], order_id: int) -> tuple[books.Booked, list[books.Booked]]:
    """The last delivery among these entries, and the refunds of it."""
    for entry in reversed(entries):
        if ":delivered:" in entry.key:
            return entry, [each for each in entries if each.id > entry.id and ":refunded:" in each.key]
    raise NotBooked(f"{_subject(order_id)}:delivered")


def _all(entries: Sequence[books.Booked]) -> list[Posting]:
    return [posting for each in entries for posting in each.entry.postings]
