"""Restaurants, when they are open, and the keys of their tills."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from dispatch.tables.people import moment


class Restaurant(SQLModel, table=True):
    """A local independent that sends orders."""

    __tablename__ = "restaurant"
    __table_args__ = (
        CheckConstraint("lat BETWEEN -90 AND 90", name="ck_restaurant_lat"),
        CheckConstraint("lon BETWEEN -180 AND 180", name="ck_restaurant_lon"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str
    phone: str | None = None
    address: str
    lat: float
    lon: float
    zone: str
    created_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    ended_by: int | None = Field(default=None, foreign_key="person.id")
    ended_reason: str | None = None


class RestaurantBilling(SQLModel, table=True):
    """Who a restaurant is on an invoice; blank where it is not written yet. Its bank account is a payee's."""

    __tablename__ = "restaurant_billing"

    restaurant_id: int = Field(primary_key=True, foreign_key="restaurant.id")
    legal_name: str = ""
    address: str = ""  # a line each
    vat_number: str = ""
    changed_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    changed_by: int | None = Field(default=None, foreign_key="person.id")


class OpeningHours(SQLModel, table=True):
    """Minutes of a local weekday (0 is Monday); `closes_min` past 1440 runs into the next day."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="ck_opening_hours_weekday"),
        CheckConstraint(
            "opens_min >= 0 AND opens_min < 1440 AND closes_min > opens_min AND closes_min <= 2880",
            name="ck_opening_hours_minutes",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    restaurant_id: int = Field(foreign_key="restaurant.id", index=True)
    weekday: int
    opens_min: int
    closes_min: int


class ApiKey(SQLModel, table=True):
    """A restaurant's key: shown once, only its hash kept; the prefix tells keys apart on the page."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    restaurant_id: int = Field(foreign_key="restaurant.id", index=True)
    prefix: str
    key_hash: str = Field(unique=True)
    created_at: datetime = Field(sa_column=moment())
    created_by: int | None = Field(default=None, foreign_key="person.id")
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))
