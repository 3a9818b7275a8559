"""The shapes of the restaurants' API, each field explained and shown by example."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from payments.settlements import Settlement

PRINTED = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"  # no control characters: no database or phone wants them
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=PRINTED)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=PRINTED)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=PRINTED)]


def _of_our_time(at: datetime) -> datetime:
    if not 2000 <= at.year <= 2200:
        raise ValueError("give a time of this century")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Pence = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]


class Shape(BaseModel):
    """Nothing but the fields it lists."""

    model_config = ConfigDict(extra="forbid")


class PointIn(Shape):
    """Degrees, WGS 84."""

    lat: Annotated[float, Field(ge=-90, le=90, examples=[51.5687])]
    lon: Annotated[float, Field(ge=-180, le=180, examples=[-0.1103])]


class Somewhere(Shape):
    """An address, a point, or both (the point is then where the rider goes, the address what they read)."""

    address: Annotated[Text | None, Field(examples=["12 Stroud Green Road"])] = None
    point: PointIn | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.address and self.point is None:
            raise ValueError("give an address, a point (lat and lon), or both")
        return self


class DropoffIn(Somewhere):
    """Where the food goes, with what the rider must know at the door."""

    flat: Annotated[Text, Field(examples=["Flat 3"])] = ""
    note: Annotated[Text, Field(examples=["buzzer 3, red door"])] = ""


class CustomerIn(Shape):
    """Whom it is for; with a phone they get one text with a link."""

    name: Annotated[Text, Field(examples=["Ana"])] = ""
    phone: Annotated[Text | None, Field(examples=["07700 900123"])] = None
    language: Annotated[
        Literal["en", "pt", "fr", "es"] | None,
        Field(description="Of their texts; the co-op's own if not given."),
    ] = None


class OrderIn(Shape):
    """A new order. Money in minor units (pence)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "external_id": "A-1001",
                    "dropoff": {
                        "address": "12 Stroud Green Road",
                        "point": {"lat": 51.5687, "lon": -0.1103},
                        "flat": "Flat 3",
                        "note": "buzzer 3",
                    },
                    "ready_at": "2026-11-20T18:40:00Z",
                    "items_note": "2 margherita, 1 salad",
                    "value_minor": 2350,
                    "tip_minor": 200,
                    "paid_by": "card",
                    "card_reference": "pi_3Nf",
                    "customer": {"name": "Ana", "phone": "07700 900123"},
                }
            ]
        },
    )

    external_id: Annotated[Name, Field(description="Your own id for it, used once.", examples=["A-1001"])]
    dropoff: DropoffIn
    ready_at: Annotated[Instant, Field(description="When the food is ready, with an offset.")]
    value_minor: Annotated[Pence, Field(description="The food, in pence.", examples=[2350])]
    paid_by: Annotated[
        Literal["account", "card"],
        Field(
            description="account: you took the money. card: it was collected with card_reference; without one, "
            "the customer pays on our page."
        ),
    ]
    card_reference: Annotated[Name | None, Field(examples=["pi_3Nf"])] = None
    tip_minor: Annotated[Pence, Field(description="All of it goes to the rider.", examples=[200])] = 0
    pickup: Annotated[Somewhere | None, Field(description="Only if not at your own address.")] = None
    customer: CustomerIn | None = None
    items_note: Annotated[Long, Field(examples=["2 margherita, 1 salad"])] = ""
    size: Annotated[int, Field(ge=1, le=20, description="How many bags' worth of room it takes.")] = 1
    needs: Annotated[
        list[Literal["age_check", "heat_bag", "cargo"]],
        Field(
            max_length=3,
            description="What its rider must be able to do: check an age at the door, keep food hot, carry a big load.",
            examples=[["age_check"]],
        ),
    ] = []


class QuoteIn(Shape):
    """What a quote needs."""

    dropoff: DropoffIn
    ready_at: Instant
    pickup: Somewhere | None = None


class QuoteOut(BaseModel):
    """What it would cost, and the time to promise."""

    zone: str
    distance_m: int
    fee_minor: int
    promise_at: datetime
    currency: str
    approximate: Annotated[bool, Field(description="The address was found only to its street.")]


class OrderOut(BaseModel):
    """An order as its restaurant sees it. Instants in UTC, money in minor units."""

    id: str
    external_id: str
    state: Annotated[
        str,
        Field(description="waiting, assigned, carried, delivered, cancelled, failed, returned or abandoned"),
    ]
    kitchen: Annotated[str, Field(description="cooking, ready or stopped")]
    payment: Annotated[str, Field(description="due, booked, refunded, compensated or void")]
    placed_at: datetime
    ready_at: datetime
    promise_at: datetime
    picked_up_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    zone: str
    distance_m: int
    approximate: bool
    value_minor: int
    tip_minor: int
    fee_minor: int
    refunded_minor: int
    paid_by: str
    needs: Annotated[list[str], Field(description="age_check, heat_bag, cargo, or none.")]
    rider: Annotated[str | None, Field(description="The rider's first name, once they took it.")]
    job: int | None
    tracking_url: str


class OrderPage(BaseModel):
    """Some orders, and where to go on."""

    orders: list[OrderOut]
    next: Annotated[str | None, Field(description="Pass it as `cursor` for the next page.")]


class Cancel(Shape):
    """Why an order is cancelled."""

    reason: Annotated[Name, Field(examples=["customer changed their mind"])]


class Late(Shape):
    """When the food will be ready instead."""

    ready_at: Annotated[Instant, Field(examples=["2026-11-20T18:55:00Z"])]


class SettlementLine(BaseModel):
    """One line of a settlement, naming its order."""

    order: Annotated[str | None, Field(description="The order's id, where the line is about one.")]
    external_id: str | None
    what: str
    amount_minor: int
    entry_ids: list[int]


class SettlementOut(BaseModel):
    """Between a restaurant and the co-op over a time, in minor units.

    due_minor = food_minor - commission_minor - charged_minor - vat_minor - refunds_minor + other_minor: the co-op
    owes it (or is owed it).
    """

    since: datetime
    until: datetime
    food_minor: int
    commission_minor: int
    charged_minor: int
    vat_minor: int
    refunds_minor: int
    other_minor: int
    due_minor: int
    lines: list[SettlementLine]

    @classmethod
    def of(cls, found: Settlement, named: dict[str, tuple[str, str]]) -> Self:
        """The statement of the books in this shape; `named` gives the ids of each subject's order."""
        return cls(
            since=found.since,
            until=found.until,
            food_minor=found.food_minor,
            commission_minor=found.commission_minor,
            charged_minor=found.charged_minor,
            vat_minor=found.vat_minor,
            refunds_minor=found.refunds_minor,
            other_minor=found.other_minor,
            due_minor=found.due_minor,
            lines=[
                SettlementLine(
                    order=named.get(line.subject, (None, None))[0],
                    external_id=named.get(line.subject, (None, None))[1],
                    what=line.what,
                    amount_minor=line.amount_minor,
                    entry_ids=list(line.entry_ids),
                )
                for line in found.lines
            ],
        )


class Problem(BaseModel):
    """What went wrong (RFC 9457): `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
