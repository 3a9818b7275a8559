"""The rows of pay runs: the run, whom it pays, the lines of the books it gathered, what was deducted."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from payments.columns import Account, Minor, UtcDateTime
from payments.kept import issued_once, issued_with

STATES = ("draft", "approved", "paid", "closed")


class PayRun(SQLModel, table=True):
    """One pay period's run: who drew it up, approved it, marked it paid and closed it, and when.

    `rulebook` is the version its terms are of; `acknowledged` the keys of the warnings somebody has read.
    """

    __tablename__ = "pay_run"
    __table_args__ = (
        UniqueConstraint("since", name="uq_pay_run_since"),
        CheckConstraint("until > since", name="ck_pay_run_until"),
        CheckConstraint(f"state in {STATES}", name="ck_pay_run_state"),
        CheckConstraint("status in ('employees', 'self_employed')", name="ck_pay_run_status"),
        CheckConstraint("(state = 'draft') = (approved_at is null)", name="ck_pay_run_approved_at"),
        CheckConstraint("(approved_at is null) = (approved_by is null)", name="ck_pay_run_approved_by"),
    )

    id: int | None = Field(default=None, primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    state: str = "draft"
    status: str
    method: str
    currency: str
    rulebook: str = Field(foreign_key="rulebook_version.version")
    drawn_at: datetime = Field(sa_type=UtcDateTime)
    drawn_by: int
    acknowledged: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_by: int | None = None
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    approved_by: int | None = None
    paid_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    paid_by: int | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: int | None = None

    @property
    def number(self) -> int:
        """Its number, once it is written down."""
        if self.id is None:
            raise ValueError("this pay run is not written down yet")
        return self.id


class PayRunPerson(SQLModel, table=True):
    """One person of a run: whether their deductions are in, how often they were to be paid, and by which payout."""

    __tablename__ = "pay_run_person"
    __table_args__ = (UniqueConstraint("run_id", "person_id", name="uq_pay_run_person_person"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="pay_run.id")
    person_id: int = Field(index=True)
    deductions_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    deductions_by: int | None = None
    attempt: int = 0
    payout_id: int | None = Field(default=None, foreign_key="payout.id")
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PayRunLine(SQLModel, table=True):
    """A posting of the books as a run gathered it. A posting is gathered once, whatever is done twice."""

    __tablename__ = "pay_run_line"
    __table_args__ = (
        UniqueConstraint("entry_id", "account", "other", name="uq_pay_run_line_posting"),
        CheckConstraint("amount <> 0", name="ck_pay_run_line_amount"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="pay_run.id", index=True)
    person_id: int
    account: str = Field(sa_type=Account)
    other: str = Field(sa_type=Account)
    unit: str
    what: str
    why: str
    subject: str
    at: datetime = Field(sa_type=UtcDateTime)
    amount: int = Field(sa_type=BigInteger)
    entry_id: int = Field(foreign_key="entry.id")
    correction_of: int | None = None
    rates: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class PayRunDeduction(SQLModel, table=True):
    """What the payroll bureau had deducted from one person's pay."""

    __tablename__ = "pay_run_deduction"
    __table_args__ = (
        UniqueConstraint("run_id", "person_id", "kind", name="uq_pay_run_deduction_kind"),
        CheckConstraint("amount_minor > 0", name="ck_pay_run_deduction_amount_minor"),
        CheckConstraint("purpose <> ''", name="ck_pay_run_deduction_purpose"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="pay_run.id")
    person_id: int
    kind: str
    purpose: str
    amount_minor: int = Field(sa_type=Minor)


# What a payslip says is as it was approved; how it is paid, and paid again, is written beside it.
_TABLES = SQLModel.metadata.tables
APPROVED = (
    "id", "since", "until", "status", "method", "currency", "rulebook", "drawn_at", "drawn_by", "acknowledged",
    "acknowledged_at", "acknowledged_by", "approved_at", "approved_by",
)  # fmt: skip
issued_once(_TABLES["pay_run"], APPROVED)
PERSON = ("id", "run_id", "person_id", "deductions_at", "deductions_by")
issued_with(_TABLES["pay_run_person"], "pay_run", "run_id", PERSON)
issued_with(_TABLES["pay_run_line"], "pay_run", "run_id")
issued_with(_TABLES["pay_run_deduction"], "pay_run", "run_id")
