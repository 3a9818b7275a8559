"""A settlement's way: draft, issued by a named person, paid, closed. Each step is safe to repeat."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from payments import books, checks, payouts, terms
from payments.errors import BadAmount, SettlementRefused
from payments.ledger import Entry, Posting
from payments.payouts import Payout
from payments.rulebook import Rulebook
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
    row.currency, row.rulebook, row.method = rulebook.co_op.currency, version, rules.method
    row.opening_minor, row.closing_minor = said.opening_minor, said.closing_minor
    owed_now = books.balance(session, terms.restaurant(row.restaurant_id), unit=row.currency)
    row.payout_minor, row.due_minor = payable(row.closing_minor, owed_now, rules.minimum_payout_minor)
    if row.due_minor:
        row.due_on = rulebook.local(now).date() + timedelta(days=rules.payment_terms_days)
    row.sequence = (session.exec(select(func.max(SettlementRow.sequence))).one() or 0) + 1
    row.number = f"{rules.invoice_prefix}{row.sequence:04d}"
    row.parties = {"supplier": asdict(_supplier(rulebook)), "customer": asdict(customer)}
    row.parties = {who: facts | {"address": list(facts["address"])} for who, facts in row.parties.items()}
    row.issued_at, row.issued_by, row.state = now, by, "issued"
    row.seal = sealed(row, said.lines)
    session.add(row)
    session.flush()
    _keep_lines(session, row, said)
    _carry_earlier(session, row, by=by, now=now)
    if row.payout_minor:
        _pay_out(session, row, 1, now)
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


def _supplier(rulebook: Rulebook) -> Party:
    number = rulebook.vat.number if rulebook.vat.registered else None
    return Party(rulebook.co_op.name, rulebook.settlement.address, number)


def _last_day(session: Session, row: SettlementRow, now: datetime) -> str:
    rulebook = books.in_force(session, at=now)[1]
    return f"{rulebook.local(row.until - timedelta(seconds=1)):%-d %B %Y}"


def _carry_earlier(session: Session, row: SettlementRow, *, by: int, now: datetime) -> None:
    """What an earlier settlement left open is in this one's opening balance: it is asked for here, and only here."""
    earlier = session.exec(
        select(SettlementRow).where(
            SettlementRow.restaurant_id == row.restaurant_id,
            SettlementRow.state == "issued",
            col(SettlementRow.until) < row.until,
        )
    ).all()
    for each in earlier:
        if not each.payout_minor:
            each.state, each.closed_at, each.closed_by = "closed", now, by
            session.add(each)
    session.flush()


def _pay_out(session: Session, row: SettlementRow, attempt: int, now: datetime) -> Payout:
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
    )


def payout_of(session: Session, row: SettlementRow) -> Payout | None:
    """The last payout of a settlement, or None where nothing is paid out."""
    found, attempt = None, 1
    while (made := payouts.by_key(session, f"settlement:{row.id}:payout:{attempt}")) is not None:
        found, attempt = made, attempt + 1
    return found


def pay_again(session: Session, row: SettlementRow, *, now: datetime) -> Payout:
    """Set the money aside anew, after a payout that failed. SettlementRefused for any other; Overdrawn."""
    last = payout_of(session, row)
    if row.state != "issued" or last is None or last.state != "failed":
        raise SettlementRefused(
            f"Settlement {row.number} has no payout that failed: there is nothing to repeat."
        )
    checks.stop_if_wrong(session, now=now)
    return _pay_out(session, row, int(last.key.rsplit(":", 1)[-1]) + 1, now)


def paid(session: Session, row: SettlementRow, *, by: int | None, now: datetime) -> SettlementRow:
    """The restaurant has its money, says the person who paid it. Said again, nothing more happens.

    SettlementRefused when nothing was to be paid; PayoutRefused when the payout failed; BooksUnsound.
    """
    if row.state in ("paid", "closed") and row.payout_minor and row.paid_at is not None:
        return row
    payout = payout_of(session, row)
    if row.state != "issued" or payout is None:
        raise SettlementRefused(f"Settlement {row.number or row.id} has nothing to be paid out.")
    checks.stop_if_wrong(session, now=now)
    payouts.paid(session, payout, by=by, now=now)
    return _settled(session, row, by=by, now=now)


def received(
    session: Session, row: SettlementRow, *, by: int, now: datetime, amount_minor: int | None = None
) -> SettlementRow:
    """The restaurant has paid its invoice (None: all of it), a named person says; said again, nothing more happens.

    What it paid less or more stands on its account, and in its next settlement. SettlementRefused when nothing is
    due; BadAmount for nothing; BooksUnsound.
    """
    key = f"settlement:{row.id}:received"
    if books.entry_by_key(session, key) is not None:
        if amount_minor not in (None, row.received_minor):
            raise SettlementRefused(
                f"Settlement {row.number} was marked received before, with another amount."
            )
        return row
    if row.state != "issued" or not row.due_minor:
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
    return _settled(session, row, by=by, now=now)


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
