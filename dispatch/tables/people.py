"""People, what they may do, and how they sign in."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Column, Index, text
from sqlmodel import Field, SQLModel

from dispatch.facts import ROLES
from payments.columns import UtcDateTime


def known(row_id: int | None) -> int:
    """The id of a row that was flushed, and so has one."""
    assert row_id is not None, "the row was not flushed"  # noqa: S101 - a slip of ours, never a user's
    return row_id


def moment(*, null: bool = False, index: bool = False) -> Column[datetime]:
    """A column holding an instant."""
    return Column(UtcDateTime, nullable=null, index=index)


def one_of(column: str, words: tuple[str, ...], name: str) -> CheckConstraint:
    """A CHECK that a column holds one of these words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(w) for w in words)})", name=name)


class Person(SQLModel, table=True):
    """One human, who may have several roles."""

    __tablename__ = "person"
    __table_args__ = (
        # No access ends without a named person and their written reason, whatever code tries to.
        CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)"
            " AND (ended_at IS NULL OR (ended_reason IS NOT NULL AND ended_reason <> ''))",
            name="ck_person_ended",
        ),
        Index(
            "uq_person_phone_active",
            "phone",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str
    phone: str | None = None
    language: str = "en"
    unreachable_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    created_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    ended_by: int | None = Field(default=None, foreign_key="person.id")
    ended_reason: str | None = None


class RoleGrant(SQLModel, table=True):
    """A role a person has, from when, given by whom."""

    __tablename__ = "role_grant"
    __table_args__ = (
        one_of("role", ROLES, "ck_role_grant_role"),
        CheckConstraint(
            "(role = 'restaurant') = (restaurant_id IS NOT NULL)", name="ck_role_grant_restaurant"
        ),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)"
            " AND (ended_at IS NULL OR (ended_reason IS NOT NULL AND ended_reason <> ''))",
            name="ck_role_grant_ended",
        ),
        Index(
            "uq_role_grant_active",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND restaurant_id IS NULL"),
            postgresql_where=text("ended_at IS NULL AND restaurant_id IS NULL"),
        ),
        Index(
            "uq_role_grant_restaurant",
            "person_id",
            "restaurant_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND restaurant_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND restaurant_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    role: str
    restaurant_id: int | None = Field(default=None, foreign_key="restaurant.id")
    vehicle: str | None = None  # what a rider usually rides
    # What a rider may or can carry beyond the ordinary, in words of facts.SKILLS.
    skills: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    home_lat: float | None = None  # where a rider usually starts
    home_lon: float | None = None
    granted_at: datetime = Field(sa_column=moment())
    granted_by: int | None = Field(default=None, foreign_key="person.id")
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    ended_by: int | None = Field(default=None, foreign_key="person.id")
    ended_reason: str | None = None


class SignInLink(SQLModel, table=True):
    """A one-time link: only the hash of its token is kept."""

    __tablename__ = "sign_in_link"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    nonce: str  # so that a link's token is its own, also when ids come round again after a restore
    token_hash: str = Field(unique=True)
    asked_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    used_at: datetime | None = Field(default=None, sa_column=moment(null=True))


class SignInAttempt(SQLModel, table=True):
    """Somebody asked for or tried a link: keyed hashes only, for the rate limits."""

    __tablename__ = "sign_in_attempt"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=moment(index=True))
    phone_hash: str = Field(index=True)
    address_hash: str = Field(index=True)


class Visit(SQLModel, table=True):
    """A signed-in browser."""

    __tablename__ = "visit"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(unique=True)
    started_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))
