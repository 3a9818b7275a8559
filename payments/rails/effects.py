"""What a call changes here once it is done, once it has failed, and while it waits: each safe to repeat."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from payments import payouts
from payments.books import holds
from payments.errors import HoldExpired, HoldResolved, PayoutRefused
from payments.payouts import Payout
from payments.rails import Made, News
from payments.rails.booking import BANK, booked
from payments.rails.tables import CardPayment, StripeAccount, StripeCall
from payments.terms import CARD


def wanted(session: Session, row: StripeCall, *, now: datetime) -> bool:
    """Whether a call should still be made, asked before it is sent and never after."""
    if row.kind == "transfer":
        payout = _payout(session, row)
        if payout is None or payout.state not in ("ready", "sending"):
            return False
        try:
            payouts.sending(session, payout, now=now, due_at=row.due_at + payouts.HELD_FOR)
        except PayoutRefused:
            return False
        return True
    if row.kind == "checkout":
        page = _page(session, row)
        return page is not None and page.state == "asked"
    if row.hold_key is not None:
        standing = holds.get(session, row.hold_key)
        return standing.resolution is None and now < standing.hold.expires_at
    return True


def done(session: Session, row: StripeCall, made: Made, *, now: datetime) -> Sequence[News]:
    """The books and rows follow what was done."""
    amount = int(row.facts.get("amount_minor", 0))
    if row.kind == "account":
        account = session.exec(select(StripeAccount).where(StripeAccount.payee == row.subject)).one()
        account.vendor_id = account.vendor_id or made.vendor_id
        session.add(account)
    elif row.kind == "checkout":
        page = _page(session, row)
        if page is not None and page.state == "asked":
            page.state, page.session_id = "open", made.vendor_id
            page.url, page.expires_at = made.url, made.expires_at
            session.add(page)
    elif row.kind == "refund" and row.hold_key is not None:
        return _refunded(session, row, made, now)
    elif row.kind == "transfer":
        return _transferred(session, row, made, now)
    elif row.kind == "reversal":
        why = f"Taken back from {row.subject}, who bears a refund"
        moves = [(CARD, str(row.facts["payee"]), amount)]
        booked(session, f"card:{made.vendor_id}:reversal", moves, why=why, subject=row.subject, now=now)
    elif row.kind == "payout":
        moves = [(BANK, CARD, amount)]
        booked(
            session,
            f"card:{made.vendor_id}:payout",
            moves,
            why="From Stripe to the bank",
            subject=row.subject,
            now=now,
        )
    session.flush()
    return ()


def failed(session: Session, row: StripeCall, *, now: datetime) -> Sequence[News]:
    """What was set aside goes back; what waits for it is told."""
    reason = row.error or "Stripe refused it"
    if row.kind == "checkout":
        page = _page(session, row)
        if page is not None and page.state == "asked":
            page.state = "gone"
            session.add(page)
    if row.kind == "transfer":
        payout = _payout(session, row)
        if payout is not None and payout.state in ("ready", "sending"):
            payouts.failed(session, payout, reason=reason, now=now)
    if row.hold_key is not None and holds.get(session, row.hold_key).resolution is None:
        try:
            holds.void(session, row.hold_key, why=f"Not done: {reason}", now=now)
        except HoldExpired:
            holds.expire_due(session, source=holds.get(session, row.hold_key).hold.source, now=now)
    session.flush()
    return ()


def waits(session: Session, row: StripeCall, *, now: datetime) -> None:
    """Somebody who looks at what waits for this call sees why."""
    if row.kind == "transfer":
        payout = _payout(session, row)
        if payout is not None and payout.state in ("ready", "sending"):
            payouts.later(session, payout, error=row.error or "", due_at=now + payouts.HELD_FOR)


def _refunded(session: Session, row: StripeCall, made: Made, now: datetime) -> Sequence[News]:
    try:
        holds.post(session, str(row.hold_key), why=f"Given back as {made.vendor_id}", now=now)
    except (HoldExpired, HoldResolved):
        words = f"{made.vendor_id} was given back after its money had been let go: book it by hand."
        return [News("call_failed", row.subject, words, key=f"stripe-late:{row.id}")]
    return ()


def _transferred(session: Session, row: StripeCall, made: Made, now: datetime) -> Sequence[News]:
    payout = _payout(session, row)
    try:
        if payout is not None:
            payouts.paid(session, payout, by=None, vendor_id=made.vendor_id, now=now)
    except PayoutRefused as late:
        words = f"{made.vendor_id} was sent although its payout had ended ({late}): look at the books."
        return [News("call_failed", row.subject, words, key=f"stripe-late:{row.id}")]
    return ()


def _payout(session: Session, row: StripeCall) -> Payout | None:
    return session.get(Payout, int(row.facts["payout"]))


def _page(session: Session, row: StripeCall) -> CardPayment | None:
    return session.get(CardPayment, int(row.facts["payment"]))
