"""What Stripe did not do, asked again by a named person: a new call, under a new key, that names the old one.

Only where the outcome is known: the call failed, or what it made was sent back later. A call nobody answered is
asked after by itself, and is never made again blind.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, and_, col, or_, select

from payments import books, payouts, runs, settlements, settling
from payments.books import holds
from payments.errors import BadClaim, Overdrawn
from payments.payouts import Payout
from payments.rails import calls, orders, payees
from payments.rails.booking import customer, order_of
from payments.rails.tables import CardPayment, StripeCall
from payments.terms import CARD

_SETTLEMENT = re.compile(r"settlement:(\d+):payout:\d+")
_PAY_RUN = re.compile(r"pay-run:(\d+):rider:(\d+):\d+")
_KINDS = ("account", "manual", "refund", "transfer", "reversal", "payout")
_NOT = "This cannot be tried again: look at what it was for, and ask for it anew."


def over(session: Session) -> Sequence[StripeCall]:
    """The last calls that failed, or whose money was sent back, and that nobody has asked again; newest first."""
    asked = select(StripeCall.again_of).where(col(StripeCall.again_of).is_not(None))
    back = col(StripeCall.kind).in_(("refund", "payout"))
    rows = session.exec(
        select(StripeCall)
        .where(
            or_(col(StripeCall.state) == "failed", and_(col(StripeCall.state) == "done", back)),
            col(StripeCall.id).not_in(asked),
        )
        .order_by(col(StripeCall.id).desc())
        .limit(200)
    ).all()
    return [row for row in rows if row.state == "failed" or sent_back(session, row)][:50]


def sent_back(session: Session, row: StripeCall) -> bool:
    """Whether it was done, and what it sent was sent back to Stripe later, says Stripe."""
    back = row.vendor_id is not None and f"card:{row.vendor_id}:failed"
    return row.state == "done" and bool(back) and books.entry_by_key(session, str(back)) is not None


def may(session: Session, row: StripeCall) -> bool:
    """Whether a person may ask it again."""
    if row.kind == "transfer":
        payout = session.get(Payout, int(row.facts["payout"]))
        if payout is None or payout.state != "failed":
            return False
        return any(known.fullmatch(payout.key) for known in (_SETTLEMENT, _PAY_RUN))
    return row.kind in _KINDS and (row.state == "failed" or sent_back(session, row))


def again(session: Session, call_id: int, *, by: int, now: datetime) -> StripeCall:
    """Ask once more, in a new call; asked twice, it is one. BadClaim where nothing failed, or it cannot be.

    A transfer's money is set aside anew for whom it was for; a refund's is held again, where its hold was let go.
    """
    row = session.get(StripeCall, call_id, with_for_update=True)
    if row is None:
        raise BadClaim(_NOT)
    earlier = session.exec(select(StripeCall).where(StripeCall.again_of == call_id)).first()
    if earlier is not None:
        return earlier
    if not may(session, row):
        raise BadClaim(_NOT)
    made = _transfer(session, row, by, now) if row.kind == "transfer" else _same(session, row, now)
    made.again_of, made.again_by = call_id, by
    session.add(made)
    session.flush()
    return made


def _same(session: Session, row: StripeCall, now: datetime) -> StripeCall:
    hold = None
    if row.kind == "refund":
        hold = _held(session, row)
        if row.state == "failed" and not _left(session, row):
            raise BadClaim("This has been given back another way since: nothing of that payment is left.")
    facts = {name: each for name, each in row.facts.items() if isinstance(each, str | int)}
    claim = f"{row.claim}:after:{row.id}"
    try:
        return calls.queue(
            session, calls.kind_of(row), subject=row.subject, claim=claim, facts=facts, now=now, hold=hold
        )
    except Overdrawn:
        raise BadClaim(
            "The customer is not owed this any more: it was given back another way since."
        ) from None


def _held(session: Session, row: StripeCall) -> tuple[str, str, int, str] | None:
    """What a refund sets aside: again what it had, or what came back to its customer; nothing for a cost booked."""
    order_id, amount = order_of(row.subject), int(row.facts["amount_minor"])
    if row.hold_key is not None:
        held = holds.get(session, row.hold_key).hold
        return held.source, held.destination, amount, held.why
    if sent_back(session, row) and order_id is not None:
        return customer(order_id), CARD, amount, f"Order {order_id}: what did not reach its customer"
    return None


def _left(session: Session, row: StripeCall) -> bool:
    paid = session.exec(select(CardPayment).where(CardPayment.charge_id == row.facts["charge"])).first()
    return paid is not None and orders.left_of(session, paid) >= int(row.facts["amount_minor"])


def _transfer(session: Session, row: StripeCall, by: int, now: datetime) -> StripeCall:
    failed = payouts.get(session, int(row.facts["payout"]))
    account = payees.account_of(session, failed.payee)
    if account is None or account.vendor_id is None or not account.transfers:
        raise BadClaim("Its account at Stripe is not finished: have that done first, then ask again.")
    return payees.queue(session, made_anew(session, failed, by=by, now=now), account.vendor_id, now)


def made_anew(session: Session, failed: Payout, *, by: int, now: datetime) -> Payout:
    """A payout in place of one that failed or came back, made by what it was made for. BadClaim for none we know."""
    settled, run = _SETTLEMENT.fullmatch(failed.key), _PAY_RUN.fullmatch(failed.key)
    if settled is not None:
        return settling.pay_again(session, settlements.get(session, int(settled[1])), by=by, now=now)
    if run is not None:
        return runs.again(session, runs.get(session, int(run[1])), int(run[2]), by=by, now=now)
    raise BadClaim(_NOT)


def look(session: Session, payout: Payout, *, now: datetime) -> None:
    """What a payout was made for is brought to what became of it."""
    settled, run = _SETTLEMENT.fullmatch(payout.key), _PAY_RUN.fullmatch(payout.key)
    if settled is not None:
        settling.look(session, settlements.get(session, int(settled[1])))
    elif run is not None:
        runs.look(session, runs.get(session, int(run[1])), by=None, now=now)
