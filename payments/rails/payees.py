"""Who is sent money through Stripe: their accounts, what is sent to them, and the co-op's own bank."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from payments import books, payouts
from payments.errors import BadAmount
from payments.payouts import Payout
from payments.rails import News, calls
from payments.rails.tables import WAITING, CardPayment, StripeAccount, StripeCall

LOOK_AGAIN = timedelta(hours=1)


def connect(session: Session, payee: str, *, country: str, now: datetime) -> StripeAccount:
    """Have an account made for a payee; the same payee is the same account. Payouts are turned to manual with it."""
    row = account_of(session, payee)
    if row is None:
        row = StripeAccount(payee=payee, created_at=now)
        session.add(row)
        session.flush()
        facts: dict[str, str | int] = {"subject": payee, "country": country}
        calls.queue(session, "account", subject=payee, claim=f"account:{payee}", facts=facts, now=now)
        by_hand(session, now=now)
    return row


def by_hand(session: Session, *, now: datetime) -> StripeCall:
    """Have Stripe pay nothing out by itself: automatic payouts starve the transfers that come after them."""
    return calls.queue(session, "manual", subject="co-op", claim="payouts:manual", facts={}, now=now)


def account_of(session: Session, payee: str) -> StripeAccount | None:
    """A payee's account, or None."""
    return session.exec(select(StripeAccount).where(StripeAccount.payee == payee)).first()


def accounts(session: Session) -> Sequence[StripeAccount]:
    """Every payee's account."""
    return session.exec(select(StripeAccount).order_by(col(StripeAccount.payee))).all()


def next_due(session: Session) -> datetime | None:
    """When the next payout by Stripe is to be sent."""
    return payouts.next_due(session, "stripe")


def send(session: Session, *, now: datetime) -> tuple[int, list[News]]:
    """Turn due payouts into transfers to be made; how many were looked at, and what somebody must hear."""
    due, news = payouts.due(session, "stripe", now), []
    for payout in due:
        account = account_of(session, payout.payee)
        if account is None or not account.transfers or account.vendor_id is None:
            words = (
                f"{payout.payee} cannot be sent money through Stripe yet: its account there is not finished."
            )
            payouts.later(session, payout, error=words, due_at=now + LOOK_AGAIN)
            news.append(News("call_stuck", payout.payee, words, key=f"payout-waits:{payout.id}"))
            continue
        queue(session, payout, account.vendor_id, now)
    return len(due), news


def queue(session: Session, payout: Payout, account: str, now: datetime) -> StripeCall:
    """Have a payout sent to an account at Stripe; the same payout is the same call, which carries it from here."""
    charge = _covering(session, payout, now)
    facts: dict[str, str | int] = {
        "payout": payout.number,
        "account": account,
        "amount_minor": payout.amount_minor,
        "currency": payout.currency,
        "group": f"order:{charge.order_id}" if charge else f"payout:{payout.number}",
    }
    if charge is not None:
        facts["charge"] = str(charge.charge_id)
    claim = f"payout:{payout.number}"
    made = calls.queue(session, "transfer", subject=payout.payee, claim=claim, facts=facts, now=now)
    if payout.state in ("ready", "sending"):  # looked at again only if that call were lost
        payouts.later(session, payout, error="", due_at=now + payouts.HELD_FOR)
    return made


def _covering(session: Session, payout: Payout, now: datetime) -> CardPayment | None:
    """A charge not available yet that alone covers a payout to its restaurant: the transfer then waits with it."""
    pending = session.exec(
        select(CardPayment)
        .where(col(CardPayment.available_at) > now, col(CardPayment.charge_id).is_not(None))
        .order_by(col(CardPayment.id).desc())
        .limit(100)
    ).all()
    for row in pending:
        if row.amount_minor < payout.amount_minor or not _sold_by(session, row.order_id, payout.payee):
            continue
        drawn = session.exec(
            select(StripeCall).where(
                col(StripeCall.kind).in_(("transfer", "refund")), StripeCall.state != "failed"
            )
        )
        gone = sum(
            int(each.facts["amount_minor"]) for each in drawn if each.facts.get("charge") == row.charge_id
        )
        if row.amount_minor - gone >= payout.amount_minor:
            return row
    return None


def _sold_by(session: Session, order_id: int, payee: str) -> bool:
    return any(
        ":delivered:" in each.key and any(to == payee for _, to, _ in each.postings)
        for each in books.standing(session, f"order:{order_id}")
    )


def to_bank(session: Session, amount_minor: int, *, currency: str, claim: str, now: datetime) -> StripeCall:
    """Have Stripe send what it holds to the co-op's bank; the same claim is the same payout. BadAmount for nothing."""
    if type(amount_minor) is not int or amount_minor <= 0:
        raise BadAmount(f"{amount_minor!r} is nothing to send to the bank")
    facts: dict[str, str | int] = {"amount_minor": amount_minor, "currency": currency}
    return calls.queue(session, "payout", subject="co-op", claim=f"bank:{claim}", facts=facts, now=now)


def moving(session: Session) -> Sequence[StripeCall]:
    """What is being asked of Stripe just now, newest first."""
    listed = col(StripeCall.state).in_(WAITING)
    return session.exec(select(StripeCall).where(listed).order_by(col(StripeCall.id).desc()).limit(50)).all()


def used(session: Session) -> datetime | None:
    """When anything was first asked of Stripe; None while nothing ever was."""
    return session.connection().scalar(_FIRST)


# Asked at every turn of the clock, so written once.
_FIRST = select(func.min(StripeCall.created_at))
