"""Reading the books from the first entry to the last, and saying everything that does not hold."""

from datetime import datetime

from sqlmodel import Session

from payments import books
from payments.books import GENESIS
from payments.checks.chain import Chain
from payments.checks.held import Held
from payments.checks.payables import Payables
from payments.checks.refunds import Refunds
from payments.checks.repeats import Repeats
from payments.checks.reversals import Reversals
from payments.checks.rulebooks import Rulebooks
from payments.checks.rules import Finding, Rule
from payments.checks.splits import Splits
from payments.errors import MoneyFault

# Every rule, in the order each entry is put to them. A new one is a module and a line here.
RULES: tuple[type[Rule], ...] = (
    Reversals,
    Splits,
    Repeats,
    Payables,
    Held,
    Refunds,
)


def findings(
    session: Session, *, head: tuple[int, str] | None = None, now: datetime | None = None
) -> list[Finding]:
    """Everything that does not hold in the books, in order; an empty list when they are sound.

    `head`, noted at an earlier time by `books.head`, shows also whether entries were cut off at the end. Holds
    are forgotten that ran out an hour before `now`, or before the last entry was recorded.
    """
    rulebooks, chain = Rulebooks(session), Chain()
    rules = [rule(session) for rule in RULES]
    found = list(rulebooks.changed())
    seen_head = head is None or head == (0, GENESIS)
    for each in books.booked(session):
        seen_head = seen_head or (each.id, each.hash) == head
        found += chain.follow(each)
        found += rulebooks.named(each)
        try:
            entry = each.entry
        except (MoneyFault, ValueError, TypeError) as fault:
            found.append(Finding("readable", each.id, f"{each.key} is no entry any more: {fault}"))
            continue
        for rule in rules:
            found += rule.at(each, entry)
    if not seen_head and head is not None:
        found.append(
            Finding("end", head[0], f"entry {head[0]} was the last once, and is not there as it was")
        )
    for rule in rules:
        found += rule.ended(now)
    return found
