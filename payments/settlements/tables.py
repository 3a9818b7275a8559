"""The rows of settlements: one for each restaurant and period, and once it is issued the lines it is made of."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, Table, UniqueConstraint
from sqlmodel import Field, SQLModel

from payments.columns import Minor, UtcDateTime
from payments.kept import append_only, issued_once

STATES = ("draft", "issued", "paid", "closed")


class SettlementRow(SQLModel, table=True):
    """What a restaurant and the co-op owe each other at the end of a period, `since` <= at < `until`.

    Its figures and lines are written when a named person issues it, with its `number`, and never change after that.
    `payout_minor` is paid to the restaurant, `due_minor` by it; what is neither is carried into the next. `parties`
    is who the invoice was from and to, as they were then; `seal` a digest of all that was issued.
    """

    __tablename__ = "settlement"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "until", name="uq_settlement_period"),
        UniqueConstraint("sequence", name="uq_settlement_sequence"),
        UniqueConstraint("number", name="uq_settlement_number"),
        CheckConstraint("state IN ('draft', 'issued', 'paid', 'closed')", name="ck_settlement_state"),
        CheckConstraint("since < until", name="ck_settlement_since"),
        CheckConstraint("payout_minor >= 0 AND due_minor >= 0", name="ck_settlement_payable"),
        CheckConstraint("payout_minor = 0 OR due_minor = 0", name="ck_settlement_one_way"),
        CheckConstraint(
            "(state = 'draft') = (sequence IS NULL) AND (state = 'draft') = (issued_by IS NULL) "
            "AND (state = 'draft') = (number IS NULL)",
            name="ck_settlement_issued",
        ),
        CheckConstraint("method IN ('bank', 'stripe')", name="ck_settlement_method"),
        Index("ix_settlement_state", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    restaurant_id: int = Field(index=True)
    state: str = "draft"
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    drafted_at: datetime = Field(sa_type=UtcDateTime)
    sequence: int | None = None
    number: str | None = None
    currency: str = ""
    rulebook: str = ""
    opening_minor: int = Field(default=0, sa_type=Minor)
    closing_minor: int = Field(default=0, sa_type=Minor)
    payout_minor: int = Field(default=0, sa_type=Minor)
    due_minor: int = Field(default=0, sa_type=Minor)
    received_minor: int = Field(default=0, sa_type=Minor)
    method: str = "bank"
    due_on: date | None = None
    parties: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    seal: str = ""
    issued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    issued_by: int | None = None
    paid_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    paid_by: int | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: int | None = None

    @property
    def row_id(self) -> int:
        """Its id, once it is written down."""
        if self.id is None:
            raise ValueError("this settlement is not written down yet")
        return self.id


class SettlementRound(SQLModel, table=True):
    """The settlements of every period that ended by `until` were drafted, so that nobody need look again."""

    __tablename__ = "settlement_round"

    until: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    drafted_at: datetime = Field(sa_type=UtcDateTime)


class SettlementLineRow(SQLModel, table=True):
    """One posting on a restaurant's account, in the settlement it was issued in; in no other, ever."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("entry_id", "posting", name="uq_settlement_line_posting"),
        {"sqlite_with_rowid": False},  # as of a posting: no number by which one is replaced unseen
    )

    settlement_id: int = Field(
        foreign_key="settlement.id", primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    entry_id: int = Field(foreign_key="entry.id")
    posting: int
    at: datetime = Field(sa_type=UtcDateTime)
    occasion: str
    what: str
    subject: str
    amount_minor: int = Field(sa_type=Minor)
    kind: str | None = None
    rate_bp: int | None = None
    is_vat: bool = False


class AdjustmentRow(SQLModel, table=True):
    """A named person charges a restaurant for a service, or puts right what is owed, and says why.

    `amount_minor` is what is charged for a service, as the rulebook's VAT prices it; of a correction, what the
    restaurant is owed more (or, below nought, less).
    """

    __tablename__ = "settlement_adjustment"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "number", name="uq_settlement_adjustment_number"),
        CheckConstraint("kind IN ('service', 'correction')", name="ck_settlement_adjustment_kind"),
        CheckConstraint("amount_minor <> 0", name="ck_settlement_adjustment_amount"),
        CheckConstraint("reason <> ''", name="ck_settlement_adjustment_reason"),
    )

    id: int | None = Field(default=None, primary_key=True)
    restaurant_id: int
    number: int
    kind: str
    amount_minor: int = Field(sa_type=Minor)
    reason: str
    by_person_id: int
    at: datetime = Field(sa_type=UtcDateTime)
    entry_id: int = Field(foreign_key="entry.id")


SETTLEMENTS: Table = SQLModel.metadata.tables["settlement"]
LINES: Table = SQLModel.metadata.tables["settlement_line"]
# What an invoice says is as it was issued; what becomes of it (paid, received, closed) is written beside it.
ISSUED = (
    "id", "restaurant_id", "since", "until", "drafted_at", "sequence", "number", "currency", "rulebook",
    "opening_minor", "closing_minor", "payout_minor", "due_minor", "method", "due_on", "parties", "seal", "issued_at",
    "issued_by",
)  # fmt: skip
issued_once(SETTLEMENTS, ISSUED)
append_only(LINES)
append_only(SQLModel.metadata.tables["settlement_adjustment"])
