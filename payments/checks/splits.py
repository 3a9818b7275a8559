"""Whether orders were split, and holiday reckoned, as the rulebook the entry names says."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from payments import money, terms
from payments.books import Booked
from payments.checks.rules import Finding, Rule, kind
from payments.errors import MoneyFault
from payments.ledger import Entry, Posting
from payments.rulebook import Rulebook
from payments.terms import tax

KINDS = ("delivered", "ended", "sick", "cancelled", "charged")


class Splits(Rule):
    """The arithmetic of deliveries and of shifts, done again."""

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Whether this delivery or shift is what its rulebook makes of it."""
        if entry.reverses is not None or kind(entry) not in KINDS:
            return
        rulebook = self.rulebook(entry.rulebook)
        if rulebook is None:
            return
        if kind(entry) == "delivered":
            if entry.postings != _split_again(entry, rulebook):
                yield Finding(
                    "split", booked.id, f"{entry.key} is not split as rulebook {entry.rulebook} says"
                )
            return
        if kind(entry) in ("cancelled", "charged"):
            yield from untaxed(booked.id, entry.key, rulebook, entry.postings, entry.at)
            return
        wages = sum(post.amount for post in entry.postings if post.destination.endswith(":wages"))
        leave = sum(post.amount for post in entry.postings if post.source == terms.HOLIDAY_PAY)
        if leave != money.percent_of(wages, rulebook.pay.holiday_bp):
            yield Finding("split", booked.id, f"{entry.key} sets aside {leave} of holiday pay on {wages}")


def untaxed(
    entry_id: int, what: str, rulebook: Rulebook, postings: Sequence[Posting], at: datetime
) -> Iterator[Finding]:
    """Whether what was earned has exactly the VAT of the day it was sold."""
    try:
        wrong = tax.untaxed(rulebook, tax.taxed(postings), rulebook.local(at).date())
    except MoneyFault as fault:
        yield Finding("vat", entry_id, f"{what}: {fault}")
        return
    for income in wrong:
        yield Finding("vat", entry_id, f"{what}: the {income} that stands has not the VAT of its rulebook")


def _split_again(entry: Entry, rulebook: Rulebook) -> tuple[Posting, ...]:
    sale = terms.read_sale(entry.postings)
    if sale.value_minor < 0:
        return ()
    order = terms.OrderMoney(
        order_id=0,
        restaurant_id=_number(sale.restaurant),
        rider_id=_number(sale.rider),
        value_minor=sale.value_minor,
        delivery_fee_minor=sale.delivery_fee_minor,
        tip_minor=sale.tip_minor,
        paid_by=sale.paid_by,
    )
    return terms.order_postings(rulebook, order, rulebook.local(entry.at).date(), at=entry.at)


def _number(account: str | None) -> int:
    part = (account or ":0").split(":")[1]
    return int(part) if part.isdigit() else 0
