"""A transfer taken back in Stripe's own pages: seen by the night's comparison, booked by a named person."""

from datetime import datetime

from sqlmodel import Session, select

from payments import payouts
from payments.errors import BadAmount
from payments.money import told
from payments.payouts import Payout
from payments.rails import reconciling, repeating
from payments.rails.booking import booked
from payments.rails.tables import Difference, StripeTransaction
from payments.terms import CARD


def payout_of(session: Session, row: Difference) -> Payout | None:
    """The payout whose transfer a difference takes back, whole or in part; None for any other difference."""
    moved = session.exec(
        select(StripeTransaction).where(
            StripeTransaction.source == row.thing, StripeTransaction.transfer_id != ""
        )
    ).first()
    if moved is None or row.books_minor or row.stripe_minor <= 0:
        return None
    query = select(Payout).where(Payout.method == "stripe", Payout.vendor_id == moved.transfer_id)
    return session.exec(query).first()


def came_back(session: Session, difference_id: int, *, by: int, note: str, now: datetime) -> Difference:
    """The payee is owed again what was taken back from them, says a named person, and why; done again, the same.

    Taken back whole, its payout has come back and can be paid again; a part stands on a restaurant's account, for its
    next settlement. BadAmount without a reason, for another difference, and for a part of a rider's pay.
    """
    row = session.get_one(Difference, difference_id)
    if row.closed_at is not None:
        return row
    payout = payout_of(session, row)
    if payout is None:
        raise BadAmount("This is no transfer of ours that was taken back whole or in part.")
    whole = payout.amount_minor == row.stripe_minor
    if not whole and len(payouts.parts_of(session, payout)) > 1:
        part, all_ = (told(each, payout.currency) for each in (row.stripe_minor, payout.amount_minor))
        raise BadAmount(
            f"{part} of {all_} was taken back: which part of the pay is that? Send it again in Stripe, or take the "
            "rest back too, and compare again."
        )
    reconciling.close(session, difference_id, by=by, note=note, now=now)
    if whole and payout.state == "paid":
        payouts.returned(session, payout, reason=note.strip(), by=by, now=now)
        repeating.look(session, payout, now=now)
    else:
        account, why = payouts.parts_of(session, payout)[0].account, "Taken back in Stripe's own pages"
        move = (CARD, account, row.stripe_minor)
        booked(session, f"card:{row.thing}:reversal", [move], why=why, subject=payout.payee, now=now)
    return row
