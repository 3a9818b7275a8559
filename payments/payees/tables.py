"""The rows of payees' bank accounts."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from payments.columns import UtcDateTime


class PayeeAccount(SQLModel, table=True):
    """The bank account of one payee (`rider:7`); `changes` counts how often it was entered."""

    __tablename__ = "payee_account"
    __table_args__ = (
        UniqueConstraint("payee", name="uq_payee_account_payee"),
        CheckConstraint(
            "blanked_at is null or (holder = '' and sort_code = '' and account_number = '')",
            name="ck_payee_account_blanked",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    payee: str
    holder: str
    sort_code: str
    account_number: str
    changes: int = 0
    set_at: datetime = Field(sa_type=UtcDateTime)
    set_by: int
    blanked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    def __repr__(self) -> str:
        """Without the account: rows end up in logs."""
        return f"PayeeAccount(payee={self.payee!r})"

    __str__ = __repr__
