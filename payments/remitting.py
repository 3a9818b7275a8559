"""Paying on what is owed for others: a named person says that it left the bank, and may take that back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from sqlmodel import Session

from payments import books, checks, money, remittances, terms
from payments.errors import BadAmount, RemittanceRefused
from payments.ledger import Entry, Posting
from payments.remittances import Owed, RemittanceRow
from payments.rulebook import Rulebook

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

    `reclaimed_minor` of the VAT among them was not paid, being VAT on what the co-op bought, which is not in these
    books; `employer_minor` went along as the co-op's own contributions. `number` says which remittance this is meant
    to be, the first being 1; one that stands already and says the same is answered as it stands (without a number,
    any that does: the same sums of a day under one reference are one payment). `names` is how accounts are called in
    a refusal. RemittanceRefused for nothing, for more than is owed, for more reclaimed than VAT is settled, for a day
    to come, without a reference, or for a number that is not the next; BadAmount for what is no amount; BooksUnsound.
    """
    reference = reference.strip()
    for amount in (*amounts.values(), reclaimed_minor, employer_minor):
        if type(amount) is not int or amount < 0:
            raise BadAmount(f"{amount!r} is no amount to pay on")
    paid = {account: amount for account, amount in sorted(amounts.items()) if amount}
    version, rulebook = books.in_force(session, at=now)
    moves = _moves(paid, reclaimed_minor, employer_minor)
    earlier = remittances.made(session)
    if number != len(earlier) + 1:
        stands = _same(session, earlier, terms.nonzero(moves), paid_on, reference, number)
        if stands is not None:
            return stands
        if number is not None:
            raise RemittanceRefused(
                "Something else was written down since this page was opened: look before you go on."
            )
    if not terms.nonzero(moves) or not reference:
        raise RemittanceRefused(
            "Say how much of what was paid on, and write down what stands on the bank's statement."
        )
    if paid_on > rulebook.local(now).date():
        raise RemittanceRefused("That day is still to come: write it down once the money has left the bank.")
    _within(remittances.owed(session), paid, reclaimed_minor, rulebook.co_op.currency, names or {})
    checks.stop_if_wrong(session, now=now)
    number = len(earlier) + 1
    at, unit = min(now, _noon(rulebook, paid_on)), rulebook.co_op.currency
    why = f"Remittance {number}: tax, contributions and VAT paid on"
    entry = Entry(remittances.key(number), at, why, terms.nonzero(moves), unit, version, "co-op")
    entry_id = books.post(session, entry, now=now)
    return _kept(session, RemittanceRow(
        number=number, paid_on=paid_on, reference=reference, by_person_id=by, at=now, entry_id=entry_id
    ))  # fmt: skip


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
        number=mine, paid_on=row.paid_on, reference=row.reference, takes_back=number, reason=reason.strip(),
        by_person_id=by, at=now, entry_id=entry_id,
    ))  # fmt: skip


def _kept(session: Session, row: RemittanceRow) -> RemittanceRow:
    session.add(row)
    session.flush()
    return row


def _moves(paid: Mapping[str, int], reclaimed_minor: int, employer_minor: int) -> list[tuple[str, str, int]]:
    """From each account to the bank, but of the VAT first what is reclaimed."""
    moves, left = [], reclaimed_minor
    for account, amount in paid.items():
        kept = min(left, amount) if books.below(account, terms.VAT) else 0
        left -= kept
        moves += [(account, terms.VAT_RECLAIMED, kept), (account, terms.BANK, amount - kept)]
    return [*moves, (terms.EMPLOYER, terms.BANK, employer_minor)]


def _within(
    owed: Sequence[Owed],
    paid: Mapping[str, int],
    reclaimed_minor: int,
    currency: str,
    names: Mapping[str, str],
) -> None:
    most = {each.account: each.amount_minor for each in owed}
    for account, amount in paid.items():
        if amount > most.get(account, 0):
            there, wanted = (money.told(each, currency) for each in (most.get(account, 0), amount))
            raise RemittanceRefused(
                f"{there} is owed on {names.get(account, account)}: {wanted} of it cannot be paid on."
            )
    if reclaimed_minor > sum(amount for account, amount in paid.items() if books.below(account, terms.VAT)):
        raise RemittanceRefused(
            "More VAT is reclaimed than is settled: what HMRC pays back is not of these books."
        )


def _same(
    session: Session,
    earlier: Sequence[RemittanceRow],
    postings: tuple[Posting, ...],
    paid_on: date,
    reference: str,
    number: int | None,
) -> RemittanceRow | None:
    """The remittance of that number that says just this; where no number is meant, one that still stands."""
    back = {row.takes_back for row in earlier}
    for row in earlier:
        meant = row.number == number if number is not None else row.number not in back
        if not meant or row.takes_back is not None or (row.paid_on, row.reference) != (paid_on, reference):
            continue
        entry = books.entry_by_id(session, row.entry_id)
        if entry is not None and entry.entry.postings == postings:
            return row
    return None


def _noon(rulebook: Rulebook, day: date) -> datetime:
    return datetime.combine(day, NOON, tzinfo=rulebook.timezone)
