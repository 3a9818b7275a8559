"""What is asked of Stripe, what it told, and what was found when the two sets of books were compared."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from payments.columns import Minor, UtcDateTime

KINDS = ("account", "checkout", "manual", "refund", "transfer", "reversal", "payout")
STATES = ("ready", "sending", "done", "failed", "unknown")
WAITING = ("ready", "sending", "unknown")
_WAITING = "state IN ('ready', 'sending', 'unknown')"


def _in(column: str, words: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class StripeCall(SQLModel, table=True):
    """Something to be done outside, written in the transaction that wants it; `facts` hold ids and amounts only.

    `key` is the idempotency key: of the row's number and of `round`, which counts definite refusals, because
    Stripe gives a key's first answer for ever. `again_of` is the failed call a named person had asked again by this.
    """

    __tablename__ = "stripe_call"
    __table_args__ = (
        _in("kind", KINDS, "ck_stripe_call_kind"),
        _in("state", STATES, "ck_stripe_call_state"),
        CheckConstraint("tries >= 0 AND round >= 1", name="ck_stripe_call_tries"),
        CheckConstraint("state <> 'done' OR vendor_id IS NOT NULL", name="ck_stripe_call_done"),
        CheckConstraint("(again_of IS NULL) = (again_by IS NULL)", name="ck_stripe_call_again"),
        UniqueConstraint("claim", name="uq_stripe_call_claim"),
        UniqueConstraint("again_of", name="uq_stripe_call_again_of"),
        Index("ix_stripe_call_due", "due_at", sqlite_where=text(_WAITING), postgresql_where=text(_WAITING)),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str = Field(index=True)
    claim: str  # what this is, once: the same claim is the same row
    key: str = Field(default="", index=True)
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    hold_key: str | None = None
    state: str = "ready"
    vendor_id: str | None = Field(default=None, index=True)
    round: int = 1
    tries: int = 0
    due_at: datetime = Field(sa_type=UtcDateTime)
    error: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    first_sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    again_of: int | None = Field(default=None, foreign_key="stripe_call.id")
    again_by: int | None = None


class StripeEvent(SQLModel, table=True):
    """An event Stripe told us of: kept once by its id, acted on by a job."""

    __tablename__ = "stripe_event"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_stripe_event_event_id"),
        Index(
            "ix_stripe_event_due",
            "due_at",
            sqlite_where=text("acted_at IS NULL"),
            postgresql_where=text("acted_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    event_id: str
    kind: str
    object_id: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    tries: int = 0
    acted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = None


class StripeAccount(SQLModel, table=True):
    """A payee's connected account and how far its onboarding is."""

    __tablename__ = "stripe_account"
    __table_args__ = (UniqueConstraint("payee", name="uq_stripe_account_payee"),)

    id: int | None = Field(default=None, primary_key=True)
    payee: str
    vendor_id: str | None = Field(default=None, index=True)
    told: bool = False
    transfers: bool = False
    payouts: bool = False
    asked_for: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    looked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CardPayment(SQLModel, table=True):
    """A page an order may be paid on, and the charge that came of it."""

    __tablename__ = "card_payment"
    __table_args__ = (
        _in("state", ("asked", "open", "paid", "gone"), "ck_card_payment_state"),
        CheckConstraint("amount_minor > 0", name="ck_card_payment_amount"),
        CheckConstraint("state <> 'paid' OR charge_id IS NOT NULL", name="ck_card_payment_paid"),
        UniqueConstraint("charge_id", name="uq_card_payment_charge_id"),
        UniqueConstraint("session_id", name="uq_card_payment_session_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(index=True)
    amount_minor: int = Field(sa_type=Minor)
    currency: str
    state: str = "asked"
    session_id: str | None = None
    url: str | None = None
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    intent_id: str | None = None
    charge_id: str | None = None
    fee_minor: int | None = Field(default=None, sa_type=Minor)
    available_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    paid_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CardDispute(SQLModel, table=True):
    """A charge a customer's bank took back: the co-op bears it unless a named person charges the restaurant."""

    __tablename__ = "card_dispute"
    __table_args__ = (
        UniqueConstraint("vendor_id", name="uq_card_dispute_vendor_id"),
        CheckConstraint("charged_to IS NULL OR charged_by IS NOT NULL", name="ck_card_dispute_named"),
    )

    id: int | None = Field(default=None, primary_key=True)
    vendor_id: str
    charge_id: str
    order_id: int | None = Field(default=None, index=True)
    amount_minor: int = Field(sa_type=Minor)
    currency: str
    state: str
    evidence_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    charged_to: str | None = None
    charged_by: int | None = None
    charged_reason: str | None = None


class StripeTransaction(SQLModel, table=True):
    """One of Stripe's balance transactions, as it was listed: never changed there."""

    __tablename__ = "stripe_transaction"
    __table_args__ = (UniqueConstraint("vendor_id", name="uq_stripe_transaction_vendor_id"),)

    id: int | None = Field(default=None, primary_key=True)
    vendor_id: str
    kind: str
    amount_minor: int = Field(sa_type=Minor)
    fee_minor: int = Field(sa_type=Minor)
    net_minor: int = Field(sa_type=Minor)
    currency: str
    source: str = Field(index=True)
    intent_id: str | None = None
    transfer_id: str = ""  # of a transfer that was taken back
    made_at: datetime = Field(sa_type=UtcDateTime)
    available_at: datetime = Field(sa_type=UtcDateTime)


class Reconciliation(SQLModel, table=True):
    """One comparison of Stripe's balance with the books, and what each said it was."""

    __tablename__ = "reconciliation"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    transactions: int
    stripe_minor: int = Field(sa_type=Minor)
    books_minor: int = Field(sa_type=Minor)
    open: int


class Difference(SQLModel, table=True):
    """Something on which Stripe and the books do not agree: closed by a named person, or once they do."""

    __tablename__ = "stripe_difference"
    __table_args__ = (
        Index(
            "uq_stripe_difference_open",
            "thing",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        CheckConstraint("closed_by IS NULL OR note <> ''", name="ck_stripe_difference_note"),
    )

    id: int | None = Field(default=None, primary_key=True)
    thing: str = Field(index=True)
    cause: str
    words: str
    stripe_minor: int = Field(sa_type=Minor)
    books_minor: int = Field(sa_type=Minor)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    looked_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: int | None = None
    note: str = ""


class SandboxObject(SQLModel, table=True):
    """A demo only: one of the pretend Stripe's objects."""

    __tablename__ = "stripe_sandbox_object"
    __table_args__ = (Index("ix_stripe_sandbox_object_kind", "kind", "number"),)

    id: str = Field(primary_key=True)
    number: int = Field(unique=True, sa_type=BigInteger)
    kind: str
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class SandboxKey(SQLModel, table=True):
    """A demo only: an idempotency key, what it was used for and the answer it got."""

    __tablename__ = "stripe_sandbox_key"

    key: str = Field(primary_key=True)
    digest: str
    status: int
    answer: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class SandboxEvent(SQLModel, table=True):
    """A demo only: an event the pretend Stripe is to post, and when."""

    __tablename__ = "stripe_sandbox_event"
    __table_args__ = (
        Index(
            "ix_stripe_sandbox_event_due",
            "due_at",
            sqlite_where=text("sent_at IS NULL"),
            postgresql_where=text("sent_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    event_id: str = Field(index=True)
    kind: str
    object_id: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SandboxSwitch(SQLModel, table=True):
    """A demo only: how the pretend Stripe is to misbehave, and how often."""

    __tablename__ = "stripe_sandbox_switch"

    name: str = Field(primary_key=True)
    value: int
