"""An order's card money: asked for, paid ahead, taken once the food is delivered, given back when it is not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from payments import books
from payments.errors import BadAmount
from payments.ledger import Posting
from payments.payouts import Payout
from payments.rails import News, calls
from payments.rails.booking import booked, customer, undone
from payments.rails.tables import WAITING, CardPayment, StripeCall
from payments.terms import CARD, CARD_COST

OPEN_FOR = timedelta(hours=23, minutes=30)  # Stripe's pages live 30 minutes to 24 hours
_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """An order to be paid online, as its own rows have it: `owed_minor` is what its customer is to pay, now."""

    order_id: int
    owed_minor: int


def ask(
    session: Session, order_id: int, *, amount_minor: int, currency: str, words: str, back: str, now: datetime
) -> CardPayment:
    """Have a page made on which the order can be paid; one that is open, or being made, is the same."""
    standing = payments(session, order_id)
    for row in reversed(standing):
        if row.state == "paid" or row.state == "asked":
            return row
        if row.state == "open" and (row.expires_at is None or row.expires_at > now + _AGAIN):
            return row
    row = CardPayment(order_id=order_id, amount_minor=amount_minor, currency=currency, created_at=now)
    session.add(row)
    session.flush()
    facts: dict[str, str | int] = {
        "payment": row.id or 0,
        "subject": f"order:{order_id}",
        "amount_minor": amount_minor,
        "currency": currency,
        "words": words,
        "back": back,
        "expires_s": int((now + OPEN_FOR).timestamp()),
    }
    calls.queue(
        session, "checkout", subject=f"order:{order_id}", claim=f"payment:{row.id}", facts=facts, now=now
    )
    return row


def payments(session: Session, order_id: int) -> list[CardPayment]:
    """Every page an order could be paid on, in the order they were made."""
    return list(
        session.exec(
            select(CardPayment).where(CardPayment.order_id == order_id).order_by(col(CardPayment.id))
        )
    )


def paid(session: Session, order_id: int) -> list[CardPayment]:
    """The charges of an order."""
    return [row for row in payments(session, order_id) if row.charge_id is not None]


def follow(session: Session, order: Standing, *, now: datetime) -> list[News]:
    """Bring the books to what is so, whatever came first: payment, fee, delivery, undoing, cancelling.

    Delivered, the customer's money is taken (`customer:N -> outside:card`, which the sale took from there); the fee
    Stripe really kept replaces the estimate; what was paid beyond what is owed goes back the way it came.
    """
    _taken(session, order, now)
    _fees(session, order.order_id, now)
    _surplus(session, order, now)
    unpaid = order.owed_minor and not paid(session, order.order_id) and _sale(session, order.order_id)
    if not unpaid:
        return []
    words = f"Order {order.order_id} was delivered, and its customer has not paid yet."
    return [News("unpaid", f"order:{order.order_id}", words, key=f"unpaid:{order.order_id}")]


def _sale(session: Session, order_id: int) -> books.Booked | None:
    """The entry that took an order's money from its card: its delivery, or a cancellation that kept the fee."""
    standing = books.standing(session, f"order:{order_id}")
    took = (each for each in standing if ":delivered:" in each.key or ":cancelled" in each.key)
    return next((each for each in took if _from_card(each)), None)


def _from_card(sale: books.Booked) -> int:
    """What an order's entry took from its customer's card."""
    return sum(each.amount for each in sale.entry.postings if each.source == CARD)


def _taken(session: Session, order: Standing, now: datetime) -> None:
    who, sale = customer(order.order_id), _sale(session, order.order_id)
    for each in books.standing(session, who):
        if ":taken:" in each.key and (sale is None or not each.key.endswith(f":{sale.id}")):
            undone(session, each.key, new_key=f"{each.key}:back", why="The delivery was undone", now=now)
    if sale is None:
        return
    why = f"Order {order.order_id}: what its customer pays"
    moves = [(who, CARD, _from_card(sale))]
    booked(session, f"{who}:taken:{sale.id}", moves, why=why, subject=who, now=now)


def _fees(session: Session, order_id: int, now: datetime) -> None:
    """The card's real cost in place of the estimate: its difference is an entry of its own, and never a tip's."""
    charges = paid(session, order_id)
    for row in charges[1:]:
        move = (CARD_COST, CARD, row.fee_minor or 0)
        why = f"What another payment of order {order_id} cost"
        booked(session, f"card:{row.charge_id}:fee", [move], why=why, subject=customer(order_id), now=now)
    if not charges or charges[0].fee_minor is None:
        return
    who, sale = customer(order_id), _sale(session, order_id)
    corrections = [each for each in books.about(session, who) if ":card-fee:" in each.key]
    stands = [each.entry for each in corrections] + ([sale.entry] if sale else [])
    cost = sum(_cost(each.postings) for each in stands)
    more = charges[0].fee_minor - cost
    move = (CARD_COST, CARD, more) if more > 0 else (CARD, CARD_COST, -more)
    key = f"{who}:card-fee:{len(corrections) + 1}"
    why = f"What the card of order {order_id} really cost, in place of the estimate"
    booked(session, key, [move], why=why, subject=who, now=now)


def _cost(postings: tuple[Posting, ...]) -> int:
    return sum(
        each.amount * (1 if each.source == CARD_COST else -1)
        for each in postings
        if CARD_COST in (each.source, each.destination)
    )


def _surplus(session: Session, order: Standing, now: datetime) -> None:
    """What was paid and is not owed goes back: all of a cancelled order, the second of two payments."""
    sale = _sale(session, order.order_id)
    owed = order.owed_minor
    if sale is not None:
        owed = _from_card(sale)
    charges = paid(session, order.order_id)
    asked = [each for each in _refunds(session, order.order_id) if each.hold_key is not None]
    left = (
        sum(row.amount_minor for row in charges)
        - owed
        - sum(int(each.facts["amount_minor"]) for each in asked)
    )
    for row in reversed(charges):
        amount = min(left, left_of(session, row))
        if amount > 0:
            number = len(asked) + 1
            why = f"Order {order.order_id} was paid and is not owed"
            _queue(session, row, amount, f"order:{order.order_id}:surplus:{number}", now, why=why)
            asked = [each for each in _refunds(session, order.order_id) if each.hold_key is not None]
            left -= amount


def _queue(
    session: Session, row: CardPayment, amount: int, claim: str, now: datetime, *, why: str | None = None
) -> StripeCall:
    facts: dict[str, str | int] = {"charge": str(row.charge_id), "amount_minor": amount}
    hold = (customer(row.order_id), CARD, amount, why) if why else None
    subject = f"order:{row.order_id}"
    return calls.queue(session, "refund", subject=subject, claim=claim, facts=facts, now=now, hold=hold)


def _refunds(session: Session, order_id: int) -> list[StripeCall]:
    """Every refund asked for on an order that was not turned down."""
    query = select(StripeCall).where(StripeCall.subject == f"order:{order_id}", StripeCall.kind == "refund")
    return list(session.exec(query.where(StripeCall.state != "failed").order_by(col(StripeCall.id))))


def left_of(session: Session, row: CardPayment) -> int:
    """What of a charge has not been asked to be given back."""
    asked = [each for each in _refunds(session, row.order_id) if each.facts["charge"] == row.charge_id]
    return row.amount_minor - sum(int(each.facts["amount_minor"]) for each in asked)


def give_back(
    session: Session, order_id: int, *, number: int, amount_minor: int, payee: str | None, now: datetime
) -> None:
    """Send a refund whose cost is booked already, and take from `payee`, who bears it, what was sent on to them.

    The same number is the same refund, whatever became of it. BadAmount when the customer paid less than that.
    """
    claim, charges = f"order:{order_id}:refunded:{number}", paid(session, order_id)
    if any(calls.claimed(session, f"{claim}:{row.charge_id}") for row in charges):
        return
    left = amount_minor
    for row in reversed(charges):
        amount = min(left, left_of(session, row))
        if amount > 0:
            _queue(session, row, amount, f"{claim}:{row.charge_id}", now)
            left -= amount
    if left:
        raise BadAmount(f"order {order_id}: its customer paid {left} less than is to be given back")
    if payee is not None:
        take_back(session, payee, amount_minor, claim=claim, now=now)


def take_back(session: Session, payee: str, amount_minor: int, *, claim: str, now: datetime) -> int:
    """Reverse transfers to a payee for what they now owe, newest first; the rest nets from what comes; how much."""
    short = min(amount_minor, -books.balance(session, payee) - _on_its_way(session, payee))
    taken = 0
    sent = session.exec(
        select(Payout)
        .where(Payout.payee == payee, Payout.method == "stripe", Payout.state == "paid")
        .order_by(col(Payout.id).desc())
        .limit(50)
    ).all()
    for each in sent:
        amount = min(short - taken, each.amount_minor - _reversed(session, str(each.vendor_id)))
        if amount > 0:
            facts: dict[str, str | int] = {
                "transfer": str(each.vendor_id),
                "amount_minor": amount,
                "payee": payee,
            }
            claim_of = f"{claim}:reversal:{each.vendor_id}"
            calls.queue(session, "reversal", subject=payee, claim=claim_of, facts=facts, now=now)
            taken += amount
    return taken


def _on_its_way(session: Session, payee: str) -> int:
    query = select(StripeCall).where(StripeCall.kind == "reversal", StripeCall.subject == payee)
    return sum(
        int(each.facts["amount_minor"])
        for each in session.exec(query.where(col(StripeCall.state).in_(WAITING)))
    )


def _reversed(session: Session, transfer: str) -> int:
    query = select(StripeCall).where(StripeCall.kind == "reversal", StripeCall.state != "failed")
    return sum(
        int(each.facts["amount_minor"]) for each in session.exec(query) if each.facts["transfer"] == transfer
    )
