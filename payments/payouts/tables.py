"""The rows of payouts: who is paid, how, and how far it has come."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from payments.columns import Account, Minor, UtcDateTime

_STATES = "'ready', 'sending', 'paid', 'failed', 'returned'"


class Payout(SQLModel, table=True):
    """Money on its way to one payee (`rider:7`, `restaurant:3`): held until it is known to be paid or not.

    `due_at` is when it is next to be sent, `tries` how often it was; `settled_at` when it was paid, failed or
    came back; `vendor_id` what the one who carries it calls it; `error` why it did not arrive. `made_by` is who had
    it set aside, `paid_by` who said that it was paid, `undone_by` who said that it did not arrive or came back.
    """

    __tablename__ = "payout"
    __table_args__ = (
        UniqueConstraint("key", name="uq_payout_key"),
        CheckConstraint("key <> ''", name="ck_payout_key"),
        CheckConstraint("amount_minor > 0", name="ck_payout_amount_minor"),
        CheckConstraint("method in ('bank', 'stripe')", name="ck_payout_method"),
        CheckConstraint(f"state in ({_STATES})", name="ck_payout_state"),
        CheckConstraint(
            "(state in ('ready', 'sending')) = (settled_at is null)", name="ck_payout_settled_at"
        ),
        Index(
            "ix_payout_vendor_id",
            "method",
            "vendor_id",
            unique=True,
            sqlite_where=text("vendor_id is not null"),
            postgresql_where=text("vendor_id is not null"),
        ),
        Index("ix_payout_state", "state", "due_at"),
        Index("ix_payout_payee", "payee"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str
    payee: str
    amount_minor: int = Field(sa_type=Minor)
    currency: str
    method: str
    reference: str
    why: str
    state: str = "ready"
    vendor_id: str | None = None
    tries: int = 0
    due_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    made_by: int | None = None
    paid_by: int | None = None
    undone_by: int | None = None
    error: str = ""

    @property
    def number(self) -> int:
        """Its number, once it is written down."""
        if self.id is None:
            raise ValueError("this payout is not written down yet")
        return self.id


class PayoutPart(SQLModel, table=True):
    """What of a payout comes from one account, and the hold it waits in.

    What is not `sent` goes with it to another account of the books: a tax that is owed on when the pay is paid.
    """

    __tablename__ = "payout_part"
    __table_args__ = (
        UniqueConstraint("payout_id", "account", "destination", name="uq_payout_part_account"),
        UniqueConstraint("hold_key", name="uq_payout_part_hold_key"),
        CheckConstraint("amount_minor > 0", name="ck_payout_part_amount_minor"),
    )

    id: int | None = Field(default=None, primary_key=True)
    payout_id: int = Field(foreign_key="payout.id", index=True)
    account: str = Field(sa_type=Account)
    destination: str = Field(sa_type=Account)
    sent: bool
    amount_minor: int = Field(sa_type=Minor)
    hold_key: str
