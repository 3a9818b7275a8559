"""Paying on what is owed for others: a named person says that it left the bank, and may take that back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time

from sqlmodel import Session

from payments import books, checks, money, remittances, terms
from payments.errors import BadAmount, RemittanceRefused
from payments.ledger import Entry
from payments.remittances import Owed, RemittanceRow

NOON = time(12)


def pay_on(
    session: Session,
    amounts: Mapping[str, int],
    *,
    paid_on: date,
    reference: str,
    by: int,
    now: datetime,
    reclaimed_minor: int = 0,
    employer_minor: int = 0,
    number: int | None = None,
    names: Mapping[str, str] | None = None,
) -> RemittanceRow:
    """Write down one payment out of the bank of what is owed for others: `amounts` of it by account, minor units.

    VAT is one account, `terms.VAT`: what was given back on one kind of income is set off against the others.
    `reclaimed_minor` of it was not paid, being VAT on what the co-op bought, which is not in these books;
    `employer_minor` went along as the co-op's own contributions. `number` says which remittance this is meant to be,
    the first being 1; one that stands already and says the same is answered as it stands (without a number, any that
    does: the same sums of a day under one reference are one payment). `names` is how accounts are called in a
    refusal. RemittanceRefused for nothing, for more than is owed, for more reclaimed than VAT is settled, for a day to
    come or before the first rules, without a reference, or for a number that is not the next; BadAmount for what is no
    amount; BooksUnsound.
    """
    for amount in (*amounts.values(), reclaimed_minor, employer_minor):
        if type(amount) is not int or amount < 0:
            raise BadAmount(f"{amount!r} is no amount to pay on")
    earlier = remittances.made(session)
    row = RemittanceRow(
        number=len(earlier) + 1,
        paid_on=paid_on,
        reference=reference.strip(),
        amounts={account: amount for account, amount in sorted(amounts.items()) if amount},
        reclaimed_minor=reclaimed_minor,
        employer_minor=employer_minor,
        by_person_id=by,
        at=now,
        entry_id=0,
    )
    if number != row.number:
        stands = _same(earlier, row, number)
        if stands is not None:
            return stands
        if number is not None:
            raise RemittanceRefused(
                "Something else was written down since this page was opened: look before you go on."
            )
    version, rulebook = books.in_force(session, at=now)
    unit = rulebook.co_op.currency
    _possible(session, row, rulebook.local(now).date())
    _within(remittances.owed(session), row, lambda minor: money.told(minor, unit), names or {})
    checks.stop_if_wrong(session, now=now)
    at = min(now, datetime.combine(paid_on, NOON, tzinfo=rulebook.timezone))
    why = f"Remittance {row.number}: tax, contributions and VAT paid on"
    entry = Entry(row.key, at, why, terms.nonzero(_moves(session, row)), unit, version, "co-op")
    row.entry_id = books.post(session, entry, now=now)
    return _kept(session, row)


def take_back(session: Session, number: int, reason: str, *, by: int, now: datetime) -> RemittanceRow:
    """It was written down by mistake: what it moved moves back, and a named person says why; asked again, the same.

    RemittanceRefused where there is none of that number, for one that takes back itself, or without a reason.
    """
    rows = {row.number: row for row in remittances.made(session)}
    row = rows.get(number)
    if row is None or row.takes_back is not None:
        raise RemittanceRefused(f"There is no remittance {number} to take back.")
    if not reason.strip():
        raise RemittanceRefused("Write down why it is taken back.")
    back = next((each for each in rows.values() if each.takes_back == number), None)
    if back is not None:
        return back
    mine = len(rows) + 1
    entry_id = books.reverse(
        session, row.key, new_key=remittances.key(mine), why=f"Remittance {number} taken back", now=now
    )
    return _kept(session, RemittanceRow(
        number=mine, paid_on=row.paid_on, reference=row.reference, amounts=row.amounts,
        reclaimed_minor=row.reclaimed_minor, employer_minor=row.employer_minor, takes_back=number,
        reason=reason.strip(), by_person_id=by, at=now, entry_id=entry_id,
    ))  # fmt: skip


def _kept(session: Session, row: RemittanceRow) -> RemittanceRow:
    session.add(row)
    session.flush()
    return row


def _moves(session: Session, row: RemittanceRow) -> list[tuple[str, str, int]]:
    """From each account to the bank; of VAT, what is below nought is made good first, then what is reclaimed."""
    moves = [(account, terms.BANK, amount) for account, amount in row.amounts.items() if account != terms.VAT]
    held = dict(sorted(books.balances(session, terms.VAT).items()))
    ways = [(account, -amount) for account, amount in held.items() if amount < 0]
    ways += [(terms.VAT_RECLAIMED, row.reclaimed_minor)]
    ways += [(terms.BANK, row.amounts.get(terms.VAT, 0) - row.reclaimed_minor)]
    for to, wanted in ways if terms.VAT in row.amounts else ():
        for account in held:
            moved = min(wanted, max(0, held[account]))
            held[account] -= moved
            wanted -= moved
            moves.append((account, to, moved))
    return [*moves, (terms.EMPLOYER, terms.BANK, row.employer_minor)]


def _possible(session: Session, row: RemittanceRow, today: date) -> None:
    """RemittanceRefused for what says nothing, and for a day that cannot be."""
    if not (row.amounts or row.employer_minor) or not row.reference:
        raise RemittanceRefused(
            "Say how much of what was paid on, and write down what stands on the bank's statement."
        )
    if row.paid_on > today:
        raise RemittanceRefused("That day is still to come: write it down once the money has left the bank.")
    first = min(version.effective_on for version in books.versions(session))
    if row.paid_on < first:
        raise RemittanceRefused(
            f"That day is before these books: their first rules are of {first.isoformat()}."
        )


def _within(
    owed: Sequence[Owed], row: RemittanceRow, told: Callable[[int], str], names: Mapping[str, str]
) -> None:
    most = {each.account: each.amount_minor for each in owed}
    for account, amount in row.amounts.items():
        if amount > most.get(account, 0):
            there, wanted = told(most.get(account, 0)), told(amount)
            raise RemittanceRefused(
                f"{names.get(account, account)}: {there} is owed, and {wanted} of it cannot be paid on."
            )
    if row.reclaimed_minor > row.amounts.get(terms.VAT, 0):
        raise RemittanceRefused(
            "More VAT is reclaimed than is settled: what HMRC pays back is not of these books."
        )


def _same(earlier: Sequence[RemittanceRow], row: RemittanceRow, number: int | None) -> RemittanceRow | None:
    """One that still stands and says the same: the one of that number, or any where none is meant."""
    standing = remittances.standing(earlier)
    return next((e for e in standing if e.said == row.said and number in (None, e.number)), None)
