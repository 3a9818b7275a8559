"""What a named person charges a restaurant for, or puts right, outside of any order."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from payments import books, terms
from payments.errors import BadAmount, SettlementRefused
from payments.ledger import Entry
from payments.settlements import AdjustmentRow
from payments.terms import tax


def adjust(
    session: Session,
    restaurant_id: int,
    *,
    kind: str,
    amount_minor: int,
    reason: str,
    by: int,
    now: datetime,
    number: int | None = None,
) -> AdjustmentRow:
    """Charge a restaurant for a service, VAT as the rulebook prices it, or correct what it is owed, up or down.

    `number` says which adjustment of the restaurant this is meant to be, the first being 1; one that stands already
    and says the same is answered as it stands. BadAmount for nothing, or for a service below nought;
    SettlementRefused without a reason, for another kind, or for a number that is taken or not the next.
    """
    reason = reason.strip()
    if kind not in ("service", "correction") or not reason:
        raise SettlementRefused("Say whether it is a service or a correction, and write down what it is for.")
    if type(amount_minor) is not int or amount_minor == 0 or (kind == "service" and amount_minor < 0):
        raise BadAmount(f"{amount_minor!r} is no amount for a {kind}")
    earlier = adjustments(session, restaurant_id)
    if number is not None and number != len(earlier) + 1:
        for row in earlier:
            if (row.number, row.kind, row.amount_minor, row.reason) == (number, kind, amount_minor, reason):
                return row
        raise SettlementRefused(
            "Another adjustment was made since this page was opened: look before you go on."
        )
    number = len(earlier) + 1
    entry = _entry(session, restaurant_id, kind, amount_minor, number, now)
    row = AdjustmentRow(
        restaurant_id=restaurant_id,
        number=number,
        kind=kind,
        amount_minor=amount_minor,
        reason=reason,
        by_person_id=by,
        at=now,
        entry_id=books.post(session, entry, now=now),
    )
    session.add(row)
    session.flush()
    return row


def _entry(
    session: Session, restaurant_id: int, kind: str, amount_minor: int, number: int, now: datetime
) -> Entry:
    """What an adjustment moves, by the rules in force; its reason stays in its row."""
    version, rulebook = books.in_force(session, at=now)
    account = terms.restaurant(restaurant_id)
    what, moves = "corrected", [(terms.ADJUSTMENTS, account, amount_minor)]
    if kind == "service":
        price = tax.priced(rulebook, "service", amount_minor, rulebook.local(now).date())
        what = "charged"
        moves = [
            (account, terms.SERVICES, price.net_minor),
            (account, tax.OUTPUT["service"], price.vat_minor),
        ]
    elif amount_minor < 0:
        moves = [(account, terms.ADJUSTMENTS, -amount_minor)]
    why = f"{kind.capitalize()} {number} for {account.replace(':', ' ')}"
    key, unit = f"{account}:{what}:{number}", rulebook.co_op.currency
    return Entry(key, now, why, terms.nonzero(moves), unit, version, account)


def adjustments(session: Session, restaurant_id: int) -> Sequence[AdjustmentRow]:
    """What was charged or put right for a restaurant outside of orders, in order."""
    query = select(AdjustmentRow).where(AdjustmentRow.restaurant_id == restaurant_id)
    return session.exec(query.order_by(col(AdjustmentRow.number))).all()
