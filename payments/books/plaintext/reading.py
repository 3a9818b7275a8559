"""Reading the books in the order things happened, and what stood on the accounts month by month."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session

from payments.books import journal
from payments.books.plaintext.forms import Beancount, Form, Hledger
from payments.books.versions import versions
from payments.rulebook import parse
from payments.tables import ENTRIES, POSTINGS

FORMS: dict[str, Form] = {"beancount": Beancount(), "hledger": Hledger()}
_PORTION = 500


def plaintext(session: Session, form: Form) -> Iterator[str]:
    """The books line by line, without line ends; the same books are always the same lines.

    Entries stand in the order of when they happened, by the co-op's own days, each with its number, key,
    reason, subject, rulebook and hash. After each month, and at the end, every account's balance is asserted:
    month by month as added up on the way, at the end as the database itself adds it up. BadEntry or ValueError
    when an entry can no longer be read.
    """
    last, seal = journal.head(session)
    if last == 0:
        yield f"{form.comment} Nothing was booked yet."
        return
    rulebook = parse(versions(session)[0].text)
    numbers = list(
        session.connection().scalars(
            select(ENTRIES.c.id).where(ENTRIES.c.id <= last).order_by(ENTRIES.c.at, ENTRIES.c.id)
        )
    )
    stands = _stands(session, last)
    yield f"{form.comment} Entries 1 to {last}; the last one's seal is {seal}."
    yield from form.heading(rulebook.co_op.name, rulebook.co_op.currency)
    units: dict[str, set[str]] = defaultdict(set)
    for account, unit in stands:
        units[account].add(unit)
    running: dict[tuple[str, str], int] = defaultdict(int)
    before: date | None = None
    for number, on, booked in _in_order(session, numbers, rulebook.timezone):
        if before is None:
            yield from form.accounts(units, on)
        elif (on.year, on.month) != (before.year, before.month):
            yield from form.balances(before, running)
        entry = booked.entry
        yield from form.entry(number, on, entry, booked.hash)
        for posting in entry.postings:
            running[posting.source, entry.unit] -= posting.amount
            running[posting.destination, entry.unit] += posting.amount
        before = on
    if before is not None:
        yield from form.balances(before, stands)


def _in_order(
    session: Session, numbers: list[int], zone: ZoneInfo
) -> Iterator[tuple[int, date, journal.Booked]]:
    """(number, the co-op's day, entry) of these entries, a portion in memory at a time."""
    for start in range(0, len(numbers), _PORTION):
        portion = numbers[start : start + _PORTION]
        found = {each.id: each for each in journal.booked(session, ENTRIES.c.id.in_(portion))}
        for number in portion:
            yield number, found[number].entry.at.astimezone(zone).date(), found[number]


def _stands(session: Session, last: int) -> dict[tuple[str, str], int]:
    """(account, unit) -> what stands on it by the entries up to that number, as the database adds it up."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for account, sign in ((POSTINGS.c.source, -1), (POSTINGS.c.destination, 1)):
        query = (
            select(account, ENTRIES.c.unit, func.sum(POSTINGS.c.amount))
            .join(ENTRIES, ENTRIES.c.id == POSTINGS.c.entry_id)
            .where(ENTRIES.c.id <= last)
            .group_by(account, ENTRIES.c.unit)
        )
        for name, unit, count in session.connection().execute(query):
            sums[name, unit] += sign * int(count)
    return dict(sums)
