"""Reading the books entry by entry, and saying everything that does not hold."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlmodel import Session

from payments import books
from payments.books import GENESIS, Booked
from payments.checks.chain import Chain, intact
from payments.checks.held import Held
from payments.checks.paid import Paid
from payments.checks.payables import Payables
from payments.checks.refunds import Refunds
from payments.checks.remitted import Remitted
from payments.checks.repeats import Repeats
from payments.checks.reversals import Reversals
from payments.checks.rulebooks import Rulebooks
from payments.checks.rules import Finding, Rule, Since
from payments.checks.settled import Settled
from payments.checks.splits import Splits
from payments.checks.sums import Sums
from payments.checks.tips import Tips
from payments.errors import MoneyFault
from payments.ledger import Entry
from payments.tables import ENTRIES

# Every rule, in the order each entry is put to them. A new one is a module and a line here.
RULES: tuple[type[Rule], ...] = (
    Reversals,
    Splits,
    Tips,
    Repeats,
    Payables,
    Held,
    Paid,
    Settled,
    Remitted,
    Refunds,
    Sums,
)


def findings(
    session: Session,
    *,
    head: tuple[int, str] | None = None,
    now: datetime | None = None,
    noted: Mapping[int, str] | None = None,
) -> list[Finding]:
    """Everything that does not hold in the books, in order; an empty list when they are sound.

    `head`, noted at an earlier time by `books.head`, shows also whether entries were cut off at the end; `noted`
    are more of them, number -> hash. Holds are forgotten that ran out an hour before `now`, or before the last
    entry was recorded. While others may be posting, read in one snapshot (`Database.reading`).
    """
    heads = dict(noted or {}) | (dict([head]) if head is not None else {})
    return list(_read(session, Since(), heads, now))


def findings_since(
    session: Session, head: tuple[int, str], *, now: datetime | None = None, trusting: bool = False
) -> list[Finding]:
    """What does not hold in the entries after `head`, which an earlier reading found sound and noted.

    The database adds up every posting ever made, and what is new is put to every rule; whether the entries before
    `head` still say what they said is not looked at, `head` itself apart. `trusting`: nor are they added up, and what
    is kept of each account, less what is new, is taken for what they come to.
    """
    number, _ = head
    before = books.sums.before if trusting else books.sums.counted
    since = Since(*head, before(session, until=number)) if number else Since()
    return [*_still_there(session, head), *_read(session, since, {}, now)]


def _still_there(session: Session, head: tuple[int, str]) -> Iterator[Finding]:
    if head[0]:
        there = next(books.booked(session, ENTRIES.c.id == head[0]), None)
        if there is None or there.hash != head[1] or not intact(there):
            yield _missed(head[0])


def _missed(number: int) -> Finding:
    return Finding("end", number, f"entry {number} was the last once, and is not there as it was")


def _read(session: Session, since: Since, heads: dict[int, str], now: datetime | None) -> Iterator[Finding]:
    rulebooks, chain = Rulebooks(session), Chain(since.entry_id, since.hash)
    rules = [rule(session, since) for rule in RULES]
    missing = {number for number, sealed in heads.items() if (number, sealed) != (0, GENESIS)}
    yield from rulebooks.changed()
    for each in books.booked(session, after=since.entry_id):
        if heads.get(each.id) == each.hash:
            missing.discard(each.id)
        entry, unreadable = _made(each)
        yield from chain.follow(each, entry)
        yield from rulebooks.named(each)
        if entry is None:
            yield Finding("readable", each.id, f"{each.key} is no entry any more: {unreadable}")
            continue
        for rule in rules:
            yield from rule.at(each, entry)
    yield from (_missed(number) for number in sorted(missing))
    for rule in rules:
        yield from rule.ended(now)


def _made(each: Booked) -> tuple[Entry | None, str]:
    """The entry that is stored; None, and why, where what is stored makes none any more."""
    try:
        return each.entry, ""
    except (MoneyFault, ValueError, TypeError) as fault:
        return None, str(fault)
