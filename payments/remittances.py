"""What the co-op owes outside for others, tax and contributions withheld and VAT charged, and what it paid on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from payments import books, terms
from payments.columns import UtcDateTime
from payments.kept import append_only

WITHHELD = "payroll"  # and below it an account for each kind of deduction


class RemittanceRow(SQLModel, table=True):
    """A named person says that the co-op paid on what it owed, or takes back that it was said (`takes_back`).

    Its sums are those of its entry. `paid_on` is the day it left the bank, `reference` what stands on the statement,
    `reason` why it is taken back.
    """

    __tablename__ = "remittance"
    __table_args__ = (
        UniqueConstraint("number", name="uq_remittance_number"),
        UniqueConstraint("takes_back", name="uq_remittance_takes_back"),
        CheckConstraint("(takes_back IS NULL) = (reason = '')", name="ck_remittance_reason"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: int
    paid_on: date
    reference: str
    takes_back: int | None = None
    reason: str = ""
    by_person_id: int
    at: datetime = Field(sa_type=UtcDateTime)
    entry_id: int = Field(foreign_key="entry.id")

    @property
    def key(self) -> str:
        """The key of its entry."""
        return key(self.number)


append_only(SQLModel.metadata.tables["remittance"])


@dataclass(frozen=True, slots=True)
class Owed:
    """What stands on one account for others, in minor units; `vat` when it is VAT, on which more may be reclaimed."""

    account: str
    amount_minor: int
    vat: bool


def key(number: int) -> str:
    """The key of the entry of one remittance."""
    return f"{terms.REMITTANCE}{number}"


def owed(session: Session) -> list[Owed]:
    """Every account of tax, contributions and VAT on which something stands, by name."""
    return [
        Owed(account, amount, vat)
        for prefix, vat in ((WITHHELD, False), (terms.VAT, True))
        for account, amount in sorted(books.balances(session, prefix).items())
        if amount > 0
    ]


def made(session: Session) -> Sequence[RemittanceRow]:
    """What was paid on and taken back, in order."""
    return session.exec(select(RemittanceRow).order_by(col(RemittanceRow.number))).all()


def faults(session: Session) -> Iterator[tuple[int, str]]:
    """Remittances that the books do not bear out, each with an entry's number and a sentence."""
    rows = {row.number: row for row in made(session)}
    for place, number in enumerate(sorted(rows), start=1):
        row = rows[number]
        if number != place:
            yield row.entry_id, f"remittance {number} is there and {place} is not"
            return
        entry = books.entry_by_key(session, row.key)
        if entry is None or entry.id != row.entry_id:
            yield row.entry_id, f"remittance {number} has no entry of its own"
        elif entry.entry.reverses != (None if row.takes_back is None else key(row.takes_back)):
            yield row.entry_id, f"remittance {number} is another thing than its entry {entry.id}"
