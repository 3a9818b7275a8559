"""The books follow what was seen at Stripe, whatever was told first: every entry has its object's id for a key."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from payments.rails import Account, Checkout, Dispute, Made, News, Payment, Payout, Refund, Seen, calls
from payments.rails.booking import DISPUTES, booked, customer, order_of, undone
from payments.rails.tables import WAITING, CardDispute, CardPayment, StripeAccount, StripeCall
from payments.terms import CARD, CARD_COST


def seen(session: Session, what: Seen, *, now: datetime) -> Sequence[News]:
    """Follow one object as it stands."""
    if isinstance(what, Payment):
        return payment(session, what, now=now)
    if isinstance(what, Checkout):
        return checkout(session, what, now=now)
    if isinstance(what, Refund):
        return refund(session, what, now=now)
    if isinstance(what, Payout):
        return payout(session, what, now=now)
    if isinstance(what, Dispute):
        return dispute(session, what, now=now)
    return account(session, what, now=now)


def checkout(session: Session, what: Checkout, *, now: datetime) -> Sequence[News]:
    """A page was paid, or can no longer be."""
    row = session.exec(select(CardPayment).where(CardPayment.session_id == what.id)).first()
    if what.payment is not None and what.payment.paid:
        return payment(session, what.payment, now=now, page=row)
    if row is not None and row.state == "open" and what.state == "expired":
        row.state = "gone"
        session.add(row)
    return ()


def payment(
    session: Session, what: Payment, *, now: datetime, page: CardPayment | None = None
) -> Sequence[News]:
    """A customer's money came in: `outside:card -> customer:N`. A charge that is not ours is left to be reconciled."""
    order_id = order_of(what.subject)
    if order_id is None or not what.paid:
        return ()
    row = _row(session, what, order_id, page, now)
    row.state, row.charge_id, row.intent_id = "paid", what.charge, what.intent
    row.paid_at = row.paid_at or now
    if what.transaction is not None:
        row.fee_minor, row.available_at = what.transaction.fee_minor, what.transaction.available_at
    session.add(row)
    session.flush()
    moves = [(CARD, customer(order_id), what.amount_minor)]
    why = f"Order {order_id} paid by card"
    booked(session, f"card:{what.charge}:paid", moves, why=why, subject=customer(order_id), now=now)
    return [News("paid", f"order:{order_id}")]


def _row(
    session: Session, what: Payment, order_id: int, page: CardPayment | None, now: datetime
) -> CardPayment:
    """The row of a charge: its own, its page's, or that of a page of the order that nobody paid yet."""
    own = session.exec(select(CardPayment).where(CardPayment.charge_id == what.charge)).first()
    if own is not None:
        return own
    if page is not None and page.charge_id is None:
        return page
    open_ = session.exec(
        select(CardPayment)
        .where(CardPayment.order_id == order_id, col(CardPayment.state).in_(("asked", "open")))
        .order_by(col(CardPayment.id).desc())
    ).first()
    return open_ or CardPayment(
        order_id=order_id, amount_minor=what.amount_minor, currency=what.currency, created_at=now
    )


def refund(session: Session, what: Refund, *, now: datetime) -> Sequence[News]:
    """A refund of ours went through or failed; one made elsewhere is left to be reconciled."""
    call = calls.by_key(session, what.key)
    if call is None:
        return ()
    news = _resolved(session, call, what.id, now)
    order_id = order_of(":".join(call.subject.split(":")[:2]))
    if what.state not in ("failed", "canceled") or order_id is None:
        return news
    why = f"{what.id} never reached the customer, who is owed it again"
    moves = [(CARD, customer(order_id), what.amount_minor)]
    booked(session, f"card:{what.id}:failed", moves, why=why, subject=customer(order_id), now=now)
    words = f"A refund of order {order_id} did not reach the customer's card: give it back another way."
    return [*news, News("refund_failed", f"order:{order_id}", words, key=f"refund-failed:{what.id}")]


def payout(session: Session, what: Payout, *, now: datetime) -> Sequence[News]:
    """Money for the co-op's bank went off, arrived, or was sent back by the bank."""
    call = calls.by_key(session, what.key)
    if call is None:
        return ()
    news = _resolved(session, call, what.id, now)
    if what.state not in ("failed", "canceled"):
        return news
    why = "The bank sent it back to Stripe"
    undone(session, f"card:{what.id}:payout", new_key=f"card:{what.id}:failed", why=why, now=now)
    words = "Money from Stripe did not reach the co-op's bank: look at the bank details in Stripe."
    return [*news, News("bank_failed", call.subject, words, key=f"bank-failed:{what.id}")]


def _resolved(session: Session, call: StripeCall, vendor_id: str, now: datetime) -> list[News]:
    """An event knows more than a call nobody answered."""
    if call.state in WAITING or (call.state == "failed" and call.vendor_id is None):
        return list(calls.done(session, call, Made(vendor_id), now=now))
    return []


def dispute(session: Session, what: Dispute, *, now: datetime) -> Sequence[News]:
    """A bank took a charge back: money and fee are gone at once, at the co-op's cost; won, the money comes back."""
    order_id = order_of(what.subject)
    row = session.exec(select(CardDispute).where(CardDispute.vendor_id == what.id)).first()
    row = row or CardDispute(
        vendor_id=what.id,
        charge_id=what.charge,
        order_id=order_id,
        amount_minor=what.amount_minor,
        currency=what.currency,
        state=what.state,
        opened_at=now,
    )
    row.state, row.evidence_due_at = what.state, what.evidence_due_at
    over = what.state in ("won", "lost", "warning_closed", "prevented")
    row.closed_at = (row.closed_at or now) if over else None
    session.add(row)
    session.flush()
    subject = customer(order_id) if order_id is not None else f"dispute:{what.id}"
    for each in what.transactions:
        out = each.amount_minor < 0
        move = (DISPUTES, CARD, -each.amount_minor) if out else (CARD, DISPUTES, each.amount_minor)
        fee = (CARD_COST, CARD, each.fee_minor) if each.fee_minor >= 0 else (CARD, CARD_COST, -each.fee_minor)
        why = "A customer's bank took it back" if out else "The dispute was won"
        booked(session, f"card:{what.id}:{each.id}", [move, fee], why=why, subject=subject, now=now)
    if over:
        _given_back(session, row, what, now)
        return [News("dispute_closed", subject, f"The dispute was {what.state}.", key=f"dispute:{what.id}")]
    due = f" Evidence is due by {what.evidence_due_at:%-d %B}." if what.evidence_due_at else ""
    words = f"A customer's bank took back the payment of order {order_id or '?'} ({what.reason}).{due}"
    return [News("dispute", subject, words, key=f"dispute:{what.id}")]


def charge_dispute(
    session: Session, dispute_id: int, *, to: str, by: int, reason: str, now: datetime
) -> None:
    """A named person has the restaurant bear a dispute; done again, the same."""
    row = session.get_one(CardDispute, dispute_id)
    if row.charged_to is None:
        row.charged_to, row.charged_by, row.charged_reason = to, by, reason
        session.add(row)
    moves = [(str(row.charged_to), DISPUTES, row.amount_minor)]
    why = "The restaurant bears a payment that was taken back"
    booked(session, f"card:{row.vendor_id}:charged", moves, why=why, subject=str(row.charged_to), now=now)


def _given_back(session: Session, row: CardDispute, what: Dispute, now: datetime) -> None:
    if what.state == "won" and row.charged_to is not None:
        key = f"card:{row.vendor_id}:charged"
        undone(session, key, new_key=f"{key}:back", why="The dispute was won", now=now)


def account(session: Session, what: Account, *, now: datetime) -> Sequence[News]:
    """A payee has told Stripe something, or Stripe asks for more."""
    row = session.exec(select(StripeAccount).where(StripeAccount.vendor_id == what.id)).first()
    if row is None and what.payee is not None:
        row = session.exec(select(StripeAccount).where(StripeAccount.payee == what.payee)).first()
    if row is None or row.vendor_id not in (None, what.id):
        return ()
    row.vendor_id, row.looked_at = what.id, now
    row.told, row.transfers, row.payouts = what.told, what.transfers, what.payouts
    row.asked_for = list(what.asked_for)
    session.add(row)
    session.flush()
    return ()
