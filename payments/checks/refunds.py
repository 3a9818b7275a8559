"""Whether no more was given back on an order than may be."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from payments import books, terms
from payments.books import Booked
from payments.checks.rules import Finding, Rule, Since, kind
from payments.checks.splits import untaxed
from payments.errors import MoneyFault
from payments.ledger import Entry


class Refunds(Rule):
    """Every order on which money was given back, looked at again at the end."""

    def __init__(self, session: Session, since: Since) -> None:
        super().__init__(session, since)
        self._refunded: dict[str, int] = {}

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Note the order."""
        if entry.reverses is None and kind(entry) == "refunded":
            self._refunded[entry.subject] = booked.id
        return ()

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """The orders on which too much was given back."""
        for subject, entry_id in self._refunded.items():
            try:
                standing = books.standing(self.session, subject)
                sold = [each for each in standing if ":delivered:" in each.key]
                back = [each for each in standing if ":refunded:" in each.key]
                paid = [terms.read_sale(each.entry.postings) for each in sold]
                given = sum(terms.refunded_minor(each.entry.postings) for each in back)
                rules = [(self.rulebook(each.rulebook), each.entry.at) for each in sold]
                moved = [posting for each in (*sold, *back) for posting in each.entry.postings]
            except (MoneyFault, ValueError, TypeError):
                continue  # told already
            limit = sum(sale.refundable_minor for sale in paid)
            if given > limit:
                yield Finding(
                    "refund", entry_id, f"{subject}: {given} was given back, of {limit} that could be"
                )
            for rulebook, at in rules[:1]:
                if rulebook is not None:
                    yield from untaxed(entry_id, subject, rulebook, moved, at)
