"""What the co-op owes outside for others, tax and contributions withheld and VAT charged, and what it paid on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from payments import books, terms
from payments.columns import Minor, UtcDateTime
from payments.kept import append_only
from payments.tables import ENTRIES

WITHHELD = "payroll"  # and below it an account for each kind of deduction


class RemittanceRow(SQLModel, table=True):
    """A named person says that the co-op paid on what it owed, or takes back that it was said (`takes_back`).

    `amounts` is how much of each account, VAT as one; `paid_on` the day it left the bank, `reference` what stands on
    the statement, `reason` why it is taken back.
    """

    __tablename__ = "remittance"
    __table_args__ = (
        UniqueConstraint("number", name="uq_remittance_number"),
        UniqueConstraint("takes_back", name="uq_remittance_takes_back"),
        CheckConstraint("(takes_back IS NULL) = (reason = '')", name="ck_remittance_reason"),
        CheckConstraint("reclaimed_minor >= 0 AND employer_minor >= 0", name="ck_remittance_amounts"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: int
    paid_on: date
    reference: str
    amounts: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    reclaimed_minor: int = Field(sa_type=Minor)
    employer_minor: int = Field(sa_type=Minor)
    takes_back: int | None = None
    reason: str = ""
    by_person_id: int
    at: datetime = Field(sa_type=UtcDateTime)
    entry_id: int = Field(foreign_key="entry.id")

    @property
    def said(self) -> tuple[object, ...]:
        """All that was said of the payment, to be compared."""
        return self.paid_on, self.reference, self.amounts, self.reclaimed_minor, self.employer_minor

    @property
    def left_minor(self) -> int:
        """What left the bank, in minor units."""
        return sum(self.amounts.values()) - self.reclaimed_minor + self.employer_minor

    @property
    def key(self) -> str:
        """The key of its entry."""
        return key(self.number)


append_only(SQLModel.metadata.tables["remittance"])


@dataclass(frozen=True, slots=True)
class Owed:
    """What stands on one account for others, in minor units; VAT is one, `terms.VAT`, whatever income it is of."""

    account: str
    amount_minor: int


def key(number: int) -> str:
    """The key of the entry of one remittance."""
    return f"{terms.REMITTANCE}{number}"


def owed(session: Session) -> list[Owed]:
    """Every account of tax and contributions on which something stands, by name, and last VAT, if any is owed."""
    held = sorted(books.balances(session, WITHHELD).items())
    vat = sum(books.balances(session, terms.VAT).values())
    return [Owed(account, amount) for account, amount in (*held, (terms.VAT, vat)) if amount > 0]


def made(session: Session) -> Sequence[RemittanceRow]:
    """What was paid on and taken back, in order."""
    return session.exec(select(RemittanceRow).order_by(col(RemittanceRow.number))).all()


def standing(rows: Sequence[RemittanceRow]) -> list[RemittanceRow]:
    """Of all that was made, the payments that were not taken back."""
    back = {row.takes_back for row in rows}
    return [row for row in rows if row.takes_back is None and row.number not in back]


def faults(session: Session) -> Iterator[tuple[int, str]]:
    """Remittances that the books do not bear out, each with an entry's number and a sentence."""
    rows = {row.number: row for row in made(session)}
    named = ENTRIES.c.key.startswith(terms.REMITTANCE, autoescape=True)
    entries = {each.id: each for each in books.booked(session, named)}
    for place, number in enumerate(sorted(rows), start=1):
        if number != place:
            yield rows[number].entry_id, f"remittance {number} is there and {place} is not"
            return
    for number, row in sorted(rows.items()):
        entry = entries.pop(row.entry_id, None)
        if entry is None or entry.key != row.key:
            yield row.entry_id, f"remittance {number} has no entry of its own"
        elif entry.entry.reverses != (None if row.takes_back is None else key(row.takes_back)):
            yield row.entry_id, f"remittance {number} is another thing than its entry {entry.id}"
        elif _left(entry) != row.left_minor:
            yield row.entry_id, f"remittance {number} says another sum than its entry {entry.id}"
    for entry_id, entry in sorted(entries.items()):
        yield entry_id, f"{entry.key} is an entry, and no remittance"


def _left(entry: books.Booked) -> int:
    return sum(each.amount for each in entry.entry.postings if terms.BANK in (each.source, each.destination))
