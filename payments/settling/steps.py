"""A settlement's way: draft, issued by a named person, paid, closed. Each step is safe to repeat."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from payments import books, checks, payouts, terms
from payments.errors import BadAmount, Overdrawn, SettlementRefused
from payments.ledger import Entry, Posting
from payments.payouts import Payout
from payments.settlements import (
    Bill,
    SettlementLineRow,
    SettlementRow,
    bill,
    earlier_drafts,
    payable,
    sealed,
)


@dataclass(frozen=True, slots=True)
class Party:
    """Who an invoice is to: a name, the lines of an address, and a VAT number where there is one."""

    name: str
    address: tuple[str, ...]
    vat_number: str | None = None


def issue(session: Session, row: SettlementRow, *, customer: Party, by: int, now: datetime) -> SettlementRow:
    """Issue a draft: it is given its number and lines, and never changes again; what is to be paid is held.

    `by` is the person who does it. Said again, it is as it was issued. SettlementRefused while an earlier one of this
    restaurant is a draft; BooksUnsound where the books do not hold.
    """
    if row.state != "draft":
        return row
    for earlier in earlier_drafts(session, row):
        raise SettlementRefused(
            f"The settlement to {_last_day(session, earlier, now)} comes first: issue that one, then this."
        )
    checks.stop_if_wrong(session, now=now)
    version, rulebook = books.in_force(session, at=now)
    said, rules = bill(session, row), rulebook.settlement
    named = _supplier(session, row, said, now=now)
    row.currency, row.rulebook, row.method = rulebook.co_op.currency, version, rules.method
    row.opening_minor, row.closing_minor = said.opening_minor, said.closing_minor
    owed_now = books.balance(session, terms.restaurant(row.restaurant_id), unit=row.currency)
    row.payout_minor, row.due_minor = payable(row.closing_minor, owed_now, rules.minimum_payout_minor)
    if row.due_minor:
        row.due_on = rulebook.local(now).date() + timedelta(days=rules.payment_terms_days)
    row.sequence = (session.exec(select(func.max(SettlementRow.sequence))).one() or 0) + 1
    row.number = f"{rules.invoice_prefix}{row.sequence:04d}"
    row.parties = {"supplier": asdict(named), "customer": asdict(customer)}
    row.parties = {who: facts | {"address": list(facts["address"])} for who, facts in row.parties.items()}
    row.issued_at, row.issued_by, row.state = now, by, "issued"
    row.seal = sealed(row, said.lines)
    session.add(row)
    session.flush()
    _keep_lines(session, row, said)
    _carry_earlier(session, row, by=by, now=now)
    if row.payout_minor:
        _pay_out(session, row, 1, by=by, now=now)
    return row


def _keep_lines(session: Session, row: SettlementRow, said: Bill) -> None:
    for number, line in enumerate(said.lines, start=1):
        session.add(
            SettlementLineRow(
                settlement_id=row.row_id,
                number=number,
                entry_id=line.entry_id,
                posting=line.posting,
                at=line.at,
                occasion=line.occasion,
                what=line.what,
                subject=line.subject,
                amount_minor=line.amount_minor,
                kind=line.kind,
                rate_bp=line.rate_bp,
                is_vat=line.is_vat,
            )
        )
    session.flush()


def supplier(session: Session, row: SettlementRow, *, now: datetime) -> Party:
    """The co-op as an invoice issued now names it; its VAT number is that of what is invoiced."""
    return _supplier(session, row, bill(session, row), now=now)


def _supplier(session: Session, row: SettlementRow, said: Bill, *, now: datetime) -> Party:
    rules = books.in_force(session, at=now)[1]
    return Party(rules.co_op.name, rules.settlement.address, _vat_number(session, row, said))


def _vat_number(session: Session, row: SettlementRow, said: Bill) -> str | None:
    """The number of the period's last day, or of when the VAT in it was booked; None without either.

    Not of the day it is issued: a co-op may have registered since, or be registered no more.
    """
    at_end = books.in_force(session, at=row.until - timedelta(seconds=1))[1].vat
    if at_end.registered:
        return at_end.number
    booked = (books.entry_by_id(session, line.entry_id) for line in reversed(said.lines) if line.is_vat)
    return next((books.rules(session, each.rulebook).vat.number for each in booked if each is not None), None)


def _last_day(session: Session, row: SettlementRow, now: datetime) -> str:
    rulebook = books.in_force(session, at=now)[1]
    return f"{rulebook.local(row.until - timedelta(seconds=1)):%-d %B %Y}"


def _carry_earlier(session: Session, row: SettlementRow, *, by: int, now: datetime) -> None:
    """What an earlier settlement left open is in this one's opening balance: it is asked for here, and only here.

    So is what the bank refused or sent back and nobody paid again since: it is back on the restaurant's account.
    """
    earlier = session.exec(
        select(SettlementRow).where(
            SettlementRow.restaurant_id == row.restaurant_id,
            SettlementRow.state == "issued",
            col(SettlementRow.until) < row.until,
        )
    ).all()
    for each in earlier:
        last = payout_of(session, each)
        if last is None or last.state in ("failed", "returned"):
            each.state, each.closed_at, each.closed_by = "closed", now, by
            session.add(each)
    session.flush()


def _pay_out(session: Session, row: SettlementRow, attempt: int, *, by: int, now: datetime) -> Payout:
    account = terms.restaurant(row.restaurant_id)
    return payouts.create(
        session,
        key=f"settlement:{row.row_id}:payout:{attempt}",
        payee=account,
        parts=[(account, row.payout_minor)],
        method=row.method,
        reference=str(row.number),
        why=f"Settlement {row.number}",
        now=now,
        by=by,
    )


def payout_of(session: Session, row: SettlementRow) -> Payout | None:
    """The last payout of a settlement, or None where nothing is paid out."""
    return next(iter(reversed(payouts_of(session, row))), None)


def payouts_of(session: Session, row: SettlementRow) -> list[Payout]:
    """Every payout of a settlement, in order: each but the last was refused, or came back."""
    found: list[Payout] = []
    while (made := payouts.by_key(session, f"settlement:{row.id}:payout:{len(found) + 1}")) is not None:
        found.append(made)
    return found


def did_not_arrive(session: Session, row: SettlementRow, *, reason: str, by: int, now: datetime) -> Payout:
    """The bank refused a settlement's payout or, once it was paid, sent it back: the money is the restaurant's again.

    The settlement then waits to be paid again. Said again, nothing more happens. SettlementRefused without a reason,
    and where nothing was paid out; PayoutRefused where Stripe carries it.
    """
    payout = payout_of(session, row)
    if row.state == "draft" or payout is None:
        raise SettlementRefused(f"Settlement {row.number or row.id} has no payment that could be refused.")
    if not reason.strip():
        raise SettlementRefused("Say why it did not arrive: what the bank said.")
    if payout.state not in ("failed", "returned"):
        payouts.undone(session, payout, reason=reason, by=by, now=now)
        look(session, row)
    return payout


def look(session: Session, row: SettlementRow) -> SettlementRow:
    """A settlement whose payout was refused, or came back after it was paid or closed, waits to be paid again."""
    payout = payout_of(session, row)
    if payout is not None and payout.state in ("failed", "returned"):
        row.state, row.paid_at, row.paid_by, row.closed_at, row.closed_by = "issued", None, None, None, None
        session.add(row)
        session.flush()
    return row


def pay_again(session: Session, row: SettlementRow, *, by: int, now: datetime) -> Payout:
    """Set the money aside anew, after a payout that failed or came back; asked twice, it is one.

    SettlementRefused where no payout did, and where the money is not there any more; BooksUnsound.
    """
    made = payouts_of(session, row)
    if row.state == "issued" and len(made) > 1 and made[-1].state in ("ready", "sending"):
        return made[-1]
    if row.state != "issued" or not made or made[-1].state not in ("failed", "returned"):
        raise SettlementRefused(
            f"Settlement {row.number} has no payout that failed or came back: there is nothing to repeat."
        )
    checks.stop_if_wrong(session, now=now)
    try:
        return _pay_out(session, row, len(made) + 1, by=by, now=now)
    except Overdrawn:
        raise SettlementRefused(
            f"The restaurant is not owed all of settlement {row.number} any more: it was charged, or paid, since. "
            "What it is owed stands in its next settlement."
        ) from None


def paid(session: Session, row: SettlementRow, *, by: int | None, now: datetime) -> SettlementRow:
    """The restaurant has its money, says the person who paid it. Said again, nothing more happens.

    SettlementRefused when nothing was to be paid; PayoutRefused when the payout failed; BooksUnsound.
    """
    if row.state in ("paid", "closed") and row.payout_minor and row.paid_at is not None:
        return row
    payout = payout_of(session, row)
    if row.state != "issued" or payout is None:
        raise SettlementRefused(f"Settlement {row.number or row.id} has nothing to be paid out.")
    if payout.method == "stripe":
        raise SettlementRefused(f"Stripe pays settlement {row.number}, and says itself once it has.")
    checks.stop_if_wrong(session, now=now)
    return arrived(session, row, payout, by=by, now=now)


def arrived(
    session: Session, row: SettlementRow, payout: Payout, *, by: int | None, now: datetime
) -> SettlementRow:
    """A settlement's payout is paid, and so is the settlement; on books that were read."""
    payouts.paid(session, payout, by=by, now=now)
    return _settled(session, row, by=by, now=now)


def received(
    session: Session, row: SettlementRow, *, by: int, now: datetime, amount_minor: int | None = None
) -> SettlementRow:
    """The restaurant has paid its invoice (None: all of it), a named person says; said again, nothing more happens.

    What it paid less or more stands on its account, and in its next settlement. So does what it pays late, once what
    was due is carried and no later settlement asks for it. SettlementRefused when nothing is due, or asked for in
    another one; BadAmount for nothing; BooksUnsound.
    """
    key = f"settlement:{row.id}:received"
    if books.entry_by_key(session, key) is not None:
        if amount_minor not in (None, row.received_minor):
            raise SettlementRefused(
                f"Settlement {row.number} was marked received before, with another amount."
            )
        return row
    late = row.state == "closed" and bool(row.due_minor)
    asking = _asking(session, row) if late else None
    if asking is not None:
        raise SettlementRefused(
            f"What was due of settlement {row.number} is asked for in {asking.number} now: say there that it came in."
        )
    if not late and (row.state != "issued" or not row.due_minor):
        raise SettlementRefused(
            f"Settlement {row.number or row.id} has nothing to be paid to the co-op: what was due is carried."
        )
    amount = row.due_minor if amount_minor is None else amount_minor
    if type(amount) is not int or amount <= 0:
        raise BadAmount(f"{amount!r} is nothing to receive")
    checks.stop_if_wrong(session, now=now)
    version, rulebook = books.in_force(session, at=now)
    account = terms.restaurant(row.restaurant_id)
    postings = (Posting(terms.BANK, account, amount),)
    why, unit = f"Invoice {row.number} was paid", rulebook.co_op.currency
    books.post(session, Entry(key, now, why, postings, unit, version, account), now=now)
    row.received_minor = amount
    settled = _settled(session, row, by=by, now=now)
    settled.state = "closed" if late else settled.state
    return settled


def _asking(session: Session, row: SettlementRow) -> SettlementRow | None:
    """The later settlement that asks the restaurant for what this one left open."""
    later = select(SettlementRow).where(
        SettlementRow.restaurant_id == row.restaurant_id,
        SettlementRow.state == "issued",
        SettlementRow.due_minor > 0,
        col(SettlementRow.until) > row.until,
    )
    return session.exec(later).first()


def close(session: Session, row: SettlementRow, *, by: int, now: datetime) -> SettlementRow:
    """Nothing more is to be done about it. SettlementRefused while something is still to be paid."""
    if row.state == "closed":
        return row
    if row.state == "draft" or (row.state == "issued" and (row.payout_minor or row.due_minor)):
        raise SettlementRefused(
            f"Settlement {row.number or row.id} is not done with: it is {row.state}, and closed once it is paid."
        )
    row.state, row.closed_at, row.closed_by = "closed", now, by
    session.add(row)
    session.flush()
    return row


def to_follow(session: Session) -> list[tuple[SettlementRow, Payout]]:
    """The issued settlements whose payout arrived by itself, as one sent by Stripe does."""
    waiting = session.exec(
        select(SettlementRow).where(SettlementRow.state == "issued", SettlementRow.payout_minor > 0)
    ).all()
    found = ((row, payout_of(session, row)) for row in waiting)
    return [(row, payout) for row, payout in found if payout is not None and payout.state == "paid"]


def follow(session: Session, *, now: datetime) -> int:
    """Settlements whose payout arrived by itself are paid; how many."""
    arrived = to_follow(session)
    for row, payout in arrived:
        _settled(session, row, by=payout.paid_by, now=now)
    return len(arrived)


def _settled(session: Session, row: SettlementRow, *, by: int | None, now: datetime) -> SettlementRow:
    row.state, row.paid_at, row.paid_by = "paid", now, by
    session.add(row)
    session.flush()
    return row
