"""Orders, the people behind them, and money given back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from dispatch.states import DELIVERY, KITCHEN, PAYMENT
from dispatch.tables.people import moment, one_of
from payments.columns import Minor


def minor() -> Column[int]:
    """A column of minor units."""
    return Column(Minor, nullable=False)


class Order(SQLModel, table=True):
    """What a restaurant asked for. Who it is for stands in OrderContact."""

    __tablename__ = "orders"
    __table_args__ = (
        one_of("kitchen", tuple(KITCHEN), "ck_orders_kitchen"),
        one_of("delivery", tuple(DELIVERY), "ck_orders_delivery"),
        one_of("payment", tuple(PAYMENT), "ck_orders_payment"),
        one_of("paid_by", ("account", "card"), "ck_orders_paid_by"),
        # A card order without a reference is paid online, by its customer.
        CheckConstraint("paid_by = 'card' OR card_reference IS NULL", name="ck_orders_card"),
        CheckConstraint("value_minor >= 0 AND tip_minor >= 0 AND fee_minor >= 0", name="ck_orders_money"),
        CheckConstraint("size >= 1", name="ck_orders_size"),
        CheckConstraint("delivery <> 'delivered' OR delivered_at IS NOT NULL", name="ck_orders_delivered"),
        CheckConstraint(
            "delivery NOT IN ('assigned', 'carried') OR job_id IS NOT NULL", name="ck_orders_job"
        ),
        UniqueConstraint("restaurant_id", "external_id", name="uq_orders_external"),
        Index(
            "ix_orders_open",
            "delivery",
            sqlite_where=text("delivery IN ('waiting', 'assigned', 'carried')"),
            postgresql_where=text("delivery IN ('waiting', 'assigned', 'carried')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    restaurant_id: int = Field(foreign_key="restaurant.id", index=True)
    external_id: str
    placed_at: datetime = Field(sa_column=moment(index=True))
    placed_by: int | None = Field(default=None, foreign_key="person.id")  # a phone order typed at the desk
    ready_at: datetime = Field(sa_column=moment())
    promise_at: datetime = Field(sa_column=moment())
    zone: str
    size: int = 1
    # What its rider must be able to do, in words of facts.NEEDS.
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    kitchen_slip_s: int | None = None  # ready so much later (or, below 0, earlier) than told
    value_minor: int = Field(sa_column=minor())
    tip_minor: int = Field(sa_column=minor())
    fee_minor: int = Field(sa_column=minor())
    paid_by: str
    card_reference: str | None = None
    rulebook: str
    kitchen: str = "cooking"
    delivery: str = "waiting"
    payment: str = "due"
    attempt: int = 1  # of the delivered entry: an undone delivery is booked anew under the next one
    pickup_lat: float
    pickup_lon: float
    drop_lat: float
    drop_lon: float
    approximate: bool = False  # the drop was found only to the street
    distance_m: int  # as the rider rides, restaurant to door
    job_id: int | None = Field(default=None, foreign_key="job.id", index=True)
    rider_id: int | None = Field(default=None, foreign_key="person.id")
    carried_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    delivered_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    cancelled_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    cancel_reason: str | None = None


class OrderContact(SQLModel, table=True):
    """The customer of one order: blanked when no longer needed."""

    __tablename__ = "order_contact"
    __table_args__ = (
        Index(
            "ix_order_contact_kept",
            "order_id",
            sqlite_where=text("blanked_at IS NULL"),
            postgresql_where=text("blanked_at IS NULL"),
        ),
    )

    order_id: int = Field(primary_key=True, foreign_key="orders.id")
    name: str = ""
    phone: str | None = None
    language: str = ""  # of the customer's texts; empty: the co-op's own
    address: str = ""
    flat: str = ""
    note: str = ""
    items_note: str = ""
    pickup_address: str = ""
    code: str = ""  # four digits the customer shows at the door, where the rulebook asks for them
    blanked_at: datetime | None = Field(default=None, sa_column=moment(null=True))


class Refund(SQLModel, table=True):
    """Money given back to a customer, who bears it and why.

    `kind` "refund": on food that was delivered, by a named person. "cancelled": what was paid by card for an order
    that never came; its money was never booked, so that it may have no entry, and a till may have cancelled it.
    """

    __tablename__ = "refund"
    __table_args__ = (
        one_of("liable", ("restaurant", "co-op"), "ck_refund_liable"),
        one_of("kind", ("refund", "cancelled"), "ck_refund_kind"),
        CheckConstraint("amount_minor > 0", name="ck_refund_amount"),
        CheckConstraint("fee_minor >= 0 AND fee_minor <= amount_minor", name="ck_refund_fee"),
        CheckConstraint(
            "kind = 'cancelled' OR (by_person_id IS NOT NULL AND entry_id IS NOT NULL)", name="ck_refund_by"
        ),
        Index(
            "uq_refund_number",
            "order_id",
            "number",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id", index=True)
    number: int
    kind: str = "refund"
    amount_minor: int = Field(sa_column=minor())
    fee_minor: int = Field(default=0, sa_column=minor())  # of it, what is delivery fee
    liable: str
    reason: str
    by_person_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    entry_id: int | None = None
    undone_at: datetime | None = Field(
        default=None, sa_column=moment(null=True)
    )  # its rider carried on after all


class IdempotencyKey(SQLModel, table=True):
    """A caller's key, the digest of what it sent, and the answer it got."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("restaurant_id", "key", name="uq_idempotency_key"),)

    id: int | None = Field(default=None, primary_key=True)
    restaurant_id: int = Field(foreign_key="restaurant.id")
    key: str
    digest: str
    status: int
    answer: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_column=moment(index=True))
