"""The books' lines on `outside:card`, put to the things of Stripe's they are about."""

import re
from collections import defaultdict
from collections.abc import Mapping

from sqlmodel import Session, col, select

from payments import books
from payments.payouts import Payout
from payments.rails.tables import CardPayment, StripeCall, StripeTransaction
from payments.terms import CARD

TILLS = "tills"
UNPAID = "unpaid:"
PENDING_CALL = "call:"
FAILED_CALL = "failed-call:"

_ORDER = re.compile(r"(?:order|customer):(\d+):")
_CALL = re.compile(r"stripe-call:(\d+):resolved")
_PART = re.compile(r"(.+):part:\d+:resolved")
_CARD = re.compile(r"card:([^:]+):")
_REFUNDED = re.compile(r"order:(\d+):refunded:(\d+)")


class Things:
    """One look at the books; `tills` says which charge of this account an order of a till was paid by."""

    def __init__(self, session: Session, tills: Mapping[int, str]) -> None:
        self._session = session
        self._tills = tills
        paid = session.exec(select(CardPayment).order_by(col(CardPayment.id).desc())).all()
        self._pages = {row.order_id for row in paid}
        self._charge = {row.order_id: row.charge_id for row in paid if row.charge_id is not None}
        calls = session.exec(select(StripeCall).order_by(col(StripeCall.id))).all()
        self._calls = {row.id: row for row in calls}
        again = {row.again_of for row in calls}
        self._refunds: defaultdict[str, list[StripeCall]] = defaultdict(list)
        for row in calls:
            told = _REFUNDED.match(row.claim)
            over = row.state == "failed" and row.id in again
            if told is not None and row.kind == "refund" and not row.hold_key and not over:
                self._refunds[told[0]].append(row)
        self._payouts = {
            row.key: row for row in session.exec(select(Payout).where(Payout.method == "stripe"))
        }
        self._returned = {f"{each}:returned" for each in self._payouts}
        own = {row.vendor_id for row in calls if row.kind == "reversal"}
        taken = session.exec(select(StripeTransaction).where(StripeTransaction.transfer_id != ""))
        self._taken_back = {
            (row.transfer_id, row.net_minor): row.source for row in taken if row.source not in own
        }

    def sums(self, currency: str) -> dict[str, int]:
        """thing -> what the books say it put on the balance (minor units), nought left out."""
        # One entry may have several lines here: what is given back of food, of a fee, of the VAT in it.
        entries: dict[tuple[str, str | None], int] = defaultdict(int)
        for line in books.lines(self._session, CARD):
            if line.unit == currency and line.account == CARD:
                entries[line.key, line.reverses] -= line.amount
        found: dict[str, int] = defaultdict(int)
        for (key, reverses), moved in entries.items():
            for thing, amount in self._parts(key, reverses, moved):
                found[thing] += amount
        return {thing: amount for thing, amount in found.items() if amount}

    def _parts(self, key: str, reverses: str | None, amount: int) -> list[tuple[str, int]]:
        name = reverses or key
        refunded = _REFUNDED.fullmatch(name)
        if refunded is not None and int(refunded[1]) in self._pages:
            return self._refunded(name, amount)
        return [(self._thing(name), amount)]

    def _refunded(self, key: str, amount: int) -> list[tuple[str, int]]:
        parts = [(self._call(row), -int(row.facts["amount_minor"])) for row in self._refunds[key]]
        rest = amount - sum(each for _, each in parts)
        return parts + ([(f"refund:{key}", rest)] if rest else [])

    def _thing(self, key: str) -> str:
        call, part, card = _CALL.fullmatch(key), _PART.fullmatch(key), _CARD.match(key)
        if card is not None:
            return card[1]
        if call is not None:
            return self._call(self._calls[int(call[1])])
        if part is not None or key in self._returned:
            payout = self._payouts.get(part[1] if part else key.removesuffix(":returned"))
            if payout is None or not payout.vendor_id:
                return key
            whole = (payout.vendor_id, payout.amount_minor)
            return payout.vendor_id if part else self._taken_back.get(whole, payout.vendor_id)
        order = _ORDER.match(key)
        if order is None:
            return key
        number = int(order[1])
        if number in self._pages:
            return self._charge.get(number) or f"{UNPAID}{number}"
        return self._tills.get(number, TILLS)

    def _call(self, row: StripeCall) -> str:
        return row.vendor_id or f"{FAILED_CALL if row.state == 'failed' else PENDING_CALL}{row.id}"
