"""Stripe's balance against the books, thing by thing: each difference with its likely cause, kept until it is gone.

A thing is an object of Stripe's (a charge with its fee, a refund, a transfer, a payout, a dispute). The books' lines
on `outside:card` are put to the things they are about, so that the sum of the differences is the difference of the
two balances to the penny.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from payments import books
from payments.errors import BadAmount
from payments.rails import Gateway, Transaction, payees
from payments.rails.booking import booked
from payments.rails.tables import CardPayment, Difference, Reconciliation, StripeCall, StripeTransaction
from payments.rails.things import FAILED_CALL, PENDING_CALL, TILLS, UNPAID, Things
from payments.tables import POSTINGS
from payments.terms import CARD, CARD_COST, REFUNDS

AT_NIGHT = time(4, 0)
OVERLAP = timedelta(days=2)
AGAIN = timedelta(hours=1)

CAUSES = {
    "fee": "The fee Stripe kept is not the one in the books",
    "amount": "Stripe and the books have different amounts",
    "not-arrived": "Stripe has it and the books do not yet: its webhook has not arrived or could not be acted on",
    "unknown-charge": "A charge that nothing of ours asked for",
    "dashboard-refund": "A refund made in Stripe's own pages",
    "dashboard-transfer": "A transfer or reversal made in Stripe's own pages",
    "dashboard-payout": "A payout made in Stripe's own pages, or by its own schedule",
    "stripe-fee": "A charge of Stripe's own for its services",
    "dispute": "A dispute the books do not know of",
    "in-flight": "Asked of Stripe and not answered yet",
    "not-done": "Asked of Stripe, and not done: it can be asked again",
    "unpaid": "Delivered, and its customer has not paid yet",
    "elsewhere": "Card payments taken at tills, which are not in this Stripe account",
    "books-only": "In the books, and not at Stripe",
}
# What things of the books' own, at no object of Stripe's, begin with, and why they are there.
_OURS = ((TILLS, "elsewhere"), (UNPAID, "unpaid"), (PENDING_CALL, "in-flight"), (FAILED_CALL, "not-done"))


@dataclass(frozen=True, slots=True)
class Found:
    """One thing on which the two disagree, in minor units of the balance."""

    thing: str
    cause: str
    stripe_minor: int
    books_minor: int


def next_due(session: Session, now: datetime) -> datetime | None:
    """The next night's comparison; None while nothing was ever asked of Stripe."""
    last = session.exec(select(Reconciliation).order_by(col(Reconciliation.id).desc()).limit(1)).first()
    since = last.at if last is not None else payees.used(session)
    if since is None:
        return None
    if last is not None and last.transactions < 0:
        return last.at + AGAIN
    rulebook = books.in_force(session, at=now)[1]
    local = rulebook.local(since)
    night = datetime.combine(local.date(), AT_NIGHT, local.tzinfo)
    return (
        night if night > since else datetime.combine(local.date() + timedelta(days=1), AT_NIGHT, local.tzinfo)
    )


def since(session: Session) -> datetime:
    """From when on Stripe is to be asked: the newest transaction kept, and a little before it."""
    last = session.exec(
        select(StripeTransaction.made_at).order_by(col(StripeTransaction.made_at).desc()).limit(1)
    ).first()
    first = payees.used(session)
    return (last or first or datetime.fromtimestamp(0, UTC)) - OVERLAP


def newest(session: Session) -> int:
    """The number of the newest entry on Stripe's account in the books; 0 before the first."""
    sides = (POSTINGS.c.source, POSTINGS.c.destination)
    found = (select(func.max(POSTINGS.c.entry_id)).where(side == CARD) for side in sides)
    return max(session.connection().scalar(each) or 0 for each in found)


def ask(gateway: Gateway, since: datetime) -> list[Transaction]:
    """What moved on Stripe's balance since then: no session is open."""
    return gateway.transactions(since)


def unanswered(session: Session, *, now: datetime) -> Reconciliation:
    """Stripe could not be asked: it is tried again in an hour."""
    row = Reconciliation(at=now, transactions=-1, stripe_minor=0, books_minor=0, open=len(open_(session)))
    session.add(row)
    session.flush()
    return row


def keep(session: Session, told: Iterable[Transaction]) -> None:
    """Keep balance transactions, each once."""
    told = list(told)
    have = set(
        session.exec(
            select(StripeTransaction.vendor_id).where(
                col(StripeTransaction.vendor_id).in_([each.id for each in told])
            )
        )
    )
    for each in told:
        if each.id not in have:
            row = StripeTransaction(
                vendor_id=each.id,
                kind=each.kind,
                amount_minor=each.amount_minor,
                fee_minor=each.fee_minor,
                net_minor=each.net_minor,
                currency=each.currency,
                source=each.source or each.id,
                intent_id=each.intent,
                transfer_id=each.transfer,
                made_at=each.created_at,
                available_at=each.available_at,
            )
            session.add(row)
    session.flush()


References = Callable[[Session, Sequence[str]], Mapping[str, int]]


def compare(
    session: Session, told: Iterable[Transaction], *, references: References, now: datetime
) -> Reconciliation:
    """Keep what Stripe told, compare it with the books, and open or close differences; safe to repeat.

    `references` says which orders of the tills name charges or payment intents of this account.
    """
    keep(session, told)
    currency = books.in_force(session, at=now)[1].co_op.currency
    moved = session.exec(select(StripeTransaction).where(StripeTransaction.currency == currency)).all()
    stripe: dict[str, int] = defaultdict(int)
    for each in moved:
        stripe[each.source] += each.net_minor
    intents = {each.intent_id: each.source for each in moved if each.intent_id} | {
        each.source: each.source for each in moved
    }
    named = references(session, sorted(intents))
    things = Things(session, {order_id: intents[name] for name, order_id in named.items()})
    ours = things.sums(currency)
    found = [
        Found(
            thing,
            _cause(session, thing, moved, stripe.get(thing), ours.get(thing)),
            stripe.get(thing, 0),
            amount,
        )
        for thing in sorted(stripe.keys() | ours.keys())
        if stripe.get(thing, 0) != (amount := ours.get(thing, 0))
    ]
    _note(session, found, now)
    row = Reconciliation(
        at=now,
        transactions=len(moved),
        stripe_minor=sum(stripe.values()),
        books_minor=sum(ours.values()),
        open=len(open_(session)),
    )
    session.add(row)
    session.flush()
    return row


def _cause(
    session: Session, thing: str, moved: Sequence[StripeTransaction], stripe: int | None, ours: int | None
) -> str:
    if stripe is None:
        return _books_alone(thing)
    lines = [each for each in moved if each.source == thing]
    if ours is not None:
        gross = sum(each.amount_minor for each in lines)
        paid = session.exec(select(CardPayment).where(CardPayment.charge_id == thing)).first()
        same = paid is not None and paid.amount_minor == gross
        return "fee" if same or 0 < ours <= gross else "amount"
    return _stripe_alone(session, thing, lines[0].kind)


def _books_alone(thing: str) -> str:
    return next((cause for start, cause in _OURS if thing.startswith(start)), "books-only")


def _stripe_alone(session: Session, thing: str, kind: str) -> str:
    ours = session.exec(select(StripeCall).where(StripeCall.vendor_id == thing)).first() is not None
    waits = session.exec(select(CardPayment).where(CardPayment.state == "open")).first() is not None
    if kind in ("charge", "payment"):
        return "not-arrived" if waits else "unknown-charge"
    if ours:
        return "not-arrived"
    if kind in ("refund", "payment_refund", "refund_failure"):
        return "dashboard-refund"
    if kind.startswith("transfer"):
        return "dashboard-transfer"
    if kind.startswith("payout"):
        return "dashboard-payout"
    return "dispute" if thing.startswith(("dp_", "du_")) else "stripe-fee"


def _note(session: Session, found: Sequence[Found], now: datetime) -> None:
    open_now = {row.thing: row for row in open_(session)}
    for each in found:
        row = open_now.pop(each.thing, None)
        if row is None:
            if _closed_as_is(session, each):
                continue
            row = Difference(
                thing=each.thing,
                cause=each.cause,
                words="",
                stripe_minor=0,
                books_minor=0,
                seen_at=now,
                looked_at=now,
            )
        row.cause, row.words, row.looked_at = each.cause, CAUSES[each.cause], now
        row.stripe_minor, row.books_minor = each.stripe_minor, each.books_minor
        session.add(row)
    for row in open_now.values():
        row.closed_at, row.looked_at, row.note = now, now, "Stripe and the books agree."
        session.add(row)
    session.flush()


def _closed_as_is(session: Session, found: Found) -> bool:
    """Whether a named person closed this very difference before."""
    row = session.exec(
        select(Difference).where(Difference.thing == found.thing).order_by(col(Difference.id).desc()).limit(1)
    ).first()
    same = row is not None and (row.stripe_minor, row.books_minor) == (found.stripe_minor, found.books_minor)
    return same and row is not None and row.closed_by is not None


def open_(session: Session) -> Sequence[Difference]:
    """The differences nobody has closed, oldest first."""
    return session.exec(
        select(Difference).where(col(Difference.closed_at).is_(None)).order_by(col(Difference.id))
    ).all()


def last(session: Session) -> Reconciliation | None:
    """The last comparison."""
    return session.exec(select(Reconciliation).order_by(col(Reconciliation.id).desc()).limit(1)).first()


def close(session: Session, difference_id: int, *, by: int, note: str, now: datetime) -> Difference:
    """A named person has looked into it and says why it may stand; BadAmount without a reason."""
    if not note.strip():
        raise BadAmount("Write down what was found out.")
    row = session.get_one(Difference, difference_id)
    if row.closed_at is None:
        row.closed_at, row.closed_by, row.note = now, by, note.strip()
        session.add(row)
        session.flush()
    return row


def book(session: Session, difference_id: int, *, by: int, note: str, now: datetime) -> Difference:
    """A named person has the books follow Stripe, at the co-op's cost or gain; done again, the same."""
    row = close(session, difference_id, by=by, note=note, now=now)
    more = row.stripe_minor - row.books_minor
    account = REFUNDS if row.cause == "dashboard-refund" else CARD_COST
    move = (CARD, account, more) if more > 0 else (account, CARD, -more)
    why = f"The books follow Stripe about {row.thing}"
    booked(
        session, f"card:{row.thing}:difference:{row.id}", [move], why=why, subject="reconciliation", now=now
    )
    return row
